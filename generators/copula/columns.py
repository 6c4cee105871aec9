"""One column of a Gaussian copula: a step function of one or two latent normal numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.marginals import Marginal

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_EDGE = 1e-12  # a probability this near to 0 or 1 is as far out as a latent number lies


@dataclass(frozen=True)
class Column:
    """How latent numbers become one column.

    Args:
        codes: For a categorical column: the code of each cell, in latent order.
        cuts: For a categorical column: cumulative probability at each cell's upper end.
        marginal: For a numeric column: its distribution where it is there, if anything is known.
        missing: For a numeric column: share of missing cells, which have a latent of their own.
    """

    codes: npt.NDArray[np.int32] | None = None
    cuts: Floats | None = None
    marginal: Marginal | None = None
    missing: float = 0.0

    @staticmethod
    def categorical(counts: npt.NDArray[np.int64], order: npt.NDArray[np.intp]) -> Column:
        """A column whose codes, as frequent as this, take this latent order."""
        order = order[counts[order] > 0]
        edges = np.cumsum(counts[order]) / counts.sum()
        edges[-1] = 1.0
        return Column(codes=order.astype(np.int32), cuts=edges)

    @property
    def edges(self) -> list[Floats]:
        """Of each latent: cumulative probability at the ends of its cells."""
        if self.codes is not None and self.cuts is not None:
            return [np.concatenate([[0.0], self.cuts])] if len(self.codes) > 1 else []
        if self.marginal is None:
            return []
        missing = [np.array([0.0, self.missing, 1.0])] if 0 < self.missing < 1 else []
        return [self.marginal.edges, *missing]

    @property
    def n_latents(self) -> int:
        """How many latent numbers a cell takes."""
        return len(self.edges)

    def cells(self, array: npt.NDArray[np.generic]) -> list[npt.NDArray[np.int64]]:
        """Of each latent: which of its cells each row is in, (n,); -1 where it has no say."""
        if self.codes is not None:
            place = np.full(max(int(self.codes.max()), int(array.max(initial=0))) + 1, -1)
            place[self.codes] = np.arange(len(self.codes))
            return [place[np.asarray(array, dtype=np.int64)]][: self.n_latents]
        if self.marginal is None:
            return []
        values = np.asarray(array, dtype=np.float64)
        there = ~np.isnan(values)
        found = np.full(len(values), -1, dtype=np.int64)
        found[there] = self.marginal.pieces(values[there])
        return [found, there.astype(np.int64)][: self.n_latents]

    def scores(self, array: npt.NDArray[np.generic]) -> list[Floats]:
        """Of each latent: the mean of a row's cell, (n,); NaN where it has no say."""
        out = []
        for cells, edges in zip(self.cells(array), self.edges, strict=True):
            out.append(np.append(cell_means(edges), np.nan)[cells])
        return out

    def bounds(self, array: npt.NDArray[np.generic]) -> tuple[Floats, Floats]:
        """Between what each latent number of each row lies, twice (n_latents, n).

        The two are equal where a number lies in a stretch, whose latent is known.
        """
        from scipy.special import ndtri

        low, high = (np.full((self.n_latents, len(array)), end) for end in (-np.inf, np.inf))
        for i, (cells, edges) in enumerate(zip(self.cells(array), self.edges, strict=True)):
            z = ndtri(edges)
            there = cells >= 0
            low[i, there], high[i, there] = z[cells[there]], z[cells[there] + 1]
        if self.marginal is not None:
            values, cells = np.asarray(array, dtype=np.float64), self.cells(array)[0]
            width = self.marginal.right - self.marginal.left
            known = np.flatnonzero((cells >= 0) & (width[cells] > 0))
            piece = cells[known]
            share = np.clip((values[known] - self.marginal.left[piece]) / width[piece], 0, 1)
            u = self.marginal.edges[piece] + share * np.diff(self.marginal.edges)[piece]
            low[0, known] = high[0, known] = ndtri(np.clip(u, _EDGE, 1 - _EDGE))
        return low, high

    def log_stretch(self, array: npt.NDArray[np.generic]) -> Floats:
        """Log of how much denser the column is than its latent, where that is known, (n,)."""
        low, high = self.bounds(array)
        out = np.zeros(len(array))
        if self.marginal is None:
            return out
        known = np.flatnonzero(low[0] == high[0])
        z = low[0, known]
        values = np.asarray(array, dtype=np.float64)[known]
        normal = -0.5 * z * z - 0.5 * np.log(2 * np.pi)
        out[known] = self.marginal.log_density(values) - normal
        return out

    def invert(self, latent: Floats, n: int) -> npt.NDArray[np.float64] | npt.NDArray[np.int32]:
        """Cells from latent normal numbers of shape (n_latents, n)."""
        from scipy.special import ndtr, ndtri

        if self.codes is not None and self.cuts is not None:
            if not len(latent):
                return np.full(n, self.codes[0], dtype=np.int32)
            cell = np.searchsorted(ndtri(self.cuts[:-1]), latent[0], side="right")
            return np.asarray(self.codes[cell], dtype=np.int32)
        if self.marginal is None:
            return np.full(n, np.nan)
        values = self.marginal.quantile(ndtr(latent[0]))
        if self.n_latents > 1:
            values[latent[1] < ndtri(self.missing)] = np.nan
        return values


def cell_means(edges: Floats) -> Floats:
    """Mean of a standard normal number within each cell of cumulative probability."""
    from scipy.special import ndtri

    z = ndtri(edges)
    means = -np.diff(np.exp(-0.5 * z * z)) / np.sqrt(2 * np.pi) / np.diff(edges)
    return np.asarray(means, dtype=np.float64)
