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
from generators.encoding.table import TableEncoder, new_keys
from generators.protection import Protection
from tabular.component import Component, Registry
from tabular.errors import ConfigurationError, FitError, SampleError
from tabular.model import silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from generators.encoding.arrays import EncodedTable, Variable
    from tabular.dataset import Table
    from tabular.model import Progress
    from tabular.seeding import Seed

_MOST_ROUNDS = 50
_FEWEST_KEPT = 0.01  # share of the rows drawn, below which drawing on is no use

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


@dataclass(frozen=True)
class FittedGenerator:
    """A generator that has learnt a table: all it can do is draw from it."""

    generator: Generator
    encoder: TableEncoder
    model: Model
    context_encoder: TableEncoder | None = None

    @property
    def kind(self) -> str:
        """The generator's kind."""
        return self.generator.kind

    @property
    def capabilities(self) -> frozenset[str]:
        """What the kind can do."""
        return frozenset(self.generator.capabilities)

    @property
    def table(self) -> str:
        """Name of the table that was learnt."""
        return self.encoder.table

    def sample(
        self,
        n: int,
        *,
        unit: Literal["rows", "subjects"] = "rows",
        conditions: pd.DataFrame | Mapping[str, Any] | None = None,
        seed: Seed,
    ) -> Table:
        """Draw rows.

        Args:
            n: How many, at least 1.
            unit: What `n` counts. With "rows" there are exactly that many; in a sequence the last
                entity may be cut short. With "subjects" every entity is whole.
            conditions: What the rows have: a value for each of some columns, or a frame of such
                columns with a row for each row that is wanted. Keys that are learnt may repeat.
            seed: Where every random number comes from; the same seed gives the same rows.

        Raises:
            SampleError: `n` is below 1, keys can't be made unique, or conditions can't be met.
        """
        if n < 1:
            raise SampleError(f"at least one row must be asked for, not {n}")
        if conditions is not None:
            from generators.conditions import sample_where

            return sample_where(self, conditions, n, seed=seed)
        sequence = self.encoder.table_schema.sequence is not None
        keys = () if sequence else self.encoder.learnt_keys
        whole = sequence and unit == "subjects"
        table: Table | None = None
        subjects = made = made_subjects = rows = attempt = 0
        while (done := subjects if whole else rows) < n:
            left = (n - done) / (1.0 if whole else self.model.mean_length)
            # Where rows fall away, or lengths vary, a little more than needed saves a round.
            exact = whole or (attempt == 0 and not sequence)
            draw = int(np.ceil(left * (1.0 if exact else 1.02)))
            if keys and attempt:
                # Enough to tell a key space that is used up from bad luck.
                draw = max(draw, 200)
            stream = seed.child("sample", self.kind, str(attempt))
            encoded = self.model.sample(draw, seed=stream)
            part = self.encoder.decode(encoded, seed=stream, start=made_subjects, start_rows=made)
            part = self._kept(part, table, keys)
            table = part if table is None else _join([table, part])
            subjects += part.n_subjects if sequence else encoded.n_subjects
            made_subjects += encoded.n_subjects
            made += encoded.n_rows
            rows = len(table)
            attempt += 1
        assert table is not None  # noqa: S101  n is at least 1, so the loop ran
        if not whole and len(table) > n:
            return table.take(np.arange(n))
        return table

    def _kept(self, part: Table, before: Table | None, keys: tuple[tuple[str, ...], ...]) -> Table:
        """The rows that keep every rule and repeat no learnt key."""
        keep = self.encoder.keeps_rules(part)
        if keep.mean() < _FEWEST_KEPT:
            rules = ", ".join(rule.title for rule in self.encoder.table_schema.rules)
            raise SampleError(
                f"{keep.mean():.1%} of the rows drawn keep the rules ({rules})",
                where=f"table {self.table}",
                fix="Choose another generator, or leave the rule out that it can't keep",
            )
        if not keep.all():
            part = part.take(keep)
        if keys:
            fresh = new_keys(part, before, keys)
            if fresh.mean() < _FEWEST_KEPT:
                raise SampleError(
                    f"fewer than 1 % of the rows drawn have a new key {keys[0]}",
                    where=f"table {self.table}",
                    fix="Ask for fewer rows, or declare the key's column as `sdtype: id`",
                )
            part = part.take(fresh)
        return part

    def sample_given(self, context: Table, *, seed: Seed) -> Table:
        """Draw a row for each row of context, in its order.

        Args:
            context: As `fit` was given, without the rows.
            seed: Where every random number comes from; the same seed gives the same rows.

        Raises:
            SampleError: The generator was fitted without context, or can't keep the rules.
        """
        if self.context_encoder is None:
            raise SampleError("the generator was fitted without context")
        stream = seed.child("sample", self.kind)
        around = self.context_encoder.encode(context)
        table = self.encoder.decode(self.model.sample_given(around, seed=stream), seed=stream)
        wrong = np.flatnonzero(~self.encoder.keeps_rules(table))
        attempt = 0
        while len(wrong):
            if attempt == _MOST_ROUNDS:
                rules = ", ".join(rule.title for rule in self.encoder.table_schema.rules)
                raise SampleError(
                    f"{len(wrong)} rows were drawn {_MOST_ROUNDS} times and keep no rule ({rules})",
                    where=f"table {self.table}",
                    fix="Choose another generator, or leave the rule out that it can't keep",
                )
            again = seed.child("again", str(attempt))
            rows = around.take_subjects(wrong)
            part = self.encoder.decode(self.model.sample_given(rows, seed=again), seed=again)
            together = _join([table, part])
            order = np.arange(len(table))
            order[wrong] = len(table) + np.arange(len(wrong))
            table = together.take(order)
            wrong = wrong[~self.encoder.keeps_rules(part)]
            attempt += 1
        return table

    def sample_batches(self, n: int, *, batch_rows: int = 250_000, seed: Seed) -> Iterator[Table]:
        """Draw exactly `n` rows in batches, so that memory does not grow with `n`.

        Entities are whole, but for the very last. Keys that are learnt are unique within a batch
        only; made ones are unique throughout.

        Args:
            n: How many rows, at least 1.
            batch_rows: About how many rows a batch has; each is an independent draw.
            seed: Where every random number comes from.
        """
        keys = () if self.encoder.table_schema.sequence else self.encoder.learnt_keys
        subjects = made = rows = batch = 0
        while rows < n:
            stream = seed.child("batch", str(batch))
            draw = int(np.ceil(min(batch_rows, n - rows) / self.model.mean_length))
            encoded = self.model.sample(draw, seed=stream)
            if encoded.n_rows > n - rows:
                encoded = encoded.head(n - rows)
            part = self.encoder.decode(encoded, seed=stream, start=subjects, start_rows=made)
            part = self._kept(part, None, keys)
            yield part
            subjects += encoded.n_subjects
            made += encoded.n_rows
            rows += len(part)
            batch += 1

    def log_prob(self, table: Table) -> npt.NDArray[np.float64]:
        """Natural log of the density of each subject's rows, shape (n_subjects,).

        Raises:
            SampleError: The kind has no likelihood.
        """
        if "log_prob" not in self.capabilities:
            raise SampleError(f"{self.kind} has no likelihood")
        return self.model.log_prob(self.encoder.encode(table))

    def save(self, folder: Path) -> None:
        """Write the fitted generator into a folder, which `generators.artifacts.load` reads."""
        from generators.artifacts import save

        save(self, folder)


def _as_rows(encoded: EncodedTable) -> EncodedTable:
    rows = np.ones(encoded.n_rows, dtype=np.int64)
    return replace(encoded, lengths=rows, owners=encoded.subjects)


def _join(parts: list[Table]) -> Table:
    import pandas as pd

    if len(parts) == 1:
        return parts[0]
    return parts[0].with_frame(pd.concat([part.frame for part in parts], ignore_index=True))


def require_rows(train: EncodedTable, least: int, kind: str) -> None:
    """Raise `FitError` unless there are at least `least` subjects."""
    if train.n_subjects < least:
        raise FitError(
            f"{kind} needs at least {least} subjects, there are {train.n_subjects}",
            fix="More rows are needed, or another generator",
        )


GENERATORS: Registry[Generator] = Registry(Generator, "generators.models", "generator")
