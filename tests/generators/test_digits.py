"""Codes in one or two digits."""

from __future__ import annotations

import numpy as np

from generators.digits import Digits, arrays_of, learn_digits, of_arrays
from generators.discretization import Discretization
from generators.encoding.arrays import EncodedTable, Variable
from tabular.seeding import Seed


def rows(n: int = 4000) -> EncodedTable:
    rng = Seed(0, ("digits",)).generator()
    number = rng.normal(size=n)
    number[rng.random(n) < 0.3] = 0.0  # a spike
    number[:50] = np.nan
    variables = (Variable(name="number"), Variable(name="label", cardinality=7))
    return EncodedTable(
        variables, (number, rng.integers(7, size=n).astype(np.int32)), np.ones(n, dtype=np.int64)
    )


def test_digits_say_the_code_exactly() -> None:
    table = rows()
    columns = Discretization.learn(table, 128)
    codes = columns.encode(table)
    number, label = learn_digits(columns, most=8, single=20)
    for own, code in zip((number, label), codes, strict=True):
        np.testing.assert_array_equal(own.join(own.split(code)), code)
    assert number.n_second > 1
    assert (label.n_first, label.n_second) == (7, 1)


def test_the_first_digit_grows_with_the_number_and_a_spike_and_a_gap_have_their_own() -> None:
    table = rows()
    columns = Discretization.learn(table, 128)
    own = learn_digits(columns, most=8, single=20)[0]
    number = table.arrays[0]
    first = own.split(columns.encode(table)[0])[:, 0]
    there = ~np.isnan(number)
    order = np.argsort(number[there])
    assert (np.diff(first[there][order]) >= 0).all()
    spike = np.unique(first[number == 0.0])
    assert len(spike) == 1
    assert (number[first == spike[0]] == 0.0).all()
    assert (first[~there] == own.n_first - 1).all()
    assert own.counts[own.n_first - 1] == 1
    # Eight coarse bins of like mass, beside the spike, the ends around it and the gap.
    assert own.n_first <= 8 + 4


def test_few_codes_are_told_in_one_digit_and_digits_survive_the_disk() -> None:
    columns = Discretization.learn(rows(), 16)
    one, two = (learn_digits(columns, most=8, single=s) for s in (30, 5))
    assert one[0].n_second == 1
    assert two[0].n_second > 1
    again = of_arrays(2, arrays_of(two))
    for own, other in zip(two, again, strict=True):
        np.testing.assert_array_equal(own.first, other.first)


def test_a_column_without_any_value_has_one_code() -> None:
    assert Digits.learn(1, None, 8, 20).split(np.zeros(3, dtype=np.int32)).tolist() == [[0, 0]] * 3
