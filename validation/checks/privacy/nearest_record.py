"""Nearest record: do synthetic rows lie closer to train than to fresh rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement, Severity
from validation.excess import POWER
from validation.features import feature_columns
from validation.guesses import some
from validation.neighbors import TIE, nearest, real_space
from validation.report import figure
from validation.statistics import normal_quantile

if TYPE_CHECKING:
    import numpy.typing as npt

    from validation.base import Evidence


class NearestRecord(Check, frozen=True):
    """Share of synthetic rows that lie nearer to a train row than to any fresh row.

    Train and fresh rows are equally many, ties count half, so fresh rows give one half. A smoke
    test: a hundred people copied verbatim leave it where it was, so it warns and proves nothing.
    """

    kind: Literal["nearest_record"] = "nearest_record"
    family: ClassVar[Family] = "privacy"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Platzer, Reutterer (2021), Holdout-based empirical assessment of mixed-type synthetic "
        "data, section 3.2; on its limits: Yao et al. (2025), The DCR delusion, arXiv 2505.01524"
    )

    severity: Severity = Field(default="warning", description="What a failure means to the gate.")
    threshold: float = Field(
        default=0.52,
        ge=0.5,
        le=1,
        description="Share that fails once the lower bound is above it: as if one row in 25 were "
        "a copy.",
    )
    rows: int = Field(
        default=50_000, ge=100, description="Most rows of each side; more are drawn from."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Compare distances."""
        if not feature_columns(evidence.schema):
            return self.result("not_applicable", "no column is learnt")
        assert evidence.fresh is not None  # noqa: S101  `requires` has seen to it
        seed = evidence.seed.child("check", self.kind)
        space = real_space(evidence)
        size = min(len(evidence.train), len(evidence.fresh), self.rows)
        train = space.scaled(some(evidence.train, size, seed.child("train").generator()))
        fresh = space.scaled(some(evidence.fresh, size, seed.child("fresh").generator()))
        rows = some(evidence.synthetic, self.rows, seed.child("synthetic").generator())
        synthetic = space.scaled(rows)
        to_train, to_fresh = nearest(synthetic, train), nearest(synthetic, fresh)
        gap = to_fresh.squared[:, 0] - to_train.squared[:, 0]
        credit = np.where(np.abs(gap) <= TIE, 0.5, gap > 0)
        share = float(credit.mean())
        # A real row can be many rows' neighbour; those count together.
        neighbor = np.where(gap > 0, to_train.rows[:, 0], size + to_fresh.rows[:, 0])
        error = max(
            _clustered_error(credit - share, neighbor),
            _clustered_error(credit - share, rows.subject_codes),
        )
        z = normal_quantile()
        low, high = max(share - z * error, 0.0), min(share + z * error, 1.0)
        same = float((to_train.squared[:, 0] <= TIE).mean())
        return self.result(
            "fail" if low > self.threshold else "pass",
            f"{figure(100 * share)} % of the synthetic rows lie nearer to train than to as many "
            f"fresh rows ({figure(100 * low)} to {figure(100 * high)} %; chance gives 50 %)",
            statistic="share of rows nearer to train than to fresh rows",
            value=share,
            interval=(low, high),
            baseline=0.5,
            threshold=self.threshold,
            smallest_effect=self.threshold - 0.5 + (z + POWER) * error,
            n_rows=len(synthetic),
            details={
                "real_rows_a_side": size,
                "ties": float((np.abs(gap) <= TIE).mean()),
                "at_distance_0_to_train": same,
                "at_distance_0_to_fresh": float((to_fresh.squared[:, 0] <= TIE).mean()),
            },
        )


def _clustered_error(residuals: npt.NDArray[np.float64], clusters: npt.NDArray[np.int64]) -> float:
    """Standard error of a mean whose rows count together by cluster."""
    _, codes = np.unique(clusters, return_inverse=True)
    sums = np.bincount(codes, weights=residuals)
    groups = len(sums)
    return float(np.sqrt((sums**2).sum() * groups / max(groups - 1, 1))) / len(residuals)
