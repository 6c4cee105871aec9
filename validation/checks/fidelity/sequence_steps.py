"""Do columns change from row to row as in the train rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.fidelity.column_shapes import ColumnShapes, shapes_of_made
from validation.entities import derived, with_steps

if TYPE_CHECKING:
    from validation.base import Evidence


class SequenceSteps(Check, frozen=True):
    """Distance of the worst column's steps from the train rows', beyond chance.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["sequence_steps"] = "sequence_steps"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sequence"})
    reference: ClassVar[str] = ColumnShapes.reference

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance; 0.1: one step in ten would have to change.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Take each row from the one before it."""
        made = derived(evidence, with_steps)
        if not (len(made.train) and len(made.synthetic)):
            return self.result("not_applicable", "no entity has two rows")
        statistic = "distance of the worst column's steps beyond chance"
        return shapes_of_made(self, self.threshold, made, statistic)
