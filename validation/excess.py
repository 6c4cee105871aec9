"""How much more often synthetic rows do something than fresh real rows do.

A real record can be met by chance, so a rate says nothing by itself; its excess over the rate of
fresh rows does. What an attack may find before it counts grows where rows are few, so that a
perfect table passes at every size, up to a ceiling beyond which nothing can be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from validation.statistics import normal_quantile, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

SPARE = 3.0
"""Standard errors between the expected bound of a perfect table and the allowance: each figure of
it then passes in 99.9 % of draws (one-sided normal)."""

POWER = 0.84
"""Standard errors by which an effect must exceed the bound to be seen in four of five draws."""

MOST_ROOM = 3
"""How many times the threshold few rows may be given before they say nothing at all."""


@dataclass(frozen=True)
class Rate:
    """How often rows do something, and how many independent rows that rests on.

    Args:
        share: The rate, in [0, 1].
        n: The effective number of independent rows.
    """

    share: float
    n: float

    @staticmethod
    def of(hits: npt.NDArray[np.bool_], subjects: npt.NDArray[np.int64] | None = None) -> Rate:
        """The rate of hits.

        Args:
            hits: Shape (n_rows,).
            subjects: The subject of each row: its rows count together. `None`: each its own.
        """
        n = len(hits)
        if not n:
            return Rate(0.0, 0.0)
        share = float(hits.mean())
        if subjects is None:
            return Rate(share, float(n))
        _, codes = np.unique(subjects, return_inverse=True)
        groups = int(codes.max()) + 1
        if groups == n:
            return Rate(share, float(n))
        residuals = np.bincount(codes, weights=hits - share)
        variance = float((residuals**2).sum()) * groups / max(groups - 1, 1) / n**2
        # Where all rows agree there is no spread to measure; each subject then counts as one row.
        effective = share * (1 - share) / variance if variance > 0 else float(groups)
        return Rate(share, float(np.clip(effective, 1.0, n)))


@dataclass(frozen=True)
class Excess:
    """The difference of two rates.

    Args:
        value: Rate of the synthetic rows less that of the fresh ones.
        low: Lower confidence bound.
        high: Upper confidence bound.
        error: Standard error at the rate of both together.
        fresh_error: Standard error that a table of fresh rows would have.
        z: Standard errors of the bounds.
    """

    value: float
    low: float
    high: float
    error: float
    fresh_error: float
    z: float

    @staticmethod
    def of(synthetic: Rate, fresh: Rate, comparisons: int = 1) -> Excess:
        """The excess with a score interval.

        Args:
            synthetic: Rate of the rows to judge.
            fresh: Rate of fresh real rows.
            comparisons: Intervals that must hold together (Bonferroni).

        Reference:
            Newcombe (1998), Interval estimation for the difference between independent
            proportions: comparison of eleven methods, method 10.
        """
        z = normal_quantile(comparisons=comparisons)
        confidence = 1 - 0.05 / comparisons
        low1, high1 = wilson(synthetic.share * synthetic.n, synthetic.n, confidence)
        low0, high0 = wilson(fresh.share * fresh.n, fresh.n, confidence)
        p1, p0 = synthetic.share, fresh.share
        n1, n0 = max(synthetic.n, 1.0), max(fresh.n, 1.0)
        # One row is added, so that a rate of 0 is not taken for certain.
        pooled = (p1 * n1 + p0 * n0 + 1) / (n1 + n0 + 2)
        fresh_only = (p0 * n0 + 1) / (n0 + 2)
        sizes = 1 / n1 + 1 / n0
        return Excess(
            value=p1 - p0,
            low=p1 - p0 - float(np.hypot(p1 - low1, high0 - p0)),
            high=p1 - p0 + float(np.hypot(high1 - p1, p0 - low0)),
            error=float(np.sqrt(pooled * (1 - pooled) * sizes)),
            fresh_error=float(np.sqrt(fresh_only * (1 - fresh_only) * sizes)),
            z=z,
        )

    @property
    def smallest_effect(self) -> float:
        """The excess that this many rows show in four of five draws."""
        return (self.z + POWER) * self.fresh_error


def allowance(margin: float, error: float, z: float) -> float:
    """What may be found before it counts: the margin, or more where rows are too few for it.

    Args:
        margin: What is tolerated at any size.
        error: Standard error of the figure for a perfect table.
        z: Standard errors of its bound.
    """
    return max(margin, (z + SPARE) * error)


def worst_of(
    statuses: Sequence[Literal["pass", "fail", "undecided"]],
) -> Literal["pass", "fail", "undecided"]:
    """Fail if one fails, else undecided if one is."""
    if "fail" in statuses:
        return "fail"
    return "undecided" if "undecided" in statuses else "pass"


def judged(
    interval: tuple[float, float], threshold: float, error: float, room: float = MOST_ROOM
) -> Literal["pass", "fail", "undecided"]:
    """Fail where a fault is certain, pass where it is ruled out as far as the rows allow.

    Args:
        interval: Bounds of what was found; lower is better.
        threshold: What is tolerated.
        error: Standard error of the figure for a perfect table.
        room: How many times the threshold may be let through where rows are few.
    """
    low, high = interval
    if low > threshold:
        return "fail"
    if high <= threshold:
        return "pass"
    tolerated = allowance(threshold, error, normal_quantile())
    return "pass" if high <= tolerated <= room * threshold else "undecided"
