"""Rows of context in groups that behave alike: leaves of one shallow tree.

What the tree holds are ends of quantile bins and names of frequent categories, each backed by
enough subjects; what it looks at are bins, so that any row finds its leaf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.relations.context import Context

_BINS, _LEVELS = 16, 12


class Clusters(BaseModel):
    """A shallow tree over binned context.

    Args:
        edges: Ends of the bins of each number, by name.
        levels: The frequent categories of each text, by name.
        left: The node that follows where a bin is at most the threshold, per node; -1 in a leaf.
        right: The node that follows otherwise.
        feature: Which bin is looked at.
        threshold: In bins.
        leaf: Number of each leaf, -1 for an inner node.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: dict[str, tuple[float, ...]]
    levels: dict[str, tuple[str, ...]]
    left: tuple[int, ...]
    right: tuple[int, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    leaf: tuple[int, ...]

    @classmethod
    def learn(
        cls,
        context: Context,
        outputs: npt.NDArray[np.float64],
        *,
        owners: npt.NDArray[np.int64],
        weights: npt.NDArray[np.float64] | None = None,
        least: int,
        most: int,
        backing: int,
        seed: int,
    ) -> Self:
        """Leaves within which `outputs` vary least.

        Args:
            context: What rows are told apart by.
            outputs: What they should be alike in, shape (n_rows, n_outputs).
            owners: The subject of each row, shape (n_rows,).
            weights: How much each row counts, shape (n_rows,).
            least: Fewest rows of a leaf.
            most: Most leaves.
            backing: Fewest subjects behind an edge or a category.
            seed: Decides between equally good splits.
        """
        from sklearn.tree import DecisionTreeRegressor

        # Of each subject one row counts, so that no edge is one person's.
        first = np.unique(owners, return_index=True)[1]
        edges = {name: _edges(cells[first], backing) for name, cells in context.numbers.items()}
        levels = {
            name: _levels(codes, labels, owners, backing)
            for name, (codes, labels) in context.words.items()
        }
        blank = cls(
            edges=edges, levels=levels, left=(-1,), right=(-1,), feature=(0,), threshold=(0.0,),
            leaf=(0,),
        )  # fmt: skip
        bins = blank.bins(context)
        if not bins.shape[1] or context.n_rows < 2 * least or most < 2:  # noqa: PLR2004  no split
            return blank
        tree = DecisionTreeRegressor(min_samples_leaf=least, max_leaf_nodes=most, random_state=seed)
        grown = tree.fit(bins, outputs, sample_weight=weights).tree_
        is_leaf = grown.children_left < 0
        number = np.where(is_leaf, np.cumsum(is_leaf) - 1, -1)
        return cls(
            edges=edges,
            levels=levels,
            left=tuple(grown.children_left.tolist()),
            right=tuple(grown.children_right.tolist()),
            feature=tuple(np.maximum(grown.feature, 0).tolist()),
            threshold=tuple(grown.threshold.tolist()),
            leaf=tuple(number.tolist()),
        )

    @property
    def n_leaves(self) -> int:
        """How many groups there are."""
        return max(self.leaf) + 1

    def bins(self, context: Context) -> npt.NDArray[np.float32]:
        """Bins of each number, one column for each frequent category. (n_rows, n_bins)."""
        parts = []
        for name, ends in self.edges.items():
            cells = context.numbers[name]
            place = np.searchsorted(np.asarray(ends), cells, side="right")
            parts.append(np.where(np.isnan(cells), -1, place))
        for name, known in self.levels.items():
            codes, labels = context.words[name]
            for level in known:
                is_it = np.append(labels.astype(str) == level, False)
                parts.append(is_it[codes])
        if not parts:
            return np.zeros((context.n_rows, 0), dtype=np.float32)
        return np.stack(parts, axis=1).astype(np.float32)

    def assign(self, context: Context) -> npt.NDArray[np.int64]:
        """The leaf of each row, shape (n_rows,)."""
        bins = self.bins(context)
        left, right = np.asarray(self.left), np.asarray(self.right)
        feature, threshold = np.asarray(self.feature), np.asarray(self.threshold)
        node = np.zeros(context.n_rows, dtype=np.int64)
        rows = np.arange(context.n_rows)
        while len(rows := rows[left[node[rows]] >= 0]):
            at = node[rows]
            below = bins[rows, feature[at]] <= threshold[at]
            node[rows] = np.where(below, left[at], right[at])
        return np.asarray(self.leaf, dtype=np.int64)[node]


def outputs_of(context: Context) -> npt.NDArray[np.float64]:
    """Context as what clusters should be alike in: ranks, and one column for each category.

    Returns:
        Shape (n_rows, n_outputs), centred.
    """
    parts = []
    for cells in context.numbers.values():
        there = ~np.isnan(cells)
        rank = np.full(context.n_rows, 0.5)
        order = np.argsort(np.argsort(cells[there], kind="stable"), kind="stable")
        values, inverse = np.unique(cells[there], return_inverse=True)
        mean = np.bincount(inverse, order, len(values)) / np.maximum(
            np.bincount(inverse, minlength=len(values)), 1
        )
        rank[there] = mean[inverse] / max(there.sum(), 1)
        parts.append(rank)
    for codes, labels in context.words.values():
        counts = np.bincount(codes[codes >= 0], minlength=max(len(labels), 1))
        parts += [(codes == level).astype(float) for level in np.argsort(-counts)[:_LEVELS]]
    if not parts:
        return np.zeros((context.n_rows, 1))
    stacked = np.stack(parts, axis=1)
    return np.asarray(stacked - stacked.mean(axis=0), dtype=np.float64)


def _edges(cells: npt.NDArray[np.float64], backing: int) -> tuple[float, ...]:
    """Ends between bins of enough values, each a mean of as many neighbours."""
    values = np.sort(cells[~np.isnan(cells)])
    n_bins = min(_BINS, len(values) // max(2 * backing, 1))
    if n_bins < 2:  # noqa: PLR2004  one bin has no end inside
        return ()
    ends = np.unique(np.linspace(0, len(values), n_bins + 1)[1:-1].astype(np.int64))
    low, high = np.maximum(ends - backing, 0), np.minimum(ends + backing, len(values))
    total = np.concatenate([[0.0], np.cumsum(values)])
    means = (total[high] - total[low]) / (high - low)
    return tuple(sorted({float(np.float32(mean)) for mean in means}))


def _levels(
    codes: npt.NDArray[np.int64],
    labels: npt.NDArray[np.object_],
    owners: npt.NDArray[np.int64],
    backing: int,
) -> tuple[str, ...]:
    """Names of the commonest categories that enough subjects have."""
    if not len(labels):
        return ()
    there = codes >= 0
    pairs = np.unique(owners[there] * len(labels) + codes[there])
    counts = np.bincount(pairs % len(labels), minlength=len(labels))
    often = np.argsort(-counts, kind="stable")[:_LEVELS]
    return tuple(str(labels[i]) for i in often if counts[i] >= backing)
