"""Trees as arrays, against scikit-learn's own walk."""

from __future__ import annotations

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from generators.forests.trees import Trees, grow, join


def test_rows_fall_into_the_same_leaves_as_in_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(50, size=(4, 800)).astype(np.int32)
    outputs = np.stack([codes[0] > 20, codes[1] * codes[2] % 7], axis=1).astype(np.float64)
    x = np.ascontiguousarray(codes.T, dtype=np.float32)
    ours = grow(x, outputs, leaf=10, seed=3)
    theirs = DecisionTreeRegressor(min_samples_leaf=10, random_state=3).fit(x, outputs)
    fresh = rng.integers(50, size=(4, 500)).astype(np.int32)
    mine = ours.apply(fresh, 0)
    other = theirs.apply(fresh.T.astype(np.float32))
    # The same partition of the rows, whatever the leaves are called.
    pairs = set(zip(mine.tolist(), other.tolist(), strict=True))
    assert len(pairs) == len(set(mine.tolist())) == len(set(other.tolist()))
    assert set(mine.tolist()) <= set(ours.leaves.tolist())


def test_each_row_walks_down_the_tree_it_is_told() -> None:
    stump = Trees(
        np.zeros(3, np.int32),
        np.array([4, 2**31 - 1, 2**31 - 1], np.int32),
        np.array([1, 1, 2], np.int32),
        np.zeros(1, np.int32),
    )
    both = join([Trees.single_leaf(), stump])
    codes = np.array([[4, 4, 5, 5]], dtype=np.int32)
    assert both.apply(codes, np.array([0, 1, 0, 1])).tolist() == [0, 2, 0, 3]


def test_every_leaf_has_as_many_rows_as_asked() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(1000, size=(500, 3)).astype(np.float32)
    tree = grow(x, rng.normal(size=(500, 2)), leaf=25, seed=0)
    leaves = tree.apply(np.ascontiguousarray(x.T, dtype=np.int32), 0)
    assert np.unique(leaves, return_counts=True)[1].min() >= 25
