"""Nearest records of mixed type: exact, in chunks, never an n x n matrix.

Distances are Euclidean between the rows of `validation.features.FeatureSpace.scaled`: a number
counts by its rank, a category by whether it is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from validation.features import FeatureSpace

if TYPE_CHECKING:
    import numpy.typing as npt

    from validation.base import Evidence

_CELLS = 1 << 23
"""Distances held at once: 32 MiB of float32."""

TIE = 1e-5
"""Squared distances closer than this are equal: what float32 leaves of a sum of products."""


@dataclass(frozen=True)
class Neighbors:
    """The nearest points of each query, nearest first.

    Args:
        squared: Squared distances, shape (n_queries, k) float64.
        rows: Positions of the points, shape (n_queries, k).
    """

    squared: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]

    @property
    def distances(self) -> npt.NDArray[np.float64]:
        """Distances, shape (n_queries, k)."""
        return np.sqrt(self.squared)


def nearest(
    queries: npt.NDArray[np.float32], points: npt.NDArray[np.float32], k: int = 1
) -> Neighbors:
    """The `k` nearest points of each query, by brute force.

    Candidates come from float32 products; their distances are then worked out from differences,
    so that a copy is at distance 0 exactly.

    Args:
        queries: Shape (n_queries, n_features).
        points: Shape (n_points, n_features), at least `k` of them.
        k: How many.
    """
    n, p = len(queries), len(points)
    rows = np.empty((n, k), dtype=np.int64)
    half_norms = np.einsum("ij,ij->i", points, points) / 2
    step = max(1, _CELLS // max(p, 1))
    flipped = np.ascontiguousarray(points.T)
    for begin in range(0, n, step):
        block = queries[begin : begin + step]
        # |q - p|^2 / 2 without |q|^2, which is the same for all points.
        closeness = half_norms - block @ flipped
        if k == 1:
            rows[begin : begin + step, 0] = closeness.argmin(axis=1)
        else:
            rows[begin : begin + step] = np.argpartition(closeness, k - 1, axis=1)[:, :k]
    squared = np.empty((n, k))
    for column in range(k):
        difference = queries - points[rows[:, column]]
        squared[:, column] = np.einsum("ij,ij->i", difference, difference, dtype=np.float64)
    order = np.argsort(squared, axis=1, kind="stable")
    return Neighbors(
        np.take_along_axis(squared, order, axis=1), np.take_along_axis(rows, order, axis=1)
    )


def real_space(evidence: Evidence) -> FeatureSpace:
    """The space learnt on all real rows together, once for all checks.

    Learnt on train alone, a category that only fresh rows have would share one code with all
    others of its sort, and a fresh row would look different for not having been there.
    """
    space = evidence.cache.get("neighbors/space")
    if not isinstance(space, FeatureSpace):
        import pandas as pd

        real = evidence.train
        if evidence.fresh is not None:
            frames = [evidence.train.frame, evidence.fresh.frame]
            real = real.with_frame(pd.concat(frames, ignore_index=True))
        space = FeatureSpace.learn(real)
        evidence.cache["neighbors/space"] = space
    return space
