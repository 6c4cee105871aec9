"""What a tree is grown to predict, and the order it compares categories in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

MOMENTS = 6
_MOST_CLASSES = 16
_PRIOR_ROWS = 10.0


def ordered_outputs(symbol: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Cosines of a column's middle ranks, shape (n, MOMENTS).

    A tree that predicts the rank alone splits where the mean changes; one that predicts a few
    cosines of it splits wherever the distribution does: its spread, its modes, its spikes. The
    j-th has the weight j ** -1/2, so that coarse differences count more than fine ones.

    Args:
        symbol: Codes that have an order, shape (n,).
    """
    counts = np.bincount(symbol)
    middle = (np.cumsum(counts) - counts / 2) / len(symbol)
    order = np.arange(1, MOMENTS + 1)
    table = np.cos(np.pi * middle[:, None] * order) / np.sqrt(order)
    return np.asarray(table[symbol])


def class_outputs(
    symbol: npt.NDArray[np.int32], classes: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Indicators of classes, shape (n, classes), or as many random mixtures of them as are cheap.

    Splits by the variance of indicators are splits by Gini impurity. Random mixtures keep
    distances between class shares in expectation, so many classes cost no more than a few.

    Reference: Johnson, Lindenstrauss (1984), Extensions of Lipschitz mappings.

    Args:
        symbol: Codes without an order, shape (n,).
        classes: Number of codes.
        rng: Where the mixtures come from.
    """
    if classes <= _MOST_CLASSES:
        table = np.eye(classes)
    else:
        table = rng.standard_normal((classes, _MOST_CLASSES)) / np.sqrt(_MOST_CLASSES)
    return np.asarray(table[symbol])


def ranks_by_outputs(
    codes: npt.NDArray[np.int32], cardinality: int, outputs: npt.NDArray[np.float64]
) -> npt.NDArray[np.int32]:
    """The rank of each category along the main direction of the means of `outputs`.

    Reference: Coppersmith, Hong, Hosking (1999), Partitioning nominal attributes in decision
    trees, section 3. Differs from the paper: one order serves the whole tree, and rare categories
    are drawn to the centre.

    Args:
        codes: Categories, shape (n,).
        cardinality: Number of categories.
        outputs: What the tree predicts, shape (n, n_outputs).

    Returns:
        Shape (cardinality,).
    """
    counts = np.bincount(codes, minlength=cardinality).astype(np.float64)
    sums = [np.bincount(codes, weights=y, minlength=cardinality) for y in outputs.T]
    centre = outputs.mean(axis=0)
    pulled = np.stack(sums, axis=1) + _PRIOR_ROWS * centre
    means = pulled / (counts + _PRIOR_ROWS)[:, None] - centre
    weighted = means * np.sqrt(counts)[:, None]
    direction = np.linalg.eigh(weighted.T @ weighted)[1][:, -1]
    rank = np.empty(cardinality, dtype=np.int32)
    rank[np.argsort(means @ direction, kind="stable")] = np.arange(cardinality, dtype=np.int32)
    return rank
