"""Equalised odds: does a model trained on synthetic rows err more unequally?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.widening import compared, decisions

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from validation.base import Evidence
    from validation.deciders import Deciders
    from validation.widening import Widening

    Mask = npt.NDArray[np.bool_]

_PER_LABEL = 30


class EqualisedOdds(Check, frozen=True):
    """How much wider a group's gap in true or false positives is than with a real-trained model.

    Two models, one trained on each side, decide about the same fresh rows for as many people.
    Compared are, for each group against all others, the shares chosen among those who have the
    outcome (true positives) and among those who don't (false positives). A gap that the model of
    the real rows has too is inherited: a warning with its size.
    """

    kind: Literal["equalised_odds"] = "equalised_odds"
    family: ClassVar[Family] = "fairness"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sensitive", "target", "holdout"})
    reference: ClassVar[str] = (
        "Hardt, Price, Srebro (2016), Equality of opportunity in supervised learning"
    )

    threshold: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Widening that fails once it is certain: one person in ten decided otherwise.",
    )
    least_rows: int = Field(
        default=100, ge=10, description="Fresh rows below which a group is too small to judge."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Compare the decisions, among those who have the outcome and those who don't."""
        return compared(self, evidence, self._gaps, self.threshold)

    def _gaps(self, models: Deciders, group: str, mask: Mask) -> tuple[list[Widening], int]:
        if mask.sum() < self.least_rows:
            return [], 2
        found = [
            decisions(f"{words} positives of {group}", models, mask & side, ~mask & side)
            for words, side in (("true", models.outcome), ("false", ~models.outcome))
            if min((mask & side).sum(), (~mask & side).sum()) >= _PER_LABEL
        ]
        return found, 2 - len(found)
