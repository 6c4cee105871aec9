"""Do rows go with their parents, grandparents and siblings as in the train rows?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.contingency import Binning, PairDistances, pair_distances
from validation.excess import POWER, judged
from validation.features import space_of
from validation.joins import joined, owner_key, with_parent, with_sibling
from validation.statistics import normal_quantile, worst_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Dataset, Table
    from validation.base import Evidence

_SHOWN = 10


@dataclass(frozen=True)
class _Found:
    """One join's pairs."""

    pairs: list[str]
    excess: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]
    association: npt.NDArray[np.float64]
    fresh: float | None


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
            if (part := _measure(joined(evidence, join), prefix)) is not None
        ]
        if not found:
            return self.result("not_applicable", "no pair of learnt columns lies across the key")
        excess = np.concatenate([part.excess for part in found])
        error = np.concatenate([part.error for part in found])
        association = np.concatenate([part.association for part in found])
        names = [name for part in found for name in part.pairs]
        fresh = [part.fresh for part in found if part.fresh is not None]
        interval = worst_interval(excess, error)
        worst = np.argsort(-excess, kind="stable")[:_SHOWN]
        bound = float(association.sum())
        return self.result(
            judged(interval, self.threshold, float(error.max())),
            f"the worst pair, {names[worst[0]]}, is {excess.max():.3f} from the train rows "
            "beyond chance",
            statistic="distance of the worst pair of relatives beyond chance",
            value=float(excess.max()),
            interval=interval,
            baseline=max(fresh) if fresh else None,
            threshold=self.threshold,
            smallest_effect=(normal_quantile(comparisons=len(names)) + POWER) * float(error.max()),
            n_rows=len(evidence.synthetic),
            details={
                "association_lost": round(float(excess.sum()) / bound, 4) if bound else None,
                "pairs": {names[i]: round(float(excess[i]), 4) for i in worst},
            },
        )


def _measure(evidence: Evidence, prefix: str) -> _Found | None:
    if min(len(evidence.train), len(evidence.synthetic)) < 2:  # noqa: PLR2004  a pair
        return None
    space = space_of(evidence)
    binning = Binning.learn(evidence.train, space)
    found = pair_distances(evidence.train, evidence.synthetic, binning)
    across = _across(found, prefix)
    if not across.any():
        return None
    fresh = None
    if evidence.fresh is not None and len(evidence.fresh):
        other = pair_distances(evidence.train, evidence.fresh, binning)
        fresh = float(other.excess[across].max())
    pairs = [f"{a} and {b}" for (a, b), it in zip(found.pairs, across, strict=True) if it]
    return _Found(
        pairs, found.excess[across], found.error[across], found.association[across], fresh
    )


def _across(found: PairDistances, prefix: str) -> npt.NDArray[np.bool_]:
    return np.array([a.startswith(prefix) != b.startswith(prefix) for a, b in found.pairs])
