"""Do rows follow each other as in the train rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.across import pairs_across, worst_across
from validation.base import Check, CheckResult, Family, Requirement
from validation.entities import LAST, derived, with_last

if TYPE_CHECKING:
    from validation.base import Evidence


class SequenceTransitions(Check, frozen=True):
    """Distance of the worst pair of a column and one of the row before from the train rows' table.

    As `pair_trends`, on the pairs between a row and the last: of a column with itself that is its
    table of transitions, numbers cut at the train rows' deciles.
    """

    kind: Literal["sequence_transitions"] = "sequence_transitions"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sequence"})
    reference: ClassVar[str] = (
        "Billingsley (1961), Statistical methods in Markov chains, section 3 (counts of "
        "transitions). Differs from the paper: distances of tables rather than a chi-squared test, "
        "noise is taken off, by subject."
    )

    threshold: float = Field(default=0.1, gt=0, lt=1, description="Largest distance of any pair.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Put rows beside the last ones; the worst pair across decides."""
        found = pairs_across(derived(evidence, with_last), LAST)
        if found is None:
            return self.result("not_applicable", "no entity has two rows of learnt columns")
        statistic = "distance of the worst pair of a row and the last beyond chance"
        return worst_across(self, [found], self.threshold, evidence, statistic)
