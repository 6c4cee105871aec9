"""Do entities have as many rows as the real ones?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.fidelity.column_shapes import ColumnShapes, shapes_of_made
from validation.entities import derived, with_lengths

if TYPE_CHECKING:
    from validation.base import Evidence


class SequenceLengths(Check, frozen=True):
    """Distance of the numbers of rows of entities from the train rows', beyond chance.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["sequence_lengths"] = "sequence_lengths"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sequence"})
    reference: ClassVar[str] = ColumnShapes.reference

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance; 0.1: one entity in ten has another number of rows.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Count the rows of each entity."""
        made = derived(evidence, with_lengths)
        if not (len(made.train) and len(made.synthetic)):
            return self.result("not_applicable", "no entity has two rows")
        statistic = "distance of the number of rows beyond chance"
        return shapes_of_made(self, self.threshold, made, statistic)
