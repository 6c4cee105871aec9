"""Feature importance: does a model learn the same columns to look at?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement, Severity
from validation.boosting import Booster
from validation.features import FeatureSpace
from validation.prediction import Task
from validation.statistics import bootstrap_weights, normal_quantile

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence

    Floats = npt.NDArray[np.float64]

_LEAST = 10
_REFITS = 4


class FeatureImportance(Check, frozen=True):
    """Overlap of what a model trained on synthetic rows looks at with what a real one does.

    Gradient boosting learns the target from either side; the gain of its splits, as shares by
    column, says what it looks at. The overlap of the two is 1 if they agree, 0 if they have no
    column in common. It is compared with the overlap that models of fresh rows reach.
    """

    kind: Literal["feature_importance"] = "feature_importance"
    family: ClassVar[Family] = "utility"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"target", "holdout"})
    reference: ClassVar[str] = (
        "Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees, section "
        "5.3; the comparison: El Emam, Mosquera, Hoptroff (2020), Practical synthetic data "
        "generation, chapter 4"
    )

    severity: Severity = Field(default="warning", description="What a failure means to the gate.")
    threshold: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="Least overlap, as a share of what fresh rows reach: three quarters.",
    )
    rows: int = Field(default=5000, ge=100, description="Most rows that a model learns from.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Train on resamples of every side and compare."""
        target, fresh = evidence.target, evidence.fresh
        assert target is not None  # noqa: S101  `requires` has seen to it
        assert fresh is not None  # noqa: S101
        space = FeatureSpace.learn(evidence.train, leave_out=(target,))
        task = Task.of(evidence.train, fresh, target, _LEAST)
        if task is None or len(space.columns) < 2:  # noqa: PLR2004  nothing to choose from
            return self.result(
                "insufficient", "there are too few columns or outcomes to learn", n_rows=len(fresh)
            )
        seed = evidence.seed.child("checks", self.kind)
        size = min(self.rows, len(evidence.train), len(evidence.synthetic), len(fresh))
        gains = {
            name: self._gains(table, task, space, size, seed.child(name))
            for name, table in (
                ("train", evidence.train),
                ("synthetic", evidence.synthetic),
                ("fresh", fresh),
            )
        }
        if any(not part.any() for part in gains.values()):
            return self.result(
                "insufficient", f"{target} can't be foretold by some side", n_rows=size
            )
        ours, theirs = (_overlaps(gains["train"], gains[name]) for name in ("synthetic", "fresh"))
        value, best = float(ours.mean()), float(theirs.mean())
        share = value / max(best, 1e-12)
        # Sixteen pairs of eight models: the models count, not the pairs.
        error = float(
            np.hypot(*(_error_of_mean(part) / max(part.mean(), 1e-12) for part in (ours, theirs)))
        )
        error = max(error * share, 1e-6)
        half = normal_quantile() * error
        status: Literal["pass", "fail", "undecided"] = "pass"
        if share + half < self.threshold:
            status = "fail"
        elif share < self.threshold:
            status = "undecided"
        names = space.names
        lost = gains["train"].mean(axis=0) - gains["synthetic"].mean(axis=0)
        return self.result(
            status,
            f"models overlap by {value:.2f} in what they look at, those of fresh rows by "
            f"{best:.2f}; {names[int(lost.argmax())]} lost most",
            statistic="overlap of feature importance over that of fresh rows",
            value=share,
            interval=(share - half, share + half),
            baseline=1.0,
            threshold=self.threshold,
            better="higher",
            smallest_effect=float(2.8 * error),
            n_rows=size,
            details={
                "overlap": round(value, 4),
                "overlap_fresh": round(best, 4),
                "importance": {
                    names[i]: {
                        side: round(float(gains[side].mean(axis=0)[i]), 3)
                        for side in ("train", "synthetic")
                    }
                    for i in np.argsort(-gains["train"].mean(axis=0), kind="stable")[:5]
                },
            },
        )

    def _gains(
        self, table: Table, task: Task, space: FeatureSpace, size: int, seed: Seed
    ) -> Floats:
        """Shares of the gain by column, of models on resamples. Shape (refits, n_columns)."""
        rows = table.take(np.sort(seed.generator().permutation(len(table))[:size]))
        x, y = space.ordinal(rows), task.answers(rows)
        draws = bootstrap_weights(rows.subject_codes, seed.child("draws").generator(), _REFITS)
        out = np.zeros((_REFITS, len(space.columns)))
        for i, times in enumerate(draws.astype(np.int64)):
            fitted = task.train(
                np.repeat(x, times, axis=0),
                np.repeat(y, times),
                space.categorical,
                seed.child("model", str(i)),
            )
            if isinstance(fitted.model, Booster):
                out[i] = fitted.model.gain
        total = out.sum(axis=1, keepdims=True)
        shares: Floats = np.divide(out, total, out=np.zeros_like(out), where=total > 0)
        return shares


def _overlaps(a: Floats, b: Floats) -> Floats:
    """Overlap of each of one side's models with each of the other's."""
    found = np.minimum(a[:, None, :], b[None, :, :]).sum(axis=2)
    return np.asarray(found, dtype=np.float64)


def _error_of_mean(pairs: Floats) -> float:
    rows, columns = pairs.mean(axis=1), pairs.mean(axis=0)
    return float(np.sqrt(rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns)))
