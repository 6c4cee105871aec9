"""Bins hold as much as they say, and what is left of a number comes back inside its bin."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad

from generators.dependencies import Dependencies
from generators.discretization import Bins, Discretization
from generators.encoding.arrays import EncodedTable, Variable
from generators.forests.support import Support
from tabular.seeding import Seed


def _own(n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(n, dtype=np.int64)


def _bins(most: int) -> tuple[Bins, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    rng = Seed(4).child("bins").generator()
    values = np.concatenate([rng.normal(size=900), np.zeros(300), [np.nan] * 20])
    return Bins.learn(Support.learn(values, _own(len(values)), 5), most), values


def test_bins_are_about_equally_heavy_and_a_spike_stands_alone() -> None:
    bins, values = _bins(8)
    codes = bins.encode(values)
    spike = codes[900]
    assert set(codes[900:1200]) == {spike}
    assert set(codes[values != 0]).isdisjoint({spike})
    assert (codes[1200:] == bins.n_bins).all()
    counts = np.bincount(codes[:900], minlength=bins.n_bins)
    others = np.delete(counts, spike)
    assert len(others) in {8, 9}  # the spike divides one in two
    assert others.max() <= 900 / 8 + 10


def test_few_values_are_a_bin_each() -> None:
    values = np.repeat([1.0, 2.0, 7.0], [10, 500, 30])
    bins = Bins.learn(Support.learn(values, _own(540), 5), 8)
    assert bins.is_exact
    rng = Seed(0).generator()
    assert np.array_equal(bins.draw(bins.encode(values), rng), values)


def test_what_is_drawn_lies_in_its_bin_and_follows_the_masses() -> None:
    bins, values = _bins(8)
    codes = np.repeat(np.arange(bins.n_bins + 1, dtype=np.int32), 2000)
    drawn = bins.draw(codes, Seed(1).generator())
    assert np.isnan(drawn[codes == bins.n_bins]).all()
    there = codes < bins.n_bins
    assert np.array_equal(bins.encode(drawn[there]), codes[there])
    # Inside a bin the mean is that of the real values; five standard errors of either.
    for code in range(bins.n_bins):
        real = values[bins.encode(values) == code]
        made = drawn[codes == code]
        error = 5 * real.std() / np.sqrt(len(real)) + 5 * made.std() / np.sqrt(2000) + 0.05
        assert abs(real.mean() - made.mean()) < error


def test_the_density_inside_a_bin_adds_up_to_one() -> None:
    rng = Seed(5).child("smooth").generator()
    values = rng.normal(size=600)
    bins = Bins.learn(Support.learn(values, _own(600), 5), 4)
    knots = bins.support.knots

    def density(x: float) -> float:
        at = np.array([x])
        return float(np.exp(bins.log_density(at, bins.encode(at)))[0])

    ends = [*bins.starts[1:], bins.support.n_symbols]
    for begin, end in zip(bins.starts, ends, strict=True):
        cells = [(knots[s] + 1e-9, knots[s + 1] - 1e-9) for s in range(begin, end)]
        total = sum(quad(density, *cell)[0] for cell in cells)
        np.testing.assert_allclose(total, 1, rtol=1e-4)


def _table(a: list[int], b: list[int], c: list[float]) -> EncodedTable:
    return EncodedTable(
        (Variable(name="a", cardinality=4), Variable(name="b", cardinality=2), Variable(name="c")),
        (np.array(a, dtype=np.int32), np.array(b, dtype=np.int32), np.array(c)),
        np.ones(len(a), dtype=np.int64),
        k=2,
    )


def test_a_column_that_follows_from_another_is_found_and_filled_in() -> None:
    a = [0, 1, 2, 0, 1, 2] * 4
    rows = _table(a, [x % 2 for x in a], [float(x * 10) for x in a])
    columns = Discretization.learn(rows, 8)
    codes = columns.encode(rows)
    found = Dependencies.learn(columns, codes, _own(24), 2)
    assert [(link.column, link.parent) for link in found.links] == [(1, 0), (2, 0)]
    assert found.free.tolist() == [0]
    assert np.array_equal(found.fill(codes[found.free]), codes)


def test_one_row_that_differs_is_enough_to_be_free() -> None:
    a = [0, 1, 2, 0, 1, 2] * 4
    b = [x % 2 for x in a]
    b[5] = 1
    rows = _table(a, b, list(np.linspace(0, 1, 24)))
    columns = Discretization.learn(rows, 8)
    assert not Dependencies.learn(columns, columns.encode(rows), _own(24), 2).links


def test_a_code_of_too_few_people_proves_nothing() -> None:
    a = [0, 1] * 11 + [2, 2]
    rows = _table(a, [x % 2 for x in a], list(np.linspace(0, 1, 24)))
    columns = Discretization.learn(rows, 8)
    owners = np.array([*range(22), 22, 22])
    assert not [
        link
        for link in Dependencies.learn(columns, columns.encode(rows), owners, 2).links
        if link.parent == 0
    ]
