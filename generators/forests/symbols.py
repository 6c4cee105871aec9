"""A table as symbols: every column as small whole numbers that trees can compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from generators.forests.support import Support

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable


@dataclass(frozen=True)
class Symbols:
    """Rows as symbols.

    Args:
        variables: What the columns are.
        supports: Of numeric columns; `None` for categorical ones.
        codes: Shape (n_columns, n_rows), int32.
        owners: The subject of each row, shape (n_rows,).
    """

    variables: tuple[Variable, ...]
    supports: tuple[Support | None, ...]
    codes: npt.NDArray[np.int32]
    owners: npt.NDArray[np.int64]

    @classmethod
    def of(cls, train: EncodedTable, backing: int) -> Self:
        """Learn the supports and encode the rows.

        Args:
            train: The rows.
            backing: Subjects behind every number that is held, if the rows ask for no more.
        """
        owners = train.owners if train.owners is not None else train.subjects
        backing = max(backing, train.k)
        codes = np.empty((len(train.variables), train.n_rows), dtype=np.int32)
        supports: list[Support | None] = []
        for i, (variable, array) in enumerate(zip(train.variables, train.arrays, strict=True)):
            support = None
            if variable.is_numeric:
                support = Support.learn(array.astype(np.float64), owners, backing)
                codes[i] = support.encode(array.astype(np.float64))
            else:
                codes[i] = array
            supports.append(support)
        return cls(train.variables, tuple(supports), codes, owners)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.codes.shape[1])

    def cardinality(self, column: int) -> int:
        """Number of codes, a numeric column's one for missing included."""
        support = self.supports[column]
        if support is not None:
            return support.n_symbols + 1
        return self.variables[column].cardinality or 1

    def is_nominal(self, column: int) -> bool:
        """Whether the order of the codes means nothing; that of two always does for a tree."""
        variable = self.variables[column]
        return not (variable.is_numeric or variable.ordered or self.cardinality(column) <= 2)  # noqa: PLR2004

    def is_ordered(self, column: int) -> bool:
        """Whether more than two codes have an order."""
        return self.cardinality(column) > 2 and not self.is_nominal(column)  # noqa: PLR2004

    def take(self, rows: npt.NDArray[np.intp]) -> Self:
        """These rows, with the supports of all."""
        return type(self)(self.variables, self.supports, self.codes[:, rows], self.owners[rows])

    def after(self, given: int) -> Self:
        """The columns that follow so many."""
        return type(self)(
            self.variables[given:], self.supports[given:], self.codes[given:], self.owners
        )
