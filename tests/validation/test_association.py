"""How much of a dependence is kept: worked by hand, and by what is planted."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tabular.seeding import Seed
from validation.association import Loss, Sample, kept


def coins(n: int, name: str, *, agree: float) -> Sample:
    """Two fair coins that agree with this chance, and whether they do in a third column."""
    rng = Seed(0, ("coins", name)).generator()
    a = rng.integers(0, 2, n)
    same = rng.random(n) < agree
    b = np.where(same, a, 1 - a)
    return Sample({"a": a, "b": b, "c": (a ^ b), "d": rng.integers(0, 3, n)})


LEVELS = {"a": 2, "b": 2, "c": 2, "d": 3}


def test_the_strength_of_a_pair_is_its_mean_square_contingency() -> None:
    # Ten rows of each side: six agree, four don't; by hand the cells are 3, 2, 2, 3 of ten, so
    # that each is .05 from .25, and 4 * .05^2 / .25 = .04.
    a = np.array([0] * 5 + [1] * 5)
    b = np.array([0, 0, 0, 1, 1, 0, 0, 1, 1, 1])
    rows = Sample({"a": np.tile(a, 10), "b": np.tile(b, 10)})
    found = kept(rows, rows, rows, [("a", "b")], {"a": 2, "b": 2})
    assert found.strength[0] == pytest.approx(0.04)
    assert found.share[0] == pytest.approx(1)


def test_what_is_kept_is_the_share_that_was_planted() -> None:
    train, fresh = coins(20_000, "train", agree=0.9), coins(20_000, "fresh", agree=0.9)
    # Agreement of .7 in place of .9 halves 2 p - 1, and the weight is linear in it.
    weaker = coins(20_000, "weaker", agree=0.7)
    found = kept(train, weaker, fresh, [("a", "b")], LEVELS)
    assert found.share[0] == pytest.approx(0.5, abs=4 * float(found.error()[0]))


def test_three_columns_of_which_two_foretell_the_third_have_no_pair_and_are_found() -> None:
    train, fresh = coins(4000, "t", agree=0.5), coins(4000, "f", agree=0.5)
    other = coins(4000, "o", agree=0.5)
    shuffled = Sample({**other.codes, "c": other.codes["c"][::-1].copy()})
    triples = list(combinations("abcd", 3))
    found = kept(train, shuffled, fresh, triples, LEVELS)
    # An exclusive or of two fair coins: every cell is .125 from .125, so the mean square is 1.
    assert found.strength[triples.index(("a", "b", "c"))] == pytest.approx(1, abs=0.02)
    loss = Loss.of(found, 0.25, 0.4)
    assert loss is not None
    assert loss.status == "fail"
    assert loss.kept.columns == (("a", "b", "c"),)
    assert Loss.of(kept(train, shuffled, fresh, [("a", "c")], LEVELS), 0.25, 0.4) is None


def test_the_error_is_the_spread_of_fresh_draws() -> None:
    shares, errors = [], []
    train, fresh = coins(2000, "t", agree=0.8), coins(2000, "f", agree=0.8)
    for i in range(60):
        found = kept(train, coins(2000, f"draw{i}", agree=0.8), fresh, [("a", "b")], LEVELS)
        shares.append(float(found.found[0]))
        errors.append(float(found.found_error[0]))
    # Sixty draws: the spread is known to 1 / sqrt(120), a tenth.
    assert np.std(shares) == pytest.approx(np.mean(errors), rel=0.35)


def test_equal_rows_of_a_subject_count_once() -> None:
    rows = coins(500, "rows", agree=0.8)
    five = Sample({k: np.repeat(v, 5) for k, v in rows.codes.items()}, np.repeat(np.arange(500), 5))
    once = kept(rows, rows, rows, [("a", "b"), ("a", "d")], LEVELS)
    many = kept(rows, five, rows, [("a", "b"), ("a", "d")], LEVELS)
    assert many.found == pytest.approx(once.found)
    assert many.found_error == pytest.approx(once.found_error)
    triple = kept(rows, five, rows, [("a", "b", "c")], LEVELS)
    assert triple.found_error == pytest.approx(
        kept(rows, rows, rows, [("a", "b", "c")], LEVELS).found_error
    )


def test_a_weak_link_is_not_judged() -> None:
    rows = [coins(4000, name, agree=0.55) for name in ("t", "s", "f")]
    assert Loss.of(kept(rows[0], rows[1], rows[2], [("a", "b")], LEVELS), 0.25, 0.4) is None
