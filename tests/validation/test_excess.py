"""Excess rates: intervals from the literature, and clusters worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from validation.excess import Excess, Rate, allowance


def test_the_interval_is_the_one_in_newcombes_paper() -> None:
    # Newcombe (1998), table II, example (a): 56 of 70 against 48 of 80.
    excess = Excess.of(Rate(56 / 70, 70), Rate(48 / 80, 80))
    assert excess.value == pytest.approx(0.2)
    assert excess.low == pytest.approx(0.0524, abs=5e-5)
    assert excess.high == pytest.approx(0.3339, abs=5e-5)


def test_no_hits_on_either_side_still_leave_room_for_some() -> None:
    # The same table, example (g): 0 of 56 against 0 of 29: -.1170 to .0642.
    excess = Excess.of(Rate(0, 56), Rate(0, 29))
    assert (excess.low, excess.high) == pytest.approx((-0.1170, 0.0642), abs=5e-5)
    assert excess.error > 0


def test_more_comparisons_widen_the_interval() -> None:
    one, many = (Excess.of(Rate(0.3, 100), Rate(0.2, 100), c) for c in (1, 20))
    assert many.low < one.low < one.value < one.high < many.high


def test_rows_that_always_agree_within_a_subject_count_as_one_row_each() -> None:
    hits = np.repeat([True, False, False, True, False, False, False, True], 5)
    rate = Rate.of(hits, np.repeat(np.arange(8), 5))
    assert rate.share == pytest.approx(3 / 8)
    # Between-subject variance 15/64 * 8/7 over 8 subjects: 7 independent rows.
    assert rate.n == pytest.approx(7)


def test_a_rate_without_hits_rests_on_its_subjects() -> None:
    rate = Rate.of(np.zeros(30, dtype=bool), np.repeat(np.arange(10), 3))
    assert (rate.share, rate.n) == (0, 10)


def test_rows_of_their_own_count_one_each() -> None:
    hits = np.arange(30) < 6
    assert Rate.of(hits) == Rate.of(hits, np.arange(30)) == Rate(0.2, 30)


def test_no_rows_are_no_evidence() -> None:
    rate = Rate.of(np.zeros(0, dtype=bool))
    assert (rate.share, rate.n) == (0, 0)
    assert Excess.of(rate, rate).high == 1


def test_the_allowance_is_the_margin_until_rows_are_too_few_for_it() -> None:
    assert allowance(0.05, 0.001, 1.96) == 0.05
    assert allowance(0.05, 0.02, 1.96) == pytest.approx(4.96 * 0.02)
