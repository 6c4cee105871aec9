"""SQLite: any cell may be of any type, so declared types are held against what is there.

A column is given its declared type where all its cells are of it. Otherwise:

- mixtures are read as `pipelines.sources.cells` says, and so are texts in a column that is declared
  to hold numbers: `n/a` may be a missing one;
- dates and moments that are kept as ISO 8601 texts are dates and moments; kept as numbers, they
  stay numbers, for seconds and Julian days look alike;
- bytes are refused.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.base import Note
from pipelines.sources.cells import MIXED, Cells, as_text_file
from pipelines.sources.dialects.base import Database, SqlColumn, SqlRows, SqlTable
from pipelines.sources.dialects.postgresql import too_large
from pipelines.sources.dialects.postgresql_catalog import check_names
from pipelines.sources.files import keep_caps
from tabular.errors import SourceError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    import pandas as pd
    import pyarrow as pa

    from pipelines.secrets import SecretName
    from pipelines.settings import Settings
    from pipelines.sources.dialects.base import Budget
    from tabular.schema import Column, ForeignKey

_NUMBERED = re.compile(r":\d+$")
_ROWS = 20_000
_EXACT = 1 << 53
_CELL = 8
"""Bytes that a number counts for."""


@contextmanager
def opened(url: str | SecretName, settings: Settings, *, where: str) -> Iterator[Database]:
    """A file of SQLite, open for reading.

    Raises:
        ConfigurationError: The secret is missing, or what it holds is not a URL of SQLite.
        SourceError: The file is not there, no database, damaged, or larger than the cap.
    """
    from pipelines.sqlite import connected

    with connected(url, settings, where=where) as connection:
        yield SqliteDatabase(connection)


class SqliteDatabase(Database):
    """An open file of SQLite.

    Args:
        connection: In a transaction that only reads.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def names(self, schema: str | None) -> tuple[tuple[str, ...], ...]:
        """All plain tables; there is one schema, `main`."""
        from pipelines.sources.dialects import sqlite_catalog as catalog

        return catalog.names(self._connection) if schema in {None, "main"} else ()

    def holds_rows(self, table: SqlTable) -> bool:
        """Whether a table has any row."""
        row = self._connection.execute(f"select exists ({table.select})").fetchone()
        return bool(row[0])

    def table(self, parts: tuple[str, ...]) -> SqlTable:
        """The table or view of this name.

        Raises:
            SourceError: There is none.
        """
        from pipelines.sources.dialects import sqlite_catalog as catalog

        found = catalog.table(self._connection, parts)
        columns = [replace(c, refused=_refusal(c.type)) for c in found.columns]
        return replace(found, columns=tuple(columns))

    def answer(self, query: str, name: str) -> SqlTable:
        """The answer to a SELECT as a table; SQLite does not say of what type its columns are.

        Raises:
            SourceError: The statement fails, or two columns share a name.
        """
        select = query.strip().rstrip(";")
        described = self._connection.execute(
            f"select * from ({select}\n) limit 0"  # noqa: S608  the owner's own
        ).description
        names = [str(column[0]) for column in described or ()]
        # A subquery's second column `a` is called `a:1`.
        plain = [_NUMBERED.sub("", each) for each in names]
        check_names([p if p in names else n for n, p in zip(names, plain, strict=True)],
                    f"table {name}")  # fmt: skip
        return SqlTable((name,), select, tuple(SqlColumn(each, "") for each in names))

    def rows(self, table: SqlTable, columns: Sequence[SqlColumn], budget: Budget) -> SqlRows:
        """All rows of these columns of a table.

        Raises:
            SourceError: There are none, or more than the caps allow, or there are bytes.
        """
        import pandas as pd

        where = f"table {table.name}"
        parts = self._parts(table, columns, budget, where)
        frame: dict[str, pd.Series] = {}
        known: dict[str, Column] = {}
        notes: list[Note] = []
        for column, part in zip(columns, parts, strict=True):
            series, about, note = _typed(column, part, where)
            frame[column.name], known[column.name] = series, about
            notes += [Note(note, column.name)] if note else []
        return SqlRows(pd.DataFrame(frame, columns=list(frame)), known, tuple(notes))

    def _parts(
        self, table: SqlTable, columns: Sequence[SqlColumn], budget: Budget, where: str
    ) -> list[Cells]:
        """Each column's cells."""
        from pipelines.sources.dialects.sqlite_catalog import quoted

        listed = ", ".join(f"q.{quoted(column.name)}" for column in columns)
        # One row past the cap is enough to know that it is passed.
        cursor = self._connection.execute(
            f"select {listed} from ({table.select}\n) as q limit {budget.settings.max_rows + 1}"  # noqa: S608
        )
        parts = [Cells() for _ in columns]
        n_rows = 0
        while rows := cursor.fetchmany(_ROWS):
            n_rows += len(rows)
            keep_caps(budget.settings, where, rows=n_rows)
            for column, part, cells in zip(columns, parts, zip(*rows, strict=True), strict=True):
                _refuse_bytes(cells, f"{where}, column {column.name!r}")
                budget.spend(max(part.add(cells), _CELL * len(rows)), where)
        if not n_rows:
            raise SourceError("there are no rows", where=where, fix="Leave the table out")
        return parts

    def foreign_keys(self, tables: Sequence[SqlTable]) -> tuple[ForeignKey, ...]:
        """The foreign keys between these tables."""
        from pipelines.sources.dialects import sqlite_catalog as catalog

        return catalog.foreign_keys(self._connection, tables)

    def digest(self, query: str, max_bytes: int) -> str:
        """A digest of a statement's answer.

        Raises:
            SourceError: The statement fails, or its answer is larger than the cap.
        """
        whole = hashlib.sha256()
        size = 0
        for row in self._connection.execute(query.strip().rstrip(";")):
            text = repr(row).encode()
            size += len(text)
            if size > max_bytes:
                raise too_large()
            whole.update(text)
        return whole.hexdigest()


def _refusal(type_: str) -> str | None:
    return "JSON documents" if "JSON" in type_.upper() else None


def _refuse_bytes(cells: Sequence[object], where: str) -> None:
    if bytes in set(map(type, cells)):
        raise SourceError(
            "there are bytes, which no table of Waxwork holds",
            where=where,
            fix="Leave it out with `skip`, or read the table by a `query` that casts it",
        )


def _typed(column: SqlColumn, gathered: Cells, where: str) -> tuple[pd.Series, Column, str | None]:
    """A column's cells in the type that fits its declaration and them."""
    import pyarrow as pa

    from pipelines.arrow_types import frame_of

    family = _family(column.type)
    cells, is_mixed = gathered.joined()
    note = MIXED if is_mixed else None
    is_number = cells.type in {pa.int64(), pa.float64()}
    if cells.type == pa.null():
        cells = cells.cast(getattr(pa, _EMPTY.get(family, "large_string"))())
    elif family == "boolean" and cells.type == pa.int64() and _is_truth(cells):
        cells = cells.cast(pa.bool_())
    elif family == "decimal" and is_number:
        cells = _decimals(cells, column.scale)
    elif family in {"day", "moment"} and is_number:
        note = f"it is declared {column.type} and kept as numbers, which it stays"
    elif not is_number and (is_mixed or family not in {"text", "any"}):
        return _from_text(column, cells, family, note)
    frame, known = frame_of(pa.table({column.name: cells}), where)
    return frame[column.name], known[column.name], note


_EMPTY = {"integer": "int64", "real": "float64", "boolean": "bool_", "decimal": "float64"}


def _family(declared: str) -> str:
    """What a declared type means: SQLite's own rules of affinity, and the usual names besides."""
    name = declared.upper()
    for words, family in (
        (("BOOL",), "boolean"),
        (("DATETIME", "TIMESTAMP"), "moment"),
        (("DATE",), "day"),
        (("TIME",), "text"),
        (("INT",), "integer"),
        (("CHAR", "CLOB", "TEXT"), "text"),
        (("BLOB",), "any"),
        (("REAL", "FLOA", "DOUB"), "real"),
        (("DEC", "NUM"), "decimal"),
    ):
        if any(word in name for word in words):
            return family
    return "any"


def _is_truth(cells: pa.ChunkedArray) -> bool:
    from pyarrow import compute as pc

    ends = pc.min_max(cells).as_py()
    return bool(ends["min"] >= 0 and ends["max"] <= 1)


def _decimals(cells: pa.ChunkedArray, scale: int | None) -> pa.ChunkedArray:
    """Numbers as the decimals they are declared to be, if every one of them is exactly that."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if scale is None or scale == 0:
        return cells
    numbers = cells.cast(pa.float64(), safe=False)
    largest = pc.max(pc.abs(numbers)).as_py()
    rounded = pc.round(numbers, scale)
    same = pc.all(pc.equal(rounded, numbers)).as_py()
    if not same or not largest < _EXACT / 10.0**scale:
        return cells
    units = pc.round(pc.multiply(numbers, 10.0**scale)).cast(pa.int64())
    shifted = units.cast(pa.decimal128(38, 0))
    return pa.chunked_array([_scaled(chunk, scale) for chunk in shifted.chunks])


def _scaled(units: pa.Array, scale: int) -> pa.Array:
    """Whole decimals with the point moved `scale` digits to the left."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.decimal128(38, scale), len(units), units.buffers(),
                                 units.null_count, units.offset)  # fmt: skip


def _from_text(
    column: SqlColumn, cells: pa.ChunkedArray, family: str, note: str | None
) -> tuple[pd.Series, Column, str | None]:
    """Texts that are declared to be something else, or mixed with numbers."""
    import pyarrow as pa

    from pipelines.arrow_types import frame_of
    from tabular.schema import Column

    is_time = family in {"day", "moment"}
    found = as_text_file(column.name, cells, only_moments=is_time)
    if found is None:
        frame, known = frame_of(pa.table({column.name: cells}), column.name)
        said = f"it is declared {column.type} and holds other texts; it stays text"
        return frame[column.name], known[column.name], note or said
    series, about = found
    if not is_time:
        said = f"it is declared {column.type} and kept as text; it is read as a text file's cells"
        return series, about, note or said
    if family == "day" and about.datetime_format == "%Y-%m-%d":
        days = series.dt.date.astype(object).where(series.notna(), None)
        return (
            days,
            Column.model_validate({**about.model_dump(exclude_unset=True), "dtype": "date"}),
            note,
        )
    return series, about, note
