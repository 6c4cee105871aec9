"""The distribution of one numeric column: heavy values exactly, the others by averaged knots.

A quantile function in pieces. A piece is either an atom, one value that at least k subjects share,
or a stretch between two knots in which values are spread evenly. A knot is the mean of at least k
subjects' neighbouring values, so nothing in here belongs to fewer than k subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Marginal:
    """A quantile function in pieces.

    Args:
        edges: Cumulative probability where each piece begins, and 1; increasing, shape (p + 1,).
        left: Value at the beginning of each piece, shape (p,).
        right: Value at its end, shape (p,); an atom's equals its left.
    """

    edges: npt.NDArray[np.float64]
    left: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]

    @staticmethod
    def fit(
        values: npt.NDArray[np.float64],
        *,
        owners: npt.NDArray[np.int64] | None = None,
        k: int,
        knots: int = 500,
    ) -> Marginal | None:
        """The distribution of some values.

        Args:
            values: Finite numbers, shape (n,). The smallest and the largest bound what is drawn,
                so each must be shared by k subjects, as the codecs' clipping makes sure.
            owners: The subject of each value, shape (n,); `None` where each is its own.
            k: Subjects that must stand behind an atom or a knot.
            knots: Most knots that the values between the atoms are summed up by.

        Returns:
            The distribution, or `None` where nothing is backed by k subjects.
        """
        if not len(values):
            return None
        unique, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        if owners is None:
            backing = counts
        else:
            pairs = np.unique(owners * len(unique) + inverse)
            backing = np.bincount(pairs % len(unique), minlength=len(unique))
        heavy = backing >= k
        if owners is None:
            # Values come out of `unique` in order, so the rows need no sorting of their own.
            light, light_owners = np.repeat(unique[~heavy], counts[~heavy]), None
        else:
            rows = np.flatnonzero(~heavy[inverse])
            rows = rows[np.argsort(values[rows], kind="stable")]
            light, light_owners = values[rows], owners[rows]
        x, below = _knots(light, light_owners, k, knots, (float(unique[0]), float(unique[-1])))
        return _merge(unique[heavy], counts[heavy].astype(np.float64), x, below)

    def quantile(self, u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The value below which a share `u` lies, for `u` in [0, 1); any shape."""
        piece = np.searchsorted(self.edges[1:-1], u, side="right")
        left = self.left[piece]
        # An atom's slope is zero, so that its value comes out to the last bit.
        slope = (self.right - self.left) / np.diff(self.edges)
        return left + (u - self.edges[piece]) * slope[piece]

    def cdf(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The mid-distribution: the share below a value plus half the share at it; any shape."""
        last = len(self.left) - 1
        first_right = np.minimum(np.searchsorted(self.right, values, side="left"), last)
        last_left = np.maximum(np.searchsorted(self.left, values, side="right") - 1, 0)
        return 0.5 * (
            self._up_to(first_right, values, at_atom=0.0)
            + self._up_to(last_left, values, at_atom=1.0)
        )

    def pieces(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The piece each value lies in, shape as given; an atom's value lies in the atom."""
        return np.searchsorted(self.edges[1:-1], self.cdf(values), side="right").astype(np.int64)

    def log_density(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Log of an atom's probability, or of a stretch's density; any shape.

        Values beyond the outermost pieces are taken as lying at their ends.
        """
        piece = self.pieces(np.clip(values, self.left[0], self.right[-1]))
        width = self.right - self.left
        log_width = np.log(np.where(width > 0, width, 1.0))
        return np.asarray((np.log(np.diff(self.edges)) - log_width)[piece], dtype=np.float64)

    def _up_to(
        self, piece: npt.NDArray[np.intp], values: npt.NDArray[np.float64], *, at_atom: float
    ) -> npt.NDArray[np.float64]:
        """The probability up to a value that lies in, or next to, a known piece."""
        left, width = self.left[piece], (self.right - self.left)[piece]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.clip((values - left) / width, 0.0, 1.0)
        here = np.where(values < left, 0.0, np.where(values > left, 1.0, at_atom))
        share = np.where(width > 0, share, here)
        return self.edges[piece] + share * np.diff(self.edges)[piece]


def _knots(
    values: npt.NDArray[np.float64],
    owners: npt.NDArray[np.int64] | None,
    k: int,
    most: int,
    bounds: tuple[float, float],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Knots of sorted values, and how many values lie below each; empty where k lack."""
    n = len(values)
    bins = min(most, n // k)
    while bins:
        of = np.arange(n) * bins // n
        if owners is None or _least_backing(of, owners, bins) >= k:
            break
        bins //= 2
    if not bins:
        return np.empty(0), np.empty(0)
    starts = np.searchsorted(of, np.arange(bins))
    size = np.diff(starts, append=n)
    mean = np.add.reduceat(values, starts) / size
    # Half of the outer bins' values lie beyond their means: as far as an even spread would reach.
    ends = (values[: size[0]], values[-size[-1] :])
    low, high = (float(np.sqrt(3.0) * part.std()) for part in ends)
    x = np.concatenate([[mean[0] - low], mean, [mean[-1] + high]])
    below = np.concatenate([[0.0], np.cumsum(size) - size / 2.0, [float(n)]])
    return np.clip(x, *bounds), below


def _least_backing(of: npt.NDArray[np.int64], owners: npt.NDArray[np.int64], bins: int) -> int:
    """The smallest number of different owners in any bin."""
    return int(np.bincount(np.unique(owners * bins + of) % bins, minlength=bins).min())


def _merge(
    atoms: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    x: npt.NDArray[np.float64],
    below: npt.NDArray[np.float64],
) -> Marginal | None:
    """Atoms and stretches in one increasing quantile function."""
    if len(x):
        cuts = np.unique(np.concatenate([x, atoms[(atoms > x[0]) & (atoms < x[-1])]]))
        # Where several knots fall on one value, the mass between them is an atom's.
        first = np.searchsorted(x, cuts, side="left")
        last = np.searchsorted(x, cuts, side="right") - 1
        at = np.interp(cuts, x, below)
        lower = np.where(first <= last, below[np.minimum(first, len(x) - 1)], at)
        upper = np.where(first <= last, below[np.maximum(last, 0)], at)
        left = np.concatenate([atoms, cuts[:-1], cuts])
        right = np.concatenate([atoms, cuts[1:], cuts])
        mass = np.concatenate([weights, lower[1:] - upper[:-1], upper - lower])
    else:
        left, right, mass = atoms, atoms, weights
    # Rounding leaves slivers where two knots or a knot and an atom meet.
    there = mass > 1e-9 * mass.sum()
    if not there.any():
        return None
    left, right, mass = left[there], right[there], mass[there]
    # A stretch that starts at an atom comes after it; the stretch that ends there starts before.
    order = np.lexsort((right > left, left))
    mass = mass[order] / mass.sum()
    edges = np.concatenate([[0.0], np.cumsum(mass)])
    edges[-1] = 1.0
    return Marginal(edges, left[order], right[order])
