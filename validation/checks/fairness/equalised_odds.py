"""Equalised odds: does a model trained on synthetic rows err more unequally?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.deciders import deciders_of
from validation.groups import group_rows
from validation.widening import Widening, answer, decisions

if TYPE_CHECKING:
    from validation.base import Evidence

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
        models = deciders_of(evidence)
        if models is None:
            return self.result("insufficient", "there is nothing to train a model on")
        found: list[Widening] = []
        skipped = 0
        for group in group_rows(evidence, ("train", "fresh")):
            if evidence.target in group.attributes:
                continue
            mask = group.masks["fresh"]
            for words, side in (("true", models.outcome), ("false", ~models.outcome)):
                inside, outside = mask & side, ~mask & side
                if mask.sum() < self.least_rows or min(inside.sum(), outside.sum()) < _PER_LABEL:
                    skipped += 1
                    continue
                found.append(
                    decisions(f"{words} positives of {group.name}", models, inside, outside)
                )
        return answer(self, evidence, found, threshold=self.threshold, skipped=skipped)
