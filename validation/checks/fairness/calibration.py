"""Calibration: are a synthetic-trained model's promises kept for every group?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.widening import compared, precision, promises

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from validation.base import Evidence
    from validation.deciders import Deciders
    from validation.widening import Widening

    Mask = npt.NDArray[np.bool_]

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
        return compared(self, evidence, self._gaps, self.threshold)

    def _gaps(self, models: Deciders, group: str, mask: Mask) -> tuple[list[Widening], int]:
        hits = int(models.outcome[mask].sum())
        if mask.sum() < self.least_rows or min(hits, int(mask.sum()) - hits) < _PER_LABEL:
            return [], 1
        right = precision(f"right choices among {group}", models, mask, _PER_LABEL)
        found = [promises(f"promises to {group}", models, mask)]
        return [*found, *([right] if right else [])], 0
