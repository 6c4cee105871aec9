"""Parity gap: is the outcome more unequal between groups than it was?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.deciders import deciders_of
from validation.excess import POWER, Rate, allowance
from validation.groups import group_rows
from validation.outcome import Outcome
from validation.report import figure
from validation.statistics import normal_quantile

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from validation.base import Evidence
    from validation.groups import GroupRows

    Mask = npt.NDArray[np.bool_]

_PER_LABEL = 30
_SOME_GAP = 0.1


@dataclass(frozen=True)
class _Gap:
    """How much more often a group has the outcome than all others, real and synthetic.

    Args:
        group: The group's name.
        seen_in: `data`, or `models` trained on each.
        real: The gap of the real side.
        synthetic: The gap of the synthetic side.
        real_error: Standard error of the real gap.
        synthetic_error: Standard error of the synthetic gap.
        error: Standard error of their difference.
        rows: Real rows of the group.
    """

    group: str
    seen_in: Literal["data", "models"]
    real: float
    synthetic: float
    real_error: float
    synthetic_error: float
    error: float
    rows: int

    @property
    def turned(self) -> bool:
        """Whether the rows' gap turned round. A model's that vanished falls on either side of 0."""
        return self.seen_in == "data" and self.real * self.synthetic < 0

    @property
    def amplification(self) -> float:
        """How much wider the synthetic gap is; a gap that turned round is new in its whole size."""
        return abs(self.synthetic) - (0.0 if self.turned else abs(self.real))

    @property
    def spread(self) -> float:
        """Standard error of the amplification."""
        return self.synthetic_error if self.turned else self.error


class ParityGap(Check, frozen=True):
    """How much wider the gap in outcomes between groups is than in the real rows.

    The outcome is the target: its rarer label, its most frequent one where there are several, or
    a number above the real median. Compared are the rates in the rows themselves (demographic
    parity), and the decisions of two models, one trained on each, on the same fresh rows. A gap
    that was there before is inherited: a warning with its size. One that got wider is a failure.
    """

    kind: Literal["parity_gap"] = "parity_gap"
    family: ClassVar[Family] = "fairness"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sensitive", "target"})
    reference: ClassVar[str] = (
        "Barocas, Hardt, Narayanan (2023), Fairness and machine learning, chapter 3, independence; "
        "Wang, Russakovsky (2021), Directional bias amplification"
    )

    threshold: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Widening, in shares of a group, that fails once it is certain: one person in "
        "twenty decided differently.",
    )
    least_rows: int = Field(
        default=100, ge=10, description="Rows below which a group is too small to judge."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Compare the rows, then the models."""
        attribute = evidence.target
        assert attribute is not None  # noqa: S101  `requires` has seen to it
        outcome = Outcome.learn(evidence.train, attribute)
        sides = {"train": evidence.train, "synthetic": evidence.synthetic}
        if evidence.fresh is not None:
            sides["fresh"] = evidence.fresh
        outcomes = {side: outcome.of(table) for side, table in sides.items()}
        groups = [
            group
            for group in group_rows(evidence, ("train", "synthetic", "fresh"))
            if attribute not in group.attributes
        ]
        judged = [group for group in groups if self._is_judged(group, outcomes)]
        if not judged:
            return self.result(
                "insufficient",
                f"no group has {self.least_rows} rows and {_PER_LABEL} of each outcome",
                n_rows=len(evidence.synthetic),
            )
        gaps = [_data_gap(group, outcomes, "train", "synthetic") for group in judged]
        if evidence.fresh is not None:
            gaps += _model_gaps(evidence, judged)
        return self._answer(evidence, gaps, judged, len(groups) - len(judged), outcomes)

    def _is_judged(self, group: GroupRows, outcomes: Mapping[str, Mask]) -> bool:
        """Whether there are rows, and both outcomes, inside and outside of the group."""
        mine = group.masks["train"]
        for mask in (mine, ~mine):
            hits = int(outcomes["train"][mask].sum())
            if mask.sum() < self.least_rows or min(hits, mask.sum() - hits) < _PER_LABEL:
                return False
        # A group that is lost is for `representation` to say; its rate can't be compared.
        synthetic = group.masks["synthetic"]
        return min(int(synthetic.sum()), int((~synthetic).sum())) >= _PER_LABEL

    def _answer(
        self,
        evidence: Evidence,
        gaps: list[_Gap],
        judged: list[GroupRows],
        n_small: int,
        outcomes: Mapping[str, Mask],
    ) -> CheckResult:
        z = normal_quantile(comparisons=len(gaps))
        worst = max(gaps, key=lambda gap: gap.amplification - z * gap.spread)
        low, high = (worst.amplification + side * z * worst.spread for side in (-1, 1))
        plain = normal_quantile()
        status: Literal["pass", "fail", "undecided"] = "pass"
        if low > self.threshold:
            status = "fail"
        else:
            open_ = [
                gap
                for gap in gaps
                if gap.amplification + plain * gap.spread
                > allowance(2 * self.threshold, gap.spread, plain)
            ]
            if open_:
                status = "undecided"
                worst = max(open_, key=lambda gap: gap.amplification)
                low, high = (worst.amplification + side * z * worst.spread for side in (-1, 1))
        name = f"{worst.group} (models)" if worst.seen_in == "models" else worst.group
        baseline = None
        if "fresh" in outcomes and worst.seen_in == "data":
            group = next(group for group in judged if group.name == worst.group)
            if group.rows("fresh") and group.rows("fresh") < group.total("fresh"):
                baseline = _data_gap(group, outcomes, "train", "fresh").amplification
        return self.result(
            status,
            f"{name} differs from all others by {_signed(worst.real)} in the real and by "
            f"{_signed(worst.synthetic)} in the synthetic rows",
            statistic=f"widening of the gap, {name}",
            value=worst.amplification,
            interval=(low, high),
            baseline=baseline,
            # Where rows are few more is let pass: then that is the threshold that was used.
            threshold=self.threshold
            if status == "fail"
            else max(self.threshold, allowance(2 * self.threshold, worst.spread, plain)),
            smallest_effect=self.threshold + (z + POWER) * worst.spread,
            n_rows=len(evidence.synthetic),
            details={
                "gaps": [
                    {
                        "group": gap.group,
                        "seen_in": gap.seen_in,
                        "real": gap.real,
                        "synthetic": gap.synthetic,
                        "rows": gap.rows,
                    }
                    for gap in sorted(gaps, key=lambda gap: -gap.amplification)[:20]
                ],
                "warnings": _inherited(gaps) + (_too_small(n_small)),
            },
        )


def _data_gap(group: GroupRows, outcomes: Mapping[str, Mask], real: str, other: str) -> _Gap:
    (gap_real, error_real), (gap_other, error_other) = (
        _gap(outcomes[side], group.masks[side], group.subjects[side]) for side in (real, other)
    )
    return _Gap(
        group.name,
        "data",
        gap_real,
        gap_other,
        error_real,
        error_other,
        float(np.hypot(error_real, error_other)),
        group.rows(real),
    )


def _gap(outcome: Mask, mine: Mask, subjects: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Rate in the group less the rate of all others, and its standard error."""
    rates = [Rate.of(outcome[mask], subjects[mask]) for mask in (mine, ~mine)]
    # A row of each outcome is added to the variance, so that no rate is taken for certain.
    shares = [(rate.share * rate.n + 1) / (rate.n + 2) for rate in rates]
    variance = sum(
        share * (1 - share) / max(rate.n, 1.0) for share, rate in zip(shares, rates, strict=True)
    )
    return rates[0].share - rates[1].share, float(np.sqrt(variance))


def _model_gaps(evidence: Evidence, judged: list[GroupRows]) -> list[_Gap]:
    """Gaps of the decisions that models trained on each side make about the same fresh rows.

    Two models trained on two samples of one population decide differently already. How much more
    than their rows' independent noise explains is measured on models trained on either half of the
    fresh rows, which decide about the other; all errors are widened by it.
    """
    fresh, models = evidence.fresh, deciders_of(evidence)
    assert fresh is not None  # noqa: S101  the caller has seen to it
    if models is None:
        return []
    by_train = models.decided(models.by_train)
    by_synthetic = models.decided(models.by_synthetic)
    masks = {
        group.name: mask
        for group in judged
        if min(int((mask := group.masks["fresh"]).sum()), int((~mask).sum())) >= _PER_LABEL
    }
    chance = []
    if models.by_fresh is not None:
        by_fresh = models.decided(models.by_fresh)
        chance = [_changed(by_fresh, by_train, mask) for mask in masks.values()]
    widened = models.widening(chance)
    gaps = []
    for name, mask in masks.items():
        (real, real_error), (other, other_error) = (
            _gap(decided, mask, fresh.subject_codes) for decided in (by_train, by_synthetic)
        )
        _, error = _changed(by_synthetic, by_train, mask)
        error *= widened
        gaps.append(
            _Gap(
                name,
                "models",
                real,
                other,
                real_error,
                max(other_error, error),
                error,
                int(mask.sum()),
            )
        )
    return gaps


def _changed(ours: Mask, theirs: Mask, mask: Mask) -> tuple[float, float]:
    """How the gap of a group differs between two deciders about the same rows, and its error."""
    change = ours.astype(np.float64) - theirs
    shift = change[mask].mean() - change[~mask].mean()
    # A row is added to the variance, so that two deciders that agree are not taken for certain.
    variance = sum((change[side].var() + 1 / side.sum()) / side.sum() for side in (mask, ~mask))
    return float(shift), float(np.sqrt(variance))


def _inherited(gaps: list[_Gap]) -> list[str]:
    """Gaps of the real rows that are surely there and that the synthetic rows kept."""
    kept = [
        gap
        for gap in gaps
        if gap.seen_in == "data"
        and "," not in gap.group
        and abs(gap.real) - normal_quantile() * gap.real_error > _SOME_GAP
        and gap.real * gap.synthetic > 0
    ]
    # Of two groups that mirror each other one is enough to say it.
    told: dict[float, _Gap] = {}
    for gap in sorted(kept, key=lambda gap: -abs(gap.real)):
        told.setdefault(round(abs(gap.real), 9), gap)
    return [
        f"{gap.group} has the outcome {figure(abs(gap.real))} "
        f"{'more' if gap.real > 0 else 'less'} often than all others in the real rows, which the "
        "synthetic rows inherit"
        for gap in list(told.values())[:3]
    ]


def _too_small(n: int) -> list[str]:
    if not n:
        return []
    return ["1 group is too small to judge" if n == 1 else f"{n} groups are too small to judge"]


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{figure(abs(value))}"
