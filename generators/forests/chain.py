"""Columns drawn one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from generators.encoding.arrays import EncodedTable
from generators.forests.column import ColumnModel
from generators.forests.learning import Growth, learn_column
from tabular.model import silent

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import Variable
    from generators.forests.symbols import Symbols
    from tabular.model import Progress
    from tabular.seeding import Seed

_BATCH = 1 << 15  # rows whose codes stay in a core's cache


@dataclass(frozen=True)
class Chain:
    """One conditional density per column.

    Args:
        variables: What the columns are.
        order: Positions of the columns in the order they are drawn.
        columns: The model of each, in that order.
    """

    variables: tuple[Variable, ...]
    order: tuple[int, ...]
    columns: tuple[ColumnModel, ...]

    @classmethod
    def learn(
        cls,
        table: Symbols,
        order: tuple[int, ...],
        growth: Growth,
        seed: Seed,
        progress: Progress = silent,
    ) -> Self:
        """Learn each column given those before it; without trees, by itself."""
        columns = []
        for i, column in enumerate(order):
            name = table.variables[column].name
            progress(i / len(order), name)
            parents = order[:i] if growth.trees else ()
            columns.append(learn_column(table, column, parents, growth, seed.child(name)))
        return cls(table.variables, order, tuple(columns))

    def draw(self, n: int, rng: np.random.Generator) -> EncodedTable:
        """Draw `n` rows, each its own subject."""
        arrays: list[npt.NDArray[np.float64] | npt.NDArray[np.int32]] = [
            np.empty(n) if variable.is_numeric else np.empty(n, dtype=np.int32)
            for variable in self.variables
        ]
        for start in range(0, n, _BATCH):
            stop = min(start + _BATCH, n)
            codes = np.zeros((len(self.variables), stop - start), dtype=np.int32)
            for column, model in zip(self.order, self.columns, strict=True):
                symbols, numbers = model.draw(codes, rng)
                codes[column] = symbols
                arrays[column][start:stop] = symbols if numbers is None else numbers
        return EncodedTable(self.variables, tuple(arrays), np.ones(n, dtype=np.int64))
