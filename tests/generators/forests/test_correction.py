"""What boosted trees tell apart, and what keeping draws by it changes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from generators.encoding.arrays import EncodedTable, Variable
from generators.forests.chain import Chain
from generators.forests.correction import Effort, _cap, correct
from generators.forests.learning import Growth
from generators.forests.levels import rake
from generators.forests.odds import Odds
from generators.forests.symbols import Symbols
from tabular.seeding import Seed

SIZE = 4
INDEPENDENT = Growth(trees=0, leaf=1, backing=5)


def _pairs(n: int, *, together: float) -> Symbols:
    """Two categories and a number; with the chance `together` they say the same."""
    rng = np.random.default_rng(3)
    left = rng.integers(SIZE, size=n)
    same = rng.random(n) < together
    right = np.where(same, left, rng.integers(SIZE, size=n))
    number = np.where(same, left, rng.integers(SIZE, size=n)) + rng.random(n)
    names = ("left", "right")
    variables = (*(Variable(name=x, cardinality=SIZE) for x in names), Variable(name="number"))
    arrays = (left.astype(np.int32), right.astype(np.int32), number)
    return Symbols.of(EncodedTable(variables, arrays, np.ones(n, dtype=np.int64)), 5)


def _shares(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.bincount(left * SIZE + right, minlength=SIZE**2) / len(left)


def _far(chain: Chain, table: Symbols) -> float:
    """Total variation distance between drawn and real pairs of categories."""
    drawn, _ = chain.draw_codes(np.empty((0, 20_000), dtype=np.int32), np.random.default_rng(1))
    return float(np.abs(_shares(*drawn[:2]) - _shares(*table.codes[:2])).sum() / 2)


@pytest.fixture(scope="module")
def table() -> Symbols:
    return _pairs(4000, together=0.7)


@pytest.fixture(scope="module")
def apart(table: Symbols) -> Chain:
    return Chain.learn(table, (0, 1, 2), INDEPENDENT, Seed(0))


@pytest.fixture(scope="module")
def corrected(table: Symbols, apart: Chain) -> Chain:
    return correct(apart, table, INDEPENDENT, Effort(), Seed(1))


def test_independent_draws_are_brought_together(
    table: Symbols, apart: Chain, corrected: Chain
) -> None:
    assert _far(apart, table) > 0.5
    # Two samples of 4,000 and 20,000 from one table of 16 cells are .02 apart.
    assert _far(corrected, table) < 0.05


def test_a_column_is_corrected_given_those_before_it_only(corrected: Chain) -> None:
    first, second, third = corrected.odds
    assert first is None
    assert second is not None
    assert second.columns == (0, 1)
    assert third is not None
    assert third.columns == (0, 1, 2)


def test_columns_that_are_independent_are_left_alone() -> None:
    table = _pairs(4000, together=0.0)
    chain = correct(
        Chain.learn(table, (0, 1, 2), INDEPENDENT, Seed(0)), table, INDEPENDENT, Effort(), Seed(1)
    )
    assert chain.odds == (None, None, None)
    assert chain.whole is not None
    assert chain.whole.text == ""


def test_too_few_rows_to_tell_are_left_alone() -> None:
    table = _pairs(900, together=0.7)
    chain = Chain.learn(table, (0, 1, 2), INDEPENDENT, Seed(0))
    assert correct(chain, table, INDEPENDENT, Effort(), Seed(1)) is chain


def test_rows_follow_their_context(table: Symbols) -> None:
    chain = correct(
        Chain.learn(table, (0, 1, 2), INDEPENDENT, Seed(0), given=1),
        table,
        INDEPENDENT,
        Effort(),
        Seed(1),
    )
    known = np.repeat(np.arange(SIZE, dtype=np.int32), 2000)[None]
    drawn, _ = chain.draw_codes(known, np.random.default_rng(2))
    assert (drawn[0] == known[0]).all()
    # .7 and a quarter of the rest; three standard errors of both samples are .03.
    assert (drawn[0] == drawn[1]).mean() == pytest.approx(0.775, abs=0.04)


def test_the_boosted_trees_compare_codes_and_not_numbers(table: Symbols, corrected: Chain) -> None:
    odds = corrected.odds[2]
    assert odds is not None
    found = " ".join(re.findall(r"^threshold=(.*)$", odds.text, re.MULTILINE))
    thresholds = np.asarray(found.split(), dtype=np.float64)
    halves = 2 * np.where(np.abs(thresholds) < 1e-30, 0, thresholds)
    assert len(thresholds) > 10
    assert np.allclose(halves, np.rint(halves), atol=1e-6)
    assert thresholds.max() < table.cardinality(2)


def test_odds_survive_their_arrays(table: Symbols, corrected: Chain) -> None:
    odds = corrected.odds[1]
    assert odds is not None
    again = Odds.of_arrays("x", odds.arrays("x"))
    assert again == odds
    assert again is not None
    assert np.array_equal(again.log(table.codes), odds.log(table.codes))
    assert Odds.of_arrays("y", odds.arrays("x")) is None


def test_the_cap_costs_few_rows() -> None:
    # Four of a thousand rows have odds 2, all others 1: above a cap of 1 lie 4 of 1,004.
    few = np.repeat([1.0, 2.0], [996, 4])
    assert _cap(few) == 1.0
    many = np.repeat([1.0, 2.0], [900, 100])
    assert _cap(many) == 2.0
    assert _cap(np.repeat([0.1, 50.0], [900, 100])) == 8.0


def test_factors_bring_every_column_to_its_shares(table: Symbols) -> None:
    rng = np.random.default_rng(5)
    chance = np.array([0.1, 0.2, 0.3, 0.4])
    drawn = np.stack(
        [
            rng.choice(SIZE, p=chance, size=6000),
            rng.choice(SIZE, p=chance[::-1], size=6000),
            rng.integers(table.cardinality(2) - 1, size=6000),
        ]
    ).astype(np.int32)
    levels = rake(table, drawn, np.ones(6000), (0, 1))
    weights = np.exp(sum(level[drawn[column]] for column, level in levels.items()))
    for column in (0, 1):
        there = np.bincount(drawn[column], weights=weights / weights.sum(), minlength=SIZE)
        wanted = np.bincount(table.codes[column], minlength=SIZE) / table.n_rows
        # Twenty rows are added on both sides, of 4,000: at most .4 of a percent is left.
        assert np.abs(there - wanted).max() < 0.005
    assert set(levels) == {0, 1}
