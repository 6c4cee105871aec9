"""Rows in which each group has the outcome as often as the owner declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabular.errors import ConfigurationError
from validation.groups import values_on
from validation.outcome import Outcome

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.fairness_policy import Fairness

    Counts = npt.NDArray[np.int64]

_LEAST_ROWS = 100
"""Train rows below which a group's rate is not known well enough to be brought to parity."""


@dataclass(frozen=True)
class DeclaredRates:
    """The rates that a declaration means for a table.

    Rows without a group are a group of their own, the last, which keeps its rate.

    Args:
        train: The rows that groups and outcome were learnt from.
        sensitive: The column of the groups.
        outcome: What counts as the outcome.
        names: The groups as the train rows form them.
        rates: The declared share with the outcome, shape (n_groups + 1,).
    """

    train: Table
    sensitive: str
    outcome: Outcome
    names: tuple[str, ...]
    rates: npt.NDArray[np.float64]

    @staticmethod
    def learn(train: Table, fairness: Fairness) -> DeclaredRates:
        """What a declaration means for a table of which these rows are known.

        Raises:
            ConfigurationError: A group is named that is not there.
        """
        outcome = Outcome.learn(train, fairness.outcome)
        names = tuple(_groups(train, train, fairness.sensitive)[1])
        as_it_is = DeclaredRates(train, fairness.sensitive, outcome, names, np.zeros(0))
        counts = as_it_is.counts(train)
        rates = counts[:, 1] / np.maximum(counts.sum(axis=1), 1)
        if fairness.target == "parity":
            large = np.append(counts[:-1].sum(axis=1) >= _LEAST_ROWS, False)
            rates[large] = counts[:-1, 1].sum() / max(counts[:-1].sum(), 1)
        else:
            unknown = [name for name in fairness.target if name not in names]
            if unknown:
                raise ConfigurationError(
                    f"no real row has {', '.join(map(repr, unknown))} as {fairness.sensitive}",
                    where="fairness.target",
                    fix="Name groups as the rows do; numbers with many values form groups of their "
                    "own, `quarter 1` to `quarter 4`",
                )
            for name, rate in fairness.target.items():
                rates[names.index(name)] = rate
        return DeclaredRates(train, fairness.sensitive, outcome, names, rates)

    def cells(self, table: Table) -> Counts:
        """Group and outcome of each row as one code, 2 * group + outcome. Shape (n_rows,)."""
        groups, names = _groups(self.train, table, self.sensitive)
        return 2 * np.where(groups < 0, len(names), groups) + self.outcome.of(table)

    def counts(self, table: Table) -> Counts:
        """Rows without and with the outcome, by group, shape (n_groups + 1, 2)."""
        size = 2 * len(self.names) + 2
        return np.bincount(self.cells(table), minlength=size).reshape(-1, 2).astype(np.int64)

    def wanted(self, counts: Counts) -> Counts:
        """As many rows of each group, with the declared share having the outcome."""
        rows = counts.sum(axis=1)
        hits = np.floor(rows * self.rates + 0.5).astype(np.int64)
        return np.stack([rows - hits, hits], axis=1)

    def thinned(self, table: Table, seed: Seed) -> Table:
        """The largest part of a table that has the rates, with the groups' shares kept.

        Which rows are left out is random. A cell that is declared and has no row can't be had;
        it is left empty.
        """
        counts = self.counts(table)
        wanted = self.wanted(counts)
        asked = (wanted > 0) & (counts > 0)
        share = float((counts[asked] / wanted[asked]).min(initial=1.0))
        quota = np.minimum(np.floor(wanted * share + 1e-9).astype(np.int64), counts)
        order = seed.child("thin").generator().permutation(len(table))
        picked = order[first_of_each(self.cells(table)[order], quota.reshape(-1))]
        return table.take(np.sort(picked))


def first_of_each(cells: Counts, quota: Counts) -> npt.NDArray[np.intp]:
    """Which rows are among the first so many of their cell, in their order.

    Args:
        cells: Cell of each row, shape (n_rows,).
        quota: How many rows of each cell, shape (n_cells,).
    """
    order = np.argsort(cells, kind="stable")
    ordered = cells[order]
    starts = np.searchsorted(ordered, np.arange(len(quota)))
    turn = np.arange(len(cells)) - starts[ordered]
    return np.sort(order[turn < quota[ordered]])


def _groups(train: Table, table: Table, sensitive: str) -> tuple[Counts, list[str]]:
    """The group of each row of a table, -1 for none, and the groups that train forms."""
    codes, names = values_on(train.schema[sensitive], train, {"table": table})["table"]
    return codes, names
