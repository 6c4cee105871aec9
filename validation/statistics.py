"""Intervals and tests that checks share: proportions, bootstrap by subject, AUC, corrections.

Every interval is two-sided at 95 % unless told otherwise. Where rows belong to subjects, subjects
are what is resampled, or what the variance is summed over: rows of one person are not independent.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Interval = tuple[float, float]
    Verdict = Literal["pass", "fail", "undecided"]

DRAWS = 200
"""Bootstrap replicates: the standard error of a 2.5 % point is then about a tenth of the width."""


def normal_quantile(confidence: float = 0.95, comparisons: int = 1) -> float:
    """Half-width of a two-sided normal interval in standard errors.

    Args:
        confidence: Joint coverage, in (0, 1).
        comparisons: Intervals that must hold together (Bonferroni), at least 1.
    """
    return NormalDist().inv_cdf(1 - (1 - confidence) / 2 / max(comparisons, 1))


def upper_tail(z: Floats | float) -> Floats:
    """Chance that a standard normal variable exceeds each value."""
    from scipy.special import ndtr

    return np.asarray(ndtr(-np.asarray(z, dtype=np.float64)), dtype=np.float64)


def decide(interval: Interval, threshold: float, better: Literal["lower", "higher"]) -> Verdict:
    """Fail or pass where the whole interval agrees, else undecided.

    A bound that is not a number never passes.
    """
    low, high = interval if better == "lower" else (-interval[1], -interval[0])
    limit = threshold if better == "lower" else -threshold
    if low > limit:
        return "fail"
    return "pass" if high <= limit else "undecided"


def worst_interval(values: Floats, errors: Floats) -> Interval:
    """Interval of the largest of several figures in [0, 1].

    The bounds differ in kind. That some figure is large is a claim about the best of many tries, so
    the lower bound is corrected for their number. That all are small needs no correction: the
    largest true figure is below its own upper bound as often as any single one is, and the
    largest upper bound is at least that.

    Args:
        values: The figures, shape (n,), n at least 1.
        errors: Their standard errors.

    Reference:
        Berger (1982), Multiparameter hypothesis testing and acceptance sampling (the
        intersection-union test).
    """
    low = np.maximum(values - normal_quantile(comparisons=len(values)) * errors, 0.0)
    high = values + normal_quantile() * errors
    return float(low.max()), min(float(high.max()), 1.0)


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Score interval of a proportion; (0, 1) where there is nothing to count.

    Reference:
        Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if n <= 0:
        return 0.0, 1.0
    z2 = normal_quantile(confidence) ** 2
    share = successes / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    spread = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    # At the ends the formula gives 0 and 1 exactly; rounding must not move them.
    low = 0.0 if successes <= 0 else float(max(0.0, centre - spread))
    high = 1.0 if successes >= n else float(min(1.0, centre + spread))
    return low, high


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact interval of a proportion, never below its coverage; (0, 1) where n is 0.

    Reference:
        Clopper, Pearson (1934), The use of confidence or fiducial limits illustrated in the case
        of the binomial.
    """
    from scipy.special import betaincinv

    if n <= 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if successes <= 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes >= n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return low, high


def holm(p_values: Sequence[float]) -> Floats:
    """P values corrected for their number; reject where they fall below the level.

    A p value that is not a number counts as 1.

    Reference:
        Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    p = np.nan_to_num(np.asarray(p_values, dtype=np.float64), nan=1.0)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    out = np.empty_like(p)
    out[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return out


def bootstrap_weights(
    subjects: Codes, rng: np.random.Generator, draws: int = DRAWS
) -> npt.NDArray[np.float32]:
    """How often each row is drawn when subjects are drawn with replacement.

    Args:
        subjects: The subject of each row, shape (n_rows,), any non-negative codes.
        rng: Source of randomness.
        draws: Number of replicates.

    Returns:
        Counts, shape (draws, n_rows).
    """
    _, codes = np.unique(subjects, return_inverse=True)
    n = int(codes.max()) + 1 if len(codes) else 0
    weights = np.empty((draws, len(codes)), dtype=np.float32)
    for row in weights:
        row[:] = np.bincount(rng.integers(n, size=n), minlength=n)[codes] if n else 0
    return weights


def bootstrap_counts(
    cells: Codes,
    n_cells: int,
    rng: np.random.Generator,
    *,
    subjects: Codes | None = None,
    draws: int = DRAWS,
) -> Floats:
    """Histograms of bootstrap replicates, without drawing rows where rows are independent.

    Args:
        cells: The cell of each row, shape (n_rows,), in [0, n_cells).
        n_cells: Number of cells.
        rng: Source of randomness.
        subjects: The subject of each row; `None`: each row is its own.
        draws: Number of replicates.

    Returns:
        Counts, shape (draws, n_cells); rows sum to about n_rows (exactly, without subjects).
    """
    n = len(cells)
    if n == 0:
        return np.zeros((draws, n_cells))
    if subjects is None or len(np.unique(subjects)) == n:
        shares = np.bincount(cells, minlength=n_cells) / n
        return rng.multinomial(n, shares, size=draws).astype(np.float64)
    weights = bootstrap_weights(subjects, rng, draws)
    return np.stack([np.bincount(cells, weights=w, minlength=n_cells) for w in weights])


def percentile_interval(replicates: Floats, confidence: float = 0.95) -> Interval:
    """The middle share of bootstrap replicates; NaN where none is a number."""
    kept = replicates[~np.isnan(replicates)]
    if not len(kept):
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def paired_difference(
    a: Floats, b: Floats, subjects: Codes | None = None, confidence: float = 0.95
) -> tuple[float, Interval]:
    """Mean of a - b over the same rows, with an interval by subject.

    Args:
        a: One figure per row, shape (n_rows,).
        b: The other figure of the same rows.
        subjects: The subject of each row; `None`: each row is its own.
        confidence: Coverage.

    Returns:
        The mean difference and its interval (Student's t on the subjects' sums); the interval is
        unbounded where there are fewer than two subjects.
    """
    from scipy.special import stdtrit

    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    n = len(difference)
    if n == 0:
        return float("nan"), (float("-inf"), float("inf"))
    mean = float(difference.mean())
    residuals = difference - mean
    if subjects is not None:
        residuals = _sums(subjects, residuals)
    groups = len(residuals)
    if groups < 2:  # noqa: PLR2004  one subject has no spread
        return mean, (float("-inf"), float("inf"))
    error = np.sqrt((residuals**2).sum() * groups / (groups - 1)) / n
    half = float(stdtrit(groups - 1, (1 + confidence) / 2)) * float(error)
    return mean, (mean - half, mean + half)


def auc(scores: Floats, positive: npt.NDArray[np.bool_]) -> float:
    """Probability that a positive row outscores a negative one, ties half; NaN if a side is empty.

    Args:
        scores: Shape (n_rows,).
        positive: Which rows are positive, shape (n_rows,).
    """
    n1 = int(positive.sum())
    n0 = len(positive) - n1
    if not n1 or not n0:
        return float("nan")
    return float(_placements(scores, positive)[positive].mean())


def auc_interval(
    scores: Floats,
    positive: npt.NDArray[np.bool_],
    subjects: Codes | None = None,
    confidence: float = 0.95,
) -> tuple[float, Interval]:
    """AUC with DeLong's interval on the logit scale, summed by subject where rows share one.

    A perfect AUC has no variance to estimate; its interval is then the score interval that uses
    Hanley and McNeil's variance, with the number of subjects as the sizes.

    Args:
        scores: Shape (n_rows,).
        positive: Which rows are positive, shape (n_rows,).
        subjects: The subject of each row; `None`: each row is its own. A subject may have rows
            on both sides.
        confidence: Coverage.

    Returns:
        The AUC and its interval; (NaN, (0, 1)) if a side is empty.

    Reference:
        DeLong, DeLong, Clarke-Pearson (1988), Comparing the areas under two or more correlated
        receiver operating characteristic curves. Obuchowski (1997), Nonparametric analysis of
        clustered ROC curve data. Newcombe (2006), Confidence intervals for an effect size measure
        based on the Mann-Whitney statistic, part 2, method 5.
    """
    n1 = int(positive.sum())
    n0 = len(positive) - n1
    if not n1 or not n0:
        return float("nan"), (0.0, 1.0)
    placement = _placements(scores, positive)
    area = float(placement[positive].mean())
    # Each row's influence on the area; a subject's is the sum of its rows'.
    influence = (placement - area) / np.where(positive, n1, n0)
    groups1, groups0 = n1, n0
    if subjects is not None:
        influence = _sums(subjects, influence)
        groups1 = len(np.unique(subjects[positive]))
        groups0 = len(np.unique(subjects[~positive]))
    least = max(min(groups1, groups0), 2)
    variance = float((influence**2).sum()) * least / (least - 1)
    z = normal_quantile(confidence)
    if variance <= 0 or area in {0.0, 1.0}:
        return area, _hanley_mcneil_interval(area, groups1, groups0, z)
    logit = np.log(area / (1 - area))
    half = z * np.sqrt(variance) / (area * (1 - area))
    low, high = 1 / (1 + np.exp(-np.array([logit - half, logit + half])))
    return area, (float(low), float(high))


def _sums(subjects: Codes, values: Floats) -> Floats:
    """The sum of each subject's values, shape (n_subjects,)."""
    codes = np.unique(subjects, return_inverse=True)[1]
    return np.bincount(codes, weights=values).astype(np.float64)


def _placements(scores: Floats, positive: npt.NDArray[np.bool_]) -> Floats:
    """The share of the other side on the right side of each row, ties half. Shape (n_rows,).

    For a positive row: the negatives it beats. For a negative one: the positives that beat it.
    """
    ours, theirs = np.sort(scores[~positive]), np.sort(scores[positive])
    below = np.searchsorted(ours, scores[positive], "left")
    not_above = np.searchsorted(ours, scores[positive], "right")
    placement = np.empty(len(scores))
    placement[positive] = (below + not_above) / 2 / len(ours)
    below = np.searchsorted(theirs, scores[~positive], "left")
    not_above = np.searchsorted(theirs, scores[~positive], "right")
    placement[~positive] = 1 - (below + not_above) / 2 / len(theirs)
    return placement


def _hanley_mcneil_interval(area: float, n1: int, n0: int, z: float) -> Interval:
    """All areas whose own standard error, times z, reaches the one observed."""
    grid = np.linspace(0, 1, 4001)
    pairs = (n1 + n0) / 2 - 1
    shape = 1 + pairs * ((1 - grid) / (2 - grid) + grid / (1 + grid))
    variance = grid * (1 - grid) * shape / (n1 * n0)
    inside = grid[np.abs(grid - area) <= z * np.sqrt(variance) + 1e-12]
    return float(inside.min()), float(inside.max())


def weighted_aucs(
    scores: Floats, positive: npt.NDArray[np.bool_], weights: npt.NDArray[np.float32]
) -> Floats:
    """The AUC under each of many row weightings, shape (draws,); ties half.

    Args:
        scores: Shape (n_rows,).
        positive: Which rows are positive, shape (n_rows,).
        weights: Non-negative, shape (draws, n_rows), as `bootstrap_weights` gives.
    """
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    flags = positive[order]
    out = np.full(len(weights), np.nan)
    for i, row in enumerate(weights):
        drawn = row[order].astype(np.float64)
        wins = np.add.reduceat(np.where(flags, drawn, 0.0), starts)
        losses = np.add.reduceat(np.where(flags, 0.0, drawn), starts)
        total = wins.sum() * losses.sum()
        if total > 0:
            out[i] = float(wins @ (np.cumsum(losses) - losses / 2)) / total
    return out
