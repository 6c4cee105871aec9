"""Leaves that too few subjects share, where subjects have several rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from generators.forests.learning import count_again
from generators.forests.trees import Trees

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.forests.chain import Chain
    from generators.forests.column import ColumnModel, Stage
    from generators.forests.learning import Growth
    from generators.forests.symbols import Symbols


def prune(chain: Chain, table: Symbols, growth: Growth) -> Chain:
    """The chain without the splits below which a leaf would be fewer subjects' than asked for.

    Rows of one person are alike: a leaf of fifty rows may be one person's.

    Args:
        chain: What was learnt of these rows.
        table: The rows.
        growth: How the chain was grown.
    """
    own = chain.order[len(chain.supports) :]
    columns = (
        _pruned(model, table, column, growth)
        for column, model in zip(own, chain.columns, strict=True)
    )
    return replace(chain, columns=tuple(columns))


def _pruned(model: ColumnModel, table: Symbols, column: int, growth: Growth) -> ColumnModel:
    support = table.supports[column]
    every = np.arange(table.n_rows)
    there = every
    if support is not None:
        there = np.flatnonzero(table.codes[column] != support.n_symbols)
    cut = replace(
        model,
        value=model.value and _shared(model.value, table, there, growth.backing),
        missing=model.missing and _shared(model.missing, table, every, growth.backing),
    )
    if cut.value is model.value and cut.missing is model.missing:
        return model
    return count_again(cut, table, column, growth, np.ones(table.n_rows, dtype=bool))


def _shared(stage: Stage, table: Symbols, rows: npt.NDArray[np.intp], backing: int) -> Stage:
    """The stage with every leaf that `backing` subjects share, or which is a root."""
    trees = stage.trees
    features = stage.features(table.codes[:, rows])
    owners = np.unique(table.owners[rows], return_inverse=True)[1]
    nodes = np.stack([trees.apply(features, i) for i in range(len(trees.roots))])
    parent = np.arange(len(trees.child), dtype=np.int32)
    inner = np.flatnonzero(trees.child != parent)
    parent[trees.child[inner]] = parent[trees.child[inner] + 1] = inner
    child = trees.child.copy()
    while True:
        pairs = np.unique(nodes.astype(np.int64) * (owners.max() + 1) + owners)
        shared = np.bincount(pairs // (owners.max() + 1), minlength=len(child))
        few = np.flatnonzero((shared > 0) & (shared < backing) & (parent != np.arange(len(child))))
        if not len(few):
            break
        # Both children of its parent go, and all that is below them.
        up = np.unique(parent[few])
        child[up] = up
        nodes = _highest_leaf(parent, child)[nodes]
    if (child == trees.child).all():
        return stage
    return replace(stage, trees=Trees(trees.feature, trees.threshold, child, trees.roots))


def _highest_leaf(
    parent: npt.NDArray[np.int32], child: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """The highest node on each node's way to the root that has become a leaf, or itself."""
    leaf = child == np.arange(len(child))
    goes = np.arange(len(child), dtype=np.int32)
    at = goes
    while True:
        above = parent[at]
        moving = above != at
        if not moving.any():
            return goes
        at = above
        goes = np.where(moving & leaf[at], at, goes)
