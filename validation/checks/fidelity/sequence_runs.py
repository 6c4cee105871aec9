"""Do values stay the same for as long as in the train rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.fidelity.column_shapes import ColumnShapes, shapes_of_made
from validation.entities import derived, with_runs

if TYPE_CHECKING:
    from validation.base import Evidence


class SequenceRuns(Check, frozen=True):
    """Distance of the worst column's lengths of runs from the train rows', beyond chance.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["sequence_runs"] = "sequence_runs"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sequence"})
    reference: ClassVar[str] = ColumnShapes.reference

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance; 0.1: one row in ten is in another one's.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Count the rows of the run that each row is in."""
        made = derived(evidence, with_runs)
        if not (len(made.train) and len(made.synthetic)):
            return self.result("not_applicable", "no entity has two rows")
        statistic = "distance of the worst column's run lengths beyond chance"
        return shapes_of_made(self, self.threshold, made, statistic)
