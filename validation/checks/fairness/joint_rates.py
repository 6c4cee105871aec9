"""Joint rates: is the outcome as frequent in each group as it was?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import MOST_ROOM, POWER, SPARE, Excess, Rate, judged, worst_of
from validation.groups import group_rows
from validation.outcome import Outcome
from validation.report import figure
from validation.statistics import holm, normal_quantile, upper_tail

if TYPE_CHECKING:
    from validation.base import Evidence
    from validation.groups import GroupRows

_PER_LABEL = 30


class JointRates(Check, frozen=True):
    """Largest change of the outcome's rate in a protected group, whichever way.

    `parity_gap` asks whether groups are further apart; here every group by itself has to keep its
    rate. Labels that changed places in one group are seen even where the gap looks the same.
    """

    kind: Literal["joint_rates"] = "joint_rates"
    family: ClassVar[Family] = "fairness"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sensitive", "target"})
    reference: ClassVar[str] = (
        "Barocas, Hardt, Narayanan (2023), Fairness and machine learning, chapter 3; Newcombe "
        "(1998), Interval estimation for the difference between independent proportions, method 10"
    )

    threshold: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Change of a rate that fails once it is certain: one person in ten has the "
        "other outcome.",
    )
    least_rows: int = Field(
        default=100, ge=10, description="Rows below which a group is too small to judge."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Compare each group's rate."""
        target = evidence.target
        assert target is not None  # noqa: S101  `requires` has seen to it
        outcome = Outcome.learn(evidence.train, target)
        sides = {"train": evidence.train, "synthetic": evidence.synthetic}
        if evidence.fresh is not None:
            sides["fresh"] = evidence.fresh
        hits = {side: outcome.of(table) for side, table in sides.items()}
        groups = [
            group
            for group in group_rows(evidence, ("train", "synthetic", "fresh"))
            if target not in group.attributes
        ]
        large = [group for group in groups if self._is_judged(group)]
        n = len(evidence.synthetic)
        if not large:
            return self.result(
                "insufficient", f"no group has {self.least_rows} rows on both sides", n_rows=n
            )
        found = []
        for group in large:
            rates = [
                Rate.of(hits[side][group.masks[side]], group.subjects[side][group.masks[side]])
                for side in ("synthetic", "train")
            ]
            # The change counts whichever way it went: the smaller rate is taken from the larger.
            rates.sort(key=lambda rate: -rate.share)
            corrected, alone = (
                Excess.of(rates[0], rates[1], len(large)),
                Excess.of(rates[0], rates[1]),
            )
            # A rate whose noise alone is beyond any room says nothing, unless it surely changed.
            tolerated = (normal_quantile() + SPARE) * alone.error
            if tolerated <= MOST_ROOM * self.threshold or corrected.low > self.threshold:
                found.append((group, corrected, alone))
        if not found:
            return self.result("insufficient", "no group has rows enough to tell", n_rows=n)
        scores = np.array([(e.value - self.threshold) / max(e.error, 1e-12) for _, e, _ in found])
        p_value = float(holm(list(upper_tail(scores))).min())
        group, worst, alone = found[int(np.argmax([e.low for _, e, _ in found]))]
        status = worst_of([judged((e.low, a.high), self.threshold, a.error) for _, e, a in found])
        real, other = (
            float(hits[side][group.masks[side]].mean()) for side in ("train", "synthetic")
        )
        baseline = None
        if "fresh" in hits and group.rows("fresh"):
            baseline = abs(float(hits["fresh"][group.masks["fresh"]].mean()) - real)
        few = len(groups) - len(found)
        return self.result(
            status,
            f"{group.name} has the outcome in {figure(100 * real)} % of the real and "
            f"{figure(100 * other)} % of the synthetic rows",
            statistic=f"change of the outcome's rate, {group.name}",
            value=worst.value,
            interval=(max(worst.low, 0.0), max(worst.high, worst.value)),
            baseline=baseline,
            threshold=self.threshold,
            smallest_effect=self.threshold
            + (normal_quantile(comparisons=len(large)) + POWER) * alone.error,
            p_value=p_value,
            n_rows=n,
            details={
                "groups": [
                    {"group": g.name, "rows": g.rows("train"), "change": e.value}
                    for g, e, _ in sorted(found, key=lambda item: -item[1].value)[:20]
                ],
                "warnings": [f"groups too small to judge: {few}"] if few else [],
            },
        )

    def _is_judged(self, group: GroupRows) -> bool:
        return group.rows("train") >= self.least_rows and group.rows("synthetic") >= 2 * _PER_LABEL
