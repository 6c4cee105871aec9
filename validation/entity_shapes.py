"""What checks of sequences have in common that measure columns derived from an entity's rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.fidelity.column_shapes import ColumnShapes, shapes_of_made
from validation.entities import derived

if TYPE_CHECKING:
    from validation.base import Evidence


class EntityShapes(Check, frozen=True):
    """Distance of the worst derived column from the train rows', as `column_shapes` measures it.

    To derive from it, say how columns are derived, and what the statistic is called.
    """

    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sequence"})
    reference: ClassVar[str] = ColumnShapes.reference
    derive: ClassVar[Callable[..., Any]]
    statistic: ClassVar[str]

    threshold: float

    def run(self, evidence: Evidence) -> CheckResult:
        """Derive the columns on every side, and measure them."""
        made = derived(evidence, type(self).derive)
        if not (len(made.train) and len(made.synthetic)):
            return self.result("not_applicable", "no entity has two rows")
        return shapes_of_made(self, self.threshold, made, self.statistic)
