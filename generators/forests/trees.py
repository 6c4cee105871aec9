"""Decision trees as flat arrays: grown by scikit-learn, walked without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_STAY = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Trees:
    """Binary trees over integer codes, all in one set of arrays.

    The children of a node stand side by side: a row whose code is at most the threshold goes to
    `child`, any other to `child + 1`. A leaf is its own child.

    Args:
        feature: Which code a node looks at, shape (n_nodes,), int32.
        threshold: Shape (n_nodes,), int32.
        child: Shape (n_nodes,), int32.
        roots: The root of each tree, shape (n_trees,), int32.
    """

    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.int32]
    child: npt.NDArray[np.int32]
    roots: npt.NDArray[np.int32]

    @classmethod
    def single_leaf(cls) -> Self:
        """A tree that asks nothing."""
        zero = np.zeros(1, dtype=np.int32)
        return cls(zero, np.full(1, _STAY, dtype=np.int32), zero, zero)

    @property
    def leaves(self) -> npt.NDArray[np.int32]:
        """Numbers of the nodes that are leaves, shape (n_leaves,)."""
        own = np.arange(len(self.child), dtype=np.int32)
        return np.flatnonzero(self.child == own).astype(np.int32)

    def levels(self) -> list[npt.NDArray[np.int32]]:
        """Numbers of the nodes, by their distance from the root."""
        out, level = [], self.roots
        while len(level):
            out.append(level)
            inner = level[self.child[level] != level]
            level = np.concatenate([self.child[inner], self.child[inner] + 1])
        return out

    def apply(
        self, codes: npt.NDArray[np.int32], tree: npt.NDArray[np.integer] | int
    ) -> npt.NDArray[np.int32]:
        """The leaf each row falls into.

        Args:
            codes: Shape (n_features, n_rows).
            tree: The tree each row walks down, shape (n_rows,), or one for all.

        Returns:
            Numbers of nodes, shape (n_rows,).
        """
        n = codes.shape[1]
        node = np.broadcast_to(self.roots[tree], (n,)).astype(np.int32)
        flat = np.ascontiguousarray(codes).reshape(-1)
        walking = np.arange(n)
        at = node
        offset = self.feature.astype(np.int64) * n
        while len(walking):
            step = self.child[at]
            moving = step != at
            if not moving.all():
                node[walking] = at
                walking, at, step = walking[moving], at[moving], step[moving]
            at = step + (flat[offset[at] + walking] > self.threshold[at])
        return node

    def arrays(self) -> dict[str, npt.NDArray[np.int32]]:
        """The arrays by name."""
        return {
            "feature": self.feature,
            "threshold": self.threshold,
            "child": self.child,
            "roots": self.roots,
        }


def join(trees: list[Trees]) -> Trees:
    """All trees in one."""
    sizes = np.cumsum([0, *(len(t.child) for t in trees)]).astype(np.int32)
    return Trees(
        np.concatenate([t.feature for t in trees]),
        np.concatenate([t.threshold for t in trees]),
        np.concatenate([t.child + s for t, s in zip(trees, sizes[:-1], strict=True)]),
        np.concatenate([t.roots + s for t, s in zip(trees, sizes[:-1], strict=True)]),
    )


def grow(
    codes: npt.NDArray[np.float32],
    outputs: npt.NDArray[np.float64],
    leaf: int,
    seed: int,
) -> Trees:
    """One tree whose splits lessen the variance of `outputs` most.

    Args:
        codes: Whole numbers, shape (n_rows, n_features), C-contiguous.
        outputs: Shape (n_rows, n_outputs).
        leaf: Fewest rows in a leaf.
        seed: Decides between equally good splits.
    """
    from sklearn.tree import DecisionTreeRegressor

    model = DecisionTreeRegressor(min_samples_leaf=leaf, random_state=seed)
    grown = model.fit(codes, outputs, check_input=False).tree_
    return _flatten(grown.children_left, grown.children_right, grown.feature, grown.threshold)


def _flatten(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    feature: npt.NDArray[np.int64],
    threshold: npt.NDArray[np.float64],
) -> Trees:
    """Number the nodes level by level, children side by side."""
    n = len(left)
    new = np.zeros(n, dtype=np.int32)
    level, used = np.zeros(1, dtype=np.int64), 1
    child = np.arange(n, dtype=np.int32)
    while len(inner := level[left[level] >= 0]):
        first = used + 2 * np.arange(len(inner), dtype=np.int32)
        new[left[inner]], new[right[inner]] = first, first + 1
        child[new[inner]] = first
        level = np.stack([left[inner], right[inner]], axis=1).reshape(-1)
        used += len(level)
    out_feature = np.zeros(n, dtype=np.int32)
    out_threshold = np.full(n, _STAY, dtype=np.int32)
    split = left >= 0
    out_feature[new[split]] = feature[split]
    out_threshold[new[split]] = np.floor(threshold[split]).astype(np.int32)
    return Trees(out_feature, out_threshold, child, np.zeros(1, dtype=np.int32))
