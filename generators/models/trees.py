"""Sequential decision forests: the default generator."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Generator, Model, State
from generators.encoding.arrays import EncodedTable
from generators.forests.column import ColumnModel
from generators.forests.learning import Growth, Symbols, learn_column
from tabular.errors import FitError

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import Variable
    from tabular.model import Progress
    from tabular.seeding import Seed

_BATCH = 1 << 15  # rows whose codes stay in a core's cache


class TreesModel(Model):
    """One conditional density per column, in the order they are drawn."""

    def __init__(
        self, variables: tuple[Variable, ...], order: tuple[int, ...], columns: list[ColumnModel]
    ) -> None:
        self.variables = variables
        self.order = order
        self.columns = columns

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` rows, column by column."""
        rng = seed.generator()
        arrays: list[npt.NDArray[np.float64] | npt.NDArray[np.int32]] = [
            np.empty(n, dtype=np.float64 if variable.is_numeric else np.int32)
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

    def state(self) -> State:
        """Trees, counts, supports."""
        arrays = {}
        for i, model in enumerate(self.columns):
            arrays.update(model.arrays(f"step.{i}"))
        return State(arrays, {"order": list(self.order)})

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        order = tuple(state.values["order"])
        columns = [
            ColumnModel.of_arrays(
                f"step.{i}", order[:i], state.arrays, numeric=variables[column].is_numeric
            )
            for i, column in enumerate(order)
        ]
        return cls(variables, order, columns)


class TreesGenerator(Generator, frozen=True):
    """Sequential decision forests: each column drawn given the ones before it. The default."""

    kind: Literal["trees"] = "trees"
    model: ClassVar[type[Model]] = TreesModel

    trees: int = Field(default=10, ge=1, le=200, description="Trees per column.")
    leaf: int = Field(
        default=20, ge=5, le=10_000, description="Fewest rows in a leaf; more is more private."
    )
    min_backing: int = Field(
        default=5, ge=2, le=1000, description="Subjects behind every number the model holds."
    )
    share: float = Field(default=1.0, gt=0, le=1)
    splitter: Literal["best", "random"] = "best"
    max_features: float | None = None
    reach: float = 0.5
    widest: float = 0.05
    slopes: int = 0
    moments: int = 1
    order: str = "schema"

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> TreesModel:
        """Grow a forest per column.

        Raises:
            FitError: There are fewer rows than two leaves need.
        """
        if train.n_rows < 2 * self.leaf:
            raise FitError(
                f"trees needs at least {2 * self.leaf} rows, there are {train.n_rows}",
                fix="More rows are needed, or a smaller `leaf`",
            )
        table = Symbols.of(train, self.min_backing)
        growth = Growth(
            trees=self.trees,
            leaf=self.leaf,
            backing=self.min_backing,
            share=self.share,
            splitter=self.splitter,
            max_features=self.max_features,
            reach=self.reach,
            widest=self.widest,
            slopes=self.slopes,
            moments=self.moments,
        )
        from generators.forests.ordering import candidates
        order = candidates(table)[self.order]
        columns = []
        for i, column in enumerate(order):
            name = train.variables[column].name
            columns.append(learn_column(table, column, order[:i], growth, seed.child(name)))
            progress((i + 1) / len(order), name)
        return TreesModel(train.variables, order, columns)
