"""Declared rates: what they mean for a table, and the largest part of one that has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular.dataset import Table
from tabular.errors import ConfigurationError
from tabular.seeding import Seed
from tests.people import people
from validation.declared_rates import DeclaredRates, first_of_each
from validation.fairness_policy import Fairness

PARITY = Fairness(sensitive="sex", outcome="hired")
SEED = Seed(0, ("test",))


def _rates(table: Table) -> dict[str, float]:
    hired = table.frame["hired"] == "yes"
    return dict(hired.groupby(table.frame["sex"].astype(str)).mean())


def test_parity_is_the_rate_over_all_rows_in_every_group() -> None:
    table = people(4000)
    aim = DeclaredRates.learn(table, PARITY)
    rarer = (table.frame["hired"] == "yes").mean()
    assert aim.names == ("f", "m")
    assert aim.rates[:2] == pytest.approx([rarer, rarer])


def test_a_group_that_is_not_named_keeps_its_rate() -> None:
    table = people(4000)
    declared = PARITY.model_copy(update={"target": {"f": 0.4}})
    aim = DeclaredRates.learn(table, declared)
    assert aim.rates[:2] == pytest.approx([0.4, _rates(table)["m"]])


def test_a_group_that_is_not_there_is_refused() -> None:
    declared = PARITY.model_copy(update={"target": {"f": 0.4, "x": 0.4}})
    with pytest.raises(ConfigurationError, match="no real row has 'x' as sex"):
        DeclaredRates.learn(people(500), declared)


def test_a_small_group_is_not_brought_to_parity() -> None:
    table = people(4000)
    frame = table.frame.copy()
    frame.loc[:49, "sex"] = "x"
    table = table.with_frame(frame)
    aim = DeclaredRates.learn(table, PARITY)
    assert aim.rates[aim.names.index("x")] == pytest.approx(_rates(table)["x"])


def test_rows_without_a_group_keep_their_rate() -> None:
    table = people(2000)
    frame = table.frame.copy()
    frame["sex"] = frame["sex"].astype("string").mask(np.arange(2000) < 400)
    table = table.with_frame(frame)
    aim = DeclaredRates.learn(table, PARITY)
    assert aim.rates[-1] == pytest.approx((frame["hired"][:400] == "yes").mean())


def test_the_thinned_part_has_the_rates_and_the_shares_and_is_as_large_as_can_be() -> None:
    table = people(4000)
    aim = DeclaredRates.learn(table, PARITY)
    thin = aim.thinned(table, SEED)
    assert _rates(thin) == pytest.approx({"f": aim.rates[0], "m": aim.rates[1]}, abs=0.002)
    shares = [(t.frame["sex"] == "f").mean() for t in (table, thin)]
    assert shares[0] == pytest.approx(shares[1], abs=0.002)
    # Some cell is used up, so that no larger part has the rates.
    before, after = aim.counts(table)[:2], aim.counts(thin)[:2]
    assert (before - after).min() <= 1
    assert (before >= after).all()


def test_which_rows_are_left_out_follows_from_the_seed() -> None:
    table = people(1000)
    aim = DeclaredRates.learn(table, PARITY)
    same, other = aim.thinned(table, SEED), aim.thinned(table, SEED.child("other"))
    pd.testing.assert_frame_equal(same.frame, aim.thinned(table, SEED).frame)
    assert not same.frame.equals(other.frame)


@given(
    st.lists(st.integers(0, 3), max_size=40),
    st.lists(st.integers(0, 6), min_size=4, max_size=4),
)
def test_the_first_of_each_cell_by_brute_force(cells: list[int], quota: list[int]) -> None:
    expected, used = [], [0, 0, 0, 0]
    for row, cell in enumerate(cells):
        if used[cell] < quota[cell]:
            used[cell] += 1
            expected.append(row)
    found = first_of_each(np.array(cells, dtype=np.int64), np.array(quota, dtype=np.int64))
    assert found.tolist() == expected
