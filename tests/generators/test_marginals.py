"""The distribution of one column, worked by hand and by properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.marginals import Marginal

NUMBERS = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=60)


def fitted(values: object, *, k: int = 2, owners: object = None, knots: int = 500) -> Marginal:
    marginal = Marginal.fit(
        np.asarray(values, dtype=float),
        owners=None if owners is None else np.asarray(owners),
        k=k,
        knots=knots,
    )
    assert marginal is not None
    return marginal


def test_values_that_enough_share_are_atoms() -> None:
    marginal = fitted([1, 1, 5, 5, 5, 5])
    assert marginal.left.tolist() == marginal.right.tolist() == [1, 5]
    np.testing.assert_allclose(marginal.edges, [0, 1 / 3, 1])
    assert marginal.quantile(np.array([0.0, 0.33, 0.34, 0.99])).tolist() == [1, 1, 5, 5]
    np.testing.assert_allclose(marginal.cdf(np.array([0, 1, 3, 5, 9])), [0, 1 / 6, 1 / 3, 2 / 3, 1])


def test_the_others_are_summed_up_by_means_of_k() -> None:
    # 1 and 9 are shared; between them 2, 4 | 6, 8 make two knots, 3 and 7.
    marginal = fitted([1, 1, 2, 4, 6, 8, 9, 9])
    inner = (marginal.left != marginal.right).nonzero()[0]
    reach = np.sqrt(3.0)  # an even spread whose standard deviation is that of 2 and 4
    np.testing.assert_allclose(marginal.left[inner], [3 - reach, 3, 7])
    np.testing.assert_allclose(marginal.right[inner], [3, 7, 7 + reach])
    np.testing.assert_allclose(np.diff(marginal.edges) * 8, [2, 1, 2, 1, 2])


def test_an_atom_in_the_middle_of_a_stretch_cuts_it() -> None:
    # The lone 0 and 10 make one knot, 5, which is also where the atom is.
    marginal = fitted([0, 0, 5, 5, 5, 5, 10, 10, 4, 6])
    values = marginal.quantile(np.linspace(0, 1, 2001)[:-1])
    assert (np.diff(values) >= 0).all()
    assert abs(float((values == 5).mean()) - 0.4) < 0.01


def test_rows_of_one_person_do_not_make_an_atom() -> None:
    marginal = fitted([1, 1, 3, 3, 3, 7, 9, 9], owners=[0, 1, 2, 2, 2, 3, 4, 5])
    assert 3 not in marginal.left[marginal.left == marginal.right]


def test_nothing_that_k_people_back_is_no_distribution() -> None:
    assert Marginal.fit(np.array([1.0, 2.0]), k=3) is None
    assert Marginal.fit(np.array([]), k=1) is None
    assert Marginal.fit(np.ones(9), owners=np.zeros(9, dtype=np.int64), k=2) is None


@given(NUMBERS, st.integers(1, 6), st.integers(1, 9))
def test_it_is_a_distribution_within_the_bounds(values: list[float], k: int, knots: int) -> None:
    marginal = Marginal.fit(np.array(values), k=k, knots=knots)
    if marginal is None:
        return
    assert marginal.edges[0] == 0
    assert marginal.edges[-1] == 1
    assert (np.diff(marginal.edges) > 0).all()
    assert (marginal.left <= marginal.right).all()
    assert (marginal.right[:-1] <= marginal.left[1:] + 1e-12).all()
    drawn = marginal.quantile(np.linspace(0, 1, 101)[:-1])
    assert drawn.min() >= min(values) - 1e-12
    assert drawn.max() <= max(values) + 1e-12
    assert (np.diff(drawn) >= -1e-12).all()


@given(NUMBERS, st.integers(1, 6))
def test_a_piece_holds_what_is_drawn_from_it(values: list[float], k: int) -> None:
    marginal = Marginal.fit(np.array(values), k=k)
    if marginal is None:
        return
    middle = (marginal.edges[1:] + marginal.edges[:-1]) / 2
    pieces = marginal.pieces(marginal.quantile(middle))
    atom = marginal.left == marginal.right
    drawn = marginal.quantile(middle)
    # Two pieces may meet at one value only where one of them is an atom.
    assert (
        (pieces == np.arange(len(middle))) | (atom[pieces] & (drawn == marginal.left[pieces]))
    ).all()


@given(NUMBERS, st.integers(2, 6))
def test_no_value_of_fewer_than_k_is_kept(values: list[float], k: int) -> None:
    marginal = Marginal.fit(np.array(values), k=k)
    if marginal is None:
        return
    unique, counts = np.unique(values, return_counts=True)
    atoms = marginal.left[marginal.left == marginal.right]
    for atom in atoms:
        # An atom is a value that k share, or a mean of k that happens to fall together.
        at = counts[unique == atom].sum()
        assert at >= k or atom not in unique[counts < k] or np.isclose(atom, np.mean(values))


def test_knots_that_meet_an_atom_leave_no_sliver_behind() -> None:
    rng = np.random.default_rng(0)
    values = np.round(rng.normal(size=30_000), 3) * 0.1
    marginal = fitted(values, k=5)
    assert np.diff(marginal.edges).min() > 1e-9
    assert np.isfinite(marginal.quantile(np.linspace(0, 1, 10_000)[:-1])).all()


@pytest.mark.parametrize("n", [50, 1000, 20_000])
def test_it_is_close_to_the_values_it_was_learnt_from(n: int) -> None:
    rng = np.random.default_rng(0)
    values = np.sort(np.where(rng.random(n) < 0.3, 0.0, rng.normal(size=n)))
    marginal = fitted(values, k=5)
    drawn = np.sort(marginal.quantile((np.arange(n) + 0.5) / n))
    grid = np.linspace(-3, 3, 400)
    gap = np.abs(
        np.searchsorted(values, grid, side="right") - np.searchsorted(drawn, grid, side="right")
    ).max()
    # Knots stand for at least five values, and at most 500 stand for all.
    assert gap <= max(5, n * 0.7 / 500) + 5
