"""Can a classifier tell synthetic families, parent and children together, from fresh real ones?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.fidelity.classifier_two_sample import ClassifierTwoSample
from validation.joins import children_of, commonest, joined, with_children

if TYPE_CHECKING:
    from validation.base import Evidence


class JoinTwoSample(Check, frozen=True):
    """AUC of boosting that tells rows with what their children come to from fresh ones.

    As `classifier_two_sample`, on each row beside the number of its children, and the mean, least
    and greatest value of their numbers and the share of their commonest category.
    """

    kind: Literal["join_two_sample"] = "join_two_sample"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout", "relations"})
    reference: ClassVar[str] = (
        "Hudovernik, Jurkovic, Strumbelj (2024), Benchmarking the fidelity and utility of "
        "synthetic relational data, section 3.2 (detection with aggregation)."
    )

    threshold: float = Field(default=0.75, gt=0.5, lt=1, description="Largest AUC.")
    folds: int = Field(default=5, ge=2, le=20, description="Folds of the cross-validation.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Join, and let a classifier look."""
        name = evidence.train.name
        related = evidence.related
        assert related is not None  # noqa: S101  it is required
        if not children_of(related.schema, name):
            return self.result("not_applicable", "no table belongs to this one")
        common = commonest(related.train, name)
        families = joined(evidence, lambda dataset: with_children(dataset, name, common))
        inner = ClassifierTwoSample(
            threshold=self.threshold, folds=self.folds, severity=self.severity
        )
        return inner.run(families).model_copy(update={"check": self.kind})
