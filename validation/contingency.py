"""Pairs of columns as contingency tables, and how far two samples' tables are apart.

Numbers are cut at the train rows' deciles, categories keep the most frequent ones; a missing cell
has a level of its own. The distance is total variation, less what chance alone makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.features import FeatureSpace

    Codes = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

BINS = 10
LEVELS = 15


@dataclass(frozen=True)
class Binning:
    """How each column is cut into few levels, as learnt on train.

    Args:
        space: The columns, with their categories.
        edges: Inner cut points of the numeric columns, by name.
        most_levels: Categories of a column that are kept apart.
    """

    space: FeatureSpace
    edges: dict[str, Floats]
    most_levels: int = LEVELS

    @staticmethod
    def learn(
        train: Table, space: FeatureSpace, bins: int = BINS, most_levels: int = LEVELS
    ) -> Binning:
        """Cut points at the train rows' quantiles; fewer where one value fills several bins.

        Args:
            train: The rows whose quantiles count.
            space: The columns.
            bins: Bins of a column of numbers.
            most_levels: Categories kept apart; rarer ones share a level.
        """
        edges = {}
        ordinal = space.ordinal(train)
        for i, name in enumerate(space.names):
            if name not in space.knots:
                continue
            values = ordinal[:, i]
            present = np.sort(values[~np.isnan(values)])
            at = np.arange(1, bins) * len(present) // bins
            edges[name] = np.unique(present[at]) if len(present) else present
        return Binning(space, edges, most_levels)

    def levels(self, name: str) -> int:
        """Number of levels of a column, missing and all rarer categories included."""
        if name in self.edges:
            return len(self.edges[name]) + 2
        return min(len(self.space.levels[name].names), self.most_levels) + 2

    def codes(self, table: Table) -> dict[str, Codes]:
        """The level of each cell, by column, each of shape (n_rows,)."""
        out: dict[str, Codes] = {}
        ordinal = self.space.ordinal(table)
        for i, name in enumerate(self.space.names):
            values = ordinal[:, i]
            if name in self.edges:
                # Left: a value that fills whole deciles shares its bin with nothing above it.
                bins = np.searchsorted(self.edges[name], values, side="left")
                out[name] = np.where(np.isnan(values), self.levels(name) - 1, bins)
            else:
                known = self.space.levels[name]
                codes = values.astype(np.int64)
                kept = self.levels(name) - 2
                gone = codes == known.missing
                out[name] = np.where(gone, kept + 1, np.minimum(codes, kept))
        return out


@dataclass(frozen=True)
class PairDistances:
    """One figure per pair of columns, each of shape (n_pairs,).

    Args:
        pairs: Names of the columns.
        distance: Total variation distance of the two samples' tables.
        noise: What it would be on average if nothing but chance told the samples apart.
        error: Standard error of the distance.
        association: Distance of the first sample's table from the product of its margins, less
            its own noise: how much the two columns have to do with each other.
    """

    pairs: tuple[tuple[str, str], ...]
    distance: Floats
    noise: Floats
    error: Floats
    association: Floats

    @property
    def excess(self) -> Floats:
        """The distance that chance does not explain, at least 0."""
        return np.maximum(self.distance - self.noise, 0.0)


def pair_distances(train: Table, other: Table, binning: Binning) -> PairDistances:
    """How far each pair's table in `other` is from that in `train`.

    The expected noise of a table is the sum over its cells of the mean absolute value of a normal
    variable with the cell's sampling variance, cut where a cell is too rare for the normal
    approximation; the error is that of the distance's linear approximation. Both are summed by
    subject where rows share one.
    """
    a, b = binning.codes(train), binning.codes(other)
    groups_a = train.shared_codes
    groups_b = other.shared_codes
    pairs = tuple(combinations(binning.space.names, 2))
    figures = np.zeros((4, len(pairs)))
    for i, (x, y) in enumerate(pairs):
        shape = (binning.levels(x), binning.levels(y))
        cells_a = a[x] * shape[1] + a[y]
        cells_b = b[x] * shape[1] + b[y]
        p = _shares(cells_a, shape)
        q = _shares(cells_b, shape)
        gap = (p - q).ravel()
        variance = _variance(cells_a, p, groups_a) + _variance(cells_b, q, groups_b)
        side = np.sign(gap)
        error = _error(side[cells_a], groups_a) + _error(side[cells_b], groups_b)
        independent = np.outer(p.sum(axis=1), p.sum(axis=0))
        own = _noise(_variance(cells_a, independent, None), independent.ravel())
        figures[:, i] = (
            np.abs(gap).sum() / 2,
            _noise(variance, (p + q).ravel() / 2),
            # Near no difference the linear approximation has no slope; chance still has a spread.
            np.sqrt(max(error, (1 - 2 / np.pi) * float(variance.sum()))) / 2,
            max(float(np.abs(p - independent).sum() / 2) - own, 0.0),
        )
    return PairDistances(pairs, *figures)


def _shares(cells: Codes, shape: tuple[int, int]) -> Floats:
    counts = np.bincount(cells, minlength=shape[0] * shape[1])
    shares: Floats = counts.reshape(shape) / max(len(cells), 1)
    return shares


def _variance(cells: Codes, shares: Floats, groups: Codes | None) -> Floats:
    """Sampling variance of each cell's share, shape (n_cells,)."""
    n = max(len(cells), 1)
    p = shares.ravel()
    if groups is None:
        return np.asarray(p * (1 - p) / n, dtype=np.float64)
    sizes = np.bincount(groups).astype(np.float64)
    pairs, counts = np.unique(groups * len(p) + cells, return_counts=True)
    squares = np.bincount(pairs % len(p), weights=counts.astype(np.float64) ** 2, minlength=len(p))
    crossed = np.bincount(cells, weights=sizes[groups], minlength=len(p))
    spread = squares - 2 * p * crossed + p**2 * float((sizes**2).sum())
    return np.asarray(np.maximum(spread, 0.0), dtype=np.float64) / n**2


def _noise(variance: Floats, shares: Floats) -> float:
    """Mean total variation distance of tables whose cells differ by chance only."""
    # A cell of share p on both sides can't differ by more than p + p on average.
    return float(np.minimum(np.sqrt(2 / np.pi * variance), 2 * shares).sum()) / 2


def _error(side: Floats, groups: Codes | None) -> float:
    """Variance of the mean of `side`."""
    n = len(side)
    if n == 0:
        return 0.0
    residuals: Floats = side - side.mean()
    if groups is not None:
        residuals = np.bincount(groups, weights=residuals).astype(np.float64)
    return float((residuals**2).sum()) / n**2
