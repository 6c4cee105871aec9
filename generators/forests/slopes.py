"""Lines within leaves: how a numeric column goes with earlier ones inside each leaf.

A leaf is wide where a person's neighbours are few. Within it the column often still rises with an
earlier one; drawing a number from anywhere in the leaf would lose that. So each leaf has a ridge
regression on the earlier columns that matter most, on the rank scale, and kernels of what is left
over. The penalty is chosen for the whole column by leaving one row out, none at all included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

PENALTIES = (0.02, 0.1, 0.5, 2.0)
_GAIN = 0.01  # least relative gain in squared error that slopes must bring


@dataclass(frozen=True)
class Slopes:
    """Ridge coefficients of the leaves.

    Args:
        parents: Positions of the columns looked at, shape (n_slopes,).
        scales: For each of them the place of each code, float32.
        slope: Shape (n_nodes, n_slopes), float32; zero for nodes without a line.
    """

    parents: tuple[int, ...]
    scales: tuple[npt.NDArray[np.float32], ...]
    slope: npt.NDArray[np.float32]

    def shift(
        self, codes: npt.NDArray[np.int32], node: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.float64]:
        """What the lines add at each row, shape (n_rows,)."""
        out = np.zeros(len(node))
        for i, (parent, scale) in enumerate(zip(self.parents, self.scales, strict=True)):
            out += self.slope[node, i] * scale[codes[parent]]
        return out


def strongest(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], leaf: npt.NDArray[np.intp], most: int
) -> npt.NDArray[np.intp]:
    """The columns of `x` that go with `y` most within leaves, at most `most`, in order.

    Args:
        x: Shape (n, p).
        y: Shape (n,).
        leaf: Leaf of each row, numbered from 0, shape (n,).
        most: Number of columns.
    """
    dx, dy = _centred(x, leaf), _centred(y[:, None], leaf)[:, 0]
    inside = np.sqrt((dx**2).sum(axis=0) * (dy**2).sum()) + 1e-12
    strength = np.abs(dx.T @ dy) / inside
    # Correlations below what chance gives in four of a hundred columns are left out.
    picked = np.flatnonzero(strength > 2 / np.sqrt(max(len(y), 1)))
    picked = picked[np.argsort(-strength[picked], kind="stable")][:most]
    return np.sort(picked)


def ridge(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    leaf: npt.NDArray[np.intp],
    penalty: float,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Ridge regressions in all leaves at once.

    Args:
        x: Shape (n, p), on a scale from 0 to 1.
        y: Shape (n,).
        leaf: Leaf of each row, ascending, numbered from 0 without a gap, shape (n,).
        penalty: In rows that vary over the whole scale.

    Returns:
        Slopes, shape (n_leaves, p); what each row is off its leaf's line, shape (n,); and how
        far each row pulls the line to itself, in (0, 1), shape (n,).
    """
    p = x.shape[1]
    sizes = np.bincount(leaf)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    dx, dy = _centred(x, leaf), _centred(y[:, None], leaf)[:, 0]
    gram = np.add.reduceat(dx[:, :, None] * dx[:, None, :], starts, axis=0)
    gram += penalty / 12 * np.eye(p)
    moment = np.add.reduceat(dx * dy[:, None], starts, axis=0)
    inverse = np.linalg.inv(gram)
    slope = np.einsum("lij,lj->li", inverse, moment)
    fitted = np.einsum("ni,ni->n", dx, slope[leaf])
    pulled = np.einsum("nij,nj->ni", inverse[leaf], dx)
    leverage = np.einsum("ni,ni->n", dx, pulled) + 1 / sizes[leaf]
    return slope, dy - fitted, np.minimum(leverage, 0.8)


def choose_penalty(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], leaf: npt.NDArray[np.intp]
) -> float | None:
    """The penalty that leaves least over, or `None` where no line is as good."""
    sizes = np.bincount(leaf)[leaf]
    alone = _centred(y[:, None], leaf)[:, 0] * sizes / np.maximum(sizes - 1, 1)
    best, chosen = (1 - _GAIN) * float(alone @ alone), None
    for penalty in PENALTIES:
        _, off, leverage = ridge(x, y, leaf, penalty)
        off = off / (1 - leverage)
        if (error := float(off @ off)) < best:
            best, chosen = error, penalty
    return chosen


def _centred(x: npt.NDArray[np.float64], leaf: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    sizes = np.maximum(np.bincount(leaf), 1)
    means = np.stack([np.bincount(leaf, weights=column) / sizes for column in x.T], axis=1)
    return x - means[leaf]
