"""Membership: can an attacker tell who was in the train rows?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.candidates import attacked
from validation.excess import POWER, SPARE, Rate, allowance
from validation.features import feature_columns
from validation.report import figure
from validation.statistics import auc_interval, holm, normal_quantile, wilson

if TYPE_CHECKING:
    import numpy.typing as npt

    from validation.base import Evidence, Status
    from validation.candidates import Candidates

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_EVERYONE = "all records"
_LEAST_SUBJECTS = 100
_LEAST_ISOLATED = 50
_FALSE_POSITIVES = 0.01
_LEAST_ALARMS = 3
"""Non-members among the 1 % that set the bar, below which the bar says nothing."""
_LEVEL = 0.025


@dataclass(frozen=True)
class _Finding:
    """What one attack found on one part of the candidates."""

    part: str
    attack: str
    value: float
    interval: tuple[float, float]
    null: float
    limit: float
    error: float
    n: int
    chance: float = 1.0
    """One-sided p value of guessing, corrected for all findings once they are together."""

    @property
    def status(self) -> Status:
        """Pass where the upper bound is tolerated; fail where, besides, guessing is ruled out.

        To pass, every finding must, which needs no correction for their number (an
        intersection-union test); to fail, one suffices, which does.
        """
        if self.bound <= self.limit:
            return "pass"
        return "fail" if self.chance < _LEVEL else "undecided"

    @property
    def bound(self) -> float:
        """What must be tolerated: the upper bound of an AUC, the share found itself.

        The share's allowance is three times what guessing finds, room enough for its uncertainty;
        its upper bound would turn down fresh rows of tables with many near duplicates.
        """
        return self.value if self.null == _FALSE_POSITIVES else self.interval[1]

    @property
    def used(self) -> float:
        """How much of the allowance the upper bound takes: 1 is all of it."""
        return (self.bound - self.null) / (self.limit - self.null)


class Membership(Check, frozen=True):
    """The best of several attacks that guess who was in the train rows.

    Members are train rows, non-members fresh rows, as many of each. The fresh rows' two halves take
    turns: one gives the non-members while the other calibrates the attack. The figure is an AUC:
    .5 is guessing. Judged on all records, on the 5 % and the 1 % that are most isolated and those
    with the rarest cells, on each protected group, and by the share of members found at 1 % false
    alarms. Every AUC's upper bound and every share found must be tolerated; a failure also rules
    guessing out, with Holm's correction for the number of findings.
    """

    kind: Literal["membership"] = "membership"
    family: ClassVar[Family] = "privacy"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout", "reference"})
    reference: ClassVar[str] = (
        "van Breugel, Sun, Qian, van der Schaar (2023), Membership inference attacks against "
        "synthetic data through overfitting detection; Carlini et al. (2022), Membership inference "
        "attacks from first principles, on low false positive rates"
    )

    threshold: float = Field(
        default=0.55,
        gt=0.5,
        le=1,
        description="AUC on all records that the upper bound must not pass. A table in which one "
        "train row in ten is copied has .54 to .57 on adult; a perfect one has .51 as its bound.",
    )
    isolated: float = Field(
        default=0.60,
        gt=0.5,
        le=1,
        description="The same on the most isolated 5 %, and on each group: five standard errors "
        "of a perfect table at 450 records a side.",
    )
    found: float = Field(
        default=0.03,
        gt=0.01,
        le=1,
        description="Share of members found at 1 % false alarms: three times what guessing finds.",
    )
    least_group: int = Field(
        default=1000,
        ge=100,
        description="Records of a protected group, members and non-members, below which it is "
        "said to be too small to judge.",
    )
    rows: int = Field(default=5000, ge=100, description="Most members in each of the two turns.")
    points: int = Field(
        default=50_000, ge=1000, description="Most synthetic and reference rows to compare with."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Attack, and report what came closest to its allowance."""
        if not feature_columns(evidence.schema):
            return self.result("not_applicable", "no column is learnt")
        candidates = attacked(evidence, self.rows, self.points)
        findings, too_small = self._findings(candidates)
        sides = candidates.sides(np.ones(len(candidates.member), dtype=bool))
        statuses = {finding.status for finding in findings}
        status: Status = next(s for s in ("fail", "undecided", "pass") if s in statuses)
        alike = [f for f in findings if f.status == status]
        if status == "pass":
            alike = [f for f in alike if f.part == _EVERYONE]
        worst = max(alike, key=lambda finding: finding.used)
        message = _said(worst, findings)
        if min(sides) < _LEAST_SUBJECTS:
            if status == "pass":
                status = "undecided"
            message = f"{min(sides)} subjects a side are too few to rule a leak out; {message}"
        small = _few_words(too_small)
        return self.result(
            status,
            message,
            statistic="share of members found at 1 % false alarms"
            if worst.null == _FALSE_POSITIVES
            else f"attack AUC, {worst.part}",
            value=worst.value,
            interval=worst.interval,
            baseline=worst.null,
            threshold=worst.limit,
            smallest_effect=(normal_quantile(comparisons=len(findings)) + POWER) * worst.error,
            n_rows=len(candidates.member),
            details={
                "parts": [
                    {
                        "part": f.part,
                        "attack": f.attack,
                        "value": f.value,
                        "low": f.interval[0],
                        "high": f.interval[1],
                        "threshold": f.limit,
                        "status": f.status,
                        "rows": f.n,
                    }
                    for f in _worst_by_part(findings)
                ],
                "attacks": {f.attack: f.value for f in findings if f.part == _EVERYONE},
                "comparisons": len(findings),
                "warnings": [f"too few records to judge: {small}"] if small else [],
            },
        )

    def _findings(self, candidates: Candidates) -> tuple[list[_Finding], dict[str, int]]:
        """Every attack on every part that is large enough, and the parts that are not."""
        everyone = np.ones(len(candidates.member), dtype=bool)
        parts = {_EVERYONE: (everyone, self.threshold)}
        too_small: dict[str, int] = {}
        for word, order in (
            ("most isolated", candidates.isolation),
            ("rarest", candidates.rarity),
        ):
            for percent in (5, 1):
                mask = candidates.top(order, percent / 100)
                name = f"the {word} {percent} %"
                if min(candidates.sides(mask)) >= _LEAST_ISOLATED:
                    parts[name] = (mask, self.isolated)
                elif percent == 5:  # noqa: PLR2004  the smaller part is a luxury
                    too_small[name] = int(mask.sum())
        for name, mask in candidates.groups().items():
            if mask.sum() >= self.least_group:
                parts[name] = (mask, self.isolated)
            else:
                too_small[name] = int(mask.sum())
        findings = []
        for attack, ranks in candidates.ranks.items():
            for part, (mask, margin) in parts.items():
                findings.append(_area(part, attack, candidates, ranks, mask, margin))
            if (~candidates.member).sum() * _FALSE_POSITIVES >= _LEAST_ALARMS:
                findings.append(_found_early(attack, candidates, ranks, self.found))
        corrected = holm([finding.chance for finding in findings])
        return [
            replace(finding, chance=float(p))
            for finding, p in zip(findings, corrected, strict=True)
        ], too_small


def _few_words(too_small: dict[str, int]) -> str:
    """Which parts are too small; of groups the column alone: a small cell names its people."""
    parts = [f"{part} ({n})" for part, n in too_small.items() if " = " not in part]
    columns = Counter(part.partition(" = ")[0] for part in too_small if " = " in part)
    return ", ".join([*parts, *(f"{column} (groups: {n})" for column, n in columns.items())])


def _area(
    part: str, attack: str, candidates: Candidates, ranks: Floats, mask: Mask, margin: float
) -> _Finding:
    """AUC on one part."""
    member, subject = candidates.member[mask], candidates.subject[mask]
    value, interval = auc_interval(ranks[mask], member, subject)
    m, n = candidates.sides(mask)
    # Standard error of an AUC of .5 (Hanley and McNeil 1982), by independent subjects.
    error = float(np.sqrt((m + n + 1) / max(12 * m * n, 1)))
    limit = min(0.5 + allowance(margin - 0.5, error, normal_quantile()), 1.0)
    chance = 1 - NormalDist().cdf((value - 0.5) / error)
    return _Finding(part, attack, value, interval, 0.5, limit, error, int(mask.sum()), chance)


def _found_early(attack: str, candidates: Candidates, ranks: Floats, margin: float) -> _Finding:
    """Share of members whose score 1 % of the non-members reach; ties count in proportion."""
    from scipy.special import betainc

    non_members = ranks[~candidates.member]
    bar = float(np.quantile(non_members, 1 - _FALSE_POSITIVES, method="higher"))
    above, level = float((non_members > bar).mean()), float((non_members == bar).mean())
    portion = (_FALSE_POSITIVES - above) / level
    mine = ranks[candidates.member]
    credit = (mine > bar) + portion * (mine == bar)
    value = float(credit.mean())
    rate = Rate.of(mine >= bar, candidates.subject[candidates.member])
    # The bar is itself an estimate, from as many non-members: half the rows' worth is left.
    n = rate.n / 2
    error = float(np.sqrt(_FALSE_POSITIVES * (1 - _FALSE_POSITIVES) / n))
    limit = max(margin, _FALSE_POSITIVES + SPARE * error)
    # Members above the t-th highest non-member are negative binomial where all are alike.
    alarms = _FALSE_POSITIVES * len(non_members) * rate.n / len(mine)
    share = len(mine) / len(ranks)
    chance = float(betainc(value * rate.n, alarms, share)) if value > 0 else 1.0
    return _Finding(
        part="all records at 1 % false alarms",
        attack=attack,
        value=value,
        interval=wilson(value * n, n),
        null=_FALSE_POSITIVES,
        limit=min(limit, 1.0),
        error=error,
        n=len(ranks),
        chance=chance,
    )


def _said(worst: _Finding, findings: list[_Finding]) -> str:
    if worst.status == "pass":
        isolated = [f.interval[1] for f in findings if f.part.startswith("the ")]
        apart = f", {figure(max(isolated))} on the most unusual ones" if isolated else ""
        return (
            f"no attack's AUC is above {figure(worst.interval[1])} on all records{apart}, "
            "uncertainty included; guessing reaches 0.500"
        )
    bound = "a share" if worst.bound == worst.value else "an upper bound"
    return (
        f"{worst.attack} on {worst.part} reaches {figure(worst.value)} "
        f"({figure(worst.interval[0])} to {figure(worst.interval[1])}); guessing reaches "
        f"{figure(worst.null)}, and {bound} above {figure(worst.limit)} is not tolerated"
    )


def _worst_by_part(findings: list[_Finding]) -> list[_Finding]:
    worst: dict[str, _Finding] = {}
    for finding in findings:
        if finding.part not in worst or finding.used > worst[finding.part].used:
            worst[finding.part] = finding
    return list(worst.values())
