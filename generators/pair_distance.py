"""How far apart two tables' pairs of columns are: a quick measure to stop a training by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generators.encoding.arrays import EncodedTable

if TYPE_CHECKING:
    import numpy.typing as npt

_CELLS = 10  # of a number


class PairDistance:
    """Mean total variation distance over all pairs of columns, numbers in cells of like mass.

    Args:
        rows: What is compared with. At least a few hundred rows: their sampling error is in every
            distance, though the same in each.
    """

    def __init__(self, rows: EncodedTable) -> None:
        self._cuts = [
            _cuts(np.asarray(array)) if variable.is_numeric else None
            for variable, array in zip(rows.variables, rows.arrays, strict=True)
        ]
        self._sizes = [
            (v.cardinality or 1) if cuts is None else len(cuts) + 2
            for v, cuts in zip(rows.variables, self._cuts, strict=True)
        ]
        self._real = self._pairs(rows)
        block = np.repeat(np.arange(len(self._sizes)), self._sizes)
        self._apart = block[:, None] != block[None, :]
        if len(self._sizes) == 1:
            # A single column is compared with itself: its cells stand on the diagonal.
            self._apart = np.ones_like(self._apart)

    def __call__(self, rows: EncodedTable) -> float:
        """The distance of these rows, in [0, 1]; of the same variables."""
        n = len(self._sizes)
        gap = np.abs(self._pairs(rows) - self._real) * self._apart
        return float(0.5 * gap.sum() / max(n * (n - 1), 1))

    def _pairs(self, rows: EncodedTable) -> npt.NDArray[np.float32]:
        """Share of the rows that have both of two cells, (n_cells, n_cells)."""
        begins = np.cumsum([0, *self._sizes[:-1]])
        hot = np.zeros((rows.n_rows, sum(self._sizes)), dtype=np.float32)
        every = np.arange(rows.n_rows)
        for array, cuts, size, begin in zip(
            rows.arrays, self._cuts, self._sizes, begins, strict=True
        ):
            code = np.asarray(array)
            if cuts is not None:
                gone = np.isnan(code)
                code = np.where(gone, size - 1, np.searchsorted(cuts, code, side="right"))
            hot[every, begin + code.astype(np.int64)] = 1.0
        return hot.T @ hot / np.float32(rows.n_rows)


def _cuts(values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Ends of cells, increasing; a value that many share is in a cell of its own."""
    there = np.asarray(values, dtype=np.float64)
    there = there[~np.isnan(there)]
    if not len(there):
        return np.empty(0)
    wanted = np.quantile(there, np.arange(1, _CELLS) / _CELLS, method="inverted_cdf")
    heavy, times = np.unique(wanted, return_counts=True)
    after = np.nextafter(heavy[times > 1], np.inf)
    return np.unique(np.concatenate([wanted, after]))
