"""Sequential decision forests: the default generator."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.forests.chain import Chain
from generators.forests.column import ColumnModel
from generators.forests.learning import Growth
from generators.forests.ordering import choose_order
from generators.forests.support import Support
from generators.forests.symbols import Symbols

if TYPE_CHECKING:
    from generators.encoding.arrays import EncodedTable, Variable
    from tabular.model import Progress
    from tabular.seeding import Seed

_SMALLEST_LEAF, _LEAVES_AT_LEAST = 5, 20


class TreesModel(Model):
    """One conditional density per column, in the order they are drawn."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` rows, column by column."""
        return self.chain.draw(n, seed.generator())

    def sample_given(self, context: EncodedTable, *, seed: Seed) -> EncodedTable:
        """Draw a row for each row of context, column by column."""
        return self.chain.draw(context.n_rows, seed.generator(), context)

    def state(self) -> State:
        """Trees, counts at their leaves, supports; no row."""
        arrays = {}
        for i, support in enumerate(self.chain.supports):
            if support is not None:
                arrays.update(support.arrays(f"given.{i}"))
        for i, column in enumerate(self.chain.columns):
            arrays.update(column.arrays(f"step.{i}"))
        given = len(self.chain.supports)
        return State(arrays, {"order": list(self.chain.order), "given": given})

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        order = tuple(state.values["order"])
        given = int(state.values["given"])
        columns = (
            ColumnModel.of_arrays(
                f"step.{i}", order[: given + i], state.arrays, numeric=variables[column].is_numeric
            )
            for i, column in enumerate(order[given:])
        )
        supports = (
            Support.of_arrays(f"given.{i}", state.arrays) if variable.is_numeric else None
            for i, variable in enumerate(variables[:given])
        )
        return cls(Chain(variables, order, tuple(columns), tuple(supports)))


class Trees(Generator, frozen=True):
    """Sequential decision forests, each column drawn given those before it: the default.

    Reference: Reiter (2005), Using CART to generate partially synthetic public use microdata.
    Differs from the paper: several trees per column, each grown on a part of the rows and one of
    them picked for each row; numbers are predicted as distributions rather than means; what the
    leaves keep are counts of values that enough subjects share, not donors' values.
    """

    kind: Literal["trees"] = "trees"
    model: ClassVar[type[Model]] = TreesModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"context"})

    trees: int = Field(
        default=20, ge=1, le=200, description="Trees per column; more hide each person better."
    )
    leaf: int = Field(
        default=50,
        ge=5,
        le=100_000,
        description="Fewest rows in a leaf; more is more private. At most a 20th of all rows.",
    )
    share: float = Field(
        default=0.25, gt=0, le=1, description="Share of the rows that each tree is grown on."
    )
    min_backing: int = Field(
        default=5, ge=2, le=1000, description="Subjects behind every number the model holds."
    )
    smoothing: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="How far a drawn number may lie from those learnt, as a share of all rows.",
    )
    order: Literal["auto", "schema"] = Field(
        default="auto", description="Order the columns are drawn in: chosen by trial, or as given."
    )

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> TreesModel:
        """Choose an order, then grow a forest per column.

        Raises:
            FitError: There are fewer rows than two leaves need.
        """
        # A small table would be one leaf, and its columns independent.
        leaf = min(self.leaf, max(_SMALLEST_LEAF, train.n_rows // _LEAVES_AT_LEAST))
        require_rows(train, 2 * leaf, self.kind)
        table = Symbols.of(train, self.min_backing)
        growth = Growth(self.trees, leaf, self.min_backing, self.share, self.smoothing)
        given = train.given
        order = tuple(range(len(train.variables)))
        if self.order == "auto":
            progress(0.0, "order of the columns")
            # Context comes first as it is; in which order the others follow is tried without it.
            own = choose_order(
                train.without_given(), table.after(given), growth, seed.child("order")
            )
            order = (*range(given), *(given + column for column in own))
        stream = seed.child("columns")
        return TreesModel(Chain.learn(table, order, growth, stream, progress, given))
