"""Labels and places: numbers come back, ranks are uniform, intervals are as long as their mass."""

from __future__ import annotations

import numpy as np

from generators.encoding.arrays import EncodedTable, Variable
from generators.ranks import Ranks

Array = np.ndarray


def table(*columns: Array) -> EncodedTable:
    variables = tuple(
        Variable(name=str(i), cardinality=None if c.dtype.kind == "f" else int(c.max()) + 1)
        for i, c in enumerate(columns)
    )
    arrays = tuple(c if c.dtype.kind == "f" else c.astype(np.int32) for c in columns)
    return EncodedTable(variables, arrays, np.ones(len(columns[0]), dtype=np.int64))


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def incomes(n: int = 4000) -> Array:
    """Numbers with a spike at 0 and missing cells."""
    values = np.exp(rng().normal(size=n))
    values[:500], values[500:800] = 0.0, np.nan
    return values


def test_a_spike_a_missing_cell_and_a_place_have_a_label_each() -> None:
    rows = table(incomes())
    ranks = Ranks.learn(rows)
    assert ranks.sizes == (3,)
    assert ranks.placed == (0,)
    ranked = ranks.encode(rows)
    assert (ranked.labels[:500] == 0).all()
    assert (ranked.labels[500:800] == 1).all()
    assert (ranked.labels[800:] == 2).all()
    assert (ranked.low[:800] == 0.5).all()


def test_places_of_a_column_are_uniform_and_lead_back() -> None:
    rows = table(incomes())
    ranks = Ranks.learn(rows)
    ranked = ranks.encode(rows)
    place = np.sort(ranked.low[800:, 0])
    # A cell has five rows or so of 3,200.
    assert np.abs(place - (np.arange(3200) + 0.5) / 3200).max() < 10 / 3200
    back = ranks.decode(ranked.labels, ranked.low, rng()).arrays[0]
    inside = (rows.arrays[0] > np.nanquantile(rows.arrays[0], 0.2)) & (
        rows.arrays[0] < np.nanquantile(rows.arrays[0], 0.99)
    )
    np.testing.assert_allclose(back[inside], rows.arrays[0][inside], rtol=1e-9)
    assert (back[:500] == 0).all()
    assert np.isnan(back[500:800]).all()


def test_a_value_that_many_share_is_an_interval_as_long_as_its_share() -> None:
    values = np.rint(rng().normal(100, 20, size=20_000)).clip(60, 140)
    rows = table(values)
    ranks = Ranks.learn(rows)
    ranked = ranks.encode(rows)
    shared = ranked.labels[:, 0] == ranks.sizes[0] - 1
    inside = shared & (values == 100)
    np.testing.assert_allclose(
        ranked.high[inside] - ranked.low[inside], inside.sum() / shared.sum()
    )
    assert (ranked.log_scale == 0).all()
    middle = ranks.middles(0, ranked.low[inside, 0] + 1e-9)
    np.testing.assert_allclose(middle, (ranked.low + ranked.high)[inside, 0] / 2)
    drawn = ranks.decode(ranked.labels, rng().uniform(ranked.low, ranked.high), rng())
    np.testing.assert_array_equal(drawn.arrays[0], values)


def test_the_scale_turns_ranks_into_a_density() -> None:
    values = rng().uniform(50, 60, size=20_000)
    ranked = Ranks.learn(rows := table(values)).encode(rows)
    # A tenth of the ranks to a unit, on the average; cells of five rows scatter by their own error.
    assert abs(np.exp(-ranked.log_scale).mean() - 10) < 0.2


def test_a_column_of_few_values_is_labels_alone() -> None:
    rows = table(np.repeat(np.arange(16.0), 50))
    ranks = Ranks.learn(rows)
    assert ranks.placed == ()
    labels = ranks.encode(rows).labels
    np.testing.assert_array_equal(
        ranks.decode(labels, np.empty((800, 0)), rng()).arrays[0], rows.arrays[0]
    )


def test_a_column_that_follows_from_another_is_put_back() -> None:
    code = rng().integers(0, 6, size=600)
    rows = table(code, np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.0])[code])
    ranks = Ranks.learn(rows)
    ranked = ranks.encode(rows)
    assert ranked.labels.shape == (600, 1)
    back = ranks.decode(ranked.labels, ranked.low, rng())
    for array, expected in zip(back.arrays, rows.arrays, strict=True):
        np.testing.assert_array_equal(array, expected)
    assert ranks.follows(rows).all()
    wrong = rows.with_arrays((rows.arrays[0], np.roll(rows.arrays[1], 1)))
    assert not ranks.follows(wrong).all()


def test_labels_that_never_were_are_never_drawn_and_small_counts_are_not_told() -> None:
    code = np.repeat([0, 1, 3], [3, 97, 100])
    rows = table(code, rng().normal(size=200))
    ranks = Ranks.learn(rows)
    shares = np.exp(ranks.log_shares(ranks.encode(rows), 5))
    np.testing.assert_allclose(shares[:4], np.array([5, 97, 0, 100]) / 202)


def test_arrays_lead_back() -> None:
    rows = table(rng().integers(0, 4, size=4000), incomes())
    ranks = Ranks.learn(rows)
    again = Ranks.of_arrays(rows.variables, ranks.arrays())
    first, second = ranks.encode(rows), again.encode(rows)
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.low, second.low)
