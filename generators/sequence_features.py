"""What sequences are made of: columns by bins, first values, steps, and columns looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from generators.marginals import Marginal
from generators.protection import Protection

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable

Scope = Literal["entity", "row", "step"]

_COMMON = 0.8  # share of steps that must be the same for a column to be taken by its steps
_LEEWAY = 0.3  # of a bin: how far its edge may move to where values are sparse
_LOOKED_AT = 5_000  # rows that a dependency between columns is looked for in first
_FINEST = 6  # decimals of an index that are looked for


@dataclass(frozen=True)
class Feature:
    """Something that is emitted: a column, its first value, its steps, or the length.

    Args:
        name: The column's name; empty for the length.
        scope: `entity`: once, with the first row. `row`: every row. `step`: every row but the
            first, as the difference to the row before.
        n_symbols: How many symbols there are; the last of a number's stands for a missing one.
        marginal: A number's distribution; `None` for a category, or where nothing is known.
        cuts: Cumulative probability at which each bin of a number begins, and 1.
        numeric: Whether it is a number.
        bounds: Of a step: the range of the column it leads through.
    """

    name: str
    scope: Scope
    n_symbols: int
    marginal: Marginal | None = None
    cuts: npt.NDArray[np.float64] | None = None
    numeric: bool = True
    bounds: tuple[float, float] | None = None

    @staticmethod
    def of_numbers(
        name: str,
        scope: Scope,
        values: npt.NDArray[np.float64],
        owners: npt.NDArray[np.int64],
        k: int,
        bins: int,
    ) -> Feature:
        """A number's bins: each heavy atom for itself, the rest in about equal parts."""
        gone = np.isnan(values)
        there, whose = values[~gone], owners[~gone]
        # Steps and lengths have not been clipped by a codec, as columns have.
        bounds = Protection(k=k).bounds(there, whose) if len(there) else None
        marginal = None
        if bounds is not None:
            marginal = Marginal.fit(np.clip(there, *bounds), owners=whose, k=k)
        if marginal is None:
            return Feature(name, scope, 1)
        cuts = _bin_edges(marginal, bins)
        return Feature(name, scope, len(cuts) - 1 + bool(gone.any()), marginal, cuts)

    def symbols(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
        """The symbol of each cell, shape as given."""
        if not self.numeric:
            return values.astype(np.int64)
        if self.marginal is None or self.cuts is None:
            return np.zeros(len(values), dtype=np.int64)
        numbers = values.astype(np.float64)
        gone = np.isnan(numbers)
        inside = np.clip(numbers, self.marginal.left[0], self.marginal.right[-1])
        u = self.marginal.cdf(np.where(gone, self.marginal.left[0], inside))
        bins = np.searchsorted(self.cuts[1:-1], u, side="right").astype(np.int64)
        return np.where(gone, self.n_symbols - 1, bins)

    def cells(
        self, symbols: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> npt.NDArray[np.float64] | npt.NDArray[np.int32]:
        """A cell for each symbol; a number is drawn from its bin."""
        if not self.numeric:
            return symbols.astype(np.int32)
        if self.marginal is None or self.cuts is None:
            return np.full(len(symbols), np.nan)
        bins = np.minimum(symbols, len(self.cuts) - 2)
        low, high = self.cuts[bins], self.cuts[bins + 1]
        values = self.marginal.quantile(low + (high - low) * rng.random(len(symbols)))
        values[symbols > bins] = np.nan
        return values

    def log_density(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
        """Log density of each cell given its symbol, shape as given; 0 for all but numbers."""
        if self.marginal is None or self.cuts is None:
            return np.zeros(len(values))
        numbers = values.astype(np.float64)
        gone = np.isnan(numbers)
        there = self.marginal.log_density(np.where(gone, self.marginal.left[0], numbers))
        bins = np.minimum(self.symbols(values), len(self.cuts) - 2)
        return np.where(gone, 0.0, there - np.log(np.diff(self.cuts))[bins])


@dataclass(frozen=True)
class Lookup:
    """A column that another one determines.

    Args:
        target: Name of the determined column.
        source: Name of the one that determines it.
        keys: The source's values, increasing.
        values: The target's value for each key.
    """

    target: str
    source: str
    keys: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]

    def of(self, cells: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
        """The target's cells: those of the nearest key."""
        wanted = cells.astype(np.float64)
        middle = (self.keys[1:] + self.keys[:-1]) / 2
        return self.values[np.searchsorted(middle, wanted, side="left")]


@dataclass(frozen=True)
class Index:
    """What is known of the column that orders the rows.

    Args:
        name: Its name.
        low: Its smallest value.
        high: Its largest value.
        grid: All values lie at whole multiples of this from `low`.
        unique: Whether no two rows of an entity share one.
    """

    name: str
    low: float
    high: float
    grid: float
    unique: bool

    @property
    def room(self) -> int:
        """Most rows that an entity can have."""
        cells = round((self.high - self.low) / self.grid) + 1
        return cells if self.unique else int(np.iinfo(np.int64).max)

    def laid_out(
        self, values: npt.NDArray[np.float64], lengths: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """Values on the grid, within bounds, increasing within an entity."""
        most = round((self.high - self.low) / self.grid)
        entity = np.repeat(np.arange(len(lengths)), lengths)
        place = np.arange(len(entity)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        step = place if self.unique else np.zeros_like(place)
        cells = np.clip(np.rint((values - self.low) / self.grid), 0, most).astype(np.int64)
        # Running maximum within an entity: later entities are lifted above earlier ones.
        lift = entity * (2 * most + int(lengths.max()) + 2)
        cells = np.maximum.accumulate(cells - step + lift) - lift + step
        if self.unique:
            # Room for the rows that follow.
            cells = np.minimum(cells, most - (np.repeat(lengths, lengths) - 1 - place))
        return np.asarray(self.low + cells * self.grid, dtype=np.float64)


def first_rows(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which rows begin an entity, shape (n_rows,)."""
    first = np.zeros(int(lengths.sum()), dtype=bool)
    first[np.cumsum(lengths) - lengths] = True
    return first


def inside(
    values: npt.NDArray[np.float64],
    bounds: tuple[float, float] | None,
    lengths: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Each entity's values moved together, as little as brings them within bounds."""
    if bounds is None:
        return values
    begin = np.cumsum(lengths) - lengths
    over = np.maximum(np.maximum.reduceat(values, begin) - bounds[1], 0)
    values = values - np.repeat(over, lengths)
    under = np.maximum(bounds[0] - np.minimum.reduceat(values, begin), 0)
    return np.asarray(values + np.repeat(under, lengths), dtype=np.float64)


def _bin_edges(marginal: Marginal, bins: int) -> npt.NDArray[np.float64]:
    """Cumulative probabilities that cut a distribution into about equal bins, atoms left whole."""
    mass = np.diff(marginal.edges)
    atom = marginal.left == marginal.right
    heavy = np.flatnonzero(atom & (mass >= 1 / bins))
    alone = np.concatenate([marginal.edges[heavy], marginal.edges[heavy + 1]])
    even = np.linspace(0.0, 1.0, bins + 1)[1:-1]
    # A cut moves to where values lie least densely nearby, so that what lies apart stays apart;
    # one inside an atom moves to the atom's end.
    middle = (marginal.edges[1:] + marginal.edges[:-1]) / 2
    with np.errstate(divide="ignore"):
        density = mass / (marginal.right - marginal.left)
    for i, cut in enumerate(even):
        near = np.flatnonzero(np.abs(middle - cut) <= _LEEWAY / bins)
        if len(near) and np.isfinite(density[near]).any():
            even[i] = middle[near[np.argmin(density[near])]]
    piece = np.searchsorted(marginal.edges[1:-1], even, side="right")
    even = np.where(atom[piece], marginal.edges[piece + 1], even)
    cuts = np.unique(np.concatenate([[0.0, 1.0], alone, even]))
    # Slivers are of no use: they go to the bin before, unless an atom's edge is theirs.
    keep = np.append(np.diff(cuts) > 1e-9, True)  # noqa: PLR2004
    cuts = np.asarray(cuts[keep], dtype=np.float64)
    cuts[0] = 0.0
    return cuts


def moves_by_steps(
    values: npt.NDArray[np.float64], train: EncodedTable, owners: npt.NDArray[np.int64]
) -> bool:
    """Whether most steps within an entity are the same, other than zero."""
    first = first_rows(train.lengths)
    if first.all() or np.isnan(values).any():
        return False
    steps = np.diff(values, prepend=0.0)[~first]
    found, which, counts = np.unique(steps, return_inverse=True, return_counts=True)
    common = int(np.argmax(counts))
    whose = len(np.unique(owners[~first][which == common]))
    return bool(counts[common] >= _COMMON * len(steps) and found[common] and whose >= train.k)


def find_index(
    name: str, values: npt.NDArray[np.float64], lengths: npt.NDArray[np.int64]
) -> Index | None:
    """Bounds, grid and uniqueness of the index; `None` where it is never there."""
    there = values[~np.isnan(values)]
    if not len(there):
        return None
    low, high = float(there.min()), float(there.max())
    away = there - low
    grid = max(high - low, 1.0) * 1e-9
    for decimals in range(_FINEST + 1):
        scaled = away * 10.0**decimals
        if np.allclose(scaled, np.rint(scaled), rtol=0, atol=1e-6):
            grid = 10.0**-decimals
            break
    inner = ~first_rows(lengths)
    with np.errstate(invalid="ignore"):
        tied = (np.diff(values, prepend=np.nan) <= 0)[inner]
    # The codec's clipping ties what lies beyond the bounds; that says nothing.
    inside = ((values > low) & (values < high))[inner]
    return Index(name, low, high, grid, not bool((tied & inside).any()))


def find_lookups(train: EncodedTable, owners: npt.NDArray[np.int64]) -> tuple[Lookup, ...]:
    """Columns that another column determines in every row, each value of it backed by k."""
    codes: list[npt.NDArray[np.int64]] = []
    found: list[npt.NDArray[np.float64]] = []
    fit_as_source: list[bool] = []
    for array in train.arrays:
        values = np.asarray(array, dtype=np.float64)
        unique, which = np.unique(values, return_inverse=True)
        backing = Protection(k=train.k).backing(which, owners, len(unique))
        codes.append(which.astype(np.int64))
        found.append(unique)
        fit_as_source.append(
            len(unique) > 1 and not np.isnan(unique[-1]) and int(backing.min()) >= train.k
        )
    rank = {"index": 0, "entity": 1, "row": 2}
    order = sorted(range(len(codes)), key=lambda i: rank[train.variables[i].place])
    sources: set[int] = set()
    determined: dict[int, Lookup] = {}
    for target in reversed(order):
        variable = train.variables[target]
        if target in sources or variable.place == "index" or len(found[target]) == 1:
            continue
        for source in order:
            able = fit_as_source[source] and source != target and source not in determined
            same_scope = variable.place != "entity" or train.variables[source].place == "entity"
            if able and same_scope and _determines(codes[source], codes[target], found, source):
                at = np.unique(codes[source], return_index=True)[1]
                values = found[target][codes[target][at]]
                determined[target] = Lookup(
                    variable.name, train.variables[source].name, found[source], values
                )
                sources.add(source)
                break
    return tuple(determined.values())


def _determines(
    source: npt.NDArray[np.int64],
    target: npt.NDArray[np.int64],
    found: list[npt.NDArray[np.float64]],
    which: int,
) -> bool:
    """Whether equal sources always have equal targets."""
    for rows in (slice(_LOOKED_AT), slice(None)):
        one = np.full(len(found[which]), -1, dtype=np.int64)
        one[source[rows]] = target[rows]
        if (one[source[rows]] != target[rows]).any():
            return False
    return True
