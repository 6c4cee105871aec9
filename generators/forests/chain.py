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
    from generators.forests.support import Support
    from generators.forests.symbols import Symbols
    from tabular.model import Progress
    from tabular.seeding import Seed

_BATCH = 1 << 15  # rows whose codes stay in a core's cache


@dataclass(frozen=True)
class Chain:
    """One conditional density per column.

    Args:
        variables: What the columns are.
        order: Positions of the columns in the order they are drawn; those of the context are first
            and have no model.
        columns: The model of each that is drawn, in that order.
        supports: Of the context's numbers, by which they become codes; `None` for categories.
    """

    variables: tuple[Variable, ...]
    order: tuple[int, ...]
    columns: tuple[ColumnModel, ...]
    supports: tuple[Support | None, ...] = ()

    @classmethod
    def learn(
        cls,
        table: Symbols,
        order: tuple[int, ...],
        growth: Growth,
        seed: Seed,
        progress: Progress = silent,
        given: int = 0,
    ) -> Self:
        """Learn each column given those before it; without trees, by itself.

        The first `given` columns of the order are context, which is not learnt.
        """
        columns = []
        for i, column in enumerate(order):
            if i < given:
                continue
            name = table.variables[column].name
            progress(i / len(order), name)
            parents = order[:i] if growth.trees else ()
            columns.append(learn_column(table, column, parents, growth, seed.child(name)))
        supports = tuple(table.supports[column] for column in order[:given])
        return cls(table.variables, order, tuple(columns), supports)

    def draw(
        self, n: int, rng: np.random.Generator, context: EncodedTable | None = None
    ) -> EncodedTable:
        """Draw `n` rows, each its own subject; with context, what follows it."""
        given = len(self.supports)
        known = self._context_codes(context) if context else np.empty((0, n), dtype=np.int32)
        arrays: list[npt.NDArray[np.float64] | npt.NDArray[np.int32]] = [
            np.empty(n) if variable.is_numeric else np.empty(n, dtype=np.int32)
            for variable in self.variables
        ]
        for start in range(0, n, _BATCH):
            stop = min(start + _BATCH, n)
            codes = np.zeros((len(self.variables), stop - start), dtype=np.int32)
            codes[:given] = known[:, start:stop]
            for column, model in zip(self.order[given:], self.columns, strict=True):
                symbols, numbers = model.draw(codes, rng)
                codes[column] = symbols
                arrays[column][start:stop] = symbols if numbers is None else numbers
        return EncodedTable(
            self.variables[given:], tuple(arrays[given:]), np.ones(n, dtype=np.int64)
        )

    def _context_codes(self, context: EncodedTable) -> npt.NDArray[np.int32]:
        """Shape (n_given, n_rows)."""
        codes = np.empty((len(self.supports), context.n_rows), dtype=np.int32)
        for i, (support, array) in enumerate(zip(self.supports, context.arrays, strict=True)):
            known = array if support is None else support.encode(array.astype(np.float64))
            codes[i] = known
        return codes
