"""Bounded normal numbers against formulas, SciPy's integration and plain rejection."""

from __future__ import annotations

import numpy as np
from scipy.stats import multivariate_normal

from generators.copula.latent import draw_between, log_between

CORRELATION = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])
ROOT = np.linalg.cholesky(CORRELATION)
FREE = np.inf


def test_what_follows_a_known_number_has_its_conditional_distribution() -> None:
    n = 40_000
    low, high = np.full((3, n), -FREE), np.full((3, n), FREE)
    low[0] = high[0] = 1.5
    z = draw_between(ROOT, low, high, np.random.default_rng(0))
    assert (z[0] == 1.5).all()
    expected = np.array([[0.64, 0.38], [0.38, 0.91]])  # R_ff - r r'
    # Five standard errors: of the means 5 / sqrt(n), of the covariances 5 sqrt(2 / n).
    np.testing.assert_allclose(z[1:].mean(axis=1), [0.9, -0.45], atol=0.025)
    np.testing.assert_allclose(np.cov(z[1:]), expected, atol=0.036)


def test_draws_between_bounds_are_those_that_rejection_leaves() -> None:
    n, rng = 40_000, np.random.default_rng(0)
    plain = ROOT @ rng.standard_normal((3, 1_000_000))
    left = plain[:, (plain[0] > 0.5) & (plain[1] < 0.0) & (plain[1] > -1.0)]
    low = np.tile([[0.5], [-1.0], [-FREE]], n)
    high = np.tile([[FREE], [0.0], [FREE]], n)
    z = draw_between(ROOT, low, high, rng)
    assert (z >= low).all()
    assert (z <= high).all()
    np.testing.assert_allclose(z.mean(axis=1), left.mean(axis=1), atol=0.03)
    np.testing.assert_allclose(np.cov(z), np.cov(left), atol=0.05)


def test_a_probability_is_that_of_scipy() -> None:
    low = np.array([[-FREE, 0.5, -1.0], [0.0, -FREE, 1.0], [-0.5, 1.0, -FREE]]).T
    high = np.array([[0.3, FREE, 0.5], [FREE, 0.0, 2.0], [0.5, FREE, FREE]]).T
    found = np.exp(log_between(ROOT, low, high))
    normal = multivariate_normal(np.zeros(3), CORRELATION)
    expected = [normal.cdf(high[:, i], lower_limit=low[:, i]) for i in range(3)]
    np.testing.assert_allclose(found, expected, rtol=0.03)


def test_a_density_of_known_numbers_is_exact() -> None:
    z = np.random.default_rng(0).normal(size=(3, 50))
    expected = multivariate_normal(np.zeros(3), CORRELATION).logpdf(z.T)
    np.testing.assert_allclose(log_between(ROOT, z, z), expected, rtol=1e-9)


def test_bounds_far_out_are_held_too() -> None:
    low, high = np.tile([[7.0], [-9.0], [-FREE]], 50), np.tile([[8.0], [-8.0], [FREE]], 50)
    z = draw_between(ROOT, low, high, np.random.default_rng(0))
    assert (z >= low).all()
    assert (z <= high).all()
    assert np.isfinite(z).all()
