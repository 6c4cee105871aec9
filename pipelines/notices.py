"""What an owner should know of how a table was read, for `waxwork init` and the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.base import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from pipelines.base import RawTable


def notices(table: RawTable) -> Iterator[Note]:
    """The source's own notes, and the columns that tell nothing; no cell is in them."""
    yield from table.notes
    said = {note.column for note in table.notes}
    for name in table.frame.columns:
        there = table.frame[name].dropna()
        if name in said:
            continue
        if there.empty:
            yield Note("all its cells are missing", name, "`exclude` it")
        elif len(table.frame) > 1 and len(there) == len(table.frame) and _is_constant(there):
            yield Note("all its cells are the same", name, "`exclude` it")


def _is_constant(cells: pd.Series) -> bool:
    return bool((cells == cells.iloc[0]).all())


def told(table: RawTable) -> list[str]:
    """Each notice as one line of text."""
    return [
        f"{f'{note.column}: ' if note.column else ''}{note.says}"
        f"{f'; to settle it: {note.settle}' if note.settle else ''}"
        for note in notices(table)
    ]
