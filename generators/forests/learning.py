"""How one column is learnt given the columns before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from generators.forests.column import ColumnModel, Stage
from generators.forests.density import Kernels, LeafShares, around_symbols, backed_shares
from generators.forests.targets import class_outputs, ordered_outputs, ranks_by_outputs
from generators.forests.trees import Trees, grow, join
from generators.protection import Protection

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.forests.support import Support
    from generators.forests.symbols import Symbols
    from tabular.seeding import Seed

_MOST_SHARES = 20_000_000  # leaves times symbols of one forest
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
        least: Fewest rows behind a leaf's own share of a symbol.
    """

    trees: int
    leaf: int
    backing: int
    share: float = 1.0
    smoothing: float = 0.01
    least: int = 10


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
        return _count(
            table,
            column,
            growth,
            _grow(table, own, classes, every, parents, growth, seed.child("value")),
        )
    gone = own == support.n_symbols
    missing = value = None
    if gone.any():
        at = seed.child("missing")
        missing = _grow(table, gone.astype(np.int32), 2, every, parents, growth, at)
    if not gone.all():
        rows = np.flatnonzero(~gone)
        value = _grow(table, own, None, rows, parents, growth, seed.child("value"))
    return _count(table, column, growth, value, missing)


def count_again(
    model: ColumnModel,
    table: Symbols,
    column: int,
    growth: Growth,
    part: npt.NDArray[np.bool_],
) -> ColumnModel:
    """The column's model with the same trees, whose leaves count some of the rows only.

    A leaf with none of these rows counts all of its rows.

    Args:
        model: The column's model.
        table: The rows.
        column: Which column.
        growth: How the model was grown.
        part: The rows to count, shape (n_rows,).
    """
    if model.given is not None:
        return model
    return _count(table, column, growth, model.value, model.missing, part)


def _count(
    table: Symbols,
    column: int,
    growth: Growth,
    value: Stage | None,
    missing: Stage | None = None,
    part: npt.NDArray[np.bool_] | None = None,
) -> ColumnModel:
    """The model whose leaves count what the rows have; `part` as in `count_again`."""
    own, support = table.codes[column], table.supports[column]
    if part is None:
        part = np.ones(table.n_rows, dtype=bool)
    every = np.arange(table.n_rows)
    if support is None:
        assert value is not None  # noqa: S101  a categorical column always has one
        node, row = _pairs(value, table, every, part)
        return ColumnModel(_counted(value, node, own[row], table.cardinality(column), growth))
    gone = own == support.n_symbols
    if missing is not None:
        node, row = _pairs(missing, table, every, part)
        missing = _counted(missing, node, gone[row].astype(np.int32), 2, growth)
    if value is None:
        return ColumnModel(None, missing, support)
    node, row = _pairs(value, table, np.flatnonzero(~gone), part)
    value, kernels = _with_kernels(value, node, own[row], support, growth)
    return ColumnModel(value, missing, support, kernels)


def _counted(
    stage: Stage,
    node: npt.NDArray[np.int32],
    symbol: npt.NDArray[np.int32],
    n_symbols: int,
    growth: Growth,
) -> Stage:
    """The stage with the shares of the symbols that rows have at leaves."""
    share = backed_shares(stage.trees, node, symbol, n_symbols, growth.least)
    leaves = stage.trees.leaves
    at, held = np.nonzero(share[leaves])
    counts = LeafShares.of(leaves[at], held, share[leaves[at], held], len(share))
    return Stage(stage.parents, stage.ranks, stage.trees, counts)


def _with_kernels(
    stage: Stage,
    node: npt.NDArray[np.int32],
    symbol: npt.NDArray[np.int32],
    support: Support,
    growth: Growth,
) -> tuple[Stage, Kernels | None]:
    """The same of numbers: shares of spikes, and a kernel for every row of the smooth part."""
    # Spikes are numbered from 1, the smooth part is 0.
    spikes = np.flatnonzero(support.spike)
    number = np.zeros(support.n_symbols, dtype=np.int32)
    number[spikes] = np.arange(1, len(spikes) + 1)
    group = number[symbol]
    share = backed_shares(stage.trees, node, group, len(spikes) + 1, growth.least)
    leaves = stage.trees.leaves
    at, held = np.nonzero(share[leaves, 1:])
    smooth = np.flatnonzero(group == 0)
    smooth = smooth[np.lexsort((symbol[smooth], node[smooth]))]
    owner = node[smooth]
    sizes = np.bincount(owner, minlength=len(share))
    counts = LeafShares.of(
        np.concatenate([leaves[at], owner]),
        np.concatenate([spikes[held], np.full(len(owner), support.n_symbols)]),
        np.concatenate([share[leaves[at], held + 1], share[owner, 0] / sizes[owner]]),
        len(share),
    )
    stage = Stage(stage.parents, stage.ranks, stage.trees, counts)
    if not len(smooth):
        return stage, None
    low, high = np.zeros((2, len(counts.symbol)), dtype=np.float32)
    is_smooth = counts.symbol == support.n_symbols
    low[is_smooth], high[is_smooth] = around_symbols(
        owner, symbol[smooth], support.edges, growth.smoothing
    )
    return stage, Kernels(low, high)


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
) -> Stage:
    """Trees that predict the symbols of `rows`: a stage that has counted nothing yet."""
    own = symbol[rows]
    if not parents or not growth.trees or (own == own[0]).all():
        return _stage((), (), Trees.single_leaf())
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
    if classes is not None:
        # Each leaf may hold a share of every symbol.
        fewest = growth.trees * growth.share * len(rows) * classes / _MOST_SHARES
        growth = replace(growth, leaf=max(growth.leaf, ceil(fewest)))
    grown = []
    for i in range(growth.trees):
        stream = seed.child("tree", str(i))
        part = _part(len(rows), growth, stream)
        # Every tree weighs the outputs anew, so that trees differ and their mean is smooth.
        weights = stream.child("weights").generator().lognormal(0, _SPREAD, outputs.shape[1])
        grown.append(grow(looked_at[part], outputs[part] * weights, growth.leaf, stream.integer()))
    return _stage(parents, ranks, join(grown))


def _stage(
    parents: tuple[int, ...], ranks: tuple[npt.NDArray[np.int32] | None, ...], trees: Trees
) -> Stage:
    nothing = np.zeros(0, np.int32)
    none = LeafShares(np.zeros(len(trees.child) + 1, np.int64), nothing, nothing.astype(np.float32))
    return Stage(parents, ranks, trees, none)


def _pairs(
    stage: Stage, table: Symbols, rows: npt.NDArray[np.intp], part: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """What is to be counted: leaves and the rows in them, each of shape (n,)."""
    features = stage.features(table.codes[:, rows])
    nodes = np.stack([stage.trees.apply(features, i) for i in range(len(stage.trees.roots))])
    seen = np.bincount(nodes[:, part[rows]].ravel(), minlength=len(stage.trees.child)) > 0
    counted = part[rows] | ~seen[nodes]
    tree, at = np.nonzero(counted)
    return nodes[tree, at], rows[at]


def _part(n: int, growth: Growth, seed: Seed) -> npt.NDArray[np.intp] | slice:
    """The rows that one tree is grown on: at least two leaves' worth."""
    size = min(n, max(int(growth.share * n), 2 * growth.leaf))
    return slice(None) if size == n else np.sort(seed.generator().permutation(n)[:size])
