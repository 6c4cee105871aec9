"""Numbers as labels and places on a rank scale: for models of labels beside continuous numbers.

A category is a label. So is a spike of a number (no income, forty hours), a missing cell, and each
value of a column that has few. All other numbers of a column have one more label between them, and
a place in [0, 1]: the share of them that is lower. On that scale each column by itself is uniform,
whatever it was before. A value that many rows share is an interval of the scale, as long as its
share; what lies between two knots of the support is a point of it.

Columns that are a function of another are taken out and put back exactly. Nothing is held but the
support (`generators.forests.support`), which enough subjects stand behind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.dependencies import Dependencies
from generators.discretization import Discretization
from generators.encoding.arrays import EncodedTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import torch

    from generators.encoding.arrays import Variable
    from generators.forests.support import Support

    Floats = npt.NDArray[np.float64]

_FEW = 32  # values that a column may have for each to be a label
_NEVER = -1e4  # whose exponential is 0, and which a mean of weights bears


@dataclass(frozen=True)
class Ranked:
    """Rows as labels and places.

    Args:
        labels: Label of each free column, shape (n, n_free), int64.
        low: Where the interval of each number begins on its rank scale, shape (n, n_places).
        high: Where it ends: the same, where it is a point; both one half where there is no place.
        log_scale: Log of how many ranks a unit of the number has there, shape (n, n_places); 0
            where the interval is none, so that its length is a probability.
    """

    labels: npt.NDArray[np.int64]
    low: Floats
    high: Floats
    log_scale: Floats

    def rows(self, picked: slice | npt.NDArray[np.intp]) -> Ranked:
        """Some of the rows."""
        return Ranked(
            self.labels[picked], self.low[picked], self.high[picked], self.log_scale[picked]
        )

    def tensors(
        self, device: torch.device | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Labels, int64, and both ends of the intervals, float32, for a network."""
        import torch

        ends = (torch.from_numpy(end).float().to(device) for end in (self.low, self.high))
        low, high = ends
        return torch.from_numpy(self.labels).to(device), low, high


@dataclass(frozen=True)
class Ranks:
    """The columns of a table as labels and places.

    Args:
        columns: Symbols of the numbers, and bins that dependencies are found between.
        links: Columns that are a function of another.
    """

    columns: Discretization
    links: Dependencies

    @classmethod
    def learn(cls, train: EncodedTable) -> Self:
        """Supports of the numbers, and columns that follow from others."""
        columns = Discretization.learn(train, _FEW)
        owners = train.subjects if train.owners is None else train.owners
        return cls(
            columns, Dependencies.learn(columns, columns.encode(train), owners, max(train.k, 1))
        )

    @cached_property
    def _supports(self) -> tuple[Support | None, ...]:
        """Of the free numeric columns; of a column of few values, all are spikes."""
        out: list[Support | None] = []
        for i in self.links.free:
            own = self.columns.bins[i]
            support = None if own is None else own.support
            if support is not None and not support.n_cells and support.n_symbols <= _FEW:
                support = replace(support, spike=np.ones(support.n_symbols, dtype=bool))
            out.append(support)
        return tuple(out)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What all columns are."""
        return self.columns.variables

    @property
    def placed(self) -> tuple[int, ...]:
        """The free columns that have places, by their position among the free ones."""
        supports = enumerate(self._supports)
        return tuple(i for i, own in supports if own is not None and not own.spike.all())

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of labels of each free column; of a placed one, the last is that of a place."""
        out = []
        for i, own in zip(self.links.free, self._supports, strict=True):
            if own is None:
                out.append(self.variables[i].cardinality or 1)
            else:
                out.append(int(own.spike.sum()) + 1 + (not own.spike.all()))
        return tuple(out)

    def encode(self, rows: EncodedTable) -> Ranked:
        """Rows as labels and places."""
        shape = (rows.n_rows, len(self.placed))
        labels = np.empty((rows.n_rows, len(self._supports)), dtype=np.int64)
        low, high = np.full(shape, 0.5), np.full(shape, 0.5)
        log_scale = np.zeros(shape)
        for j, (i, own) in enumerate(zip(self.links.free, self._supports, strict=True)):
            if own is None:
                labels[:, j] = rows.arrays[i]
                continue
            values = rows.arrays[i].astype(np.float64)
            symbol = own.encode(values)
            # Spikes first, then a missing cell, then a place.
            number = np.append(np.cumsum(own.spike) - 1, own.spike.sum())
            number[:-1][~own.spike] = own.spike.sum() + 1
            labels[:, j] = number[symbol]
            if j in self.placed:
                at = self.placed.index(j)
                there = np.flatnonzero(labels[:, j] == own.spike.sum() + 1)
                place = _place(own, symbol[there], values[there])
                low[there, at], high[there, at], log_scale[there, at] = place
        return Ranked(labels, low, high, log_scale)

    def decode(
        self, labels: npt.NDArray[np.int64], places: Floats, rng: np.random.Generator
    ) -> EncodedTable:
        """Rows of labels, shape (n, n_free), and places, shape (n, n_placed)."""
        out: dict[int, npt.NDArray[np.float64] | npt.NDArray[np.int32]] = {}
        for j, (i, own) in enumerate(zip(self.links.free, self._supports, strict=True)):
            if own is None:
                out[int(i)] = labels[:, j].astype(np.int32)
                continue
            spikes = np.flatnonzero(own.spike).astype(np.int32)
            values = np.full(len(labels), np.nan)
            of_spike = labels[:, j] < len(spikes)
            values[of_spike] = own.value_of(spikes[labels[of_spike, j]])
            if j in self.placed:
                there = labels[:, j] == len(spikes) + 1
                values[there] = own.at(places[there, self.placed.index(j)])[1]
            out[int(i)] = values
        for link in self.links.links:
            out[link.column] = self._followed(link.image, link.parent, link.column, out, rng)
        arrays = tuple(out[i] for i in range(len(self.variables)))
        return EncodedTable(self.variables, arrays, np.ones(len(labels), dtype=np.int64))

    def middles(self, at: int, places: Floats) -> Floats:
        """Middles of the intervals that places of one column are in; of a point the point."""
        support = self._supports[self.placed[at]]
        assert support is not None  # noqa: S101  a category has no places
        symbol, _ = support.at(places)
        low, high = support.ends
        middle = (support.edges[symbol] + support.edges[symbol + 1]) / 2
        return np.where(low[symbol] < high[symbol], places, middle)

    def log_shares(self, ranked: Ranked, k: int) -> Floats:
        """Log of the share of rows with each label, one column's after the other's.

        So low that it is never drawn for a label that no row has. What fewer than `k` rows have
        counts as if that many had.
        """
        out = []
        for j, size in enumerate(self.sizes):
            count = np.bincount(ranked.labels[:, j], minlength=size)
            backed = np.maximum(count, k) * (count > 0)
            share = np.maximum(backed, 1) / max(backed.sum(), 1)
            out.append(np.where(count > 0, np.log(share), _NEVER))
        return np.concatenate(out)

    def _followed(
        self,
        image: npt.NDArray[np.int32],
        parent: int,
        column: int,
        known: Mapping[int, npt.NDArray[np.float64] | npt.NDArray[np.int32]],
        rng: np.random.Generator,
    ) -> npt.NDArray[np.float64] | npt.NDArray[np.int32]:
        """The column that is a function of another."""
        bins, own = self.columns.bins[parent], self.columns.bins[column]
        code = known[parent] if bins is None else bins.encode(known[parent].astype(np.float64))
        followed = image[code.astype(np.int64)]
        return followed if own is None else own.draw(followed, rng)

    def follows(self, rows: EncodedTable) -> npt.NDArray[np.bool_]:
        """Whether the columns that follow from others do so, shape (n,)."""
        codes = self.columns.encode(rows)
        return np.asarray((self.links.fill(codes[self.links.free]) == codes).all(axis=0))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All arrays by name."""
        return self.columns.arrays() | self.links.arrays()

    @classmethod
    def of_arrays(
        cls, variables: tuple[Variable, ...], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> Self:
        """From what `arrays` gave."""
        columns = Discretization.of_arrays(variables, arrays)
        return cls(columns, Dependencies.of_arrays(len(variables), arrays))


def _place(
    support: Support, symbol: npt.NDArray[np.int32], values: Floats
) -> tuple[Floats, Floats, Floats]:
    """The interval of each value on the rank scale, and the log of the ranks to a unit."""
    begin, end = support.edges[symbol], support.edges[symbol + 1]
    low, high = support.ends
    width = (high - low)[symbol]
    is_cell = width > 0
    share = np.clip((values - low[symbol]) / np.where(is_cell, width, 1.0), 0.0, 1.0)
    point = begin + share * (end - begin)
    scale = np.log(np.maximum(end - begin, 1e-12) / np.where(is_cell, width, 1.0))
    return (
        np.where(is_cell, point, begin),
        np.where(is_cell, point, end),
        np.where(is_cell, scale, 0.0),
    )
