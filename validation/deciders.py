"""Models that decide about the same fresh rows, one trained on each side, once for all checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from validation.boosting import Booster
from validation.features import FeatureSpace
from validation.outcome import Outcome

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_MOST = 50_000


@dataclass(frozen=True)
class Deciders:
    """Scores of fresh rows by models trained on three sides, and what was decided by them.

    All models decide for as many as have the outcome in train, so that only whom they choose
    counts. The third model learns from either half of the fresh rows and decides about the other:
    how much two models of one population differ by chance.

    Args:
        outcome: Which fresh rows have the outcome, shape (n_fresh,).
        by_train: Chance of it for each fresh row, by the model trained on train rows.
        by_synthetic: The same by the one trained on synthetic rows.
        by_fresh: The same by those trained on fresh rows; `None` where a half has one outcome.
        share: Share of the train rows that have the outcome.
    """

    outcome: Mask
    by_train: Floats
    by_synthetic: Floats
    by_fresh: Floats | None
    share: float

    def decided(self, scores: Floats) -> Mask:
        """For whom a model decides."""
        return np.asarray(scores > np.quantile(scores, 1 - self.share))

    def widening(self, shifts: list[tuple[float, float]]) -> float:
        """How much wider errors must be than independent rows give, from shifts by chance alone.

        Args:
            shifts: Differences between the model of train rows and those of fresh rows, each with
                its standard error.
        """
        if self.by_fresh is None or not shifts:
            return 1.0
        return max(1.0, float(np.sqrt(np.mean([(s / e) ** 2 for s, e in shifts]))))


def deciders_of(evidence: Evidence) -> Deciders | None:
    """The models' scores; `None` where there is no fresh row, no feature, or one outcome only."""
    name = "fairness/deciders"
    if name not in evidence.cache:
        evidence.cache[name] = _trained(evidence)
    found: Deciders | None = evidence.cache[name]
    return found


def _trained(evidence: Evidence) -> Deciders | None:
    target, fresh = evidence.target, evidence.fresh
    if target is None or fresh is None:
        return None
    outcome = Outcome.learn(evidence.train, target)
    space = FeatureSpace.learn(evidence.train, leave_out=(target,))
    seed = evidence.seed.child("checks", "deciders")
    sides = [_some(t, seed) for t in (evidence.train, evidence.synthetic)]
    learnt = [outcome.of(table) for table in sides]
    if not space.columns or not all(0 < mask.sum() < len(mask) for mask in learnt):
        return None
    rows = space.ordinal(fresh)

    def scores(side: str, x: Floats, hits: Mask, about: Floats) -> Floats:
        model = Booster.fit(
            x,
            hits.astype(np.float64),
            objective="binary",
            shape="predictor",
            categorical=space.categorical,
            seed=seed.child(side),
        )
        return model.predict(about)

    ours, theirs = (
        scores(side, space.ordinal(table), hits, rows)
        for side, table, hits in zip(("train", "synthetic"), sides, learnt, strict=True)
    )
    hits = outcome.of(fresh)
    half = np.arange(len(rows)) < (len(evidence.holdout) if evidence.holdout is not None else 0)
    by_fresh: Floats | None = None
    if all(0 < hits[part].sum() < part.sum() for part in (half, ~half)):
        by_fresh = np.empty(len(rows))
        for part in (half, ~half):
            by_fresh[part] = scores("fresh", rows[~part], hits[~part], rows[part])
    return Deciders(hits, ours, theirs, by_fresh, float(outcome.of(evidence.train).mean()))


def _some(table: Table, seed: Seed) -> Table:
    if len(table) <= _MOST:
        return table
    rng = seed.child("rows").generator()
    return table.take(np.sort(rng.permutation(len(table))[:_MOST]))
