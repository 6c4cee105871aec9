"""The contract of a generator, and the registry of all kinds.

To add one, write `generators/models/<kind>.py` with a class that derives from `Generator`:

    class Foo(Generator, frozen=True):
        "One line that says what it is."

        kind: Literal["foo"] = "foo"
        model: ClassVar[type[Model]] = FooModel

        def fit_encoded(self, train, *, seed, progress) -> FooModel: ...

and one line in `tests/cases.py` with its quickest parameters. Heavy imports stay inside
functions. Models see arrays (`generators.encoding.arrays`) and never a frame: types, rare values,
identifiers and keys are taken care of around them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np

from generators.encoding.arrays import beside
from generators.encoding.table import TableEncoder
from generators.fitted import FittedGenerator
from generators.protection import Protection
from tabular.component import Component, Registry
from tabular.errors import ConfigurationError, FitError, SampleError
from tabular.model import silent

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.encoding.words import Words
    from tabular.dataset import Table
    from tabular.model import Progress
    from tabular.portrait import Portrait
    from tabular.seeding import Seed

Capability = Literal["sequence", "context", "conditions", "log_prob"]


@dataclass(frozen=True)
class State:
    """What a fitted model is made of, ready to be written.

    Args:
        arrays: Numeric arrays by name.
        values: JSON values by name.
    """

    arrays: dict[str, npt.NDArray[Any]]
    values: dict[str, Any] = field(default_factory=dict)


class Model(ABC):
    """The fitted part of a kind: arrays in, arrays out."""

    @property
    def mean_length(self) -> float:
        """About how many rows a subject has: 1 unless the kind draws sequences."""
        return 1.0

    @abstractmethod
    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` subjects: rows, or whole sequences where the kind has the capability.

        Args:
            n: Number of subjects, at least 1.
            seed: Where every random number comes from; the same seed gives the same rows.
        """

    def sample_given(self, context: EncodedTable, *, seed: Seed) -> EncodedTable:
        """Draw a row for each row of context, shape (n_rows,); needs the capability `context`.

        Raises:
            SampleError: The family takes no context, as its missing capability says.
        """
        del context, seed
        raise SampleError(f"{type(self).__name__} takes no context")

    def complete(self, known: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw the other variables of rows of which these are known, a missing cell as missing.

        What stands in the others means nothing. Needs the capability `conditions`.
        """
        del known, fixed, seed
        raise SampleError(f"{type(self).__name__} can't draw the other columns of a row")

    def propose(self, wanted: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw as many rows, such as are likely to have what is wanted; others may come too."""
        del fixed
        return self.sample(wanted.n_rows, seed=seed)

    def log_prob(self, rows: EncodedTable) -> npt.NDArray[np.float64]:
        """Natural log of the density of each subject, shape (n_subjects,).

        Raises:
            SampleError: The family has no likelihood, as its missing capability says.
        """
        del rows
        raise SampleError(f"{type(self).__name__} has no likelihood")

    def column_scores(self, rows: EncodedTable, *, seed: Seed) -> npt.NDArray[np.float64]:
        """How much of the unlikelihood of rows lies in each variable, in nats.

        Negative log density of each variable given the row's others, log p(others) - log p(row),
        shape (n_subjects, n_variables), as families find that can leave a variable out
        (`generators.scoring.by_leaving_out`). Here, for all that have the capability `log_prob`,
        by putting cells of the model's own rows in its place: right up to a constant for each
        variable, which whoever compares with the model's own rows takes away again.

        Raises:
            SampleError: The family has no likelihood.
        """
        from generators.scoring import by_replacement

        return by_replacement(self, rows, seed)

    def portrait(self, words: Words) -> Portrait | None:
        """What the model shows of itself in the report; `None` for nothing.

        A kind fills in what it has, as plain data of `tabular.portrait`:

        - `training`: `Portrait.of_training(history.coarse())` where it learns by gradients; the
          history is part of the saved state, so that a model that was read back shows it too.
        - `graphs`: columns and what depends on what, directed or not; or states and the moves
          between them, the self-loops included. Edges that mean nothing are left out.
        - `states`: hidden states or components by the names they have in their graph, and for
          each the few values that tell it apart, most telling first.

        The portrait is published with its release. It holds no name, value, count or probability
        backed by fewer than k subjects (`EncodedTable.k` at the fit): a state that fewer belong to
        is left out, with its edges, and so is a value or a move that fewer show. Labels and
        numbers are put in words by `words` only, which knows no rare label and no extreme; a range
        is two such numbers, each of a quantile that at least k subjects share. Figures are held to
        three digits.

        Args:
            words: What variables, by their place at the fit, and encoded values read as.
        """
        del words
        return None

    @abstractmethod
    def state(self) -> State:
        """What `from_state` needs to build the same model again."""

    @classmethod
    @abstractmethod
    def from_state(
        cls, generator: Generator, variables: tuple[Variable, ...], state: State
    ) -> Self:
        """The model that gave this state."""


class Generator(Component, ABC, frozen=True):
    """An unfitted generator, which is its own configuration."""

    model: ClassVar[type[Model]]
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    artifact: ClassVar[Literal["shareable", "private"]] = "shareable"
    """Private models hold training rows, or can't be shown not to."""

    @abstractmethod
    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> Model:
        """Fit to arrays; a pure function of its arguments and of the generator's fields.

        Raises:
            FitError: The rows don't allow it; says why and what to change.
        """

    def fit(
        self,
        train: Table,
        *,
        context: Table | None = None,
        seed: Seed,
        protection: Protection | None = None,
        progress: Progress = silent,
    ) -> FittedGenerator:
        """Fit to a table.

        Args:
            train: The rows to learn from, and nothing else.
            context: What is known of each row before it is drawn, such as its parent's columns;
                a row for each row of `train`. Needs the capability `context`.
            seed: Where every random number comes from.
            protection: Rare values and extremes; on by default.
            progress: Told how far the fit is.

        Raises:
            ConfigurationError: The table is a sequence and the kind does not learn sequences.
            DataError: The rows can't be encoded.
            FitError: The model can't be fitted to them.
        """
        if train.schema.sequence and "sequence" not in self.capabilities:
            able = sorted(k for k, g in GENERATORS.items() if "sequence" in g.capabilities)
            raise ConfigurationError(
                f"{self.kind} does not learn sequences",
                where=f"table {train.name}",
                fix=f"Choose one of {', '.join(able)}, or take `sequence` out of the configuration",
            )
        protection = protection or Protection()
        encoder = TableEncoder.learn(train, protection)
        encoded = replace(encoder.encode(train), k=protection.k)
        if train.subject and not train.schema.sequence:
            # Kinds without sequences learn rows; whose they are still matters to the protection.
            encoded = _as_rows(encoded)
        if train.owners is not None and not train.schema.sequence:
            encoded = replace(encoded, owners=train.owners)
        around = None
        if context is not None:
            around = self._context_encoder(context, protection)
            encoded = beside(around.encode(context), encoded)
        model = self.fit_encoded(encoded, seed=seed.child("fit", self.kind), progress=progress)
        progress(1.0, "fitted")
        return FittedGenerator(self, encoder, model, around)

    def _context_encoder(self, context: Table, protection: Protection) -> TableEncoder:
        if "context" not in self.capabilities:
            able = sorted(k for k, g in GENERATORS.items() if "context" in g.capabilities)
            raise ConfigurationError(
                f"{self.kind} takes no context", fix=f"Choose one of {', '.join(able)}"
            )
        return TableEncoder.learn(context, protection)


def _as_rows(encoded: EncodedTable) -> EncodedTable:
    rows = np.ones(encoded.n_rows, dtype=np.int64)
    return replace(encoded, lengths=rows, owners=encoded.subjects)


def require_rows(train: EncodedTable, least: int, kind: str) -> None:
    """Raise `FitError` unless there are at least `least` subjects."""
    if train.n_subjects < least:
        raise FitError(
            f"{kind} needs at least {least} subjects, there are {train.n_subjects}",
            fix="More rows are needed, or another generator",
        )


GENERATORS: Registry[Generator] = Registry(Generator, "generators.models", "generator")
