"""Intervals and tests, against hand-worked values, brute force and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from tabular.seeding import Seed
from validation.statistics import (
    auc,
    auc_interval,
    bootstrap_counts,
    bootstrap_weights,
    clopper_pearson,
    decide,
    holm,
    normal_quantile,
    paired_difference,
    percentile_interval,
    weighted_aucs,
    wilson,
    worst_interval,
)


def rng(name: str) -> np.random.Generator:
    return Seed(0, (name,)).generator()


def test_the_normal_quantile_is_the_textbooks() -> None:
    assert normal_quantile() == pytest.approx(1.959964, abs=1e-6)
    # Ten intervals at 95 % together: each at 99.5 %.
    assert normal_quantile(comparisons=10) == pytest.approx(stats.norm.ppf(0.9975), abs=1e-9)


@pytest.mark.parametrize(
    ("interval", "better", "expected"),
    [
        ((0.1, 0.2), "lower", "pass"),
        ((0.2, 0.3), "lower", "pass"),
        ((0.31, 0.5), "lower", "fail"),
        ((0.2, 0.4), "lower", "undecided"),
        ((0.3, 0.5), "higher", "pass"),
        ((0.1, 0.29), "higher", "fail"),
        ((0.2, 0.4), "higher", "undecided"),
        ((float("nan"), float("nan")), "lower", "undecided"),
        ((float("nan"), float("nan")), "higher", "undecided"),
    ],
)
def test_a_verdict_needs_the_whole_interval(
    interval: tuple[float, float], better: str, expected: str
) -> None:
    limit = 0.3
    assert decide(interval, limit, "lower" if better == "lower" else "higher") == expected


def test_the_interval_of_the_worst_of_two_is_worked_by_hand() -> None:
    values, errors = np.array([0.3, 0.2]), np.array([0.01, 0.1])
    low, high = worst_interval(values, errors)
    # Two tries: 2.2414 standard errors below. One: 1.96 above, and the second's reach is further.
    assert low == pytest.approx(0.3 - 2.2414 * 0.01, abs=1e-5)
    assert high == pytest.approx(0.2 + 1.95996 * 0.1, abs=1e-5)


def test_the_interval_of_the_worst_of_many_covers_it() -> None:
    draw = rng("worst")
    truth = np.linspace(0, 0.1, 40)
    held = 0
    for _ in range(400):
        low, high = worst_interval(truth + 0.03 * draw.normal(size=40), np.full(40, 0.03))
        held += low <= 0.1 <= high
    # At least 380; a binomial's standard deviation is 4.4, so 4 of them may lack.
    assert held >= 362


def test_wilson_agrees_with_scipy() -> None:
    for successes, n in ((0, 10), (3, 10), (10, 10), (17, 2000)):
        oracle = stats.binomtest(successes, n).proportion_ci(method="wilson")
        assert wilson(successes, n) == pytest.approx((oracle.low, oracle.high), abs=1e-12)


def test_clopper_pearson_agrees_with_scipy() -> None:
    for successes, n in ((0, 10), (3, 10), (10, 10), (17, 2000)):
        oracle = stats.binomtest(successes, n).proportion_ci(method="exact")
        assert clopper_pearson(successes, n) == pytest.approx((oracle.low, oracle.high), abs=1e-9)


def test_a_share_of_nothing_may_be_anything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert clopper_pearson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 500), st.data())
def test_proportion_intervals_hold_the_estimate(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    for low, high in (wilson(k, n), clopper_pearson(k, n)):
        assert 0 <= low <= k / n <= high <= 1


def test_holm_is_the_procedure_worked_by_hand() -> None:
    # Sorted: .01 * 4, .02 * 3, .03 * 2 (raised to .06), .5 * 1; a missing one counts as 1.
    corrected = holm([0.02, 0.5, 0.01, 0.03])
    assert corrected == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm([float("nan"), 0.01]) == pytest.approx([1.0, 0.02])
    assert len(holm([])) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_never_makes_a_p_value_smaller(p: list[float]) -> None:
    corrected = holm(p)
    assert (corrected >= np.array(p) - 1e-12).all()
    assert (corrected <= 1).all()


def test_rows_of_a_subject_are_drawn_together() -> None:
    subjects = np.array([5, 5, 2, 9, 9, 9])
    weights = bootstrap_weights(subjects, rng("weights"), draws=500)
    assert weights.shape == (500, 6)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 5]).all()
    # Three subjects are drawn three times in every replicate.
    assert (weights[:, 0] + weights[:, 2] + weights[:, 3] == 3).all()
    # A subject's count is Binomial(3, 1/3): mean 1, standard error of the mean under .04.
    assert weights.mean() == pytest.approx(1, abs=0.15)


def test_bootstrap_histograms_have_the_spread_of_resampled_rows() -> None:
    cells = np.repeat([0, 1, 3], [60, 30, 10])
    counts = bootstrap_counts(cells, 4, rng("histogram"), draws=4000)
    assert counts.shape == (4000, 4)
    assert (counts.sum(axis=1) == 100).all()
    assert (counts[:, 2] == 0).all()
    # Binomial(100, .6): standard deviation sqrt(24); its estimate is good to about 1 in 90.
    assert counts[:, 0].std() == pytest.approx(math.sqrt(24), rel=0.05)


def test_bootstrap_histograms_follow_subjects() -> None:
    # 20 subjects of 5 equal rows: the spread is that of 20 rows, times 5.
    cells = np.repeat([0, 1], [50, 50])
    subjects = np.repeat(np.arange(20), 5)
    counts = bootstrap_counts(cells, 2, rng("clusters"), subjects=subjects, draws=4000)
    assert counts[:, 0].std() == pytest.approx(5 * math.sqrt(20 * 0.25), rel=0.05)


def test_a_histogram_of_no_rows_is_empty() -> None:
    counts = bootstrap_counts(np.array([], dtype=np.int64), 3, rng("none"), draws=2)
    assert counts.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_the_percentile_interval_leaves_out_what_is_no_number() -> None:
    replicates = np.append(np.arange(101, dtype=np.float64), np.nan)
    assert percentile_interval(replicates) == pytest.approx((2.5, 97.5))
    assert all(math.isnan(x) for x in percentile_interval(np.array([np.nan])))


def test_a_paired_difference_agrees_with_the_paired_t_test() -> None:
    a, b = rng("a").normal(size=40), rng("b").normal(size=40) + 0.3
    mean, interval = paired_difference(a, b)
    oracle = stats.ttest_rel(a, b).confidence_interval()
    assert mean == pytest.approx((a - b).mean())
    assert interval == pytest.approx((oracle.low, oracle.high))


def test_repeating_every_row_of_a_subject_adds_no_certainty() -> None:
    a = rng("paired").normal(size=30)
    zero = np.zeros(30)
    once = paired_difference(a, zero)
    thrice = paired_difference(np.repeat(a, 3), np.zeros(90), np.repeat(np.arange(30), 3))
    assert thrice[0] == pytest.approx(once[0])
    assert thrice[1] == pytest.approx(once[1])


def test_one_subject_has_no_interval() -> None:
    _, interval = paired_difference(np.ones(4), np.zeros(4), np.zeros(4, dtype=np.int64))
    assert interval == (float("-inf"), float("inf"))
    empty = np.array([])
    assert math.isnan(paired_difference(empty, empty)[0])


def test_the_auc_counts_pairs_and_halves_ties() -> None:
    scores = np.array([3.0, 1.0, 2.0, 2.0])
    positive = np.array([True, False, True, False])
    # Pairs: 3>1, 3>2, 2>1 and 2=2: 3.5 of 4.
    assert auc(scores, positive) == 3.5 / 4


@given(st.integers(0, 10_000), st.integers(2, 60))
def test_the_auc_agrees_with_scikit_learn(seed: int, n: int) -> None:
    draw = np.random.default_rng(seed)
    scores = draw.integers(0, 6, size=n).astype(np.float64)
    positive = np.arange(n) < draw.integers(1, n)
    expected = roc_auc_score(positive, scores)
    assert auc(scores, positive) == pytest.approx(expected)
    ones = np.ones((1, n), dtype=np.float32)
    assert weighted_aucs(scores, positive, ones)[0] == pytest.approx(expected)
    weights = draw.integers(0, 4, size=(1, n)).astype(np.float32)
    if len(np.unique(positive[weights[0] > 0])) == 2:
        weighted = roc_auc_score(positive, scores, sample_weight=weights[0])
        assert weighted_aucs(scores, positive, weights)[0] == pytest.approx(weighted)


def test_a_side_without_rows_has_no_auc() -> None:
    scores, positive = np.arange(3.0), np.ones(3, dtype=bool)
    assert math.isnan(auc(scores, positive))
    area, interval = auc_interval(scores, positive)
    assert math.isnan(area)
    assert interval == (0.0, 1.0)
    assert math.isnan(weighted_aucs(scores, positive, np.ones((1, 3), dtype=np.float32))[0])


def delong_by_the_book(scores: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """Area and variance from the full matrix of pairs, as the paper writes them."""
    x, y = scores[positive], scores[~positive]
    wins = (x[:, None] > y[None]) + 0.5 * (x[:, None] == y[None])
    v10, v01 = wins.mean(axis=1), wins.mean(axis=0)
    return float(wins.mean()), float(v10.var(ddof=1) / len(x) + v01.var(ddof=1) / len(y))


def test_the_auc_interval_is_delongs_on_the_logit_scale() -> None:
    draw = rng("delong")
    positive = np.arange(200) < 80
    scores = np.round(draw.normal(size=200) + positive, 1)
    area, (low, high) = auc_interval(scores, positive)
    expected, variance = delong_by_the_book(scores, positive)
    assert area == pytest.approx(expected)
    half = 1.959964 * math.sqrt(variance) / (expected * (1 - expected))
    logit = math.log(expected / (1 - expected))
    # One small-sample factor stands for both sides', so the last digits may differ.
    assert low == pytest.approx(1 / (1 + math.exp(half - logit)), abs=2e-3)
    assert high == pytest.approx(1 / (1 + math.exp(-half - logit)), abs=2e-3)


def test_repeated_rows_of_a_subject_do_not_narrow_the_auc_interval() -> None:
    draw = rng("clustered")
    positive = np.arange(100) < 50
    scores = draw.normal(size=100) + positive
    once = auc_interval(scores, positive)
    subjects = np.repeat(np.arange(100), 4)
    fourfold = auc_interval(np.repeat(scores, 4), np.repeat(positive, 4), subjects)
    assert fourfold[0] == pytest.approx(once[0])
    assert fourfold[1] == pytest.approx(once[1])
    naive = auc_interval(np.repeat(scores, 4), np.repeat(positive, 4))
    assert naive[1][1] - naive[1][0] < 0.6 * (once[1][1] - once[1][0])


def test_a_perfect_auc_is_not_certain() -> None:
    scores, positive = np.arange(20.0), np.arange(20) >= 10
    area, (low, high) = auc_interval(scores, positive)
    assert area == high == 1.0
    assert 0.7 < low < 1
    many = auc_interval(np.arange(2000.0), np.arange(2000) >= 1000)[1]
    assert many[0] > low
    worst, (bottom, top) = auc_interval(-scores, positive)
    assert worst == bottom == 0.0
    assert top == pytest.approx(1 - low, abs=1e-3)


def test_the_auc_interval_covers_the_truth_as_often_as_it_says() -> None:
    # Normals one apart: the area is Phi(1 / sqrt 2).
    truth = float(stats.norm.cdf(1 / math.sqrt(2)))
    draw = rng("coverage")
    positive = np.arange(120) < 60
    held = 0
    for _ in range(400):
        low, high = auc_interval(draw.normal(size=120) + positive, positive)[1]
        held += low <= truth <= high
    # 380 expected; a binomial's standard deviation is 4.4, so 4 of them are allowed.
    assert 362 <= held <= 398


def test_ties_between_every_score_give_one_half() -> None:
    area, (low, high) = auc_interval(np.zeros(40), np.arange(40) < 20)
    assert area == 0.5
    assert low <= 0.5 <= high
