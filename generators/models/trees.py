"""Sequential decision forests: the default generator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.forests.chain import Chain
from generators.forests.correction import Effort, correct
from generators.forests.learning import Growth
from generators.forests.ordering import choose_order
from generators.forests.pruning import prune
from generators.forests.saving import chain_arrays, chain_of_arrays
from generators.forests.symbols import Symbols
from generators.sequences.chain import SequenceChain
from generators.sequences.plan import is_sequence

if TYPE_CHECKING:
    from generators.encoding.arrays import EncodedTable, Variable
    from tabular.model import Progress
    from tabular.seeding import Seed

Privacy = Literal["strict", "balanced", "faithful"]

_SMALLEST_LEAF, _LEAVES_AT_LEAST = 5, 20


class _Usual(NamedTuple):
    """What a setting of `privacy` stands for."""

    trees: int
    leaf: int
    share: float
    least: int
    """Fewest rows behind a leaf's own share of a symbol."""
    smooth: float
    """How much what few rows have is judged as what is around them (`Effort.smooth`)."""


_USUAL: dict[Privacy, _Usual] = {
    "strict": _Usual(8, 100, 0.5, 20, 1000.0),
    "balanced": _Usual(8, 50, 0.5, 10, 200.0),
    "faithful": _Usual(8, 25, 0.5, 5, 50.0),
}


class TreesModel(Model):
    """One conditional density per column, in the order they are drawn."""

    def __init__(self, chain: Chain | SequenceChain) -> None:
        self.chain = chain

    @property
    def mean_length(self) -> float:
        """About how many rows a subject has."""
        return self.chain.mean_length if isinstance(self.chain, SequenceChain) else 1.0

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` rows column by column, or entities row by row."""
        return self.chain.draw(n, seed.generator())

    def sample_given(self, context: EncodedTable, *, seed: Seed) -> EncodedTable:
        """Draw a row for each row of context, column by column."""
        if isinstance(self.chain, SequenceChain):
            return super().sample_given(context, seed=seed)
        return self.chain.draw(context.n_rows, seed.generator(), context)

    def state(self) -> State:
        """Trees, shares at their leaves, supports; no row."""
        chain = self.chain
        if isinstance(chain, SequenceChain):
            return State(chain.arrays(), {"sequence": chain.values()})
        values = {"order": list(chain.order), "given": len(chain.supports)}
        return State(chain_arrays(chain), values)

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        values = state.values
        if "sequence" in values:
            return cls(SequenceChain.of(variables, state.arrays, values["sequence"]))
        order, given = tuple(values["order"]), int(values["given"])
        return cls(chain_of_arrays(variables, order, given, state.arrays))


class Trees(Generator, frozen=True):
    """Sequential decision forests, each column drawn given those before it: the default.

    Reference: Reiter (2005), Using CART to generate partially synthetic public use microdata.
    Differs from the paper: several trees per column, each grown on a part of the rows and one of
    them picked for each row; numbers are predicted as distributions rather than means; what the
    leaves keep are shares of values that enough rows have, not donors' values; draws are kept
    or made again by odds that boosted trees learn (`generators/forests/correction.py`).
    """

    kind: Literal["trees"] = "trees"
    model: ClassVar[type[Model]] = TreesModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"context", "sequence"})

    privacy: Privacy = Field(
        default="balanced",
        description="How far each person is hidden, at the cost of detail: strict, balanced or "
        "faithful. Sets trees, leaf and share where they are left out, and how far what few rows "
        "have is drawn to what more of them have.",
    )
    trees: int | None = Field(
        default=None, ge=1, le=200, description="Trees per column; more hide each person better."
    )
    leaf: int | None = Field(
        default=None,
        ge=5,
        le=100_000,
        description="Fewest rows in a leaf; more is more private. At most a 20th of all rows.",
    )
    share: float | None = Field(
        default=None, gt=0, le=1, description="Share of the rows that each tree is grown on."
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
    correction: bool = Field(
        default=True,
        description="Keep draws by how real boosted trees hold them to be. Without it, drawing is "
        "several times faster and the rows are coarser.",
    )

    def growth(self, n_rows: int) -> Growth:
        """How forests are grown on so many rows: what is given, else what `privacy` says."""
        usual = _USUAL[self.privacy]
        # A small table would be one leaf, and its columns independent.
        leaf = min(self.leaf or usual.leaf, max(_SMALLEST_LEAF, n_rows // _LEAVES_AT_LEAST))
        return Growth(
            self.trees or usual.trees,
            leaf,
            self.min_backing,
            self.share or usual.share,
            self.smoothing,
            max(usual.least, self.min_backing),
        )

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> TreesModel:
        """Choose an order, grow a forest per column, then learn what tells its rows apart.

        Raises:
            FitError: There are fewer rows than two leaves need.
        """
        if is_sequence(train):
            require_rows(train, 2, self.kind)
            chain = SequenceChain.learn(train, self._part, seed, progress)
            return TreesModel(chain)
        require_rows(train, 2 * self.growth(train.n_rows).leaf, self.kind)
        return TreesModel(self._chain(train, self.growth(train.n_rows), seed, progress))

    def _part(self, train: EncodedTable, seed: Seed, progress: Progress) -> Chain:
        """What is learnt of a part of a sequence, which may be small."""
        growth = self.growth(train.n_rows)
        if train.n_rows < 2 * growth.leaf:
            growth = replace(growth, trees=0)
        return self._chain(train, growth, seed, progress)

    def _chain(self, train: EncodedTable, growth: Growth, seed: Seed, progress: Progress) -> Chain:
        table = Symbols.of(train, self.min_backing)
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
        half = 0.5 if self.correction else 1.0

        def first(done: float, message: str = "") -> None:
            progress(done * half, message)

        def second(done: float, message: str = "") -> None:
            progress(half + done * (1 - half), message)

        chain = Chain.learn(table, order, growth, stream, first, given)
        if train.owners is not None:
            chain = prune(chain, table, growth)
        if self.correction:
            effort = Effort(smooth=_USUAL[self.privacy].smooth)
            chain = correct(chain, table, growth, effort, seed.child("correction"), second)
        return chain
