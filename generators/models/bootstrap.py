"""Bootstrap: real rows drawn with replacement. A control: every privacy check must refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from generators.base import Generator, Model, State
from generators.encoding.arrays import EncodedTable

if TYPE_CHECKING:
    from generators.base import Capability
    from generators.encoding.arrays import Variable
    from tabular.model import Progress
    from tabular.seeding import Seed


class BootstrapModel(Model):
    """The training rows themselves."""

    def __init__(self, train: EncodedTable) -> None:
        self._train = train

    @property
    def mean_length(self) -> float:
        """Rows per subject of the training table."""
        return self._train.n_rows / self._train.n_subjects

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` subjects' rows with replacement."""
        rng = seed.generator()
        return self._train.take_subjects(rng.integers(self._train.n_subjects, size=n))

    def state(self) -> State:
        """The rows."""
        arrays = {f"column.{i}": array for i, array in enumerate(self._train.arrays)}
        return State({**arrays, "lengths": self._train.lengths})

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        arrays = tuple(state.arrays[f"column.{i}"] for i in range(len(variables)))
        return cls(EncodedTable(variables, arrays, state.arrays["lengths"]))


class Bootstrap(Generator, frozen=True):
    """Real rows drawn with replacement: the control that every privacy check must refuse."""

    kind: Literal["bootstrap"] = "bootstrap"
    model: ClassVar[type[Model]] = BootstrapModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"sequence"})
    artifact: ClassVar[Literal["shareable", "private"]] = "private"

    def fit_encoded(
        self,
        train: EncodedTable,
        *,
        seed: Seed,  # noqa: ARG002  the contract's
        progress: Progress,  # noqa: ARG002
    ) -> BootstrapModel:
        """Keep the rows."""
        return BootstrapModel(train)
