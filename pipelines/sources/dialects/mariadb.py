"""MariaDB and MySQL: the server writes each row as a line of csv, in one consistent snapshot.

A driver that makes an object of every cell spends most of its time on that; a row as one text is
parsed by Arrow, by the same rules as PostgreSQL's.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from pipelines.base import Note
from pipelines.sources.dialects.answer import Blocks, exact, framed, parsed
from pipelines.sources.dialects.base import Database, SqlColumn, SqlRows, SqlTable
from pipelines.sources.dialects.postgresql import too_large
from pipelines.sources.dialects.postgresql_catalog import check_names
from pipelines.sources.files import keep_caps
from tabular.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa
    import pymysql
    from pymysql.cursors import Cursor

    from pipelines.secrets import SecretName
    from pipelines.settings import Settings
    from pipelines.sources.dialects.base import Budget
    from tabular.schema import ForeignKey

_ROWS = 5_000


class _Type(NamedTuple):
    """How a type is read: as what by Arrow, and by which expression."""

    arrow: str
    cell: str = "{}"


_TEXT = _Type("string", """concat('"', replace(convert({} using utf8mb4), '"', '""'), '"')""")
TYPES = {
    "boolean": _Type("int8"),
    "bit(1)": _Type("int8", "cast({} as unsigned)"),
    "bit": _Type("uint64", "cast({} as unsigned)"),
    "tinyint": _Type("int8"),
    "tinyint unsigned": _Type("uint8"),
    "smallint": _Type("int16"),
    "smallint unsigned": _Type("uint16"),
    **dict.fromkeys(("mediumint", "int"), _Type("int32")),
    **dict.fromkeys(("mediumint unsigned", "int unsigned"), _Type("uint32")),
    "bigint": _Type("int64"),
    "bigint unsigned": _Type("uint64"),
    # As text a float has six digits; as the double it is, all of them.
    **dict.fromkeys(("float", "float unsigned"), _Type("float32", "cast({} as double)")),
    **dict.fromkeys(("double", "double unsigned"), _Type("float64")),
    **dict.fromkeys(("decimal", "decimal unsigned"), _Type("decimal")),
    "year": _Type("int16", "cast({} as unsigned)"),
    # The years 0 and 0000-00-00 are missing ones; dates are texts until that is settled.
    "date": _Type("string", """concat('"', {}, '"')"""),
    "datetime": _Type("string", """concat('"', {}, '"')"""),
    "timestamp": _Type("string", """concat('"', {}, '"')"""),
    "text": _TEXT,
}


@contextmanager
def opened(url: str | SecretName, settings: Settings, *, where: str) -> Iterator[Database]:
    """A MariaDB or MySQL database, open for reading.

    Raises:
        ConfigurationError: The secret is missing, or what it holds is not a URL of MariaDB.
        SourceError: The server refuses, or does not answer.
    """
    from pipelines.mariadb import connected

    with connected(url, settings, where=where) as connection:
        yield MariadbDatabase(connection)


class MariadbDatabase(Database):
    """An open MariaDB or MySQL database.

    Args:
        connection: In a consistent, read-only snapshot.
    """

    def __init__(self, connection: pymysql.Connection[Cursor]) -> None:
        self._connection = connection

    def names(self, schema: str | None) -> tuple[tuple[str, ...], ...]:
        """The tables of a schema, of the URL's database, or else of all schemas."""
        from pipelines.sources.dialects import mariadb_catalog as catalog

        return catalog.names(self._connection, schema)

    def holds_rows(self, table: SqlTable) -> bool:
        """Whether a table has any row."""
        from pipelines.sources.dialects.mariadb_catalog import fetched

        return bool(fetched(self._connection, f"select exists ({table.select})")[0][0])

    def table(self, parts: tuple[str, ...]) -> SqlTable:
        """The table or view of this name.

        Raises:
            SourceError: There is none.
        """
        from pipelines.sources.dialects import mariadb_catalog as catalog

        return catalog.table(self._connection, parts)

    def answer(self, query: str, name: str) -> SqlTable:
        """The answer to a SELECT as a table.

        Raises:
            SourceError: The statement fails, or two columns share a name.
        """
        select = query.strip().rstrip(";")
        with self._connection.cursor() as cursor:
            cursor.execute(f"select * from ({select}\n) as q limit 0")  # noqa: S608  the owner's own
            # The public description knows neither signs nor character sets.
            fields = cursor._result.fields  # type: ignore[attr-defined]  # noqa: SLF001
        check_names([field.name for field in fields], f"table {name}")
        return SqlTable((name,), select, tuple(_answered(field) for field in fields))

    def rows(self, table: SqlTable, columns: Sequence[SqlColumn], budget: Budget) -> SqlRows:
        """All rows of these columns of a table.

        Raises:
            SourceError: There are none, or more than the caps allow, or one of the values is none
                that a table holds.
        """
        where = f"table {table.name}"
        types = {c.name: _TEXT if c.labels is not None else TYPES[c.type] for c in columns}
        lines = self._lines(_statement(table, types, budget), where)
        cells = parsed(
            Blocks(lines, budget, where), {name: kind.arrow for name, kind in types.items()}, where
        )
        keep_caps(budget.settings, where, rows=cells.num_rows)
        notes: list[Note] = []
        for position, column in enumerate(columns):
            if cells.num_rows and column.labels is None:
                values, note = _settled(cells[column.name], column, where)
                cells = cells.set_column(position, column.name, values)
                notes += [Note(note, column.name)] if note else []
        return SqlRows(*framed(cells, columns, where), tuple(notes))

    def _lines(self, statement: str, where: str) -> Iterator[bytes]:
        """The lines of an answer, some thousand at a time."""
        from pymysql.cursors import SSCursor

        # A closed cursor reads all that is left; the connection's end spares that.
        cursor = SSCursor(self._connection)
        cursor.execute(statement)
        while rows := cursor.fetchmany(_ROWS):
            lines = [line for (line,) in rows]
            if None in lines:
                raise SourceError(
                    "a row is longer than the server's max_allowed_packet",
                    where=where,
                    fix="Leave its longest column out with `skip`",
                )
            yield ("\n".join(lines) + "\n").encode()

    def foreign_keys(self, tables: Sequence[SqlTable]) -> tuple[ForeignKey, ...]:
        """The foreign keys between these tables."""
        from pipelines.sources.dialects import mariadb_catalog as catalog

        return catalog.foreign_keys(self._connection, tables)

    def digest(self, query: str, max_bytes: int) -> str:
        """A digest of a statement's answer.

        Raises:
            SourceError: The statement fails, or its answer is larger than the cap.
        """
        from pymysql.cursors import SSCursor

        whole = hashlib.sha256()
        size = 0
        cursor = SSCursor(self._connection)
        cursor.execute(query.strip().rstrip(";"))
        while row := cursor.fetchone():
            text = repr(row).encode()
            size += len(text)
            if size > max_bytes:
                raise too_large()
            whole.update(text)
        return whole.hexdigest()


def _answered(field: object) -> SqlColumn:
    """A column of a statement's answer, by the driver's description of it."""
    from pymysql.constants import FIELD_TYPE, FLAG

    code, flags = field.type_code, field.flags  # type: ignore[attr-defined]
    name, length = field.name, field.length  # type: ignore[attr-defined]
    is_binary = field.charsetnr == 63  # type: ignore[attr-defined]  # noqa: PLR2004
    whole = {
        FIELD_TYPE.TINY: "tinyint",
        FIELD_TYPE.SHORT: "smallint",
        FIELD_TYPE.INT24: "mediumint",
        FIELD_TYPE.LONG: "int",
        FIELD_TYPE.LONGLONG: "bigint",
    }
    other = {
        FIELD_TYPE.FLOAT: "float",
        FIELD_TYPE.DOUBLE: "double",
        FIELD_TYPE.DECIMAL: "decimal",
        FIELD_TYPE.NEWDECIMAL: "decimal",
        FIELD_TYPE.DATE: "date",
        FIELD_TYPE.NEWDATE: "date",
        FIELD_TYPE.DATETIME: "datetime",
        FIELD_TYPE.TIMESTAMP: "timestamp",
        FIELD_TYPE.YEAR: "year",
        FIELD_TYPE.BIT: "bit(1)" if length == 1 else "bit",
        FIELD_TYPE.TIME: "text",
        FIELD_TYPE.NULL: "text",
    }
    if code == FIELD_TYPE.TINY and length == 1:
        return SqlColumn(name, "boolean")
    if code in whole:
        return SqlColumn(name, whole[code] + (" unsigned" if flags & FLAG.UNSIGNED else ""))
    if code in other:
        return SqlColumn(name, other[code], scale=None)
    if code in {FIELD_TYPE.JSON, FIELD_TYPE.GEOMETRY} or (is_binary and length):
        what = {FIELD_TYPE.JSON: "JSON documents", FIELD_TYPE.GEOMETRY: "geometries"}
        return SqlColumn(name, "", refused=what.get(code, "bytes"))
    return SqlColumn(name, "text")


def _statement(table: SqlTable, types: Mapping[str, _Type], budget: Budget) -> str:
    from pipelines.sources.dialects.mariadb_catalog import quoted

    cells = ", ".join(
        f"ifnull({kind.cell.format('q.' + quoted(name))}, '')" for name, kind in types.items()
    )
    # One row past the cap is enough to know that it is passed.
    most = budget.settings.max_rows + 1
    return f"select concat_ws(',', {cells}) from ({table.select}\n) as q limit {most}"  # noqa: S608


def _settled(
    cells: pa.ChunkedArray, column: SqlColumn, where: str
) -> tuple[pa.ChunkedArray, str | None]:
    """Cells in the type their column declares, and what had to be decided for it."""
    import pyarrow as pa
    from pyarrow import compute as pc

    kind = column.type
    if kind.startswith("decimal"):
        return exact(cells, column, where), None
    if kind in {"boolean", "bit(1)"}:
        ends = pc.min_max(cells).as_py()
        is_truth = ends["min"] is None or (ends["min"] >= 0 and ends["max"] <= 1)
        return (cells.cast(pa.bool_()) if is_truth else cells), None
    if kind == "year":
        return _without(cells, pc.equal(cells, 0), "0000")
    if kind in {"date", "datetime", "timestamp"}:
        return _moments(cells, column, where)
    return cells, None


def _moments(
    cells: pa.ChunkedArray, column: SqlColumn, where: str
) -> tuple[pa.ChunkedArray, str | None]:
    """Dates and moments from their texts; the server's zero date is a missing one."""
    import pyarrow as pa
    from pyarrow import compute as pc

    there, note = _without(cells, pc.starts_with(cells, "0000-00-00"), "0000-00-00")
    to = pa.date32() if column.type == "date" else pa.timestamp("us")
    try:
        moments = there.cast(to)
        zoned = column.type == "timestamp"
        return (pc.assume_timezone(moments, "UTC") if zoned else moments), note
    except pa.ArrowInvalid:
        raise SourceError(
            "there is a date without a day, a month or a year, such as 2024-00-00",
            where=f"{where}, column {column.name!r}",
            fix="Mend it, leave the column out with `skip`, or cast it to char in a `query`",
        ) from None


def _without(
    cells: pa.ChunkedArray, gone: pa.ChunkedArray, what: str
) -> tuple[pa.ChunkedArray, str | None]:
    """Cells without those that stand for none, and how many those were."""
    import pyarrow as pa
    from pyarrow import compute as pc

    count = pc.sum(gone).as_py() or 0
    if not count:
        return cells, None
    kept = pc.if_else(pc.fill_null(gone, fill_value=False), pa.scalar(None, cells.type), cells)
    return kept, f"{what} stands in {count:,} of its cells, which are taken as missing"
