"""Does the model find the rows it learnt likelier than others?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import POWER, judged
from validation.report import figure
from validation.statistics import auc_interval, normal_quantile, upper_tail

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence


class HoldoutLikelihood(Check, frozen=True):
    """How well the model's own likelihood tells train rows from fresh ones; .5 is the best.

    A model that generalises finds fresh rows as likely as those it learnt. The figure is an AUC, so
    that it does not depend on units. Beside it stand the mean log likelihoods, and the share of
    fresh rows that the model holds impossible.
    """

    kind: Literal["holdout_likelihood"] = "holdout_likelihood"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout", "model"})
    reference: ClassVar[str] = (
        "Theis, van den Oord, Bethge (2016), A note on the evaluation of generative models; Yeom "
        "et al. (2018), Privacy risk in machine learning, on the loss gap as an attack"
    )

    threshold: float = Field(
        default=0.55,
        gt=0.5,
        le=1,
        description="Largest AUC: as `membership` asks of attackers who have the rows alone.",
    )
    rows: int = Field(default=5000, ge=100, description="Most rows of either side.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Ask the model."""
        model, fresh = evidence.model, evidence.fresh
        assert model is not None  # noqa: S101  `requires` has seen to it
        assert fresh is not None  # noqa: S101
        if "log_prob" not in model.capabilities:
            return self.result("not_applicable", f"{model.kind} has no likelihood")
        seed = evidence.seed.child("checks", self.kind)
        size = min(len(evidence.train), len(fresh), self.rows)
        sides = [
            _some(table, size, seed.child(name))
            for name, table in (("train", evidence.train), ("fresh", fresh))
        ]
        scores = [np.asarray(model.log_prob(table), dtype=np.float64) for table in sides]
        # What can't be happens last; a likelihood that is no number says nothing either way.
        ordered = np.nan_to_num(np.concatenate(scores), nan=-np.inf, neginf=-1e300, posinf=1e300)
        member = np.repeat([True, False], [len(part) for part in scores])
        whose = [_whose(table, len(part)) for table, part in zip(sides, scores, strict=True)]
        subjects = np.concatenate([whose[0], whose[1] + whose[0].max(initial=-1) + 1])
        area, interval = auc_interval(ordered, member, subjects)
        n = min(table.n_subjects for table in sides)
        error = float(np.sqrt((2 * n + 1) / max(12 * n * n, 1)))
        tolerated = self.threshold - 0.5
        status = judged((interval[0] - 0.5, interval[1] - 0.5), tolerated, error)
        finite = [part[np.isfinite(part)] for part in scores]
        means = [float(part.mean()) if len(part) else None for part in finite]
        return self.result(
            status,
            f"the model's likelihood tells train rows from fresh ones with AUC {figure(area)}",
            statistic="AUC of the likelihood of train against fresh rows",
            value=area,
            interval=interval,
            baseline=0.5,
            threshold=self.threshold,
            smallest_effect=(normal_quantile() + POWER) * error,
            p_value=float(upper_tail((area - self.threshold) / max(error, 1e-12))),
            n_rows=len(ordered),
            details={
                "mean_log_likelihood_train": means[0],
                "mean_log_likelihood_fresh": means[1],
                "impossible_train": float(1 - len(finite[0]) / max(len(scores[0]), 1)),
                "impossible_fresh": float(1 - len(finite[1]) / max(len(scores[1]), 1)),
            },
        )


def _some(table: Table, most: int, seed: Seed) -> Table:
    if len(table) <= most:
        return table
    rng = seed.generator()
    if table.schema.sequence is None:
        return table.take(np.sort(rng.permutation(len(table))[:most]))
    # Entities stay whole: as many as come to about so many rows.
    picked = rng.permutation(table.n_subjects)[: max(1, most * table.n_subjects // len(table))]
    return table.take(np.isin(table.subject_codes, picked))


def _whose(table: Table, n_scores: int) -> npt.NDArray[np.int64]:
    """The subject of each score: of a sequence there is one for each entity, else one a row."""
    if n_scores != len(table):
        return np.arange(n_scores, dtype=np.int64)
    # Rows are scored subject by subject.
    return np.sort(table.subject_codes)
