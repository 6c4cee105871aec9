"""Cells that come as Python objects, gathered into Arrow columns part by part.

Where all cells of a column are of one kind it has that type. Whole numbers and fractions in one
column are fractions. All other mixtures are text, which is then read as the cells of a text file
are: `n/a` among numbers may be a missing one.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

    from tabular.schema import Column

MIXED = "values of several types are mixed in it; it is read as a text file's cells are"
_EXACT = 1 << 53
_PLAIN = {
    bool: "bool_",
    float: "float64",
    str: "large_string",
    dt.date: "date32",
}


class Cells:
    """One column's cells, added block by block."""

    def __init__(self) -> None:
        self._parts: list[pa.Array] = []
        self._is_mixed = False

    def add(self, cells: Sequence[object]) -> int:
        """Add cells; says how many bytes they take.

        Args:
            cells: `None`, and objects of `bool`, `int`, `float`, `str`, `datetime.date`,
                `datetime.datetime` without a zone, `datetime.time`.
        """
        part = _part(cells)
        if part is None:
            import pyarrow as pa

            self._is_mixed = True
            texts = [None if cell is None else as_text(cell) for cell in cells]
            part = pa.array(texts, pa.large_string())
        self._parts.append(part)
        return int(part.nbytes)

    def pad(self, n_rows: int) -> None:
        """Add missing cells."""
        import pyarrow as pa

        if n_rows:
            self._parts.append(pa.nulls(n_rows))

    def joined(self) -> tuple[pa.ChunkedArray, bool]:
        """All cells in one type, and whether they had to become text for it."""
        cells, became_text = _joined(self._parts)
        return cells, became_text or self._is_mixed


def _part(cells: Sequence[object]) -> pa.Array | None:
    """Some cells of one column as Arrow holds them; `None` where they are of several kinds."""
    import pyarrow as pa

    kinds = set(map(type, cells)) - {type(None)}
    if not kinds:
        return pa.nulls(len(cells))
    if kinds == {dt.time}:
        cells, kinds = [None if cell is None else as_text(cell) for cell in cells], {str}
    if len(kinds) == 1 and (name := _PLAIN.get(next(iter(kinds)))):
        return pa.array(cells, getattr(pa, name)())
    if kinds == {int}:
        return _integers(cells)
    if kinds == {int, float} and _are_exact(cells):
        return pa.array([None if c is None else float(c) for c in cells], pa.float64())  # type: ignore[arg-type]
    if kinds <= {dt.datetime, dt.date}:
        moments = [_moment(cell) if type(cell) is dt.date else cell for cell in cells]
        return pa.array(moments, pa.timestamp("us"))
    return None


def _moment(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001  a day has no zone


def as_text(cell: object) -> str:
    """A cell that stands among others of another kind, as text."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return repr(cell).removesuffix(".0")
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _integers(cells: Sequence[object]) -> pa.Array:
    import pyarrow as pa

    for kind in (pa.int64(), pa.uint64()):
        try:
            return pa.array(cells, kind)
        except (OverflowError, pa.ArrowInvalid):
            continue
    # Longer than any machine integer: a code, not a quantity.
    return pa.array([None if c is None else str(c) for c in cells], pa.large_string())


def _are_exact(cells: Sequence[object]) -> bool:
    return all(abs(cell) <= _EXACT for cell in cells if type(cell) is int)


def _joined(parts: Sequence[pa.Array]) -> tuple[pa.ChunkedArray, bool]:
    import pyarrow as pa

    kinds = {each.type for each in parts if each.type != pa.null()}
    if len(kinds) <= 1:
        kind = next(iter(kinds), pa.null())
        return pa.chunked_array([each.cast(kind) for each in parts], kind), False
    numbers = {pa.int64(), pa.uint64(), pa.float64()}
    wanted = [
        *([pa.uint64()] if kinds == {pa.int64(), pa.uint64()} else []),
        *([pa.float64()] if kinds <= numbers else []),
        *([pa.timestamp("us")] if kinds == {pa.date32(), pa.timestamp("us")} else []),
    ]
    for kind in wanted:
        try:
            return pa.chunked_array([each.cast(kind) for each in parts], kind), False
        except pa.ArrowInvalid:  # an integer that the other type can't hold
            continue
    return pa.chunked_array([_texts(each) for each in parts], pa.large_string()), True


def _texts(cells: pa.Array) -> pa.Array:
    import pyarrow as pa
    from pyarrow import types

    if (
        types.is_floating(cells.type)
        or types.is_temporal(cells.type)
        or types.is_boolean(cells.type)
    ):
        texts = [None if cell is None else as_text(cell) for cell in cells.to_pylist()]
        return pa.array(texts, pa.large_string())
    return cells.cast(pa.large_string())


def as_text_file(
    name: str, cells: pa.ChunkedArray, *, only_moments: bool = False
) -> tuple[pd.Series, Column] | None:
    """Texts in the type that a text file of them would have.

    Args:
        name: The column's name.
        cells: Texts, nulls among them.
        only_moments: Whether nothing but dates and moments is looked for.

    Returns:
        The cells and what is known of them; `None` where they stay text.
    """
    import pyarrow as pa
    from pyarrow import compute as pc

    from pipelines.text_types import typed
    from tabular.schema import Column

    if only_moments and not _may_be_moments(cells):
        return None
    frame, known = typed(pa.table({name: pc.fill_null(cells, "")}))
    about = known[name]
    if about.dtype == "string" or (only_moments and about.sdtype != "datetime"):
        return None
    # How a missing cell or a truth is written is a matter of text files alone.
    kept = about.model_dump(exclude_unset=True, exclude={"missing_token", "true_false"})
    return frame[name], Column.model_validate(kept)


def _may_be_moments(cells: pa.ChunkedArray) -> bool:
    """Whether no text is empty, and the first of them has digits as a date does."""
    from pyarrow import compute as pc

    there = cells.drop_null()
    if not len(there) or pc.any(pc.equal(there, "")).as_py():
        return False
    return bool(pc.all(pc.match_substring_regex(there.slice(0, 100), r"^\s*\d.*\d\s*|\d")).as_py())
