"""Do pairs of columns go together as in the train rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family
from validation.contingency import Binning, pair_distances
from validation.excess import POWER, judged
from validation.features import space_of
from validation.statistics import normal_quantile, worst_interval

if TYPE_CHECKING:
    from validation.base import Evidence

_SHOWN = 10


class PairTrends(Check, frozen=True):
    """Distance of the worst pair of columns from the train rows' joint distribution, beyond chance.

    Total variation of the two columns' contingency table, numbers cut at the train rows' deciles,
    less what two samples of these sizes differ by anyway. Beside it stands the share of all pairs'
    association that is lost: 0 for fresh rows, 1 for columns drawn independently.
    """

    kind: Literal["pair_trends"] = "pair_trends"
    family: ClassVar[Family] = "fidelity"
    reference: ClassVar[str] = (
        "Zhang et al. (2024), Mixed-type tabular data synthesis with score-based diffusion in "
        "latent space (TabSyn), section 4.1. Differs from the paper: all pairs are contingency "
        "tables, numbers are binned by quantiles, noise is taken off, the worst pair counts."
    )

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance of any pair; 0.1: one row in ten would have to change.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Measure every pair; the worst one decides."""
        space = space_of(evidence)
        if len(space.columns) < 2:  # noqa: PLR2004  a pair
            return self.result("not_applicable", "fewer than two columns are learnt")
        binning = Binning.learn(evidence.train, space)
        found = pair_distances(evidence.train, evidence.synthetic, binning)
        interval = worst_interval(found.excess, found.error)
        worst = np.argsort(-found.excess, kind="stable")[:_SHOWN]
        value = float(found.excess.max())
        fresh = None
        if evidence.fresh is not None:
            fresh = pair_distances(evidence.train, evidence.fresh, binning)
        bound = float(found.association.sum())
        status = judged(interval, self.threshold, float(found.error.max()))
        first, second = found.pairs[worst[0]]
        return self.result(
            status,
            f"the worst pair, {first} and {second}, is {value:.3f} from the train rows "
            f"beyond chance",
            statistic="distance of the worst pair beyond chance",
            value=value,
            interval=interval,
            baseline=None if fresh is None else float(fresh.excess.max()),
            threshold=self.threshold,
            smallest_effect=(normal_quantile(comparisons=len(found.pairs)) + POWER)
            * float(found.error.max()),
            n_rows=len(evidence.synthetic),
            details={
                "mean_distance": round(float(found.distance.mean()), 5),
                "mean_noise": round(float(found.noise.mean()), 5),
                "association_lost": round(float(found.excess.sum()) / bound, 4) if bound else None,
                "pairs": [
                    {
                        "columns": list(found.pairs[i]),
                        "distance": round(float(found.distance[i]), 4),
                        "noise": round(float(found.noise[i]), 4),
                        "association": round(float(found.association[i]), 4),
                    }
                    for i in worst
                ],
            },
        )
