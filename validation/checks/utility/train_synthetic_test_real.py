"""Is a model trained on synthetic rows as good on real ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.features import FeatureSpace
from validation.prediction import Task
from validation.statistics import bootstrap_weights, decide, percentile_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence

ModelFamily = Literal["boosting", "linear"]

_LEAST = 10
_NO_SKILL = 0.05
_REFITS = 4
_REFIT_ROWS = 3000


@dataclass(frozen=True)
class _Rows:
    """Rows as a model sees them."""

    x: npt.NDArray[np.float64]
    scaled: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    subjects: npt.NDArray[np.int64]

    def pick(self, rows: npt.NDArray[np.int64]) -> _Rows:
        """The rows at these positions."""
        return _Rows(self.x[rows], self.scaled[rows], self.y[rows], self.subjects[rows])

    def take(self, n: int, seed: Seed) -> _Rows:
        """About `n` rows with an answer, of random subjects."""
        known = np.flatnonzero(~np.isnan(self.y))
        codes = self.subjects[known]
        order = seed.generator().permutation(int(codes.max(initial=0)) + 1)[codes]
        picked = known[np.argsort(order, kind="stable")[:n]]
        return self.pick(picked)

    @property
    def n_known(self) -> int:
        """How many rows have an answer."""
        return int((~np.isnan(self.y)).sum())


class TrainSyntheticTestReal(Check, frozen=True):
    """Share of the predictive skill for the target that training on synthetic rows keeps.

    One model learns from synthetic rows, one from as many train rows, and both predict the same
    fresh rows: gradient boosting, and a linear model, of which the worse counts. Skill is 2 AUC - 1
    for classes and R2 for a number. The interval is a bootstrap over the fresh subjects, paired,
    widened by what the choice of rows to train on moves either skill by. The baseline trains on one
    half of the fresh rows and tests on the other, against as many train rows.
    """

    kind: Literal["train_synthetic_test_real"] = "train_synthetic_test_real"
    family: ClassVar[Family] = "utility"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"target", "holdout"})
    reference: ClassVar[str] = (
        "Esteban, Hyland, Raetsch (2017), Real-valued (medical) time series generation with "
        "recurrent conditional GANs, section 4.1 (TSTR)."
    )

    threshold: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Least share of the skill; 0.8: four fifths of what real rows teach.",
    )
    families: tuple[ModelFamily, ...] = Field(
        default=("boosting", "linear"),
        min_length=1,
        description="Kinds of models: gradient boosting, and a linear one on ranks and labels.",
    )
    max_rows: int = Field(
        default=50_000, ge=100, description="Most rows to train or test on; more are drawn."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Train on both, test on fresh rows."""
        target, fresh = evidence.target, evidence.fresh
        if target is None or fresh is None:  # pragma: no cover  `requires` sees to it
            return self.result("not_applicable", "needs a target and a holdout")
        space = FeatureSpace.learn(evidence.train, leave_out=(target,))
        if not space.columns:
            return self.result("not_applicable", "no column is left to predict from")
        task = Task.of(evidence.train, fresh, target, _LEAST)
        if task is None:
            return self.result(
                "insufficient", f"too few rows have a value of {target}", n_rows=len(fresh)
            )
        seed = evidence.seed.child("checks", self.kind)
        tables = {"train": evidence.train, "synthetic": evidence.synthetic, "fresh": fresh}
        # Drawn before they are encoded: a wide form of a million rows would fill the memory.
        sides = {
            name: _rows(_some(table, self.max_rows, seed.child("side", name)), task, space)
            for name, table in tables.items()
        }
        n = min(self.max_rows, sides["train"].n_known, sides["synthetic"].n_known)
        test = sides["fresh"].take(self.max_rows, seed.child("test"))
        weights = bootstrap_weights(test.subjects, seed.child("bootstrap").generator())
        # The first weighting is the rows as they are.
        weights = np.vstack([np.ones((1, len(test.y)), dtype=np.float32), weights])
        answers = []
        for family in self.families:
            model = _Model(task, space, family)
            stream = seed if family == "boosting" else seed.child(family)
            skills = {}
            for name in ("synthetic", "train"):
                rows = sides[name].take(n, seed.child("rows", name))
                scores = model.scores(rows, test, stream.child("model", name))
                skills[name] = task.skills(test.y, scores, weights)
                spread = _training_error(model, rows, test, stream.child("refits", name))
                noise = stream.child("noise", name).generator().standard_normal(len(weights))
                noise[0] = 0
                skills[name] += spread * noise
            baseline = _baseline(model, sides, stream)
            answers.append(self._compare(task, skills, baseline, n, len(test.y), family))
        return _worst(answers)

    def _compare(
        self,
        task: Task,
        skills: dict[str, npt.NDArray[np.float64]],
        baseline: float | None,
        n: int,
        n_test: int,
        family: str,
    ) -> CheckResult:
        real, synthetic = skills["train"], skills["synthetic"]
        floor = percentile_interval(real[1:])[0]
        details = {
            "model": family,
            "metric": task.metric,
            "classes": len(task.classes),
            "trained_on_synthetic": round(_score(task, synthetic[0]), 4),
            "trained_on_real": round(_score(task, real[0]), 4),
            "rows_to_train": n,
        }
        said = (
            f"{task.metric} {details['trained_on_synthetic']:.3f} from synthetic rows, "
            f"{details['trained_on_real']:.3f} from real ones ({family})"
        )
        if not floor > _NO_SKILL:
            return self.result(
                "insufficient",
                f"{task.target} can hardly be predicted from real rows either: {said}",
                n_rows=n_test,
                details=details,
            )
        share = synthetic / real
        # Every family must pass, so that their intervals hold together.
        interval = percentile_interval(share[1:], 1 - 0.05 / len(self.families))
        return self.result(
            decide(interval, self.threshold, "higher"),
            said,
            statistic="share of the predictive skill kept",
            value=float(share[0]),
            interval=interval,
            baseline=baseline,
            threshold=self.threshold,
            better="higher",
            # 1.96 + 0.84 standard errors: seen four times in five.
            smallest_effect=2.8 * float(np.nanstd(share[1:])),
            n_rows=n_test,
            details=details,
        )


def _some(table: Table, most: int, seed: Seed) -> Table:
    """About `most` rows, of random subjects."""
    if len(table) <= most:
        return table
    order = seed.generator().permutation(table.n_subjects)[table.subject_codes]
    return table.take(np.sort(np.argsort(order, kind="stable")[:most]))


def _rows(table: Table, task: Task, space: FeatureSpace) -> _Rows:
    return _Rows(
        space.ordinal(table),
        space.scaled(table).astype(np.float64),
        task.answers(table),
        table.subject_codes,
    )


@dataclass(frozen=True)
class _Model:
    """A family of models for one task."""

    task: Task
    space: FeatureSpace
    family: ModelFamily

    def scores(self, rows: _Rows, test: _Rows, seed: Seed) -> npt.NDArray[np.float64]:
        """What a model of these rows foretells for those."""
        if self.family == "linear":
            return self.task.train_linear(rows.scaled, rows.y).predict(test.scaled)
        fitted = self.task.train(rows.x, rows.y, self.space.categorical, seed)
        return fitted.predict(test.x)


def _worst(answers: list[CheckResult]) -> CheckResult:
    """The answer of the family that fares worst; those that found nothing to learn count last."""
    order = ("fail", "undecided", "pass", "insufficient")

    def badness(answer: CheckResult) -> tuple[int, float]:
        return order.index(answer.status), answer.value if answer.value is not None else 0.0

    worst = min(answers, key=badness)
    kept = {
        str(answer.details["model"]): None if answer.value is None else round(answer.value, 4)
        for answer in answers
    }
    return worst.model_copy(update={"details": {**worst.details, "kept": kept}})


def _score(task: Task, skill: float) -> float:
    return float((skill + 1) / 2 if task.classes else skill)


def _training_error(model: _Model, rows: _Rows, test: _Rows, seed: Seed) -> float:
    """Standard error that the choice of rows to train on gives to a skill.

    From models on bootstrap resamples of the subjects. Where there are many rows the resamples are
    of a part of them, and the error is scaled by the root of the share.
    """
    part = rows.take(_REFIT_ROWS, seed.child("part"))
    drawn = bootstrap_weights(part.subjects, seed.child("draws").generator(), _REFITS)
    ones = np.ones((1, len(test.y)), dtype=np.float32)
    skills = []
    for i, times in enumerate(drawn.astype(np.int64)):
        drawn_rows = part.pick(np.repeat(np.arange(len(part.y)), times))
        scores = model.scores(drawn_rows, test, seed.child("model", str(i)))
        skills.append(float(model.task.skills(test.y, scores, ones)[0]))
    share = len(part.y) / max(len(rows.y), 1)
    return float(np.std(skills, ddof=1)) * float(np.sqrt(share))


def _baseline(model: _Model, sides: dict[str, _Rows], seed: Seed) -> float | None:
    """What training on one half of the fresh rows keeps on the other, averaged over both ways."""
    fresh = sides["fresh"]
    order = seed.child("halves").generator().permutation(int(fresh.subjects.max(initial=0)) + 1)
    half = order[fresh.subjects] % 2 == 0
    found = []
    for way, taught in (("there", half), ("back", ~half)):
        teach = fresh.pick(np.flatnonzero(taught))
        test = fresh.pick(np.flatnonzero(~taught & ~np.isnan(fresh.y)))
        n = min(teach.n_known, sides["train"].n_known)
        ones = np.ones((1, len(test.y)), dtype=np.float32)
        pair = []
        for name, rows in (("fresh", teach), ("train", sides["train"])):
            stream = seed.child("baseline", way, name)
            rows = rows.take(n, stream.child("rows"))  # noqa: PLW2901  as many of either
            scores = model.scores(rows, test, stream.child("model"))
            pair.append(float(model.task.skills(test.y, scores, ones)[0]))
        if pair[1] > _NO_SKILL:
            found.append(pair[0] / pair[1])
    return float(np.mean(found)) if found else None
