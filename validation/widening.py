"""Gaps between groups with two models: how much wider they are with the synthetic-trained one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from validation.deciders import deciders_of
from validation.excess import MOST_ROOM, POWER, SPARE, judged, worst_of
from validation.groups import group_rows
from validation.report import figure
from validation.statistics import holm, normal_quantile, upper_tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from validation.base import Check, CheckResult, Evidence
    from validation.deciders import Deciders

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_SOME_GAP = 0.1


@dataclass(frozen=True)
class Widening:
    """One gap with both models.

    Args:
        name: What it is a gap of.
        real: The gap with the model trained on real rows.
        synthetic: The gap with the one trained on synthetic rows.
        error: Standard error of their difference, models' chance included.
        fresh: The gap with models trained on fresh rows; `None` where there are none.
    """

    name: str
    real: float
    synthetic: float
    error: float
    fresh: float | None

    @property
    def value(self) -> float:
        """How much wider it is."""
        return abs(self.synthetic) - abs(self.real)


def decisions(name: str, models: Deciders, inside: Mask, outside: Mask) -> Widening:
    """The gap in decisions between a group and the others."""
    chosen = {
        side: None if scores is None else models.decided(scores).astype(np.float64)
        for side, scores in _scores(models).items()
    }
    return _between(name, chosen, inside, outside)


def promises(name: str, models: Deciders, mask: Mask) -> Widening:
    """By how much the mean promised chance misses the share of a group that has the outcome."""
    missed = {
        side: None if scores is None else scores - models.outcome
        for side, scores in _scores(models).items()
    }
    return _between(name, missed, mask, None)


def precision(name: str, models: Deciders, mask: Mask, least: int) -> Widening | None:
    """The gap in the share of right choices; `None` where too few were chosen."""
    gaps: dict[str, float | None] = {}
    variance = 0.0
    for side, scores in _scores(models).items():
        if scores is None:
            gaps[side] = None
            continue
        chosen = models.decided(scores)
        parts = [models.outcome[chosen & part] for part in (mask, ~mask)]
        if min(map(len, parts)) < least:
            return None
        gaps[side] = float(parts[0].mean() - parts[1].mean())
        if side != "fresh":
            # The two models' choices overlap: that they were independent is the wider assumption.
            variance += sum((part.var() + 1 / len(part)) / len(part) for part in parts)
    real, other = gaps["train"], gaps["synthetic"]
    assert real is not None  # noqa: S101  only fresh ones may be lacking
    assert other is not None  # noqa: S101
    return Widening(name, real, other, float(np.sqrt(variance)), gaps["fresh"])


def _scores(models: Deciders) -> dict[str, Floats | None]:
    return {
        "train": models.by_train,
        "synthetic": models.by_synthetic,
        "fresh": models.by_fresh,
    }


def _between(
    name: str, figures: dict[str, Floats | None], inside: Mask, outside: Mask | None
) -> Widening:
    parts = [inside] if outside is None else [inside, outside]
    signs = [1.0, -1.0]

    def gap(values: Floats) -> float:
        return float(sum(s * values[p].mean() for s, p in zip(signs, parts, strict=False)))

    def error(change: Floats) -> float:
        # A row is added to the variance, so that two models that agree are not taken for certain.
        return float(np.sqrt(sum((change[p].var() + 1 / p.sum()) / p.sum() for p in parts)))

    real, other = figures["train"], figures["synthetic"]
    assert real is not None  # noqa: S101  only fresh ones may be lacking
    assert other is not None  # noqa: S101
    spread, fresh = error(other - real), figures["fresh"]
    if fresh is None:
        return Widening(name, gap(real), gap(other), spread, None)
    # What two models of one population differ by is no sign of a fault.
    by_chance = abs(gap(fresh) - gap(real))
    return Widening(name, gap(real), gap(other), float(np.hypot(spread, by_chance)), gap(fresh))


def compared(
    check: Check,
    evidence: Evidence,
    gaps: Callable[[Deciders, str, Mask], tuple[list[Widening], int]],
    threshold: float,
) -> CheckResult:
    """A check's answer from the gaps of every group that the target itself does not make.

    Args:
        check: Whose answer it is.
        evidence: With a target, sensitive attributes and fresh rows.
        gaps: The gaps of the group of a name and a mask of the fresh rows, and how many were not
            looked at since too few rows stand behind them.
        threshold: Tolerated widening.
    """
    models = deciders_of(evidence)
    if models is None:
        return check.result("insufficient", "there is nothing to train a model on")
    found: list[Widening] = []
    skipped = 0
    for group in group_rows(evidence, ("train", "fresh")):
        if evidence.target not in group.attributes:
            widened, small = gaps(models, group.name, group.masks["fresh"])
            found += widened
            skipped += small
    return _answer(check, evidence, found, threshold=threshold, skipped=skipped)


def _answer(
    check: Check,
    evidence: Evidence,
    found: Sequence[Widening],
    *,
    threshold: float,
    skipped: int,
) -> CheckResult:
    """The gap that surely widened most decides."""
    fresh = evidence.fresh
    n = len(fresh) if fresh is not None else 0
    # A gap whose noise alone is beyond any room says nothing, unless it widened all the same.
    z = normal_quantile(comparisons=max(len(found), 1))
    clear = [
        gap
        for gap in found
        if (normal_quantile() + SPARE) * gap.error <= MOST_ROOM * threshold
        or gap.value - z * gap.error > threshold
    ]
    skipped += len(found) - len(clear)
    found = clear
    if not found:
        return check.result("insufficient", "no group has rows enough of either outcome", n_rows=n)
    lows = [gap.value - z * gap.error for gap in found]
    statuses = [
        judged((low, gap.value + normal_quantile() * gap.error), threshold, gap.error)
        for low, gap in zip(lows, found, strict=True)
    ]
    status = worst_of(statuses)
    alike = [i for i, said in enumerate(statuses) if said == status]
    worst = found[max(alike, key=lambda i: lows[i])]
    scores = np.array([(gap.value - threshold) / max(gap.error, 1e-12) for gap in found])
    inherited = sorted(
        (gap for gap in found if abs(gap.real) > _SOME_GAP), key=lambda gap: -abs(gap.real)
    )
    warnings = [
        f"{gap.name} differ by {figure(abs(gap.real))} with a model trained on real rows too, "
        "which the synthetic rows inherit"
        for gap in inherited[:3]
    ]
    if skipped:
        warnings.append(f"gaps of groups too small to judge: {skipped}")
    return check.result(
        status,
        f"{worst.name} differ by {figure(abs(worst.real))} with the model trained on real and by "
        f"{figure(abs(worst.synthetic))} with the one trained on synthetic rows",
        statistic=f"widening of the gap in {worst.name}",
        value=worst.value,
        interval=(worst.value - z * worst.error, worst.value + z * worst.error),
        baseline=None if worst.fresh is None else abs(worst.fresh) - abs(worst.real),
        threshold=threshold,
        smallest_effect=threshold + (z + POWER) * worst.error,
        p_value=float(holm(list(upper_tail(scores))).min()),
        n_rows=n,
        details={
            "gaps": [
                {"gap": gap.name, "real": gap.real, "synthetic": gap.synthetic}
                for gap in sorted(found, key=lambda gap: -gap.value)[:20]
            ],
            "warnings": warnings,
        },
    )
