"""The answer to a statement, written by the database as csv and parsed by Arrow.

Nulls are empty and without quotes, texts are in quotes.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from tabular.errors import SourceError
from tabular.schema import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

    from pipelines.sources.dialects.base import Budget, SqlColumn

_MOST_DIGITS = 38
_BLOCK = 1 << 20


class Blocks(io.RawIOBase):
    """Pieces of an answer as a file whose bytes are counted.

    Args:
        parts: The pieces.
        budget: Where their bytes are counted.
        where: What to call the table in an error.
    """

    def __init__(
        self, parts: Iterable[bytes | bytearray | memoryview], budget: Budget, where: str
    ) -> None:
        super().__init__()
        self._parts: Iterator[bytes | bytearray | memoryview] = iter(parts)
        self._budget = budget
        self._where = where
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; 0 at the end.

        Raises:
            SourceError: The source is above its cap on bytes.
        """
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
            part = next(self._parts, None)
            if part is None:
                self._ended = True
                break
            parts.append(bytes(part))
            size += len(part)
        self._budget.spend(size, self._where)
        return b"".join(parts)


def parsed(blocks: Blocks, kinds: Mapping[str, str], where: str) -> pa.Table:
    """The cells of an answer.

    Args:
        blocks: The answer as csv.
        kinds: What to read each column as, by name: a type of Arrow, `decimal` (its text),
            `timestamp` or `timestamptz`.
        where: What to call the table in an error.

    Raises:
        SourceError: A value can't be held.
    """
    import pyarrow as pa
    from pyarrow import csv

    names = list(kinds)
    arrow = {
        "timestamp": pa.timestamp("us"),
        "timestamptz": pa.timestamp("us", "UTC"),
        "string": pa.large_string(),
        # A numeric's digits are known only when all of them have been seen.
        "decimal": pa.large_string(),
    }
    # The first byte tells whether there is a row at all, which Arrow would call an error.
    stream = io.BufferedReader(blocks, buffer_size=_BLOCK)
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
                    name: arrow.get(kind) or getattr(pa, kind)() for name, kind in kinds.items()
                },
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                # An empty text is written in quotes and a null without.
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


def exact(cells: pa.ChunkedArray, column: SqlColumn, where: str) -> pa.ChunkedArray:
    """Decimals from their texts; floats where one is not a number or infinite.

    Raises:
        SourceError: There are more digits than a decimal has.
    """
    import pyarrow as pa
    from pyarrow import compute as pc

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


def framed(
    cells: pa.Table, columns: Sequence[SqlColumn], where: str
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Arrow's cells as a frame, enums as categories with the values they declare.

    Raises:
        SourceError: There are no rows.
    """
    import pandas as pd

    from pipelines.arrow_types import frame_of

    if not cells.num_rows:
        raise SourceError("there are no rows", where=where, fix="Leave the table out")
    frame, known = frame_of(cells, where)
    for column in columns:
        if column.labels is not None:
            dtype = pd.CategoricalDtype(list(column.labels))
            frame[column.name] = frame[column.name].astype(dtype)
            known[column.name] = Column(
                name=column.name, dtype="category", sdtype="categorical", categories=column.labels
            )
    return frame, known
