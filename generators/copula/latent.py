"""Correlated normal numbers of which only bounds are known: draws of them, and how probable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_SWEEPS = 25  # of Gibbs sampling, from a start that is nearly right
_POINTS = 128  # of the quasi-random rule
_AT_ONCE = 1 << 20  # rows times points


def draw_between(root: Floats, low: Floats, high: Floats, rng: np.random.Generator) -> Floats:
    """Draw normal numbers given bounds of each, shape (n_latents, n).

    Where all that is bounded is known exactly, or is a single latent, the draw is exact; else it
    is by Gibbs sampling from the sequential draw of Geweke, Hajivassiliou and Keane.

    Args:
        root: Lower triangular root of their correlation, (n_latents, n_latents).
        low: Lower bounds, (n_latents, n); minus infinity for none.
        high: Upper bounds; a number whose bounds are equal is known.
        rng: Draws them.
    """
    correlation = root @ root.T
    bounded = np.flatnonzero((np.isfinite(low) | np.isfinite(high)).any(axis=1))
    free = np.setdiff1d(np.arange(len(root)), bounded)
    # What is known comes first, so that what follows is drawn given it.
    known = (low[bounded] == high[bounded]).mean(axis=1)
    bounded = bounded[np.argsort(-known, kind="stable")]
    n = low.shape[1]
    out = np.empty((len(root), n))
    inner = correlation[np.ix_(bounded, bounded)]
    a, b = low[bounded], high[bounded]
    out[bounded] = _sequential(_root(inner), a, b, rng.random(a.shape))[0]
    if (a != b).any(axis=1).sum() > 1:
        out[bounded] = _swept(
            np.asarray(np.linalg.inv(inner), dtype=np.float64), out[bounded], a, b, rng
        )
    if len(free):
        across = correlation[np.ix_(free, bounded)]
        weights = np.linalg.solve(inner, across.T).T
        rest = correlation[np.ix_(free, free)] - weights @ across.T
        # Rounding may take the smallest eigenvalue below zero.
        values, vectors = np.linalg.eigh((rest + rest.T) / 2)
        spread = vectors * np.sqrt(np.maximum(values, 0.0))
        out[free] = weights @ out[bounded] + spread @ rng.standard_normal((len(free), n))
    return out


def log_between(root: Floats, low: Floats, high: Floats) -> Floats:
    """Log of the density of what is known times the probability of the other bounds, (n,).

    By the sequential simulator of Geweke, Hajivassiliou and Keane on a fixed quasi-random rule:
    exact where at most one latent is not known, else within a few percent of the probability.

    Reference: Genz, Bretz (2009), Computation of multivariate normal and t probabilities, section
    4.2.2.

    Args:
        root: Lower triangular root of the correlation, (n_latents, n_latents).
        low: Lower bounds, (n_latents, n).
        high: Upper bounds; a number whose bounds are equal is known.
    """
    m, n = low.shape
    if not m:
        return np.zeros(n)
    order = np.argsort(-(low == high).mean(axis=1), kind="stable")
    correlation = root @ root.T
    ordered = _root(correlation[np.ix_(order, order)])
    # Richtmyer's rule: multiples of the roots of primes, folded so that it is smooth at the ends.
    points = np.outer(np.sqrt(_primes(m)), np.arange(1, _POINTS + 1)) % 1.0
    points = np.clip(np.abs(2 * points - 1), 1e-9, 1 - 1e-9)
    out = np.empty(n)
    step = max(1, _AT_ONCE // _POINTS)
    for begin in range(0, n, step):
        part = slice(begin, begin + step)
        a = np.repeat(low[order, part], _POINTS, axis=1)
        b = np.repeat(high[order, part], _POINTS, axis=1)
        rows = a.shape[1] // _POINTS
        logs = _sequential(ordered, a, b, np.tile(points, rows))[1].reshape(rows, _POINTS)
        top = logs.max(axis=1, keepdims=True)
        safe = np.where(np.isfinite(top), top, 0.0)
        with np.errstate(divide="ignore"):
            out[part] = safe[:, 0] + np.log(np.exp(logs - safe).mean(axis=1))
    return out


def _sequential(root: Floats, low: Floats, high: Floats, u: Floats) -> tuple[Floats, Floats]:
    """Latents drawn one after the other between their bounds, and the log of how probable.

    Args:
        root: Lower triangular root of the correlation, (m, m).
        low: Lower bounds, (m, n).
        high: Upper bounds.
        u: Where between the bounds, in (0, 1), as a share of the probability there; (m, n).
    """
    from scipy.special import ndtr

    m, n = low.shape
    steps, out, log = np.empty((m, n)), np.empty((m, n)), np.zeros(n)
    for j in range(m):
        mean, scale = root[j, :j] @ steps[:j], float(root[j, j])
        a, b = (low[j] - mean) / scale, (high[j] - mean) / scale
        known = low[j] == high[j]
        steps[j] = np.where(known, a, _truncated(a, b, u[j]))
        out[j] = np.where(known, low[j], mean + scale * steps[j])
        flip = a > 0
        share = ndtr(np.where(flip, -a, b)) - ndtr(np.where(flip, -b, a))
        with np.errstate(divide="ignore"):
            between = np.log(np.maximum(share, 0.0))
        point = -0.5 * np.where(known, a, 0.0) ** 2 - 0.5 * np.log(2 * np.pi) - np.log(scale)
        log += np.where(known, point, between)
    return out, log


def _swept(
    precision: Floats, start: Floats, low: Floats, high: Floats, rng: np.random.Generator
) -> Floats:
    """Gibbs sampling of the latents that are not known, from a start."""
    z = start.copy()
    moving = [j for j in range(len(z)) if (low[j] != high[j]).any()]
    for _ in range(_SWEEPS):
        for j in moving:
            scale = float(1.0 / np.sqrt(precision[j, j]))
            mean = z[j] - precision[j] @ z / precision[j, j]
            a, b = (low[j] - mean) / scale, (high[j] - mean) / scale
            drawn = mean + scale * _truncated(a, b, rng.random((z.shape[1],)))
            z[j] = np.where(low[j] == high[j], low[j], np.clip(drawn, low[j], high[j]))
    return z


def _truncated(a: Floats, b: Floats, u: Floats) -> Floats:
    """The standard normal number a share `u` of the way between two bounds, in probability."""
    from scipy.special import ndtr, ndtri

    # In the lower tail probabilities have all their digits.
    flip = a > 0
    low, high = np.where(flip, -b, a), np.where(flip, -a, b)
    below = ndtr(low)
    share = np.where(flip, 1 - u, u)
    z = ndtri(below + share * (ndtr(high) - below))
    z = np.clip(np.nan_to_num(z, neginf=-38.0, posinf=38.0), low, high)
    return np.asarray(np.where(flip, -z, z), dtype=np.float64)


def _root(correlation: Floats) -> Floats:
    return np.asarray(np.linalg.cholesky(correlation), dtype=np.float64)


def _primes(count: int) -> npt.NDArray[np.int64]:
    """The first primes."""
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return np.array(found)
