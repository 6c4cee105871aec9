"""Numbers as a few bins and what is left of them: for models that count.

A bin is a run of neighbouring symbols of a column's support, about as heavy as the others; a spike
is a bin of its own, and so is a missing cell. Inside a bin a value is drawn by the symbols' masses,
whatever the other columns say: the residual. Nothing is held but the support and its masses, which
`generators.forests.support` backs by enough subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.encoding.arrays import EncodedTable
from generators.forests.support import Support

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from generators.encoding.arrays import Variable


@dataclass(frozen=True)
class Bins:
    """The bins of one numeric column.

    Args:
        support: Atoms and cells of the column.
        starts: The first symbol of each bin, increasing from 0, shape (n_bins,).
    """

    support: Support
    starts: npt.NDArray[np.int32]

    @classmethod
    def learn(cls, support: Support, most: int) -> Self:
        """Bins of about equal mass.

        Args:
            support: Of the column.
            most: Bins at most, spikes and the ends beside them aside.
        """
        if not support.n_symbols:
            return cls(support, np.zeros(0, dtype=np.int32))
        if support.n_symbols <= most:
            return cls(support, np.arange(support.n_symbols, dtype=np.int32))
        smooth = np.where(support.spike, 0, support.mass)
        middle = np.cumsum(smooth) - smooth / 2
        group = np.floor(middle * most / max(int(smooth.sum()), 1)).astype(np.int64)
        new = np.diff(group, prepend=-1) != 0
        # A spike stands alone: a bin begins at it, and another behind it.
        new |= support.spike
        new[1:] |= support.spike[:-1]
        return cls(support, np.flatnonzero(new).astype(np.int32))

    @property
    def n_bins(self) -> int:
        """Number of bins; the bin of this number stands for a missing cell."""
        return len(self.starts)

    @property
    def is_exact(self) -> bool:
        """Whether each bin holds one value, so that a code says all."""
        return not self.support.n_cells and self.n_bins == self.support.n_symbols

    @cached_property
    def _cumulative(self) -> npt.NDArray[np.float64]:
        """Mass before each symbol, and all of it, shape (n_symbols + 1,)."""
        # A symbol that no train row has now can't be drawn, unless its whole bin is empty.
        return np.concatenate([[0.0], np.cumsum(np.maximum(self.support.mass, 1e-9))])

    def encode(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """The bin of each value, shape (n,)."""
        symbol = self.support.encode(values)
        code = np.searchsorted(self.starts, symbol, side="right").astype(np.int32) - 1
        code[symbol == self.support.n_symbols] = self.n_bins
        return code

    def draw(
        self, codes: npt.NDArray[np.int32], rng: np.random.Generator
    ) -> npt.NDArray[np.float64]:
        """A value in each bin, NaN for missing, shape (n,)."""
        out = np.full(len(codes), np.nan)
        there = np.flatnonzero(codes < self.n_bins)
        ends = np.append(self.starts, self.support.n_symbols)
        low, high = self._cumulative[ends[codes[there]]], self._cumulative[ends[codes[there] + 1]]
        place = low + rng.random(len(there)) * (high - low)
        symbol = np.searchsorted(self._cumulative, place, side="right") - 1
        symbol = np.clip(symbol, ends[codes[there]], ends[codes[there] + 1] - 1)
        begin, end = self.support.ends
        out[there] = begin[symbol] + rng.random(len(there)) * (end[symbol] - begin[symbol])
        return out

    def log_density(
        self, values: npt.NDArray[np.float64], codes: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.float64]:
        """Log of the density of each value given its bin, shape (n,); of an atom its mass."""
        out = np.zeros(len(values))
        there = np.flatnonzero(codes < self.n_bins)
        symbol = self.support.encode(values[there])
        ends = np.append(self.starts, self.support.n_symbols)
        whole = self._cumulative[ends[codes[there] + 1]] - self._cumulative[ends[codes[there]]]
        mass = self._cumulative[symbol + 1] - self._cumulative[symbol]
        begin, end = self.support.ends
        width = end[symbol] - begin[symbol]
        out[there] = np.log(mass) - np.log(whole) - np.log(np.where(width > 0, width, 1.0))
        return out


@dataclass(frozen=True)
class Discretization:
    """All columns as codes.

    Args:
        variables: What the columns are.
        bins: Of numeric columns; `None` for categorical ones.
    """

    variables: tuple[Variable, ...]
    bins: tuple[Bins | None, ...]

    @classmethod
    def learn(cls, train: EncodedTable, most: int) -> Self:
        """Bins of every numeric column.

        Args:
            train: The rows.
            most: Bins of a column at most, spikes aside.
        """
        owners = train.subjects if train.owners is None else train.owners
        bins: list[Bins | None] = []
        for variable, array in zip(train.variables, train.arrays, strict=True):
            if not variable.is_numeric:
                bins.append(None)
                continue
            support = Support.learn(array.astype(np.float64), owners, max(train.k, 1))
            bins.append(Bins.learn(support, most))
        return cls(train.variables, tuple(bins))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of codes of each column, a numeric column's one for missing included."""
        return tuple(
            variable.cardinality or 1 if own is None else own.n_bins + 1
            for variable, own in zip(self.variables, self.bins, strict=True)
        )

    def encode(self, rows: EncodedTable) -> npt.NDArray[np.int32]:
        """Codes, shape (n_columns, n_rows)."""
        out = np.empty((len(self.bins), rows.n_rows), dtype=np.int32)
        for i, (own, array) in enumerate(zip(self.bins, rows.arrays, strict=True)):
            out[i] = array if own is None else own.encode(array.astype(np.float64))
        return out

    def decode(self, codes: npt.NDArray[np.int32], rng: np.random.Generator) -> EncodedTable:
        """Rows with these codes, each its own subject; numbers are drawn inside their bins."""
        arrays = tuple(
            np.ascontiguousarray(code, dtype=np.int32) if own is None else own.draw(code, rng)
            for own, code in zip(self.bins, codes, strict=True)
        )
        return EncodedTable(self.variables, arrays, np.ones(codes.shape[1], dtype=np.int64))

    def decode_beside(
        self,
        codes: npt.NDArray[np.int32],
        known: EncodedTable,
        fixed: tuple[int, ...],
        rng: np.random.Generator,
    ) -> EncodedTable:
        """Rows with these codes, but the fixed columns as they are known, to the last digit."""
        drawn = self.decode(codes, rng)
        return drawn.with_arrays(
            known.arrays[i] if i in fixed else array for i, array in enumerate(drawn.arrays)
        )

    def log_density(
        self,
        rows: EncodedTable,
        codes: npt.NDArray[np.int32],
        columns: Iterable[int] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Log of the density of the rows' numbers given their codes, shape (n_rows,).

        Args:
            rows: The rows.
            codes: Theirs, shape (n_columns, n_rows).
            columns: Places of the columns that count; all of them if not given.
        """
        out = np.zeros(rows.n_rows)
        for i in range(len(self.bins)) if columns is None else columns:
            if (own := self.bins[i]) is not None:
                out += own.log_density(rows.arrays[i].astype(np.float64), codes[i])
        return out

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All arrays by name; none of them is empty."""
        out: dict[str, npt.NDArray[Any]] = {}
        for i, own in enumerate(self.bins):
            if own is not None and own.n_bins:
                out |= own.support.arrays(f"bins.{i}")
                out[f"bins.{i}.starts"] = own.starts
        return out

    @classmethod
    def of_arrays(
        cls, variables: tuple[Variable, ...], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> Self:
        """The discretization that gave these arrays."""
        none = np.zeros(0, dtype=np.int32)
        bins = tuple(
            Bins(
                Support.of_arrays(f"bins.{i}", arrays),
                arrays.get(f"bins.{i}.starts", none).astype(np.int32),
            )
            if variable.is_numeric
            else None
            for i, variable in enumerate(variables)
        )
        return cls(variables, bins)
