"""One column given the columns before it: grown, drawn from, written and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.forests.density import Kernels, LeafShares
from generators.forests.support import Support
from generators.forests.trees import Trees

if TYPE_CHECKING:
    import numpy.typing as npt

    Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Stage:
    """A forest and what its leaves count.

    Args:
        parents: Position of each column that the trees look at.
        ranks: For each parent, the order its codes are compared in, or `None` for their own.
        trees: The forest.
        counts: Symbols at its leaves.
    """

    parents: tuple[int, ...]
    ranks: tuple[npt.NDArray[np.int32] | None, ...]
    trees: Trees
    counts: LeafShares

    def features(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """The codes that the trees look at, shape (n_parents, n_rows).

        Args:
            codes: Codes of all columns, shape (n_columns, n_rows).
        """
        out = np.empty((max(len(self.parents), 1), codes.shape[1]), dtype=np.int32)
        if not self.parents:
            out[:] = 0
        for i, (parent, rank) in enumerate(zip(self.parents, self.ranks, strict=True)):
            out[i] = codes[parent] if rank is None else rank[codes[parent]]
        return out

    def draw(self, codes: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """The position of a counted symbol for each row, shape (n_rows,)."""
        n = int(codes.shape[1])
        n_trees = len(self.trees.roots)
        tree = rng.integers(n_trees, size=n) if n_trees > 1 else np.zeros(n, dtype=np.int64)
        node = self.trees.apply(self.features(codes), tree)
        return self.counts.draw(node, rng.random(size=n))

    def arrays(self, name: str) -> Arrays:
        """All arrays, names beginning with `name`."""
        out: Arrays = {}
        for key, array in self.trees.arrays().items():
            out[f"{name}.{key}"] = array
        for key, counted in self.counts.arrays().items():
            out[f"{name}.{key}"] = counted
        for parent, rank in zip(self.parents, self.ranks, strict=True):
            if rank is not None:
                out[f"{name}.rank.{parent}"] = rank
        return out

    @classmethod
    def of_arrays(cls, name: str, parents: tuple[int, ...], arrays: Arrays) -> Self:
        """The stage that gave these arrays."""
        if len(arrays[f"{name}.child"]) == 1:
            parents = ()
        return cls(
            parents,
            tuple(arrays.get(f"{name}.rank.{parent}") for parent in parents),
            Trees(*(arrays[f"{name}.{key}"] for key in ("feature", "threshold", "child", "roots"))),
            LeafShares.of_arrays(*(arrays[f"{name}.{key}"] for key in ("size", "symbol", "share"))),
        )


@dataclass(frozen=True)
class ColumnModel:
    """One column given earlier ones.

    Args:
        value: The forest over the column's symbols.
        missing: For a numeric column with missing cells: the forest that says which are.
        support: Of a numeric column.
        kernels: Of a numeric column with a smooth part.
        given: The earlier column that this one is a function of, and the image of each code.
    """

    value: Stage | None
    missing: Stage | None = None
    support: Support | None = None
    kernels: Kernels | None = None
    given: tuple[int, npt.NDArray[np.int32]] | None = None

    def draw(
        self, codes: npt.NDArray[np.int32], rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64] | None]:
        """Symbols, shape (n_rows,), and the numbers of a numeric column.

        Args:
            codes: Codes of all columns, shape (n_columns, n_rows); those before are filled in.
            rng: Where chance comes from.
        """
        n = codes.shape[1]
        if self.given is not None:
            parent, image = self.given
            symbol = image[codes[parent]]
            if self.support is None:
                return symbol, None
            gone = symbol == self.support.n_symbols
            value = self.support.value_of(np.where(gone, 0, symbol))
            return symbol, np.where(gone, np.nan, value)
        if self.support is None:
            assert self.value is not None  # noqa: S101  a categorical column always has one
            return self.value.counts.symbol[self.value.draw(codes, rng)], None
        symbol = np.full(n, self.support.n_symbols, dtype=np.int32)
        number = np.full(n, np.nan)
        there = np.arange(n)
        if self.missing is not None:
            gone = self.missing.counts.symbol[self.missing.draw(codes, rng)]
            there = np.flatnonzero(gone == 0)
        if self.value is not None and len(there):
            shown = codes if len(there) == n else codes[:, there]
            symbol[there], number[there] = self._numbers(self.value, self.support, shown, rng)
        return symbol, number

    def _numbers(
        self,
        value: Stage,
        support: Support,
        codes: npt.NDArray[np.int32],
        rng: np.random.Generator,
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Symbols and numbers of rows whose cell is there, each of shape (n_rows,)."""
        at = value.draw(codes, rng)
        symbol = value.counts.symbol[at]
        smooth = np.flatnonzero(symbol == support.n_symbols)
        symbol[smooth] = 0
        number = support.value_of(symbol)
        if self.kernels is not None and len(smooth):
            place = self.kernels.draw(at[smooth], rng.random(len(smooth)))
            symbol[smooth], number[smooth] = support.at(place)
        return symbol, number

    def arrays(self, name: str) -> Arrays:
        """All arrays, names beginning with `name`; none of them is empty."""
        out: Arrays = {}
        for key, stage in (("value", self.value), ("missing", self.missing)):
            if stage is not None:
                out.update(stage.arrays(f"{name}.{key}"))
        if self.support is not None:
            out.update(self.support.arrays(name))
        if self.given is not None:
            out[f"{name}.given.{self.given[0]}"] = self.given[1]
        if self.kernels is not None:
            out[f"{name}.low"], out[f"{name}.high"] = self.kernels.low, self.kernels.high
        return {key: array for key, array in out.items() if array.size}

    @classmethod
    def of_arrays(
        cls,
        name: str,
        parents: tuple[int, ...],
        arrays: Arrays,
        *,
        numeric: bool,
    ) -> Self:
        """The column's model that gave these arrays."""
        stages = {
            key: Stage.of_arrays(f"{name}.{key}", parents, arrays)
            for key in ("value", "missing")
            if f"{name}.{key}.roots" in arrays
        }
        given: tuple[int, npt.NDArray[np.int32]] | None = None
        for parent in parents:
            if f"{name}.given.{parent}" in arrays:
                given = (parent, arrays[f"{name}.given.{parent}"])
        if not numeric:
            return cls(stages.get("value"), given=given)
        support = Support.of_arrays(name, arrays)
        kernels = None
        if f"{name}.low" in arrays:
            kernels = Kernels(arrays[f"{name}.low"], arrays[f"{name}.high"])
        return cls(stages.get("value"), stages.get("missing"), support, kernels, given)
