"""How one column is learnt given the columns before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.forests.column import ColumnModel, Stage
from generators.forests.density import Kernels, LeafCounts, around_symbols
from generators.forests.targets import class_outputs, ordered_outputs, ranks_by_outputs
from generators.forests.trees import Trees, grow, join
from generators.protection import Protection

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.forests.symbols import Symbols
    from tabular.seeding import Seed

_SPREAD = 0.4  # of the log weights of a tree's outputs


@dataclass(frozen=True)
class Growth:
    """How forests are grown.

    Args:
        trees: Trees per column; 0 for densities that depend on nothing.
        leaf: Fewest rows in a leaf, of those a tree is grown on.
        backing: Subjects behind each held value.
        share: Share of the rows that each tree is grown on; all rows are counted at its leaves.
        smoothing: Longest way a kernel reaches beyond its symbol, as a share of the column.
    """

    trees: int
    leaf: int
    backing: int
    share: float = 1.0
    smoothing: float = 0.01


def learn_column(
    table: Symbols, column: int, parents: tuple[int, ...], growth: Growth, seed: Seed
) -> ColumnModel:
    """The model of a column given its parents.

    Args:
        table: The rows.
        column: Which column.
        parents: The columns drawn before it.
        growth: How the trees are grown.
        seed: Where chance comes from.
    """
    support = table.supports[column]
    found = determined_by(table, column, parents, growth.backing)
    if found is not None:
        return ColumnModel(None, support=support, given=found)
    own = table.codes[column]
    every = np.arange(table.n_rows)
    if support is None:
        classes = None if table.is_ordered(column) else table.cardinality(column)
        stage, nodes = _grow(table, own, classes, every, parents, growth, seed.child("value"))
        return ColumnModel(_counted(stage, nodes, own))
    gone = own == support.n_symbols
    missing = None
    if gone.any():
        flags = gone.astype(np.int32)
        stage, nodes = _grow(table, flags, 2, every, parents, growth, seed.child("missing"))
        missing = _counted(stage, nodes, flags)
    if gone.all():
        return ColumnModel(None, missing, support)
    rows = np.flatnonzero(~gone)
    stage, nodes = _grow(table, own, None, rows, parents, growth, seed.child("value"))
    symbol = own[rows]
    marked = np.where(support.spike[symbol], symbol, support.n_symbols)
    value = _counted(stage, nodes, marked)
    # Counts of the smooth part are sorted by their symbol within each leaf.
    by_leaf = np.lexsort((np.tile(symbol, len(nodes)), np.tile(marked, len(nodes)), nodes.ravel()))
    smooth = np.flatnonzero(value.counts.symbol == support.n_symbols)
    if not len(smooth):
        return ColumnModel(value, missing, support)
    low, high = np.zeros((2, len(by_leaf)), dtype=np.float32)
    low[smooth], high[smooth] = around_symbols(
        value.counts.owner[smooth],
        np.tile(symbol, len(nodes))[by_leaf][smooth],
        support.edges,
        growth.smoothing,
    )
    return ColumnModel(value, missing, support, Kernels(low, high))


def determined_by(
    table: Symbols, column: int, parents: tuple[int, ...], backing: int
) -> tuple[int, npt.NDArray[np.int32]] | None:
    """An earlier column that this one is a function of, and the image of each of its codes.

    Every code of the parent that occurs must be that of enough subjects, and always go with the
    same code of this column: a category, an atom or a missing cell, but not a cell of neighbours.

    Args:
        table: The rows.
        column: Which column.
        parents: The columns drawn before it.
        backing: Fewest subjects of each code.
    """
    own, support = table.codes[column], table.supports[column]
    if (own == own[0]).all():
        return None
    for parent in parents:
        codes, size = table.codes[parent], table.cardinality(parent)
        image = np.full(size, -1, dtype=np.int32)
        image[codes] = own
        if (image[codes] != own).any():
            continue
        counts = Protection().backing(codes, table.owners, size)
        if counts[counts > 0].min() < backing:
            continue
        if support is not None and np.isin(image, support.of_cell).any():
            continue
        # A code that never occurred takes the image of the next one that did.
        seen = np.flatnonzero(counts)
        following = np.minimum(np.searchsorted(seen, np.arange(size)), len(seen) - 1)
        return parent, image[seen[following]]
    return None


def _grow(
    table: Symbols,
    symbol: npt.NDArray[np.int32],
    classes: int | None,
    rows: npt.NDArray[np.intp],
    parents: tuple[int, ...],
    growth: Growth,
    seed: Seed,
) -> tuple[Stage, npt.NDArray[np.int32]]:
    """Trees that predict the symbols of `rows`, and the leaf of each row in each of them.

    Returns:
        A stage that has counted nothing yet; leaves, shape (n_trees, n_rows).
    """
    own = symbol[rows]
    if not parents or not growth.trees or (own == own[0]).all():
        return _stage((), (), Trees.single_leaf()), np.zeros((1, len(own)), dtype=np.int32)
    if classes is None:
        outputs = ordered_outputs(own)
    else:
        outputs = class_outputs(own, classes, seed.child("classes").generator())
    ranks = tuple(
        ranks_by_outputs(table.codes[parent][rows], table.cardinality(parent), outputs)
        if table.is_nominal(parent)
        else None
        for parent in parents
    )
    features = _stage(parents, ranks, Trees.single_leaf()).features(table.codes[:, rows])
    looked_at = np.ascontiguousarray(features.T, dtype=np.float32)
    grown = []
    for i in range(growth.trees):
        stream = seed.child("tree", str(i))
        part = _part(len(rows), growth, stream)
        # Every tree weighs the outputs anew, so that trees differ and their mean is smooth.
        weights = stream.child("weights").generator().lognormal(0, _SPREAD, outputs.shape[1])
        grown.append(grow(looked_at[part], outputs[part] * weights, growth.leaf, stream.integer()))
    trees = join(grown)
    nodes = np.stack([trees.apply(features, i) for i in range(len(grown))])
    return _stage(parents, ranks, trees), nodes


def _stage(
    parents: tuple[int, ...], ranks: tuple[npt.NDArray[np.int32] | None, ...], trees: Trees
) -> Stage:
    none = LeafCounts(np.zeros(len(trees.child) + 1, np.int64), np.zeros(0, np.int32))
    return Stage(parents, ranks, trees, none)


def _counted(stage: Stage, nodes: npt.NDArray[np.int32], symbol: npt.NDArray[np.int32]) -> Stage:
    """The stage with every row's symbol counted at its leaf of each tree."""
    spread = np.tile(symbol, len(nodes))
    counts = LeafCounts.count(nodes.ravel(), spread, len(stage.trees.child))
    return Stage(stage.parents, stage.ranks, stage.trees, counts)


def _part(n: int, growth: Growth, seed: Seed) -> npt.NDArray[np.intp] | slice:
    """The rows that one tree is grown on: at least two leaves' worth."""
    size = min(n, max(int(growth.share * n), 2 * growth.leaf))
    return slice(None) if size == n else np.sort(seed.generator().permutation(n)[:size])
