"""Independent columns: the control that every model must beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from generators.base import Capability, Generator, Model
from generators.forests.chain import Chain
from generators.forests.learning import Growth
from generators.forests.symbols import Symbols
from generators.models.trees import TreesModel

if TYPE_CHECKING:
    from generators.encoding.arrays import EncodedTable
    from tabular.model import Progress
    from tabular.seeding import Seed


class IndependentModel(TreesModel):
    """One density per column."""

    def complete(self, known: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw the other columns as if nothing were known."""
        drawn = self.sample(known.n_rows, seed=seed)
        pairs = zip(known.arrays, drawn.arrays, strict=True)
        return drawn.with_arrays(a if i in fixed else b for i, (a, b) in enumerate(pairs))


class Independent(Generator, frozen=True):
    """Each column drawn by itself, whatever the others are: the floor that models must beat."""

    kind: Literal["independent"] = "independent"
    model: ClassVar[type[Model]] = IndependentModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"conditions"})

    min_backing: int = Field(
        default=5, ge=2, le=1000, description="Subjects behind every number the model holds."
    )

    def fit_encoded(
        self, train: EncodedTable, *, seed: Seed, progress: Progress
    ) -> IndependentModel:
        """Count the symbols of each column: a tree of one leaf."""
        table = Symbols.of(train, self.min_backing)
        growth = Growth(trees=0, leaf=1, backing=self.min_backing)
        order = tuple(range(len(train.variables)))
        return IndependentModel(Chain.learn(table, order, growth, seed, progress))
