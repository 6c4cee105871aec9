"""What is known of a row before the rows that hang on it are drawn, as plain columns.

Context is only ever looked at, never decoded: numbers and moments become float64 with NaN for a
missing cell, all else text, so that any column can be missing where there is no row to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabular.dataset import Table
from tabular.schema import Column, TableSchema

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    import pandas as pd

_MOST_COLUMNS = 48


@dataclass(frozen=True)
class Context:
    """Columns by name, each of shape (n_rows,).

    Args:
        n_rows: How many rows there are.
        numbers: float64, NaN for missing.
        words: Codes of text and the text of each code, -1 for missing.
    """

    n_rows: int
    numbers: dict[str, npt.NDArray[np.float64]]
    words: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]]

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Iterable[Column], prefix: str) -> Context:
        """Columns of a frame."""
        import pandas as pd

        numbers: dict[str, npt.NDArray[np.float64]] = {}
        words: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]] = {}
        for column in columns:
            cells = frame[column.name]
            if column.sdtype in {"numerical", "datetime"}:
                numbers[prefix + column.name] = as_numbers(cells)
            else:
                codes, labels = pd.factorize(cells)
                text = np.asarray([str(label) for label in labels], dtype=object)
                words[prefix + column.name] = (codes.astype(np.int64), text)
        return cls(len(frame), numbers, words)

    @property
    def n_columns(self) -> int:
        """How many columns there are."""
        return len(self.numbers) + len(self.words)

    def take(self, rows: npt.NDArray[np.int64]) -> Context:
        """The rows at these positions; all columns are missing where the position is -1."""
        gone = rows < 0
        numbers = {}
        for name, cells in self.numbers.items():
            numbers[name] = np.append(cells, np.nan)[rows]
        words = {}
        for name, (codes, labels) in self.words.items():
            words[name] = (np.where(gone, -1, np.append(codes, -1)[rows]), labels)
        return Context(len(rows), numbers, words)

    def beside(self, *others: Context) -> Context:
        """The columns of all, those of the first before the others'; not more than can be used."""
        numbers, words = dict(self.numbers), dict(self.words)
        for other in others:
            for name, cells in other.numbers.items():
                if len(numbers) + len(words) < _MOST_COLUMNS:
                    numbers.setdefault(name, cells)
            for name, coded in other.words.items():
                if len(numbers) + len(words) < _MOST_COLUMNS:
                    words.setdefault(name, coded)
        return Context(self.n_rows, numbers, words)

    def renamed(self, prefix: str) -> Context:
        """The same columns under longer names."""
        return Context(
            self.n_rows,
            {prefix + name: cells for name, cells in self.numbers.items()},
            {prefix + name: coded for name, coded in self.words.items()},
        )

    def table(self, owners: npt.NDArray[np.int64] | None) -> Table:
        """The columns as a table that a generator takes."""
        import pandas as pd

        cells: dict[str, pd.Series] = {n: pd.Series(c) for n, c in self.numbers.items()}
        columns = [Column(name=name, sdtype="numerical", dtype="float64") for name in self.numbers]
        for name, (codes, labels) in self.words.items():
            text = pd.array(labels, dtype="string")
            cells[name] = pd.Series(text.take(codes, allow_fill=True))
            columns.append(Column(name=name, sdtype="categorical", dtype="string"))
        frame = pd.DataFrame(cells, index=pd.RangeIndex(self.n_rows))
        return Table("context", frame, TableSchema(columns=tuple(columns)), owners=owners)


def numbered(**columns: npt.NDArray[np.float64]) -> Context:
    """Context of plain numbers."""
    n_rows = len(next(iter(columns.values())))
    return Context(n_rows, dict(columns), {})


def nothing(n_rows: int) -> Context:
    """Context without a column."""
    return Context(n_rows, {}, {})


def as_numbers(cells: pd.Series) -> npt.NDArray[np.float64]:
    """Numbers, or moments in seconds, as float64 with NaN for a missing cell."""
    import pandas as pd
    from pandas.api import types

    if types.is_datetime64_any_dtype(cells):
        moments = cells.dt.tz_convert("UTC").dt.tz_localize(None) if cells.dt.tz else cells
        seconds = moments.to_numpy("datetime64[us]").astype(np.int64) / 1e6
        return np.asarray(np.where(cells.isna(), np.nan, seconds), dtype=np.float64)
    if cells.dtype == object:
        first = cells.dropna().head(1)
        if len(first) and hasattr(first.iloc[0], "toordinal"):
            return as_numbers(pd.to_datetime(cells))
        return np.asarray(cells.astype(float), dtype=np.float64)
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.asarray(numbers, dtype=np.float64)
