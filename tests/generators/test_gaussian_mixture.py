"""Mixtures of Gaussians against scipy and on points whose mixture is known."""

from __future__ import annotations

import numpy as np
from scipy.stats import multivariate_normal

from generators.gaussian_mixture import GaussianMixture, learn_gaussian_mixture
from tabular.seeding import Seed

TWO = GaussianMixture(
    weights=np.array([0.3, 0.7]),
    means=np.array([[-4.0, 0.0], [4.0, 1.0]]),
    factors=np.linalg.cholesky(
        np.array([[[1.0, 0.8], [0.8, 1.0]], [[0.5, 0.0], [0.0, 2.0]]]),
    ),
)


def test_the_density_is_the_weighted_sum_of_scipys() -> None:
    x = np.array([[0.0, 0.0], [-4.0, 1.0], [5.0, -2.0]])
    expected = 0.3 * multivariate_normal([-4, 0], [[1, 0.8], [0.8, 1]]).pdf(x)
    expected += 0.7 * multivariate_normal([4, 1], [[0.5, 0], [0, 2]]).pdf(x)
    np.testing.assert_allclose(np.exp(TWO.log_prob(x)), expected, rtol=1e-10)


def test_points_are_drawn_from_it() -> None:
    x = TWO.draw(20_000, Seed(0).generator())
    right = x[:, 0] > 0
    # Five standard errors: of a share .016, of means .05, of the covariance .09.
    assert abs(right.mean() - 0.7) < 0.017
    np.testing.assert_allclose(x[~right].mean(axis=0), [-4, 0], atol=0.07)
    np.testing.assert_allclose(np.cov(x[~right].T), [[1.0, 0.8], [0.8, 1.0]], atol=0.1)
    np.testing.assert_allclose(np.cov(x[right].T), [[0.5, 0.0], [0.0, 2.0]], atol=0.13)


def test_it_is_found_again_as_good_as_the_truth() -> None:
    rng = Seed(0).generator()
    x, held_out, fresh = (TWO.draw(n, rng) for n in (3000, 1000, 4000))
    found = learn_gaussian_mixture(x, held_out, most=64, least=5, floor=1e-4, rng=rng)
    assert len(found.weights) > 1
    # A nat in a hundred: some thirty parameters of 3,000 points cost half of that.
    assert TWO.log_prob(fresh).mean() - found.log_prob(fresh).mean() < 0.02


def test_one_gaussian_is_enough_for_one() -> None:
    rng = Seed(1).generator()
    x = rng.normal(size=(600, 3))
    found = learn_gaussian_mixture(x[:400], x[400:], most=64, least=5, floor=0.0, rng=rng)
    assert len(found.weights) == 1
    np.testing.assert_allclose(found.means[0], x[:400].mean(axis=0), atol=1e-12)


def test_points_stand_behind_every_component() -> None:
    rng = Seed(2).generator()
    x = rng.normal(size=(300, 2)) + 50 * rng.integers(0, 4, size=(300, 1))
    found = learn_gaussian_mixture(x[:200], x[200:], most=64, least=5, floor=1e-3, rng=rng)
    assert len(found.weights) > 1
    assert (found.weights * 200 >= 5 - 1e-9).all()
