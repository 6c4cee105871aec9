"""Can a classifier tell synthetic rows from fresh real ones?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.boosting import Booster
from validation.features import ordinal, space_of
from validation.statistics import auc_interval, decide

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence
    from validation.features import Side

_SHOWN = 5
_LEAST = 50


@dataclass(frozen=True)
class _Outcome:
    """How well two samples were told apart, and by what."""

    auc: float
    interval: tuple[float, float]
    importance: npt.NDArray[np.float64]
    n_rows: int


class ClassifierTwoSample(Check, frozen=True):
    """AUC of gradient boosting that tells synthetic rows from fresh real ones; .5 is the best.

    Cross-validated, folds by subject, as many rows of either side. Beside it stands the AUC against
    the train rows: where that is below what fresh rows have, train rows were memorised. The
    threshold reads as a mixture: AUC .75 is what a table has of which half the rows are like
    fresh ones and half are recognised with certainty. In a sequence the classifier also sees what
    changed since the entity's row before, and how many rows the entity has.
    """

    kind: Literal["classifier_two_sample"] = "classifier_two_sample"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Lopez-Paz, Oquab (2017), Revisiting classifier two-sample tests. Differs from the paper: "
        "the statistic is the AUC, cross-validated. Its variance: DeLong et al. (1988), enlarged "
        "as by Nadeau, Bengio (2003), Inference for the generalization error, since the models "
        "share their rows."
    )

    threshold: float = Field(
        default=0.75,
        gt=0.5,
        lt=1,
        description="Largest AUC; 0.5 + s / 2 where a share s of rows may be recognisable.",
    )
    folds: int = Field(default=5, ge=2, le=20, description="Folds of the cross-validation.")
    max_rows: int = Field(
        default=20_000, ge=100, description="Most rows of a side; more are drawn by subject."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Train three classifiers: against fresh rows, against train, and train against fresh."""
        if not space_of(evidence).columns:
            return self.result("not_applicable", "no column is learnt")
        seed = evidence.seed.child("checks", self.kind)
        smallest = min(len(evidence.synthetic), len(evidence.fresh or ()), len(evidence.train))
        if smallest < _LEAST:
            return self.result(
                "insufficient",
                f"{smallest} rows are too few to train a classifier on, {_LEAST} are needed",
                n_rows=smallest,
            )
        against = self._tell(evidence, "synthetic", "fresh", seed.child("fresh"))
        memory = self._tell(evidence, "synthetic", "train", seed.child("train"))
        base = self._tell(evidence, "train", "fresh", seed.child("baseline"))
        status = decide(against.interval, self.threshold, "lower")
        order = np.argsort(-against.importance, kind="stable")[:_SHOWN]
        space = space_of(evidence)
        names = [*space.names, *(f"{name} (step)" for name in space.names), "rows of the entity"]
        message = f"synthetic rows are told from fresh ones with AUC {against.auc:.3f}"
        if status != "pass":
            message += f", mostly by {' and '.join(names[i] for i in order[:2])}"
        return self.result(
            status,
            message,
            statistic="AUC of a classifier against fresh rows",
            value=against.auc,
            interval=against.interval,
            baseline=base.auc,
            threshold=self.threshold,
            # Standard error of a Mann-Whitney area at one half, widened, times 1.96 + 0.84.
            smallest_effect=2.8
            * math.sqrt((1 + self.folds / (self.folds - 1)) / (6 * against.n_rows)),
            n_rows=against.n_rows,
            details={
                "auc_train": round(memory.auc, 4),
                "auc_train_interval": [round(bound, 4) for bound in memory.interval],
                "baseline_interval": [round(bound, 4) for bound in base.interval],
                "memorising": bool(memory.interval[1] < base.interval[0]),
                "importance": {names[i]: round(float(against.importance[i]), 3) for i in order},
            },
        )

    def _tell(self, evidence: Evidence, positive: Side, negative: Side, seed: Seed) -> _Outcome:
        sides = [_rows(evidence, name) for name in (positive, negative)]
        n = min(self.max_rows, *(len(rows) for rows, _ in sides))
        blocks, groups, folds = [], [], []
        for name, (rows, subjects) in zip((positive, negative), sides, strict=True):
            rng = seed.child("rows", name).generator()
            order = rng.permutation(int(subjects.max()) + 1)[subjects]
            # The n first rows in a random order of subjects; at most the last one is cut.
            picked = np.argsort(order, kind="stable")[:n]
            blocks.append(rows[picked])
            groups.append(subjects[picked])
            folds.append(np.unique(order[picked], return_inverse=True)[1] % self.folds)
        x = np.concatenate(blocks)
        y = np.repeat([1.0, 0.0], n)
        fold = np.concatenate(folds)
        groups[1] = groups[1] + groups[0].max() + 1
        scores = np.zeros(len(y))
        importance = np.zeros(x.shape[1])
        for i in range(self.folds):
            test = fold == i
            if not test.any() or test.all():
                continue
            model = Booster.fit(
                x[~test],
                y[~test],
                objective="binary",
                shape="detector",
                categorical=space_of(evidence).categorical,
                seed=seed.child("model", str(i)),
            )
            raw = model.predict(x[test])
            # Folds have models of their own, so their scores are compared by rank.
            scores[test] = np.searchsorted(np.sort(raw), raw, "left") / len(raw)
            importance += model.gain
        area, interval = auc_interval(scores, y == 1, np.concatenate(groups))
        widen = math.sqrt(1 + self.folds / (self.folds - 1))
        interval = _widened(area, interval, widen)
        return _Outcome(area, interval, importance / max(importance.sum(), 1e-12), n)


def _widened(area: float, interval: tuple[float, float], by: float) -> tuple[float, float]:
    """An interval with its halves longer, on the logit scale where that has one."""
    if not 0 < area < 1 or not 0 < interval[0] <= interval[1] < 1:
        low, high = (area + by * (bound - area) for bound in interval)
        return max(low, 0.0), min(high, 1.0)
    centre, low, high = (math.log(x / (1 - x)) for x in (area, *interval))
    ends = (centre + by * (low - centre), centre + by * (high - centre))
    return 1 / (1 + math.exp(-ends[0])), 1 / (1 + math.exp(-ends[1]))


def _rows(evidence: Evidence, side: Side) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """What the classifier sees of one side's rows, and the subject of each."""
    table: Table = getattr(evidence, side)
    steps = space_of(evidence).steps(table)
    rows = ordinal(evidence, side)
    return np.hstack([rows, steps]) if steps.shape[1] else rows, table.subject_codes
