"""Sequences as rows of symbols, and back.

A category is a symbol; a number is the quantile bin it lies in, and comes back from anywhere in
that bin. A column that moves by the same step most of the time is taken as its first value and its
steps, as the index always is; a column that another one determines is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from generators.encoding.arrays import EncodedTable
from generators.sequence_features import (
    Feature,
    Index,
    Lookup,
    Scope,
    find_index,
    find_lookups,
    first_rows,
    inside,
    moves_by_steps,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import Variable

_BROKEN = float(np.log(1e-6))  # for a cell that is not what the others determine


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
        first = first_rows(train.lengths)
        lookups = find_lookups(train, owners)
        determined = {lookup.target for lookup in lookups}
        index = None
        features: list[Feature] = []
        for variable, array in zip(train.variables, train.arrays, strict=True):
            name = variable.name
            if variable.place == "index":
                index = find_index(name, np.asarray(array, dtype=np.float64), train.lengths)
            if name in determined:
                continue
            scope: Scope = "entity" if variable.place == "entity" else "row"
            if not variable.is_numeric:
                cardinality = variable.cardinality or 1
                features.append(Feature(name, scope, cardinality, numeric=False))
                continue
            values = np.asarray(array, dtype=np.float64)
            if variable.place == "index" or (
                scope == "row" and moves_by_steps(values, train, owners)
            ):
                reach = (float(np.nanmin(values)), float(np.nanmax(values)))
                steps = np.diff(values, prepend=np.nan)[~first]
                # The codec's clipping makes rows beyond a bound stand still; they did not.
                moved = (steps != 0) | ~np.isin(values[~first], reach)
                if index is not None and index.unique and index.name == name:
                    moved &= steps > 0
                steps, whose = steps[moved], owners[~first][moved]
                begin, rows = values[first], owners[first]
                features.append(Feature.of_numbers(name, "entity", begin, rows, train.k, bins))
                step = Feature.of_numbers(name, "step", steps, whose, train.k, bins)
                features.append(replace(step, bounds=reach))
            else:
                taken = first if scope == "entity" else np.ones(len(values), dtype=bool)
                features.append(
                    Feature.of_numbers(name, scope, values[taken], owners[taken], train.k, bins)
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
        begins = self.kinds.begins
        out = np.full((table.n_rows, len(self.features)), begins[-1], dtype=np.int64)
        for i, feature in enumerate(self.features):
            rows, values = self._cells(table, feature)
            out[rows, i] = begins[i] + feature.symbols(values)
        return out

    def log_density(self, table: EncodedTable) -> npt.NDArray[np.float64]:
        """Log density of each row's cells given their symbols, shape (n_rows,).

        A cell that is not what its row's other columns determine counts as one in a million.
        """
        out = np.zeros(table.n_rows)
        for feature in self.features:
            rows, values = self._cells(table, feature)
            out[rows] += feature.log_density(values)
        for lookup in self.lookups:
            differs = lookup.of(table[lookup.source]) != table[lookup.target]
            out += np.where(differs, _BROKEN, 0.0)
        return out

    @staticmethod
    def _cells(
        table: EncodedTable, feature: Feature
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.generic]]:
        """The rows that have a feature, and what they have of it."""
        first = first_rows(table.lengths)
        if not feature.name:
            return first, table.lengths
        cells: npt.NDArray[np.generic] = table[feature.name]
        if feature.scope == "step":
            return ~first, np.diff(np.asarray(cells, dtype=np.float64), prepend=0.0)[~first]
        if feature.scope == "entity":
            return first, cells[first]
        return np.ones(len(cells), dtype=bool), cells

    def lengths(
        self, symbols: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """Lengths of entities from the symbols of the last feature, shape (n_entities,), int64."""
        feature = self.features[-1]
        if feature.marginal is None:
            return np.ones(len(symbols), dtype=np.int64)
        lengths = np.maximum(np.rint(feature.cells(symbols, rng)), 1).astype(np.int64)
        return lengths if self.index is None else np.minimum(lengths, self.index.room)

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
        first = first_rows(lengths)
        cells: dict[str, npt.NDArray[np.float64] | npt.NDArray[np.int32]] = {}
        for feature, codes in zip(self.features, symbols, strict=False):
            drawn = feature.cells(codes, rng)
            if feature.scope == "entity":
                cells[feature.name] = drawn[np.repeat(np.arange(len(lengths)), lengths)]
            elif feature.scope == "row":
                cells[feature.name] = drawn
            else:
                steps = np.where(first, cells[feature.name], np.nan_to_num(drawn))
                total = np.cumsum(steps)
                begin = np.flatnonzero(first)
                before = np.repeat(total[begin] - steps[begin], lengths)
                cells[feature.name] = inside(total - before, feature.bounds, lengths)
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
