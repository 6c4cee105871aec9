"""Mixtures against enumeration of every row there can be."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from generators.mixtures import Mixture, learn_mixture, without_small
from tabular.seeding import Seed

SIZES = (2, 3, 2)
OFFSETS = np.array([0, 2, 5, 7])
ALL = np.array(list(product(*(range(size) for size in SIZES))), dtype=np.int32).T


def _mixture() -> Mixture:
    rng = Seed(3).child("mixture").generator()
    table = np.concatenate([rng.dirichlet(np.ones(size), size=2).T for size in SIZES])
    return Mixture(np.array([0.3, 0.7]), table, OFFSETS)


def _by_hand(mixture: Mixture) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Probability of each component and row, shape (n_components, n_rows)."""
    out = np.tile(mixture.weights[:, None], ALL.shape[1])
    for j, offset in enumerate(OFFSETS[:-1]):
        out *= mixture.table[offset + ALL[j]].T
    return out


def test_the_likelihood_is_that_of_enumeration() -> None:
    mixture = _mixture()
    found = np.exp(mixture.log_prob(ALL))
    np.testing.assert_allclose(found, _by_hand(mixture).sum(axis=0))
    np.testing.assert_allclose(found.sum(), 1)


def test_unknown_cells_are_integrated_out() -> None:
    mixture = _mixture()
    known = np.array([[True], [False], [True]]) & np.ones_like(ALL, dtype=bool)
    whole = _by_hand(mixture).sum(axis=0)
    expected = [whole[(ALL[0] == row[0]) & (ALL[2] == row[2])].sum() for row in ALL.T]
    np.testing.assert_allclose(np.exp(mixture.log_prob(ALL, known)), expected)


def _shares(
    codes: np.ndarray[tuple[int, int], np.dtype[np.int32]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    place = np.ravel_multi_index(tuple(codes), SIZES)
    return np.bincount(place, minlength=ALL.shape[1]) / codes.shape[1]


def test_rows_are_drawn_as_often_as_they_are_likely() -> None:
    mixture = _mixture()
    found = _shares(mixture.draw(200_000, Seed(1).generator()))
    expected = _by_hand(mixture).sum(axis=0)
    # Five standard errors of a share.
    assert (np.abs(found - expected) < 5 * np.sqrt(expected / 200_000) + 1e-9).all()


@pytest.mark.parametrize("value", [0, 1])
def test_rows_given_a_cell_are_drawn_as_enumeration_says(value: int) -> None:
    mixture = _mixture()
    n = 100_000
    codes = np.full((3, n), value, dtype=np.int32)
    known = np.zeros((3, n), dtype=bool)
    known[2] = True
    drawn = mixture.draw_given(codes, known, {}, Seed(2).generator())
    assert (drawn[2] == value).all()
    whole = np.where(ALL[2] == value, _by_hand(mixture).sum(axis=0), 0)
    expected = whole / whole.sum()
    assert (np.abs(_shares(drawn) - expected) < 5 * np.sqrt(expected / n) + 1e-9).all()


def test_rows_given_that_a_cell_is_one_of_several_are_drawn_as_enumeration_says() -> None:
    mixture = _mixture()
    n = 100_000
    allowed = np.tile([True, False, True], (n, 1))
    codes = np.zeros((3, n), dtype=np.int32)
    drawn = mixture.draw_given(
        codes, np.zeros((3, n), dtype=bool), {1: allowed}, Seed(2).generator()
    )
    whole = np.where(ALL[1] != 1, _by_hand(mixture).sum(axis=0), 0)
    expected = whole / whole.sum()
    assert (np.abs(_shares(drawn) - expected) < 5 * np.sqrt(expected / n) + 1e-9).all()


def test_learning_finds_components_that_are_there() -> None:
    rng = Seed(9).child("planted").generator()
    which = rng.random(6000) < 0.3
    chance = np.where(which, 0.9, 0.1)
    codes = (rng.random((6, 6000)) < chance).astype(np.int32)
    found = learn_mixture(
        codes, (2,) * 6, 2, passes=30, prior_rows=1, rng=Seed(0).child("em").generator()
    )
    order = np.argsort(found.weights)
    np.testing.assert_allclose(found.weights[order], [which.mean(), 1 - which.mean()], atol=0.02)
    ones = found.table[1::2][:, order]
    np.testing.assert_allclose(ones, np.tile([0.9, 0.1], (6, 1)), atol=0.03)


def test_splitting_components_makes_the_rows_likelier() -> None:
    codes = Mixture(
        np.full(4, 0.25),
        np.concatenate([Seed(1).generator().dirichlet(np.full(5, 0.3), size=4).T] * 4),
        np.arange(0, 25, 5),
    ).draw(4000, Seed(2).generator())
    one = learn_mixture(codes, (5,) * 4, 1, passes=2, prior_rows=1, rng=Seed(0).generator())
    four = learn_mixture(
        codes, (5,) * 4, 4, passes=20, prior_rows=1, rng=Seed(0).generator(), start=one
    )
    assert four.log_prob(codes).mean() > one.log_prob(codes).mean() + 0.1


def test_components_that_few_rows_stand_behind_are_left_out() -> None:
    mixture = Mixture(np.array([0.01, 0.99]), _mixture().table, OFFSETS)
    kept = without_small(mixture, least=5, n_rows=100)
    assert kept.weights.tolist() == [1.0]
    assert kept.table.shape == (7, 1)
