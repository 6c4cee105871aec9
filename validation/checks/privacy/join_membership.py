"""Can an attacker tell who was in the train rows, from a subject's rows in all tables?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from validation.base import Check, CheckResult, Family, Requirement
from validation.checks.privacy.membership import Membership
from validation.joins import children_of, commonest, joined, with_children

if TYPE_CHECKING:
    from validation.base import Evidence


class JoinMembership(Check, frozen=True):
    """AUC of the membership attacks on rows with what their children come to.

    As `membership`; whoever knows a person's orders knows more than the person's row.
    """

    kind: Literal["join_membership"] = "join_membership"
    family: ClassVar[Family] = "privacy"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout", "reference", "relations"})
    reference: ClassVar[str] = Membership.reference

    def run(self, evidence: Evidence) -> CheckResult:
        """Join, and attack."""
        name = evidence.train.name
        related = evidence.related
        assert related is not None  # noqa: S101  it is required
        if not children_of(related.schema, name):
            return self.result("not_applicable", "no table belongs to this one")
        common = commonest(related.train, name)
        families = joined(evidence, lambda dataset: with_children(dataset, name, common))
        found = Membership(severity=self.severity).run(families)
        return found.model_copy(update={"check": self.kind})
