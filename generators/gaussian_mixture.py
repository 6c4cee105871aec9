"""Mixtures of Gaussians with full covariances, each of which enough rows stand behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_CHUNK = 1 << 12  # rows that are looked at together
_ROUNDS = 40
_FIRST = 1
_TIMES = 4  # as many components on the next step of the ladder


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of Gaussians.

    Args:
        weights: Of the components, adding up to one, shape (n_components,).
        means: Shape (n_components, n_dimensions).
        factors: Lower Cholesky factors of the covariances, shape
            (n_components, n_dimensions, n_dimensions).
    """

    weights: Floats
    means: Floats
    factors: Floats

    @cached_property
    def _whitening(self) -> Floats:
        return np.asarray(np.linalg.inv(self.factors), dtype=np.float64)

    def log_joint(self, x: Floats) -> Floats:
        """Log density of component and point together, shape (n, n_components)."""
        shifts = np.einsum("kij,kj->ki", self._whitening, self.means)
        white = np.einsum("nj,kij->nki", x, self._whitening, optimize=True) - shifts
        volume = np.log(np.diagonal(self.factors, axis1=1, axis2=2)).sum(axis=1)
        constant = np.log(self.weights) - volume - 0.5 * x.shape[1] * np.log(2 * np.pi)
        return np.asarray(constant - 0.5 * (white**2).sum(axis=2))

    def log_prob(self, x: Floats) -> Floats:
        """Log density of each point, (n, n_dimensions) to (n,)."""
        return np.concatenate([_log_sum(self.log_joint(part))[:, 0] for part in _parts(x)])

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """New points, shape (n, n_dimensions)."""
        component = np.sort(rng.choice(len(self.weights), size=n, p=self.weights))
        noise = rng.normal(size=(n, self.means.shape[1]))
        ends = np.cumsum(np.bincount(component, minlength=len(self.weights)))
        spread = [
            part @ factor.T
            for part, factor in zip(np.split(noise, ends[:-1]), self.factors, strict=True)
        ]
        points = self.means[component] + np.concatenate(spread)
        return np.asarray(points[rng.permutation(n)])


def learn_gaussian_mixture(
    x: Floats, held_out: Floats, *, most: int, least: float, floor: float, rng: np.random.Generator
) -> GaussianMixture:
    """The mixture with the number of components that points held out find most likely.

    Reference: Dempster, Laird, Rubin (1977), Maximum likelihood from incomplete data via the EM
    algorithm.

    Args:
        x: Points, shape (n, n_dimensions).
        held_out: Others, to choose by.
        most: Components at most.
        least: Points behind each component at least; others are left out.
        floor: Added to each variance, which keeps a component from closing in on a point.
        rng: Where components begin.
    """
    number = _FIRST
    best = _fitted(x, number, least, floor, rng)
    highest = float(best.log_prob(held_out).mean())
    while (number := number * _TIMES) <= min(most, len(x) / (2 * least)):
        mixture = _fitted(x, number, least, floor, rng)
        found = float(mixture.log_prob(held_out).mean())
        if found <= highest:
            break
        best, highest = mixture, found
    return best


def _fitted(
    x: Floats, number: int, least: float, floor: float, rng: np.random.Generator
) -> GaussianMixture:
    """So many components by expectation maximisation, fewer where points don't stand behind them.

    Each component is pulled to the covariance of all points by as many points as there are
    dimensions, so that it can be told from few of them.
    """
    n, size = x.shape
    whole = np.atleast_2d(np.cov(x.T, bias=True)) + floor * np.eye(size)
    mixture = GaussianMixture(
        np.full(number, 1 / number),
        x[rng.choice(n, size=number, replace=False)] if number > 1 else x.mean(axis=0)[None],
        np.repeat(np.linalg.cholesky(whole / number ** (1 / size))[None], number, axis=0),
    )
    for _ in range(_ROUNDS if number > 1 else 1):
        count = np.zeros(len(mixture.weights))
        first = np.zeros_like(mixture.means)
        second = np.zeros_like(mixture.factors)
        for part in _parts(x):
            joint = mixture.log_joint(part)
            share = np.exp(joint - _log_sum(joint))
            count += share.sum(axis=0)
            first += share.T @ part
            outer = (part[:, :, None] * part[:, None, :]).reshape(len(part), -1)
            second += (share.T @ outer).reshape(second.shape)
        kept = count >= least
        kept[count.argmax()] = True
        count, first, second = count[kept], first[kept], second[kept]
        means = first / count[:, None]
        spread = second - count[:, None, None] * means[:, :, None] * means[:, None, :]
        pulled = spread + size * whole / len(count) ** (2 / size)
        covariances = pulled / (count + size)[:, None, None] + floor * np.eye(size)
        mixture = GaussianMixture(count / count.sum(), means, np.linalg.cholesky(covariances))
    return mixture


def _log_sum(joint: Floats) -> Floats:
    most = joint.max(axis=1, keepdims=True)
    return np.asarray(most + np.log(np.exp(joint - most).sum(axis=1, keepdims=True)))


def _parts(x: Floats) -> Iterator[Floats]:
    for begin in range(0, len(x), _CHUNK):
        yield x[begin : begin + _CHUNK]
