"""Can an attacker who knows all rows of an entity tell whether it was in the train rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.privacy.membership import Membership
from validation.entities import of_entities

if TYPE_CHECKING:
    from validation.base import Evidence


class EntityMembership(Check, frozen=True):
    """AUC of the membership attacks on whole entities.

    As `membership`, on a row for each entity; whoever knows years of a person knows more than any
    one row of them.
    """

    kind: Literal["entity_membership"] = "entity_membership"
    family: ClassVar[Family] = "privacy"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout", "reference", "sequence"})
    reference: ClassVar[str] = Membership.reference

    def run(self, evidence: Evidence) -> CheckResult:
        """Sum up, and attack."""
        found = Membership(severity=self.severity).run(of_entities(evidence))
        return found.model_copy(update={"check": self.kind})
