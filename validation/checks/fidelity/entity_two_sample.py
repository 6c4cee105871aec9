"""Can a classifier tell synthetic entities, all rows together, from fresh real ones?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.fidelity.classifier_two_sample import ClassifierTwoSample
from validation.entities import of_entities

if TYPE_CHECKING:
    from validation.base import Evidence


class EntityTwoSample(Check, frozen=True):
    """AUC of boosting that tells whole entities from fresh ones.

    As `classifier_two_sample`, on a row for each entity: its number of rows, what never changes,
    and of the other columns the mean, spread, extremes, first and last value, mean size of steps,
    share of the commonest category and of changes.
    """

    kind: Literal["entity_two_sample"] = "entity_two_sample"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout", "sequence"})
    reference: ClassVar[str] = (
        "Lopez-Paz, Oquab (2017), Revisiting classifier two-sample tests. Differs from the paper: "
        "a sample is a whole sequence, summed up."
    )

    threshold: float = Field(default=0.75, gt=0.5, lt=1, description="Largest AUC.")
    folds: int = Field(default=5, ge=2, le=20, description="Folds of the cross-validation.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Sum up, and let a classifier look."""
        inner = ClassifierTwoSample(
            threshold=self.threshold, folds=self.folds, severity=self.severity
        )
        return inner.run(of_entities(evidence)).model_copy(update={"check": self.kind})
