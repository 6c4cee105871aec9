"""Calibration: are a synthetic-trained model's promises kept for every group?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.deciders import deciders_of
from validation.groups import group_rows
from validation.widening import Widening, answer, precision, promises

if TYPE_CHECKING:
    from validation.base import Evidence

_PER_LABEL = 30


class Calibration(Check, frozen=True):
    """How much more a group is misjudged than by a model trained on real rows.

    Two figures for each group and the same fresh rows: by how much the mean promised chance misses
    the share that has the outcome, and how far the share of right choices (positive predictive
    value) is from that of all others. Each is taken from the model of the synthetic rows less that
    of the real rows; what both have is inherited.
    """

    kind: Literal["calibration"] = "calibration"
    family: ClassVar[Family] = "fairness"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sensitive", "target", "holdout"})
    reference: ClassVar[str] = (
        "Kleinberg, Mullainathan, Raghavan (2017), Inherent trade-offs in the fair determination "
        "of risk scores; Chouldechova (2017), Fair prediction with disparate impact"
    )

    threshold: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Widening that fails once it is certain: ten points of a chance.",
    )
    least_rows: int = Field(
        default=100, ge=10, description="Fresh rows below which a group is too small to judge."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Compare promises with outcomes, and choices with outcomes."""
        models = deciders_of(evidence)
        if models is None:
            return self.result("insufficient", "there is nothing to train a model on")
        found: list[Widening] = []
        skipped = 0
        for group in group_rows(evidence, ("train", "fresh")):
            if evidence.target in group.attributes:
                continue
            mask = group.masks["fresh"]
            hits = int(models.outcome[mask].sum())
            if mask.sum() < self.least_rows or min(hits, int(mask.sum()) - hits) < _PER_LABEL:
                skipped += 1
                continue
            found.append(promises(f"promises to {group.name}", models, mask))
            right = precision(f"right choices among {group.name}", models, mask, _PER_LABEL)
            if right is not None:
                found.append(right)
        return answer(self, evidence, found, threshold=self.threshold, skipped=skipped)
