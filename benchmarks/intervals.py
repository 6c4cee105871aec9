"""Intervals of the figures: Student's t over seeds, Wilson's for shares, DeLong's by person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Mean:
    """A mean with the 95 % interval that its repetitions give; no interval for a single one."""

    value: float
    n: int
    half_width: float | None

    @property
    def low(self) -> float:
        """The interval's lower end, or the value itself."""
        return self.value - (self.half_width or 0.0)

    @property
    def high(self) -> float:
        """The interval's upper end, or the value itself."""
        return self.value + (self.half_width or 0.0)


def mean(values: Sequence[float]) -> Mean:
    """The mean over seeds, with Student's t interval."""
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return Mean(float(values[0]), n, None)
    half = t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n)
    return Mean(float(np.mean(values)), n, float(half))


def wilson(count: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    from scipy.stats import norm

    z = float(norm.ppf(0.975))
    share = count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


@dataclass(frozen=True)
class Auc:
    """An area under the ROC curve and its standard error."""

    value: float
    error: float
    members: int
    others: int

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.value + 1.96 * self.error


def auc_by_person(
    scores: Floats, is_member: npt.NDArray[np.bool_], person: npt.NDArray[np.int64]
) -> Auc:
    """The AUC of scores that tell members from others, where a person may stand more than once.

    Args:
        scores: Higher for members, shape (n,).
        is_member: Shape (n,).
        person: Whose record it is, shape (n,).

    Reference:
        DeLong, DeLong, Clarke-Pearson (1988); clustered: Obuchowski (1997), Nonparametric analysis
        of clustered ROC curve data.
    """
    from scipy.stats import rankdata

    inside, outside = scores[is_member], scores[~is_member]
    m, n = len(inside), len(outside)
    order = rankdata(np.concatenate([inside, outside]))
    # Share of the other side that each record beats, ties by half.
    beaten = (order[:m] - rankdata(inside)) / n
    beaten_by = 1 - (order[m:] - rankdata(outside)) / m
    value = float(beaten.mean())
    influence = np.empty(m + n)
    influence[is_member] = (beaten - value) / m
    influence[~is_member] = (beaten_by - value) / n
    _, who = np.unique(person, return_inverse=True)
    sums = np.bincount(who, weights=influence)
    return Auc(value, float(np.sqrt((sums**2).sum())), m, n)
