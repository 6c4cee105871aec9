"""Do entities begin as the real ones do?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.fidelity.column_shapes import ColumnShapes, shapes_of_made
from validation.entities import derived, starts

if TYPE_CHECKING:
    from validation.base import Evidence


class SequenceStarts(Check, frozen=True):
    """Distance of the worst column of entities' first rows from the train rows', beyond chance.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["sequence_starts"] = "sequence_starts"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sequence"})
    reference: ClassVar[str] = ColumnShapes.reference

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance of any column; 0.1: one entity in ten begins otherwise.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Look at the first row of each entity."""
        made = derived(evidence, starts)
        if not (len(made.train) and len(made.synthetic)):
            return self.result("not_applicable", "no entity has two rows")
        statistic = "distance of the worst column of first rows beyond chance"
        return shapes_of_made(self, self.threshold, made, statistic)
