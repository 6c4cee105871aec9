"""The correlation of latent normal numbers, from the covariance of what is seen of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generators.copula.columns import cell_means

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_TERMS = 24  # of the Hermite series; what is cut off at |r| = .9 is below .9^24 of a variance
_FEWEST = 10  # rows that have both of two scores


def latent_root(covariance: Floats, shared: Floats, edges: list[Floats]) -> Floats:
    """A lower triangular root of the latent correlation, shape (n_latents, n_latents).

    Args:
        covariance: Of the scores, shape (n_latents, n_latents).
        shared: Rows that have both of two scores.
        edges: Of each latent: cumulative probability at the ends of its cells.
    """
    if not edges:
        return np.zeros((0, 0))
    latent = invert_covariance(covariance, np.column_stack([hermite(e) for e in edges]))
    # Pairs that are hardly ever seen together tell nothing.
    latent[shared < _FEWEST] = 0.0
    np.fill_diagonal(latent, 1.0)
    return np.asarray(np.linalg.cholesky(valid(_shrunk(latent, shared))), dtype=np.float64)


def hermite(edges: Floats) -> Floats:
    """Coefficients of a cell's score as a series in normalised Hermite polynomials, (_TERMS,).

    With h_k the k-th normalised polynomial, the integral of h_k times the normal density over a
    cell from a to b is (f(a) h_{k-1}(a) - f(b) h_{k-1}(b)) / sqrt(k), f being the density.
    """
    from scipy.special import ndtri

    z = ndtri(edges)
    z[[0, -1]] = 0.0  # the density is zero out there, whatever the polynomial
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    density[[0, -1]] = 0.0
    means = cell_means(edges)
    previous, current = np.zeros_like(z), np.ones_like(z)
    out = np.empty(_TERMS)
    for k in range(1, _TERMS + 1):
        out[k - 1] = -np.diff(density * current) @ means / np.sqrt(k)
        # h_k = (z h_{k-1} - sqrt(k-1) h_{k-2}) / sqrt(k)
        previous, current = current, (z * current - np.sqrt(k - 1.0) * previous) / np.sqrt(k)
    return out


def invert_covariance(covariance: Floats, series: Floats) -> Floats:
    """Latent correlations under which the scores have this covariance (Mehler's formula).

    The covariance is the sum over k of r^k a_k b_k, which grows with r: bisection, all pairs at
    once.
    """
    products = series[:, :, None] * series[:, None, :]
    low, high = np.full_like(covariance, -0.995), np.full_like(covariance, 0.995)
    for _ in range(30):
        middle = 0.5 * (low + high)
        value = np.zeros_like(middle)
        for term in products[::-1]:
            value = middle * (value + term)
        above = value > covariance
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    return 0.5 * (low + high)


def _shrunk(correlation: Floats, pairs: Floats) -> Floats:
    """Drawn towards independence as far as the sampling error of the estimates asks for."""
    off = ~np.eye(len(correlation), dtype=bool)
    squares = float((correlation[off] ** 2).sum())
    if not squares:
        return correlation
    variance = float(((1 - correlation[off] ** 2) ** 2 / np.maximum(pairs[off] - 1, 1)).sum())
    out = correlation * (1 - min(1.0, variance / squares))
    np.fill_diagonal(out, 1.0)
    return out


def valid(correlation: Floats) -> Floats:
    """The matrix with its eigenvalues raised to a small positive number and a unit diagonal."""
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    if values[0] >= 1e-6:  # noqa: PLR2004  far enough from singular for a triangular root
        return correlation
    raised = (vectors * np.maximum(values, 1e-5)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(raised))
    return np.asarray(raised * scale * scale[:, None], dtype=np.float64)
