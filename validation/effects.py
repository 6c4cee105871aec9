"""How far two samples of one column are apart, as effect sizes with 95 % intervals.

Sizes are of independent units: subjects where rows share one, so that intervals are not too narrow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from validation.statistics import normal_quantile

if TYPE_CHECKING:
    import numpy.typing as npt

    Counts = npt.NDArray[np.int64] | npt.NDArray[np.float64]
    Interval = tuple[float, float]

_TAIL = 0.025


class Effect(NamedTuple):
    """A figure of at least 0 and its 95 % interval."""

    value: float
    interval: Interval


_UNKNOWN = Effect(0.0, (0.0, 1.0))
"""Where a side has no rows."""


def psi(before: Counts, now: Counts) -> float:
    """Population stability index over the same bins: the symmetric Kullback-Leibler divergence.

    Half a row is added to each bin, so that an empty one does not make it infinite. Readers of the
    index call up to 0.1 stable and above 0.25 changed.

    Reference:
        Siddiqi (2006), Credit Risk Scorecards, chapter 9.
    """
    p, q = (np.asarray(side, dtype=np.float64) + 0.5 for side in (before, now))
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def kolmogorov_smirnov(before: Counts, now: Counts, n_before: int, n_now: int) -> Effect:
    """The largest gap of two distribution functions at the bins' edges.

    The interval holds whatever the distribution: each function is within its own bound of the true
    one everywhere, with 97.5 %.

    Args:
        before: Rows in each bin, in order, shape (n_bins,).
        now: The other rows in the same bins.
        n_before: Independent units behind `before`.
        n_now: Independent units behind `now`.

    Reference:
        Massart (1990), The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality.
    """
    if min(n_before, n_now) < 1:
        return _UNKNOWN
    gaps = np.cumsum(_shares(before)) - np.cumsum(_shares(now))
    value = float(np.abs(gaps[:-1]).max()) if len(gaps) > 1 else 0.0
    reach = sum(math.sqrt(math.log(2 / _TAIL) / (2 * n)) for n in (n_before, n_now))
    return Effect(value, (max(value - reach, 0.0), min(value + reach, 1.0)))


def cramers_v(before: Counts, now: Counts, n_before: int, n_now: int) -> Effect:
    """Cramér's V of side and category, as if both sides were equally large, less its own noise.

    In [0, 1]: 0 where the shares agree, 1 where no category is on both sides. The interval inverts
    the noncentral chi-squared distribution.

    Args:
        before: Rows of each category, shape (n_categories,).
        now: The other rows of the same categories.
        n_before: Independent units behind `before`.
        n_now: Independent units behind `now`.

    Reference:
        Smithson (2003), Confidence Intervals, chapter 5. Bergsma (2013), A bias-correction for
        Cramér's V and Tschuprow's T.
    """
    if min(n_before, n_now) < 1:
        return _UNKNOWN
    p, q = _shares(before), _shares(now)
    there = (p + q) > 0
    p, q = p[there], q[there]
    freedom = len(p) - 1
    if freedom < 1:
        return Effect(0.0, (0.0, 0.0))
    # Four times the harmonic mean's half turns the squared V of equal sides into chi-squared.
    size = 4 * n_before * n_now / max(n_before + n_now, 1)
    squared = float(((p - q) ** 2 / (p + q)).sum()) / 2
    statistic = size * squared
    low, high = (_noncentrality(statistic, freedom, share) for share in (1 - _TAIL, _TAIL))
    value = math.sqrt(max(squared - freedom / size, 0.0))
    return Effect(value, (min(math.sqrt(low / size), 1.0), min(math.sqrt(high / size), 1.0)))


def cohens_h(share_before: float, share_now: float, n_before: int, n_now: int) -> Effect:
    """The distance of two shares on the arcsine scale, on which every share is equally uncertain.

    Cohen calls 0.2 small, 0.5 medium, 0.8 large.

    Reference:
        Cohen (1988), Statistical Power Analysis, section 6.2.
    """
    signed = 2 * (math.asin(math.sqrt(share_now)) - math.asin(math.sqrt(share_before)))
    half = normal_quantile() * math.sqrt(1 / max(n_before, 1) + 1 / max(n_now, 1))
    value = abs(signed)
    return Effect(value, (max(value - half, 0.0), min(value + half, math.pi)))


def _shares(counts: Counts) -> npt.NDArray[np.float64]:
    values = np.asarray(counts, dtype=np.float64)
    return values / max(float(values.sum()), 1.0)


def _noncentrality(statistic: float, freedom: int, share: float) -> float:
    """The noncentrality under which this share lies below the statistic; 0 if there is none."""
    from scipy.optimize import brentq
    from scipy.special import chndtr

    def above(noncentrality: float) -> float:
        return float(chndtr(statistic, freedom, noncentrality)) - share

    if above(0.0) <= 0:
        return 0.0
    top = statistic + 10 * math.sqrt(statistic + freedom) + 10 * freedom
    return float(brentq(above, 0.0, top, xtol=1e-6)) if above(top) < 0 else top
