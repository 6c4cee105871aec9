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
    from collections.abc import Callable

    import numpy.typing as npt

    from generators.encoding.arrays import Variable
    from generators.forests.odds import Odds
    from generators.forests.support import Support
    from generators.forests.symbols import Symbols
    from tabular.model import Progress
    from tabular.seeding import Seed

    Codes = npt.NDArray[np.int32]
    Numbers = npt.NDArray[np.float64]

_BATCH = 1 << 15  # rows whose codes stay in a core's cache
_TRIES = (1, 2, 4, 8, 8, 8, 8, 8, 8, 8)  # then a draw is kept whatever its odds


@dataclass(frozen=True)
class Chain:
    """One conditional density per column.

    Args:
        variables: What the columns are.
        order: Positions of the columns in the order they are drawn; those of the context are first
            and have no model.
        columns: The model of each that is drawn, in that order.
        supports: Of the context's numbers, by which they become codes; `None` for categories.
        odds: By which draws of each column are kept; `None` keeps all.
        whole: By which drawn rows are kept.
    """

    variables: tuple[Variable, ...]
    order: tuple[int, ...]
    columns: tuple[ColumnModel, ...]
    supports: tuple[Support | None, ...] = ()
    odds: tuple[Odds | None, ...] = ()
    whole: Odds | None = None

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
            codes, numbers = self.draw_codes(known[:, start:stop], rng)
            for i, variable in enumerate(self.variables):
                arrays[i][start:stop] = numbers[i] if variable.is_numeric else codes[i]
        return EncodedTable(
            self.variables[given:], tuple(arrays[given:]), np.ones(n, dtype=np.int64)
        )

    def draw_codes(
        self, known: npt.NDArray[np.int32], rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Draw rows as codes, and the numbers of numeric columns.

        Args:
            known: Codes of the context, shape (n_given, n_rows).
            rng: Where chance comes from.

        Returns:
            Two arrays of shape (n_columns, n_rows); rows of the second mean nothing for context
            and categories.
        """
        n = known.shape[1]
        codes = np.zeros((len(self.variables), n), dtype=np.int32)
        codes[: len(known)] = known

        def again(rows: Codes) -> tuple[Codes, Numbers]:
            return self._once(rows, rng)

        codes, numbers = again(codes)
        if self.whole is not None:
            _retry(codes, numbers, slice(None), again, self.whole, rng)
        return codes, numbers

    def _once(self, codes: Codes, rng: np.random.Generator) -> tuple[Codes, Numbers]:
        """Rows drawn column by column, whatever the odds of whole rows are."""
        numbers = np.zeros(codes.shape)
        odds = self.odds or (None,) * len(self.columns)
        steps = zip(self.order[len(self.supports) :], self.columns, odds, strict=True)
        for column, model, wanted in steps:

            def again(
                rows: Codes, column: int = column, model: ColumnModel = model
            ) -> tuple[Codes, Numbers]:
                symbols, values = model.draw(rows, rng)
                rows[column] = symbols
                return rows, symbols.astype(np.float64) if values is None else values

            codes, numbers[column] = again(codes)
            if wanted is not None:
                _retry(codes, numbers, column, again, wanted, rng)
        return codes, numbers

    def _context_codes(self, context: EncodedTable) -> npt.NDArray[np.int32]:
        """Shape (n_given, n_rows)."""
        codes = np.empty((len(self.supports), context.n_rows), dtype=np.int32)
        for i, (support, array) in enumerate(zip(self.supports, context.arrays, strict=True)):
            known = array if support is None else support.encode(array.astype(np.float64))
            codes[i] = known
        return codes


def _retry(
    codes: Codes,
    numbers: Numbers,
    place: int | slice,
    draw: Callable[[Codes], tuple[Codes, Numbers]],
    odds: Odds,
    rng: np.random.Generator,
) -> None:
    """Draw rows anew, in place, until the odds keep them or enough has been tried.

    Args:
        codes: Shape (n_columns, n_rows).
        numbers: Shape (n_columns, n_rows).
        place: Which columns are drawn anew.
        draw: Draws them for given codes, which it may change.
        odds: What to keep.
        rng: Where chance comes from.
    """
    left = np.flatnonzero(~odds.keep(codes, rng))
    for times in _TRIES:
        if not len(left):
            return
        # Several draws at once for the few rows that are left; the first that is kept counts.
        part, values = draw(np.repeat(codes[:, left], times, axis=1))
        kept = odds.keep(part, rng).reshape(-1, times)
        found = kept.any(axis=1)
        first = np.where(found, kept.argmax(axis=1), times - 1) + times * np.arange(len(left))
        codes[place, left] = part[place, first]
        numbers[place, left] = values[..., first]
        left = left[~found]
