"""Representation: are the protected groups still there, in their numbers?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import POWER, SPARE, Rate
from validation.groups import GroupRows, group_rows
from validation.report import figure
from validation.statistics import normal_quantile

if TYPE_CHECKING:
    from validation.base import Evidence


class Representation(Check, frozen=True):
    """How much smaller a protected group's share is than in the real rows.

    Each sensitive attribute and each two together. The figure is the smallest ratio of a group's
    synthetic share to its real share: 1 is unchanged, 0 is lost.
    """

    kind: Literal["representation"] = "representation"
    family: ClassVar[Family] = "fairness"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sensitive"})
    reference: ClassVar[str] = (
        "Katz, Baptista, Azen, Pike (1978), Obtaining confidence intervals for the risk ratio in "
        "cohort studies; the four-fifths rule: US 29 CFR 1607.4 D"
    )

    threshold: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Smallest ratio of the shares: the four-fifths rule of US employment law.",
    )
    least_rows: int = Field(
        default=100, ge=10, description="Train rows below which a group is too small to judge."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Compare shares."""
        groups = group_rows(evidence, ("train", "synthetic", "fresh"))
        judged = [g for g in groups if g.rows("train") >= self.least_rows]
        small = [g for g in groups if g.rows("train") < self.least_rows]
        many = "1 group has" if len(small) == 1 else f"{len(small)} groups have"
        warnings = [f"{many} fewer than {self.least_rows} rows"] if small else []
        if not judged:
            return self.result(
                "insufficient",
                f"no group has {self.least_rows} rows",
                n_rows=len(evidence.synthetic),
                details={"groups": []},
            )
        z = normal_quantile(comparisons=len(judged))
        findings = [(*_ratio(group, z), group) for group in judged]
        ratio, low, high, worst = min(findings, key=lambda finding: (finding[2], finding[0]))
        lost = [group.name for value, _, upper, group in findings if upper < self.threshold]
        open_ = [finding for finding in findings if self._is_open(finding[0], finding[3])]
        status: Literal["pass", "fail", "undecided"] = "pass"
        if lost:
            status = "fail"
        elif open_:
            status = "undecided"
            ratio, low, high, worst = min(open_, key=lambda finding: finding[0])
        message = (
            f"{worst.name} makes up {figure(100 * worst.share('train'))} % of the real and "
            f"{figure(100 * worst.share('synthetic'))} % of the synthetic rows"
        )
        return self.result(
            status,
            message,
            statistic=f"synthetic over real share of {worst.name}",
            value=ratio,
            interval=(low, high),
            baseline=worst.share("fresh") / worst.share("train") if worst.has("fresh") else None,
            threshold=self.threshold,
            better="higher",
            smallest_effect=1 - float(np.exp(-(z + POWER) * _log_error(worst))),
            n_rows=len(evidence.synthetic),
            details={
                "groups": [
                    {
                        "group": group.name,
                        "rows": group.rows("train"),
                        "real": group.share("train"),
                        "synthetic": group.share("synthetic"),
                        "ratio": value,
                        "low": lower,
                        "high": upper,
                    }
                    for value, lower, upper, group in sorted(findings, key=lambda f: f[2])[:20]
                ],
                "warnings": warnings,
            },
        )

    def _is_open(self, ratio: float, group: GroupRows) -> bool:
        """Whether a loss can't be ruled out, though the group has rows enough for it."""
        error, z = _log_error(group), normal_quantile()
        tolerated = min(self.threshold, float(np.exp(-(z + SPARE) * error)))
        return ratio * float(np.exp(-z * error)) < tolerated


def _ratio(group: GroupRows, z: float) -> tuple[float, float, float]:
    """Ratio of the shares and its interval, on the log scale."""
    real, synthetic = group.share("train"), group.share("synthetic")
    ratio = synthetic / real
    spread = z * _log_error(group)
    # A lost group has no log; half a row stands in for it in the bounds.
    centre = max(synthetic, 0.5 / max(group.total("synthetic"), 1)) / real
    return ratio, min(ratio, centre * float(np.exp(-spread))), centre * float(np.exp(spread))


def _log_error(group: GroupRows) -> float:
    """Standard error of the log ratio, by effective rows."""
    variance = 0.0
    for side in ("train", "synthetic"):
        rate: Rate = group.rate(side)
        hits = max(rate.share * rate.n, 0.5)
        variance += 1 / hits - 1 / max(rate.n, 1.0)
    return float(np.sqrt(max(variance, 0.0)))
