"""The choice of the order in which columns are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from generators.encoding.arrays import EncodedTable, Variable
from generators.forests.learning import Growth
from generators.forests.ordering import candidates, choose_order, held_out_loss, told_apart
from generators.forests.symbols import Symbols
from tabular.seeding import Seed


def _table(n: int) -> EncodedTable:
    """A coin, a number that follows it, and a die that follows nothing."""
    rng = np.random.default_rng(5)
    coin = rng.integers(2, size=n).astype(np.int32)
    number = coin + rng.integers(3, size=n) / 4
    die = rng.integers(6, size=n).astype(np.int32)
    variables = (
        Variable(name="die", cardinality=6),
        Variable(name="number"),
        Variable(name="coin", cardinality=2),
    )
    return EncodedTable(variables, (die, number, coin), np.ones(n, dtype=np.int64))


def test_candidates_are_permutations_without_repeats_and_few_codes_come_first() -> None:
    orders = candidates(Symbols.of(_table(200), 5))
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert len(set(orders)) == len(orders)
    # The coin has 2 codes, the die 6, the number 6 values and the code for missing.
    assert orders[0] == (2, 0, 1)


def test_few_rows_keep_the_order_of_the_schema() -> None:
    train = _table(200)
    growth = Growth(trees=1, leaf=20, backing=5)
    assert choose_order(train, Symbols.of(train, 5), growth, Seed(0)) == (0, 1, 2)


def test_the_choice_is_one_of_the_candidates_and_the_same_each_time() -> None:
    train = _table(1500)
    table, growth = Symbols.of(train, 5), Growth(trees=1, leaf=20, backing=5)
    found = choose_order(train, table, growth, Seed(0))
    assert found in candidates(table)
    assert found == choose_order(train, table, growth, Seed(0))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_the_loss_of_a_known_distribution_is_its_entropy(order: tuple[int, ...]) -> None:
    loss = held_out_loss(Symbols.of(_table(6000), 5), order, Seed(1))
    # log 6 for the die, log 2 for the coin, log 3 for the number given the coin.
    assert loss.mean() == pytest.approx(np.log(6 * 2 * 3), abs=0.03)


def test_equal_distributions_are_not_told_apart_and_others_are() -> None:
    rng = np.random.default_rng(2)
    real, same = rng.normal(size=(2, 2000, 3))
    # The standard error of an AUC at 2,000 rows a side and fold is .013.
    assert told_apart(real, same, Seed(0)) == pytest.approx(0.5, abs=0.03)
    assert told_apart(real, same + 5, Seed(0)) > 0.99
