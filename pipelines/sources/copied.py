"""The answer to a statement, copied out of PostgreSQL as csv and parsed by Arrow."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pipelines.sources.files import keep_caps
from tabular.errors import SourceError
from tabular.schema import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import psycopg
    import pyarrow as pa
    from psycopg import sql
    from psycopg.rows import TupleRow

    from pipelines.settings import Settings
    from pipelines.sources.catalog import SqlColumn


class _Type(NamedTuple):
    """How a type of PostgreSQL is read."""

    arrow: str
    cast: str = ""


_TYPES = {
    "int2": _Type("int16"),
    "int4": _Type("int32"),
    "int8": _Type("int64"),
    "oid": _Type("int64"),
    "float4": _Type("float32"),
    "float8": _Type("float64"),
    "numeric": _Type("decimal"),
    "bool": _Type("bool_"),
    "date": _Type("date32"),
    "timestamp": _Type("timestamp"),
    "timestamptz": _Type("timestamptz"),
    **dict.fromkeys(("text", "varchar", "name", "citext"), _Type("string")),
    **dict.fromkeys(
        ("bpchar", "char", "uuid", "time", "timetz", "inet", "cidr", "macaddr", "macaddr8"),
        _Type("string", "text"),
    ),
}
_MOST_DIGITS = 38
_BLOCK = 1 << 20


@dataclass
class Budget:
    """Bytes that may still be read of the source, over all its tables."""

    settings: Settings
    n_bytes: int = 0

    def spend(self, n_bytes: int, where: str) -> None:
        """Count bytes; `SourceError` above the cap."""
        self.n_bytes += n_bytes
        keep_caps(self.settings, where, n_bytes=self.n_bytes)


def copied(
    connection: psycopg.Connection[TupleRow],
    query: sql.Composable,
    columns: Sequence[SqlColumn],
    budget: Budget,
    table: str,
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """All rows of a statement's answer, and what the types say of its columns.

    Raises:
        SourceError: There are none, or more than the caps allow, or a column's type or one of its
            values is none that a table holds.
    """
    from pipelines.arrow_types import frame_of

    where = f"table {table}"
    keep_caps(budget.settings, where, columns=len(columns))
    types = [_type(column, where) for column in columns]
    names = [column.name for column in columns]
    statement = _statement(query, columns, types, budget)
    cells = _cells(connection, statement, dict(zip(names, types, strict=True)), budget, where)
    keep_caps(budget.settings, where, rows=cells.num_rows)
    if not cells.num_rows:
        raise SourceError("there are no rows", where=where, fix="Leave the table out")
    for position, column in enumerate(columns):
        cells = cells.set_column(position, column.name, _exact(cells[column.name], column, where))
    frame, known = frame_of(cells, where)
    for column in columns:
        if column.labels is not None:
            import pandas as pd

            dtype = pd.CategoricalDtype(list(column.labels))
            frame[column.name] = frame[column.name].astype(dtype)
            known[column.name] = Column(
                name=column.name, dtype="category", sdtype="categorical", categories=column.labels
            )
    return frame, known


def _type(column: SqlColumn, where: str) -> _Type:
    if column.labels is not None:
        return _Type("string", "text")
    if column.type not in _TYPES:
        what = "arrays" if column.type.startswith("_") else f"values of type {column.type}"
        raise SourceError(
            f"there are {what}, which no table of Waxwork holds",
            where=f"{where}, column {column.name!r}",
            fix="Read the table by a `query` that leaves the column out, or casts it",
        )
    return _TYPES[column.type]


def _statement(
    query: sql.Composable, columns: Sequence[SqlColumn], types: Sequence[_Type], budget: Budget
) -> sql.Composed:
    from psycopg import sql

    cells = [
        sql.SQL("q.{}::{}").format(sql.Identifier(column.name), sql.SQL(kind.cast))
        if kind.cast
        else sql.SQL("q.{}").format(sql.Identifier(column.name))
        for column, kind in zip(columns, types, strict=True)
    ]
    # One row past the cap is enough to know that it is passed.
    return sql.SQL("copy (select {} from ({}\n) as q limit {}) to stdout (format csv)").format(
        sql.SQL(", ").join(cells), query, sql.Literal(budget.settings.max_rows + 1)
    )


class _Copy(io.RawIOBase):
    """A COPY as a file."""

    def __init__(self, rows: psycopg.Copy, budget: Budget, where: str) -> None:
        super().__init__()
        self._rows = rows
        self._budget = budget
        self._where = where
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._ready and not self._ended:
            self._ready = self._next_block()
        view = memoryview(buffer).cast("B")
        taken, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(taken)] = taken
        return len(taken)

    def _next_block(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while size < _BLOCK:
            part = self._rows.read()
            if not part:
                self._ended = True
                break
            parts.append(bytes(part))
            size += len(part)
        self._budget.spend(size, self._where)
        return b"".join(parts)


def _cells(
    connection: psycopg.Connection[TupleRow],
    statement: sql.Composed,
    types: Mapping[str, _Type],
    budget: Budget,
    where: str,
) -> pa.Table:
    """The answer's cells."""
    import pyarrow as pa
    from pyarrow import csv

    names = list(types)
    arrow = {
        "timestamp": pa.timestamp("us"),
        "timestamptz": pa.timestamp("us", "UTC"),
        "string": pa.large_string(),
        # A numeric's digits are known only when all of them have been seen.
        "decimal": pa.large_string(),
    }
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        # The first byte tells whether there is a row at all, which Arrow would call an error.
        stream = io.BufferedReader(_Copy(rows, budget, where), buffer_size=_BLOCK)
        if not stream.peek(1):
            return pa.table({name: pa.nulls(0) for name in names})
        try:
            return csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                read_options=csv.ReadOptions(column_names=names, block_size=1 << 22),
                parse_options=csv.ParseOptions(
                    newlines_in_values=True, ignore_empty_lines=len(names) > 1
                ),
                convert_options=csv.ConvertOptions(
                    column_types={
                        name: arrow.get(kind.arrow) or getattr(pa, kind.arrow)()
                        for name, kind in types.items()
                    },
                    null_values=[""],
                    true_values=["t"],
                    false_values=["f"],
                    strings_can_be_null=True,
                    # PostgreSQL writes an empty text in quotes and a null without.
                    quoted_strings_can_be_null=False,
                ),
            ).read_all()
        except pa.ArrowInvalid as error:
            # The library's message holds the cell.
            at = re.search(r"column #(\d+)", str(error))
            raise SourceError(
                "there is a value that can't be held",
                where=f"{where}, column {names[int(at[1])]!r}" if at else where,
                fix="Infinite moments and dates before the year 1 are such; cast the column in a "
                "`query`",
            ) from None


def _exact(cells: pa.ChunkedArray, column: SqlColumn, where: str) -> pa.ChunkedArray:
    """Numerics from their texts: decimals, or floats where one is not a number or infinite."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if column.type != "numeric" or column.labels is not None:
        return cells
    if pc.any(pc.match_substring_regex(cells, "[a-z]")).as_py():
        return cells.cast(pa.float64())
    points = pc.utf8_length(pc.replace_substring_regex(cells, r"^[^.]*\.?", ""))
    digits = pc.max(pc.utf8_length(pc.replace_substring_regex(cells, r"\..*$|-", ""))).as_py() or 0
    scale = column.scale if column.scale is not None else pc.max(points).as_py() or 0
    scale = max(scale, 0)
    if digits + scale > _MOST_DIGITS:
        raise SourceError(
            f"there are numbers of more than {_MOST_DIGITS} digits",
            where=f"{where}, column {column.name!r}",
            fix="Cast the column to text or to double precision in a `query`",
        )
    return cells.cast(pa.decimal128(_MOST_DIGITS, scale))
