"""Rare values: numbers and categories that only a few people have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import Excess, Rate, allowance
from validation.features import feature_columns, is_numeric, labels, numbers
from validation.report import figure

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.schema import Column
    from validation.base import Evidence

    Codes = npt.NDArray[np.int64]

_SUBJECTS = 2
"""A number that one or two people have points at them."""

_SINGLE_VALUE_LEVEL = 0.001
"""Chance that any value of an honest table seems to be replayed."""


@dataclass(frozen=True)
class _Cells:
    """One column on all sides, as codes of the same values; missing cells have the code -1.

    Args:
        train: Shape (n_train,).
        synthetic: Shape (n_synthetic,).
        fresh: Shape (n_fresh,).
        backing: Train subjects that have each value, shape (n_values,).
        named: The values, ascending where they are numbers.
    """

    train: Codes
    synthetic: Codes
    fresh: Codes
    backing: Codes
    named: npt.NDArray[np.float64] | npt.NDArray[np.object_]


@dataclass(frozen=True)
class _Replay:
    """How often one column's rare values come back.

    Args:
        column: Its name.
        excess: With bounds that hold for all columns together: one suffices to fail.
        alone: With bounds for this column by itself: all must agree to pass.
        synthetic: Share of the synthetic rows.
        fresh: Share of the fresh rows.
    """

    column: str
    excess: Excess
    alone: Excess
    synthetic: float
    fresh: float


class RareValues(Check, frozen=True):
    """Values that only a few train subjects have, coming back more often than in fresh rows.

    Of this program's own generators nothing is let through that fewer than k subjects share: no
    such category, and no number beyond the k-th extreme. Of all rows: exact numbers that one or two
    train subjects have, and categories that fewer than k have, column by column against the fresh
    rows' rate; and no single such value may come back in numbers that its rarity rules out.
    """

    kind: Literal["rare_values"] = "rare_values"
    family: ClassVar[Family] = "privacy"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Article 29 Working Party (2014), Opinion 05/2014 on anonymisation techniques, section 2 "
        "on singling out; intervals by Newcombe (1998), method 10"
    )

    threshold: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="Excess over the fresh rows' rate that fails once it is certain: one row in "
        "200, the smallest that 3,000 rows show.",
    )
    ceiling: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="Excess that must be ruled out, where the rows suffice for it, to pass.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Count what is rare in train, in the synthetic and in the fresh rows."""
        if not feature_columns(evidence.schema):
            return self.result("not_applicable", "no column is learnt")
        fresh = evidence.fresh
        assert fresh is not None  # noqa: S101  `requires` has seen to it
        columns = feature_columns(evidence.schema)
        replays: list[_Replay] = []
        unbacked: dict[str, float] = {}
        loud: list[str] = []
        for column in columns:
            cells = _cells(column, evidence.train, evidence.synthetic, fresh)
            rare = _rare(column, cells, evidence.k)
            if rare.any():
                replays.append(
                    _replay(column, cells, rare, evidence.synthetic, fresh, len(columns))
                )
                if _is_loud(cells, rare, evidence):
                    loud.append(column.name)
            if evidence.own:
                outside = _unbacked(column, cells, evidence)
                if outside:
                    unbacked[column.name] = outside
        return self._answer(evidence, replays, unbacked, loud)

    def _answer(
        self,
        evidence: Evidence,
        replays: list[_Replay],
        unbacked: dict[str, float],
        loud: list[str],
    ) -> CheckResult:
        worst = max(replays, key=lambda replay: replay.excess.low, default=None)
        details = {
            "columns": [
                {"column": r.column, "synthetic": r.synthetic, "fresh": r.fresh}
                for r in sorted(replays, key=lambda r: -r.excess.low)[:20]
            ],
            "below_k": dict(sorted(unbacked.items(), key=lambda item: -item[1])[:20]),
            "k": evidence.k,
        }
        if unbacked:
            return self.result(
                "fail",
                f"values that fewer than {evidence.k} train subjects have came out of a generator "
                f"that should hold none, in {_listed(list(unbacked))}",
                statistic=f"share of cells backed by fewer than {evidence.k} subjects",
                value=max(unbacked.values()),
                threshold=0.0,
                smallest_effect=1 / len(evidence.synthetic),
                n_rows=len(evidence.synthetic),
                details=details,
            )
        if worst is None:
            return self.result(
                "pass",
                "no value in train is rare",
                statistic="excess of rare values",
                value=0.0,
                threshold=self.threshold,
                smallest_effect=0.0,
                n_rows=len(evidence.synthetic),
                details=details,
            )
        failed = [r.column for r in replays if r.excess.low > self.threshold]
        open_ = [
            r.column
            for r in replays
            if r.alone.high > allowance(self.ceiling, r.alone.error, r.alone.z)
        ]
        status: Literal["pass", "fail", "undecided"] = "pass"
        message = (
            f"rare values of {worst.column} make up {figure(100 * worst.synthetic)} % of the "
            f"synthetic and {figure(100 * worst.fresh)} % of fresh rows"
        )
        if failed or loud:
            status = "fail"
            if failed:
                message = f"replayed in {_listed(failed)}: {message}"
            else:
                message = (
                    f"a value of {_listed(loud)} that one or two people have comes back in numbers "
                    "that its rarity rules out"
                )
        elif open_:
            status = "undecided"
            message = f"too few rows to rule it out in {_listed(open_)}: {message}"
        return self.result(
            status,
            message,
            statistic=f"share of rows with a rare value of {worst.column}",
            value=worst.synthetic,
            interval=(worst.fresh + worst.excess.low, worst.fresh + worst.excess.high),
            baseline=worst.fresh,
            threshold=worst.fresh + self.threshold,
            smallest_effect=worst.excess.smallest_effect,
            n_rows=len(evidence.synthetic),
            details={**details, "replayed": failed, "single_values_replayed": loud},
        )


def _cells(column: Column, train: Table, synthetic: Table, fresh: Table) -> _Cells:
    import pandas as pd

    read = numbers if is_numeric(column) else labels
    sides = [pd.Series(read(table.frame[column.name])) for table in (train, synthetic, fresh)]
    codes, values = pd.factorize(pd.concat(sides, ignore_index=True), sort=is_numeric(column))
    ours, theirs, other = np.split(
        codes.astype(np.int64), np.cumsum([len(side) for side in sides])[:-1]
    )
    there = ours >= 0
    subjects = train.subject_codes[there]
    pairs = np.unique(subjects * max(len(values), 1) + ours[there])
    backing = np.bincount(pairs % max(len(values), 1), minlength=len(values)).astype(np.int64)
    return _Cells(ours, theirs, other, backing, np.asarray(values))


def _rare(column: Column, cells: _Cells, k: int) -> npt.NDArray[np.bool_]:
    """Which values a few train subjects have, shape (n_values,); declared ones are public."""
    few = _SUBJECTS if is_numeric(column) else k - 1
    rare = (cells.backing > 0) & (cells.backing <= few)
    return rare & ~_declared(column, cells)


def _declared(column: Column, cells: _Cells) -> npt.NDArray[np.bool_]:
    import pandas as pd

    if is_numeric(column) or not column.categories:
        return np.zeros(len(cells.backing), dtype=bool)
    known = set(labels(pd.Series(list(column.categories))))
    return np.array([value in known for value in cells.named], dtype=bool)


def _replay(
    column: Column,
    cells: _Cells,
    rare: npt.NDArray[np.bool_],
    synthetic: Table,
    fresh: Table,
    comparisons: int,
) -> _Replay:
    padded = np.append(rare, [False])  # the code -1 of a missing cell lands here
    found = Rate.of(padded[cells.synthetic], synthetic.subject_codes)
    by_chance = Rate.of(padded[cells.fresh], fresh.subject_codes)
    excess, alone = Excess.of(found, by_chance, comparisons), Excess.of(found, by_chance)
    return _Replay(column.name, excess, alone, found.share, by_chance.share)


def _is_loud(cells: _Cells, rare: npt.NDArray[np.bool_], evidence: Evidence) -> bool:
    """Whether one rare value comes back more often than its train and fresh counts allow.

    With a flat prior on its rate, a value's count in new rows is negative binomial; the bound holds
    for all values of the table together. Counts are of subjects where rows belong to some.

    Reference:
        Gelman et al. (2013), Bayesian data analysis, section 2.6, on the predictive distribution
        of a Poisson count.
    """
    from scipy.special import betainc

    assert evidence.fresh is not None  # noqa: S101  `run` has seen to it
    size = len(cells.named)
    synthetic = _subject_counts(cells.synthetic, evidence.synthetic, size)
    known = cells.backing + _subject_counts(cells.fresh, evidence.fresh, size)
    rows = evidence.train.n_subjects + evidence.fresh.n_subjects
    share = rows / (rows + evidence.synthetic.n_subjects)
    picked = rare & (synthetic > 0)
    # P(X >= x) of a negative binomial that stops at known + 1.
    tail = betainc(synthetic[picked], known[picked] + 1.0, 1 - share)
    level = _SINGLE_VALUE_LEVEL / len(feature_columns(evidence.schema)) / max(int(rare.sum()), 1)
    return bool((tail < level).any())


def _subject_counts(codes: Codes, table: Table, size: int) -> Codes:
    there = codes >= 0
    pairs = np.unique(table.subject_codes[there] * max(size, 1) + codes[there])
    return np.bincount(pairs % max(size, 1), minlength=size).astype(np.int64)


def _unbacked(column: Column, cells: _Cells, evidence: Evidence) -> float:
    """Share of the synthetic cells that fewer than k train subjects stand behind.

    A category needs k subjects itself; a number must lie between the k-th lowest and the k-th
    highest subject's.
    """
    there = cells.synthetic[cells.synthetic >= 0]
    if not len(there):
        return 0.0
    if not is_numeric(column):
        allowed = (cells.backing >= evidence.k) | _declared(column, cells)
        return float((~allowed[there]).sum() / len(cells.synthetic))
    present = cells.train >= 0
    subjects = evidence.train.subject_codes[present]
    codes = cells.train[present]
    n = int(subjects.max(initial=-1)) + 1
    lowest, highest = np.full(n, len(cells.named)), np.full(n, -1)
    np.minimum.at(lowest, subjects, codes)
    np.maximum.at(highest, subjects, codes)
    seen = highest >= 0
    if seen.sum() < evidence.k:
        return float(len(there) / len(cells.synthetic))
    low = np.sort(lowest[seen])[evidence.k - 1]
    high = np.sort(highest[seen])[-evidence.k]
    return float(((there < low) | (there > high)).sum() / len(cells.synthetic))


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown  # noqa: PLR2004
