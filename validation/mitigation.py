"""Checks of rows that were reshaped on purpose: what was won, what it cost, and all checks again.

Rows whose outcome was declared to be as frequent in each group as it never was can't look like the
source, and should not. What asks for likeness, use or fairness therefore compares with the largest
part of the real rows that has the declared rates; what asks for validity or privacy, with all of
them. What the declaration costs is seen on untouched real rows: the same checks of utility and
parity before and after.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from tabular.model import share_of, silent
from validation.base import CHECKS, CheckResult
from validation.declared_rates import DeclaredRates
from validation.runner import run_checks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabular.dataset import Table
    from tabular.model import Progress
    from validation.base import Check, Evidence
    from validation.fairness_policy import Fairness

_WITH_ALL_ROWS = frozenset({"validity", "privacy"})
_COST = ("train_synthetic_test_real", "parity_gap")


class GroupRates(BaseModel):
    """How often a group has the outcome, as shares of its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    rows: int
    real: float
    before: float
    after: float
    declared: float


class Mitigation(BaseModel):
    """What reshaping changed.

    Args:
        table: Of which table.
        sensitive: The column of the groups.
        outcome: What counts as the outcome.
        groups: Groups of at least k real rows.
        kept: Share of the real train rows that the likeness was compared with.
        before: Utility and parity of the rows as the generator drew them, on untouched real rows.
        after: The same of the rows that were taken.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    table: str
    sensitive: str
    outcome: str
    groups: tuple[GroupRates, ...]
    kept: float
    before: tuple[CheckResult, ...]
    after: tuple[CheckResult, ...]

    @property
    def sentence(self) -> str:
        """What whoever signs for the release must know."""
        return (
            f"the groups of {self.sensitive} were brought to declared rates of {self.outcome}; "
            f"likeness, use and fairness were judged against the {100 * self.kept:.0f} % of the "
            "real rows that have them."
        )


def check_reshaped(
    evidence: Evidence,
    checks: Sequence[Check],
    fairness: Fairness,
    before: Table | None,
    progress: Progress = silent,
) -> tuple[tuple[CheckResult, ...], Mitigation | None]:
    """Every check of rows that were taken to have declared rates, and what that changed.

    Args:
        evidence: With the reshaped rows.
        checks: The checks to run.
        fairness: What was declared.
        before: The rows as the generator drew them, where they are at hand.
        progress: Told how far the checks are.

    Returns:
        The answers in the order of the checks, and what changed where `before` is given.
    """
    aim = DeclaredRates.learn(evidence.train, fairness)
    thin = replace(
        evidence,
        train=aim.thinned(evidence.train, evidence.seed.child("train")),
        holdout=evidence.holdout and aim.thinned(evidence.holdout, evidence.seed.child("holdout")),
        reference=evidence.reference
        and aim.thinned(evidence.reference, evidence.seed.child("reference")),
        cache={},
    )
    with_all = [check for check in checks if check.family in _WITH_ALL_ROWS]
    with_thin = [check for check in checks if check.family not in _WITH_ALL_ROWS]
    parts = 2 if before is None else 4
    found = run_checks(evidence, with_all, share_of(progress, 0, parts, ""))
    found += run_checks(thin, with_thin, share_of(progress, 1, parts, "declared rates"))
    order = {check.kind: i for i, check in enumerate(checks)}
    results = tuple(sorted(found, key=lambda result: order[result.check]))
    if before is None:
        return results, None
    cost = [CHECKS[kind].model_validate({}) for kind in _COST]
    plain = replace(evidence, synthetic=before, cache={})
    was = run_checks(plain, cost, share_of(progress, 2, parts, "before"))
    full = replace(evidence, cache={})
    now = run_checks(full, cost, share_of(progress, 3, parts, "after"))
    return results, Mitigation(
        table=evidence.train.name,
        sensitive=fairness.sensitive,
        outcome=f"{fairness.outcome}: {aim.outcome.name}",
        groups=_groups(aim, evidence, before),
        kept=len(thin.train) / max(len(evidence.train), 1),
        before=was,
        after=now,
    )


def costs(mitigation: Mitigation) -> list[tuple[str, tuple[str, ...]]]:
    """Figures of the real rows, of the rows as drawn and as taken: what each is, and its texts."""
    from validation.report import figure

    def told(result: CheckResult) -> str:
        if result.value is None:
            return result.status.replace("_", " ")
        ends = f" ({' to '.join(map(figure, result.interval))})" if result.interval else ""
        return figure(result.value) + ends

    (skill, gaps), (skill_now, gaps_now) = mitigation.before, mitigation.after
    trained = "skill of a model trained on them, of the real rows' model's"
    rows: list[tuple[str, ...]] = [(trained, "1", told(skill), told(skill_now))]
    for seen_in, words in (
        ("data", "widest gap between a group and all others, in the rows"),
        ("models", "the same in the decisions of a model trained on them"),
    ):
        found = [_widest(result, side, seen_in) for result, side in (
            (gaps_now, "real"), (gaps, "synthetic"), (gaps_now, "synthetic"),
        )]  # fmt: skip
        rows.append((words, *(figure(gap) for gap in found)))
    return [(row[0], row[1:]) for row in rows]


def _widest(result: CheckResult, side: str, seen_in: str) -> float | None:
    gaps = [g for g in result.details.get("gaps", ()) if g["seen_in"] == seen_in]
    return max((abs(float(gap[side])) for gap in gaps), default=None)


def _groups(aim: DeclaredRates, evidence: Evidence, before: Table) -> tuple[GroupRates, ...]:
    counts = [aim.counts(table) for table in (evidence.train, before, evidence.synthetic)]
    rates = [count[:, 1] / count.sum(axis=1).clip(1) for count in counts]
    rows = counts[0].sum(axis=1)
    return tuple(
        GroupRates(
            group=name,
            rows=int(rows[i]),
            real=float(rates[0][i]),
            before=float(rates[1][i]),
            after=float(rates[2][i]),
            declared=float(aim.rates[i]),
        )
        for i, name in enumerate(aim.names)
        if rows[i] >= evidence.k and min(counts[0][i]) not in range(1, evidence.k)
    )
