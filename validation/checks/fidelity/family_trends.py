"""Do rows go with their parents, grandparents and siblings as in the train rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.across import pairs_across, worst_across
from validation.base import Check, CheckResult, Family, Requirement
from validation.joins import joined, owner_key, with_parent, with_sibling

if TYPE_CHECKING:
    from tabular.dataset import Dataset, Table
    from validation.base import Evidence


class FamilyTrends(Check, frozen=True):
    """Distance of the worst pair of a row's column and a relative's from the train rows' joint one.

    As `pair_trends`, on the pairs between a row and its parent, and between two rows of the same
    parent. Pairs within a row are those of `pair_trends`.
    """

    kind: Literal["family_trends"] = "family_trends"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"relations"})
    reference: ClassVar[str] = (
        "Zhang et al. (2024), TabSyn, section 4.1 (pairs of columns). Differs from the paper: the "
        "pairs are those across a foreign key and among siblings, and noise is taken off."
    )

    threshold: float = Field(default=0.1, gt=0, lt=1, description="Largest distance of any pair.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Measure every pair across; the worst one decides."""
        related = evidence.related
        assert related is not None  # noqa: S101  it is required
        key = owner_key(related.schema, evidence.train.name)
        if key is None:
            return self.result("not_applicable", "the rows belong to no other table's")
        seed = evidence.seed.child("checks", self.kind)

        def parents(dataset: Dataset) -> Table:
            return with_parent(dataset, key)

        def siblings(dataset: Dataset) -> Table:
            return with_sibling(dataset, key, seed)

        found = [
            part
            for join, prefix in ((parents, "parent's "), (siblings, "sibling's "))
            if (part := pairs_across(joined(evidence, join), prefix)) is not None
        ]
        if not found:
            return self.result("not_applicable", "no pair of learnt columns lies across the key")
        statistic = "distance of the worst pair of relatives beyond chance"
        return worst_across(self, found, self.threshold, evidence, statistic)
