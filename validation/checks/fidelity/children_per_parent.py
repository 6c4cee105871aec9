"""Do rows have as many children as the real ones?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.fidelity.column_shapes import ColumnShapes, shapes_of_made
from validation.joins import children_of, joined, with_counts

if TYPE_CHECKING:
    from validation.base import Evidence


class ChildrenPerParent(Check, frozen=True):
    """Distance of the numbers of children from the train rows', beyond chance; the worst table.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["children_per_parent"] = "children_per_parent"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"relations"})
    reference: ClassVar[str] = ColumnShapes.reference

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance; 0.1: one parent in ten has another number of children.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Count the children of each table that belongs to this one."""
        name = evidence.train.name
        assert evidence.related is not None  # noqa: S101  it is required
        if not children_of(evidence.related.schema, name):
            return self.result("not_applicable", "no table belongs to this one")
        counts = joined(evidence, lambda dataset: with_counts(dataset, name))
        statistic = "distance of the worst number of children beyond chance"
        return shapes_of_made(self, self.threshold, counts, statistic)
