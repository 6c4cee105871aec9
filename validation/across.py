"""Pairs of a row's column and a related row's: a parent's, a sibling's, the last one's.

Such rows stand side by side in one table, the related one's columns under a prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from validation.contingency import Binning, PairDistances, pair_distances
from validation.excess import POWER, judged
from validation.features import space_of
from validation.statistics import normal_quantile, worst_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from validation.base import Check, CheckResult, Evidence

_SHOWN = 10


@dataclass(frozen=True)
class Across:
    """How far the pairs across are from the train rows', beyond chance.

    Args:
        pairs: Names of the columns.
        excess: Distances beyond chance, shape (n_pairs,).
        error: Their standard errors.
        association: How much the two have to do with each other in train.
        fresh: The worst distance of fresh rows, where there are any.
    """

    pairs: list[str]
    excess: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]
    association: npt.NDArray[np.float64]
    fresh: float | None


def pairs_across(evidence: Evidence, prefix: str) -> Across | None:
    """The pairs of a column whose name has a prefix and one that has none; `None` without any."""
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
    return Across(
        pairs, found.excess[across], found.error[across], found.association[across], fresh
    )


def _across(found: PairDistances, prefix: str) -> npt.NDArray[np.bool_]:
    return np.array([a.startswith(prefix) != b.startswith(prefix) for a, b in found.pairs])


def worst_across(
    check: Check, found: list[Across], threshold: float, evidence: Evidence, statistic: str
) -> CheckResult:
    """The answer of a check by the worst of some pairs, of which there is at least one."""
    excess = np.concatenate([part.excess for part in found])
    error = np.concatenate([part.error for part in found])
    association = np.concatenate([part.association for part in found])
    names = [name for part in found for name in part.pairs]
    fresh = [part.fresh for part in found if part.fresh is not None]
    interval = worst_interval(excess, error)
    worst = np.argsort(-excess, kind="stable")[:_SHOWN]
    bound = float(association.sum())
    return check.result(
        judged(interval, threshold, float(error.max())),
        f"the worst pair, {names[worst[0]]}, is {excess.max():.3f} from the train rows "
        "beyond chance",
        statistic=statistic,
        value=float(excess.max()),
        interval=interval,
        baseline=max(fresh) if fresh else None,
        threshold=threshold,
        smallest_effect=(normal_quantile(comparisons=len(names)) + POWER) * float(error.max()),
        n_rows=len(evidence.synthetic),
        details={
            "association_lost": round(float(excess.sum()) / bound, 4) if bound else None,
            "pairs": {names[i]: round(float(excess[i]), 4) for i in worst},
        },
    )
