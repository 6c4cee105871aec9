"""A fitted generator: rows out of a model's arrays, keys unique and rules kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from generators.encoding.table import TableEncoder, new_keys
from generators.encoding.words import Words
from tabular.errors import SampleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from generators.base import Generator, Model
    from generators.scoring import Scores
    from tabular.dataset import Table
    from tabular.portrait import Portrait
    from tabular.seeding import Seed

_MOST_ROUNDS = 50
_FEWEST_KEPT = 0.01  # share of the rows drawn, below which drawing on is no use


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

    def score(self, table: Table, *, explain: int = 1000, seed: Seed) -> Scores:
        """How unlikely the model finds rows, and which columns make them so.

        Args:
            table: Rows like those that were learnt.
            explain: Of how many of the least likely rows the columns are worked out.
            seed: Where every random number comes from; the same seed gives the same scores.

        Raises:
            SampleError: The kind has no likelihood.
        """
        from generators.scoring import score

        return score(self, table, explain=explain, seed=seed)

    def portrait(self) -> Portrait | None:
        """What the model shows of itself; `None` for nothing."""
        return self.model.portrait(Words(self.encoder, self.context_encoder))

    def save(self, folder: Path) -> None:
        """Write the fitted generator into a folder, which `generators.artifacts.load` reads."""
        from generators.artifacts import save

        save(self, folder)


def _join(parts: list[Table]) -> Table:
    import pandas as pd

    if len(parts) == 1:
        return parts[0]
    return parts[0].with_frame(pd.concat([part.frame for part in parts], ignore_index=True))
