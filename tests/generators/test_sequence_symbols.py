"""Sequences to symbols and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.encoding.arrays import EncodedTable, Variable
from generators.sequence_features import Feature, Index
from generators.sequence_symbols import SequenceSymbols


def number(name: str, place: str = "row") -> Variable:
    return Variable.model_validate({"name": name, "place": place})


def table(lengths: np.ndarray, **columns: tuple[Variable, np.ndarray]) -> EncodedTable:
    return EncodedTable(
        tuple(variable for variable, _ in columns.values()),
        tuple(array for _, array in columns.values()),
        lengths,
    )


def people(n: int = 40) -> EncodedTable:
    """Years 0, 1, 2 of n people: experience grows by one, its square follows from it."""
    rng = np.random.default_rng(0)
    lengths = np.full(n, 3)
    year = np.tile([0.0, 1.0, 2.0], n)
    started = np.repeat(rng.integers(0, 4, n), 3).astype(float)
    wage = rng.normal(size=3 * n)
    sector = rng.integers(0, 3, 3 * n).astype(np.int32)
    code = Variable(name="sector", cardinality=3)
    return table(
        lengths,
        year=(number("year", "index"), year),
        exper=(number("exper"), started + year),
        square=(number("square"), (started + year) ** 2),
        wage=(number("wage"), wage),
        sector=(code, sector),
        born=(number("born", "entity"), started),
    )


def test_steps_lookups_and_the_length_are_found() -> None:
    learnt = SequenceSymbols.learn(people(), bins=8)
    assert [(f.name, f.scope) for f in learnt.features] == [
        ("year", "entity"),
        ("year", "step"),
        ("exper", "entity"),
        ("exper", "step"),
        ("wage", "row"),
        ("sector", "row"),
        ("born", "entity"),
        ("", "entity"),
    ]
    assert [(lookup.target, lookup.source) for lookup in learnt.lookups] == [("square", "exper")]
    assert learnt.index == Index("year", 0.0, 2.0, 1.0, unique=True)


def test_symbols_stand_where_their_features_are() -> None:
    data = people()
    learnt = SequenceSymbols.learn(data, bins=8)
    rows = learnt.encode(data)
    nothing = learnt.kinds.n_symbols
    # The first value of the year is always 0 and its step always 1: one symbol each.
    assert rows[:3, 0].tolist() == [0, nothing, nothing]
    assert rows[:3, 1].tolist() == [nothing, 1, 1]
    begins = learnt.kinds.begins
    np.testing.assert_array_equal(rows[:, 5] - begins[5], data["sector"])
    assert [learnt.features[v].name for v in learnt.kinds.lagged] == ["wage", "sector"]


def test_what_was_encoded_comes_back_within_its_bins() -> None:
    data = people()
    learnt = SequenceSymbols.learn(data, bins=8)
    rows, begins = learnt.encode(data), learnt.kinds.begins
    first = np.arange(len(rows)) % 3 == 0
    symbols = []
    for v, feature in enumerate(learnt.features[:-1]):
        codes = rows[:, v] - begins[v]
        if feature.scope == "entity":
            codes = codes[first]
        symbols.append(np.where(codes < feature.n_symbols, codes, 0))
    back = learnt.decode(symbols, data.lengths, np.random.default_rng(0))
    for name in ("year", "exper", "square", "sector", "born"):
        np.testing.assert_array_equal(back[name], data[name])
    # Eight bins, an edge moved by at most .3 of one: how far ranks can differ within a bin.
    ranks = [np.argsort(np.argsort(part["wage"])) for part in (data, back)]
    assert np.abs(ranks[0] - ranks[1]).max() <= 1.65 * len(rows) // 8 + 1


def test_a_column_that_mostly_stands_still_is_no_column_of_steps() -> None:
    n = 40
    still = np.repeat(np.arange(n) % 7.0, 3)
    still[::10] += 1
    data = table(
        np.full(n, 3),
        year=(number("year", "index"), np.tile([0.0, 1.0, 2.0], n)),
        still=(number("still"), still),
    )
    learnt = SequenceSymbols.learn(data, bins=8)
    assert [f.scope for f in learnt.features if f.name == "still"] == ["row"]


def test_what_one_person_shows_often_is_no_lookup() -> None:
    n = 40
    key = np.zeros(3 * n)
    key[:9] = 1  # three people of forty
    data = table(
        np.full(n, 3),
        year=(number("year", "index"), np.tile([0.0, 1.0, 2.0], n)),
        key=(number("key"), key),
        twice=(number("twice"), 2 * key),
    )
    assert SequenceSymbols.learn(data, bins=8).lookups == ()


@given(
    st.lists(
        st.lists(st.floats(-5, 25, allow_nan=False), min_size=1, max_size=11),
        min_size=1,
        max_size=5,
    ),
    st.booleans(),
)
def test_an_index_is_laid_out_on_its_grid_whatever_is_drawn(
    sequences: list[list[float]],
    unique: bool,  # noqa: FBT001  hypothesis gives it by position
) -> None:
    index = Index("t", low=10.0, high=15.0, grid=0.5, unique=unique)
    lengths = np.array([len(sequence) for sequence in sequences])
    drawn = np.concatenate([np.sort(sequence) for sequence in sequences])
    laid = index.laid_out(drawn, lengths)
    assert ((laid >= 10) & (laid <= 15)).all()
    np.testing.assert_array_equal(laid * 2, np.rint(laid * 2))
    for part in np.split(laid, np.cumsum(lengths)[:-1]):
        steps = np.diff(part)
        assert (steps > 0).all() if unique else (steps >= 0).all()


def test_values_on_the_grid_stay_where_they_are() -> None:
    index = Index("t", low=0.0, high=9.0, grid=1.0, unique=True)
    drawn = np.array([0.0, 3.0, 9.0, 4.0, 5.0])
    np.testing.assert_array_equal(index.laid_out(drawn, np.array([3, 2])), drawn)


@pytest.mark.parametrize("bins", [2, 5, 16])
def test_bins_are_about_equal_and_heavy_atoms_stand_alone(bins: int) -> None:
    rng = np.random.default_rng(0)
    values = np.where(rng.random(4000) < 0.5, 0.0, rng.normal(size=4000))
    feature = Feature.of_numbers("x", "row", values, np.arange(4000), k=5, bins=bins)
    symbols = feature.symbols(values)
    zero = np.unique(symbols[values == 0])
    assert len(zero) == 1
    assert (values[symbols == zero[0]] == 0).all()
    counts = np.bincount(symbols)
    # An edge may move by three tenths of a bin to where values are sparse.
    assert np.delete(counts, zero[0]).max() <= 1.65 * 4000 / bins + 1
    np.testing.assert_array_equal(feature.symbols(feature.cells(symbols, rng)), symbols)
