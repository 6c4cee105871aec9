"""Effect sizes, with answers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, ncx2

from tabular.seeding import Seed
from validation.effects import cohens_h, cramers_v, kolmogorov_smirnov, psi

COUNTS = st.lists(st.integers(0, 1000), min_size=2, max_size=8).filter(lambda c: sum(c) > 0)


def test_psi_of_half_and_half_against_one_and_three_quarters() -> None:
    # (.25 - .5) ln(.25 / .5) + (.75 - .5) ln(.75 / .5) = .25 ln 2 + .25 ln 1.5 = .27465
    found = psi(np.array([5_000_000, 5_000_000]), np.array([2_500_000, 7_500_000]))
    assert found == pytest.approx(0.25 * math.log(3), abs=1e-5)


def test_psi_of_an_emptied_bin_is_finite_and_large() -> None:
    assert 1 < psi(np.array([50, 50]), np.array([100, 0])) < 10


@given(COUNTS, st.integers(1, 9))
def test_equal_shares_have_no_effect(counts: list[int], factor: int) -> None:
    then, now = np.array(counts), factor * np.array(counts)
    n, m = int(then.sum()), int(now.sum())
    assert kolmogorov_smirnov(then, now, n, m).value == pytest.approx(0, abs=1e-12)
    assert cramers_v(then, now, n, m).value == 0
    assert cramers_v(then, now, n, m).interval[0] == 0
    assert psi(then, then) == 0


@given(COUNTS, COUNTS)
def test_effects_are_bounded_and_inside_their_intervals(then: list[int], now: list[int]) -> None:
    size = min(len(then), len(now))
    a, b = np.array(then[:size]), np.array(now[:size])
    sizes = max(int(a.sum()), 1), max(int(b.sum()), 1)
    for effect in (kolmogorov_smirnov(a, b, *sizes), cramers_v(a, b, *sizes)):
        low, high = effect.interval
        assert 0 <= low <= high <= 1
        assert 0 <= effect.value <= 1
    assert psi(a, b) == pytest.approx(psi(b, a))
    assert psi(a, b) >= 0


def test_the_largest_gap_of_two_distributions() -> None:
    # Shares .2 .3 .5 and .4 .4 .2 add up to .2 .5 1 and .4 .8 1: gaps .2 and .3.
    effect = kolmogorov_smirnov(np.array([2, 3, 5]), np.array([40, 40, 20]), 10, 100)
    assert effect.value == pytest.approx(0.3)
    reach = math.sqrt(math.log(80) / 20) + math.sqrt(math.log(80) / 200)
    assert effect.interval == pytest.approx((0.0, 0.3 + reach))


def test_cramers_v_of_two_shares() -> None:
    # V^2 = (.1^2 / 1.1 + .1^2 / .9) / 2 = .010101; noise takes 1 / (4 x 500,000) from it.
    then, now = np.array([500_000, 500_000]), np.array([600_000, 400_000])
    effect = cramers_v(then, now, 1_000_000, 1_000_000)
    assert effect.value == pytest.approx(math.sqrt(0.010101010), abs=1e-5)
    assert effect.interval[0] < effect.value < effect.interval[1]
    assert effect.interval[1] - effect.interval[0] < 0.003


def test_cramers_v_is_one_where_nothing_is_shared_whatever_the_sizes() -> None:
    effect = cramers_v(np.array([1000, 0]), np.array([0, 9000]), 1000, 9000)
    assert effect.value == pytest.approx(1, abs=1e-3)
    assert effect.interval[1] == 1


def test_cramers_v_agrees_with_pearsons_chi_squared_where_sides_are_equally_large() -> None:
    then, now = np.array([30, 50, 20]), np.array([45, 35, 20])
    chi, _, freedom, _ = chi2_contingency([then, now])
    effect = cramers_v(then, now, 100, 100)
    assert effect.value == pytest.approx(math.sqrt(max(chi - freedom, 0) / 200))
    low, high = (200 * bound**2 for bound in effect.interval)
    assert ncx2.cdf(chi, freedom, high) == pytest.approx(0.025, abs=1e-4)
    assert low == pytest.approx(0) or ncx2.cdf(chi, freedom, low) == pytest.approx(0.975, abs=1e-4)


def test_cramers_v_holds_its_coverage() -> None:
    rng = Seed(0, ("v",)).generator()
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.3, 0.3])
    true = math.sqrt(float(((p - q) ** 2 / (p + q)).sum()) / 2)
    held = 0
    for _ in range(300):
        effect = cramers_v(rng.multinomial(400, p), rng.multinomial(800, q), 400, 800)
        held += effect.interval[0] <= true <= effect.interval[1]
    assert held >= 300 * 0.95 - 3 * math.sqrt(300 * 0.95 * 0.05)


def test_cohens_h_of_a_tenth_and_a_half() -> None:
    # 2 (asin sqrt .5 - asin sqrt .1) = 2 (.785398 - .321751) = .927295
    effect = cohens_h(0.1, 0.5, 100, 100)
    assert effect.value == pytest.approx(0.927295, abs=1e-6)
    half = 1.959964 * math.sqrt(0.02)
    assert effect.interval == pytest.approx((0.927295 - half, 0.927295 + half), abs=1e-5)


def test_one_category_alone_has_no_effect() -> None:
    assert cramers_v(np.array([5, 0]), np.array([9, 0]), 5, 9).interval == (0.0, 0.0)
    assert kolmogorov_smirnov(np.array([5]), np.array([9]), 5, 9).value == 0
