"""Intersections: are people still there who are several things at once?"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import POWER
from validation.groups import group_rows, may_be_named
from validation.parts import Part, part_of
from validation.report import figure
from validation.statistics import holm, normal_quantile

if TYPE_CHECKING:
    from validation.base import Evidence
    from validation.groups import GroupRows

_LEVEL = 0.025
_MOST = 500


class Intersections(Check, frozen=True):
    """Smallest ratio of a full intersection's synthetic to its real share.

    Every combination of all sensitive attributes at once that enough people have. Each attribute
    can keep its shares, and each two of them, while those who are three things at once are gone.
    """

    kind: Literal["intersections"] = "intersections"
    family: ClassVar[Family] = "fairness"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sensitive"})
    reference: ClassVar[str] = (
        "Buolamwini, Gebru (2018), Gender shades: intersectional accuracy disparities; Katz et al. "
        "(1978), Obtaining confidence intervals for the risk ratio in cohort studies"
    )

    threshold: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Smallest ratio of the shares: half of them are gone. Looser than for single "
        "groups, since intersections are small.",
    )
    least_rows: int = Field(
        default=100, ge=10, description="Train rows below which a group is too small to judge."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Cross all attributes, and compare the shares."""
        if len(evidence.sensitive) < 2:  # noqa: PLR2004  nothing to cross
            return self.result("not_applicable", "fewer than two attributes are sensitive")
        parts, small = self._parts(evidence)
        n = len(evidence.synthetic)
        if not parts:
            return self.result(
                "insufficient", f"no intersection has {self.least_rows} rows", n_rows=n
            )
        p_values = [part.p_value(self.threshold) for part in parts]
        corrected = holm(p_values)
        thinned = holm([part.p_value(1.0) for part in parts])
        status: Literal["pass", "fail", "undecided"] = "pass"
        if corrected.min() < _LEVEL:
            status = "fail"
        elif any(
            part.ratio < self.threshold and p < _LEVEL
            for part, p in zip(parts, thinned, strict=True)
        ):
            status = "undecided"
        worst = parts[min(range(len(parts)), key=lambda i: (p_values[i], parts[i].ratio))]
        z = normal_quantile(comparisons=len(parts))
        spread = float(np.exp(z * worst.fresh_error))
        return self.result(
            status,
            f"{worst.name} make up {figure(100 * worst.real.share)} % of the real and "
            f"{figure(100 * worst.synthetic.share)} % of the synthetic rows",
            statistic=f"synthetic over real share of {worst.name}",
            value=worst.ratio,
            interval=(worst.ratio / spread, max(worst.ratio * spread, worst.floor)),
            baseline=None if worst.fresh is None else worst.fresh / worst.real.share,
            threshold=self.threshold,
            better="higher",
            smallest_effect=1 - self.threshold * float(np.exp(-(z + POWER) * worst.fresh_error)),
            p_value=float(corrected.min()),
            n_rows=n,
            details={
                "judged": len(parts),
                "warnings": [f"intersections too small to judge: {small}"] if small else [],
            },
        )

    def _parts(self, evidence: Evidence) -> tuple[list[Part], int]:
        """Every intersection that is large enough, and how many are not."""
        tables = {"real": evidence.train, "synthetic": evidence.synthetic, "fresh": evidence.fresh}
        sides = {name: table for name, table in tables.items() if table is not None}
        single = group_rows(evidence, ("train", "synthetic", "fresh"), together=False)
        by_attribute: dict[str, list[GroupRows]] = {}
        for group in single:
            by_attribute.setdefault(group.attributes[0], []).append(group)
        parts, small = [], 0
        for i, groups in enumerate(product(*by_attribute.values())):
            if i >= _MOST:
                break
            masks = {
                side: np.logical_and.reduce(
                    [group.masks["train" if side == "real" else side] for group in groups]
                )
                for side in sides
            }
            large = masks["real"].sum() >= self.least_rows
            if not large or not may_be_named(evidence, masks["real"]):
                small += bool(masks["real"].any())
                continue
            part = part_of(", ".join(group.name for group in groups), masks, sides)
            if part is not None:
                parts.append(part)
        return parts, small
