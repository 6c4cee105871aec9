"""Sequences as rows of symbols, and back.

A category is a symbol; a number is the quantile bin it lies in, and comes back from anywhere in
that bin. A column that moves by the same step most of the time is taken as its first value and its
steps, as the index always is; a column that another one determines is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from generators.encoding.arrays import EncodedTable
from generators.marginals import Marginal
from generators.protection import Protection

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import Variable

Scope = Literal["entity", "row", "step"]
Cells = "npt.NDArray[np.float64] | npt.NDArray[np.int32]"

_COMMON = 0.8  # share of steps that must be the same for a column to be taken by its steps
_LOOKED_AT = 5_000  # rows that a dependency between columns is looked for in first
_FINEST = 6  # decimals of an index that are looked for


@dataclass(frozen=True)
class Symbols:
    """What there is to emit.

    Args:
        variable: Which variable each symbol belongs to, ascending, shape (n_symbols,), int64.
        lagged: The variables that remember: with some probability they take their symbol from
            what followed their last one, whatever the state; ascending.
    """

    variable: npt.NDArray[np.int64]
    lagged: tuple[int, ...]

    @property
    def n_symbols(self) -> int:
        """Number of symbols of all variables together."""
        return len(self.variable)

    @property
    def begins(self) -> npt.NDArray[np.int64]:
        """First symbol of each variable, and the number of all."""
        n = int(self.variable[-1]) + 1
        return np.searchsorted(self.variable, np.arange(n + 1)).astype(np.int64)

    @property
    def pair_begins(self) -> npt.NDArray[np.int64]:
        """First pair (last symbol, symbol) of each lagged variable, and the number of all."""
        sizes = np.diff(self.begins)[list(self.lagged)]
        return np.concatenate([[0], np.cumsum(sizes**2)]).astype(np.int64)


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
    """

    name: str
    scope: Scope
    n_symbols: int
    marginal: Marginal | None = None
    cuts: npt.NDArray[np.float64] | None = None
    numeric: bool = True

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
        return self.low + cells * self.grid


@dataclass(frozen=True)
class SequenceSymbols:
    """How a table of sequences becomes symbols.

    Args:
        variables: The table's variables.
        features: What is emitted, in order; the length of an entity is the last.
        lookups: The columns that are looked up.
        index: The column that orders the rows, if there is one.
    """

    variables: tuple[Variable, ...]
    features: tuple[Feature, ...]
    lookups: tuple[Lookup, ...]
    index: Index | None

    @staticmethod
    def learn(train: EncodedTable, bins: int) -> SequenceSymbols:
        """The symbols of a table.

        Args:
            train: Rows by entity, in the order of the index.
            bins: About how many bins a number has.
        """
        owners = train.owner_codes
        if owners is None:
            owners = train.subjects
        first = _first_rows(train.lengths)
        lookups = _lookups(train, owners)
        determined = {lookup.target for lookup in lookups}
        index = None
        features: list[Feature] = []
        for variable, array in zip(train.variables, train.arrays, strict=True):
            name = variable.name
            if variable.place == "index":
                index = _index(name, np.asarray(array, dtype=np.float64), train.lengths)
            if name in determined:
                continue
            scope: Scope = "entity" if variable.place == "entity" else "row"
            if not variable.is_numeric:
                cardinality = variable.cardinality or 1
                features.append(Feature(name, scope, cardinality, numeric=False))
                continue
            values = np.asarray(array, dtype=np.float64)
            if variable.place == "index" or (scope == "row" and _by_steps(values, train, owners)):
                steps = np.diff(values, prepend=np.nan)[~first]
                whose = owners[~first]
                if index is not None and index.unique and index.name == name:
                    whose, steps = whose[steps > 0], steps[steps > 0]
                begin, rows = values[first], owners[first]
                features.append(Feature.of_numbers(name, "entity", begin, rows, train.k, bins))
                if len(steps):
                    features.append(Feature.of_numbers(name, "step", steps, whose, train.k, bins))
            else:
                rows = first if scope == "entity" else np.ones(len(values), dtype=bool)
                features.append(
                    Feature.of_numbers(name, scope, values[rows], owners[rows], train.k, bins)
                )
        lengths = train.lengths.astype(np.float64)
        features.append(Feature.of_numbers("", "entity", lengths, owners[first], train.k, bins))
        return SequenceSymbols(train.variables, tuple(features), lookups, index)

    @property
    def kinds(self) -> Symbols:
        """How the symbols are numbered; columns that change from row to row have a memory."""
        sizes = [feature.n_symbols for feature in self.features]
        lagged = [
            i
            for i, feature in enumerate(self.features)
            if feature.scope == "row" and feature.n_symbols > 1
        ]
        return Symbols(np.repeat(np.arange(len(sizes)), sizes), tuple(lagged))

    def encode(self, table: EncodedTable) -> npt.NDArray[np.int64]:
        """Symbols numbered through all features, (n_rows, n_features); the end: not there."""
        offsets = self.kinds.begins
        first = _first_rows(table.lengths)
        out = np.full((table.n_rows, len(self.features)), offsets[-1], dtype=np.int64)
        for i, feature in enumerate(self.features):
            if not feature.name:
                out[first, i] = offsets[i] + feature.symbols(table.lengths)
                continue
            array: npt.NDArray[np.generic] = table[feature.name]
            rows = first
            if feature.scope == "step":
                rows, array = ~first, np.diff(np.asarray(array, dtype=np.float64), prepend=0.0)
            elif feature.scope == "row":
                rows = np.ones(len(array), dtype=bool)
            out[rows, i] = offsets[i] + feature.symbols(array[rows])
        return out

    def lengths(
        self, symbols: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """Lengths of entities from the symbols of the last feature, shape (n_entities,), int64."""
        feature = self.features[-1]
        if feature.marginal is None:
            return np.ones(len(symbols), dtype=np.int64)
        lengths = np.maximum(np.rint(feature.cells(symbols, rng)), 1).astype(np.int64)
        if self.index is not None and self.index.unique:
            room = round((self.index.high - self.index.low) / self.index.grid) + 1
            lengths = np.minimum(lengths, room)
        return lengths

    def decode(
        self,
        symbols: list[npt.NDArray[np.int64]],
        lengths: npt.NDArray[np.int64],
        rng: np.random.Generator,
    ) -> EncodedTable:
        """Rows from symbols.

        Args:
            symbols: Of each feature but the length, counted from 0 within it: one per entity for
                the scope `entity`, else one per row (that of a first row's step is not looked at).
            lengths: Rows per entity.
            rng: Draws numbers from bins.
        """
        first = _first_rows(lengths)
        cells: dict[str, npt.NDArray[np.float64] | npt.NDArray[np.int32]] = {}
        for feature, codes in zip(self.features, symbols, strict=False):
            drawn = feature.cells(codes, rng)
            if feature.scope == "entity":
                cells[feature.name] = np.repeat(drawn, lengths)
            elif feature.scope == "row":
                cells[feature.name] = drawn
            else:
                steps = np.where(first, cells[feature.name], np.nan_to_num(drawn))
                total = np.cumsum(steps)
                begin = np.flatnonzero(first)
                before = np.repeat(total[begin] - steps[begin], lengths)
                cells[feature.name] = total - before
        if self.index is not None and self.index.name in cells:
            index = np.asarray(cells[self.index.name], dtype=np.float64)
            cells[self.index.name] = self.index.laid_out(index, lengths)
        for lookup in self.lookups:
            cells[lookup.target] = lookup.of(cells[lookup.source])
        arrays = tuple(
            cells[v.name] if v.is_numeric else cells[v.name].astype(np.int32)
            for v in self.variables
        )
        return EncodedTable(self.variables, arrays, lengths)


def _first_rows(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which rows begin an entity, shape (n_rows,)."""
    first = np.zeros(int(lengths.sum()), dtype=bool)
    first[np.cumsum(lengths) - lengths] = True
    return first


def _bin_edges(marginal: Marginal, bins: int) -> npt.NDArray[np.float64]:
    """Cumulative probabilities that cut a distribution into about equal bins, atoms left whole."""
    mass = np.diff(marginal.edges)
    atom = marginal.left == marginal.right
    heavy = np.flatnonzero(atom & (mass >= 1 / bins))
    alone = np.concatenate([marginal.edges[heavy], marginal.edges[heavy + 1]])
    even = np.linspace(0.0, 1.0, bins + 1)[1:-1]
    # An even cut inside a piece moves to the piece's end where the piece is an atom.
    piece = np.searchsorted(marginal.edges[1:-1], even, side="right")
    even = np.where(atom[piece], marginal.edges[piece + 1], even)
    cuts = np.unique(np.concatenate([[0.0, 1.0], alone, even]))
    # Slivers are of no use: they go to the bin before, unless an atom's edge is theirs.
    keep = np.append(np.diff(cuts) > 1e-9, True)  # noqa: PLR2004
    cuts = cuts[keep]
    cuts[0] = 0.0
    return cuts


def _by_steps(
    values: npt.NDArray[np.float64], train: EncodedTable, owners: npt.NDArray[np.int64]
) -> bool:
    """Whether most steps within an entity are the same, other than zero."""
    first = _first_rows(train.lengths)
    if first.all() or np.isnan(values).any():
        return False
    steps = np.diff(values, prepend=0.0)[~first]
    found, which, counts = np.unique(steps, return_inverse=True, return_counts=True)
    common = int(np.argmax(counts))
    whose = len(np.unique(owners[~first][which == common]))
    return bool(counts[common] >= _COMMON * len(steps) and found[common] and whose >= train.k)


def _index(
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
    inner = ~_first_rows(lengths)
    with np.errstate(invalid="ignore"):
        tied = (np.diff(values, prepend=np.nan) <= 0)[inner]
    # The codec's clipping ties what lies beyond the bounds; that says nothing.
    inside = ((values > low) & (values < high))[inner]
    return Index(name, low, high, grid, not bool((tied & inside).any()))


def _lookups(train: EncodedTable, owners: npt.NDArray[np.int64]) -> tuple[Lookup, ...]:
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
            1 < len(unique) and not np.isnan(unique[-1]) and int(backing.min()) >= train.k
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
