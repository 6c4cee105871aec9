"""How one column's forests are grown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from generators.forests.column import ColumnModel, Stage
from generators.forests.density import Kernels, LeafCounts, around_symbols
from generators.forests.slopes import Slopes, choose_penalty, ridge, strongest
from generators.forests.support import Support
from generators.forests.trees import Trees, grow, join

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable
    from tabular.seeding import Seed


POW = float(__import__("os").environ.get("POW","0"))
@dataclass(frozen=True)
class Growth:
    """How forests are grown.

    Args:
        trees: Trees per column; 0 for densities that depend on nothing.
        leaf: Fewest rows in a leaf.
        backing: Subjects behind each held value.
        share: Share of the rows that each tree is grown on.
        splitter: Which thresholds are tried.
        max_features: Share of the columns tried at each node.
        reach, widest: Of the kernels.
    """

    trees: int
    leaf: int
    backing: int
    share: float = 1.0
    splitter: Literal["best", "random"] = "best"
    max_features: float | None = None
    reach: float = 0.5
    widest: float = 0.05
    slopes: int = 0
    moments: int = 1


@dataclass(frozen=True)
class Symbols:
    """A table as symbols.

    Args:
        variables: What the columns are.
        supports: Of numeric columns; `None` for categorical ones.
        codes: Shape (n_columns, n_rows).
    """

    variables: tuple[Variable, ...]
    supports: tuple[Support | None, ...]
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, train: EncodedTable, backing: int) -> Symbols:
        """Learn the supports and encode the rows."""
        subjects = train.subjects
        codes = np.empty((len(train.variables), train.n_rows), dtype=np.int32)
        supports: list[Support | None] = []
        for i, (variable, array) in enumerate(zip(train.variables, train.arrays, strict=True)):
            if variable.is_numeric:
                support = Support.learn(array.astype(np.float64), subjects, backing)
                codes[i] = support.encode(array.astype(np.float64))
                supports.append(support)
            else:
                codes[i] = array
                supports.append(None)
        return cls(train.variables, tuple(supports), codes)

    def cardinality(self, column: int) -> int:
        """Number of codes, that for missing included."""
        support = self.supports[column]
        if support is not None:
            return support.n_symbols + 1
        return self.variables[column].cardinality or 1

    def cells(self, column: int) -> npt.NDArray[np.int32]:
        """Codes of a numeric column that are cells rather than atoms."""
        support = self.supports[column]
        return np.empty(0, dtype=np.int32) if support is None else support.of_cell

    def is_nominal(self, column: int) -> bool:
        """Whether the order of the codes means nothing."""
        variable = self.variables[column]
        return not (variable.is_numeric or variable.ordered) and self.cardinality(column) > 2  # noqa: PLR2004


def learn_column(
    table: Symbols, column: int, parents: tuple[int, ...], growth: Growth, seed: Seed
) -> ColumnModel:
    """The model of a column given its parents."""
    support = table.supports[column]
    found = determined_by(table, column, parents, growth.backing)
    if found is not None:
        return ColumnModel(None, support=support, given=found)
    if support is None:
        every = np.arange(table.codes.shape[1])
        return ColumnModel(_grow(table, column, every, parents, growth, seed.child("value"))[0])
    gone = table.codes[column] == support.n_symbols
    missing = value = kernels = None
    if gone.any():
        flags = gone.astype(np.int32)
        missing, _ = _stage(
            table, flags, 2, np.arange(len(gone)), parents, growth, seed.child("missing")
        )
    slopes = None
    if not gone.all():
        rows = np.flatnonzero(~gone)
        value, nodes = _grow(table, column, rows, parents, growth, seed.child("value"))
        value, kernels, slopes = _smooth(
            table, column, rows, parents, value, nodes, growth, seed.child("smooth")
        )
    return ColumnModel(value, missing, support, kernels, slopes)


def determined_by(
    table: Symbols, column: int, parents: tuple[int, ...], backing: int
) -> tuple[int, npt.NDArray[np.int32]] | None:
    """An earlier column that the column is a function of, and the function as a table of codes.

    Every code of the parent that occurs must be backed, and go with one code of the column that
    is a category, an atom or a missing cell.
    """
    own = table.codes[column]
    support = table.supports[column]
    if (own == own[0]).all():
        return None
    for parent in parents:
        codes = table.codes[parent]
        size = table.cardinality(parent)
        image = np.full(size, -1, dtype=np.int32)
        image[codes] = own
        if (image[codes] != own).any():
            continue
        counts = np.bincount(codes, minlength=size)
        if counts[counts > 0].min() < backing:
            continue
        if support is not None and np.isin(image, support.of_cell).any():
            continue
        seen = np.flatnonzero(image >= 0)
        # A code that never occurred takes the image of the next one that did.
        return parent, image[seen[np.minimum(np.searchsorted(seen, np.arange(size)), len(seen) - 1)]]
    return None


def _smooth(
    table: Symbols,
    column: int,
    rows: npt.NDArray[np.intp],
    parents: tuple[int, ...],
    stage: Stage,
    nodes: npt.NDArray[np.int32],
    growth: Growth,
    seed: Seed,
) -> tuple[Stage, Kernels | None, Slopes | None]:
    """Spikes stay counted; the rest of a numeric column becomes kernels on the rank scale."""
    support = table.supports[column]
    assert support is not None  # noqa: S101
    own = table.codes[column][rows]
    n_trees, n_nodes = len(nodes), len(stage.trees.child)
    is_smooth = ~support.spike[own]
    marked = np.where(is_smooth, support.n_symbols, own)
    order = np.lexsort((np.tile(own, n_trees), np.tile(marked, n_trees), nodes.reshape(-1)))
    counts = LeafCounts.count(nodes.reshape(-1), np.tile(marked, n_trees), n_nodes)
    stage = Stage(stage.parents, stage.ranks, stage.trees, counts)
    smooth = np.flatnonzero(is_smooth)
    if not len(smooth):
        return stage, None, None
    low, high = np.zeros(len(order), np.float32), np.zeros(len(order), np.float32)
    light = np.flatnonzero(counts.symbol == support.n_symbols)
    owner = counts.owner
    symbol = np.tile(own, n_trees)[order]
    low[light], high[light] = around_symbols(
        owner[light], symbol[light], support.edges, growth.reach, growth.widest
    )
    slopes = None
    if parents and growth.slopes and len(smooth) > 2 * growth.leaf:
        slopes = _slopes(table, column, rows, parents, nodes, smooth, order, light, low, high,
                         growth, seed)
    return stage, Kernels(low, high), slopes


def _slopes(table, column, rows, parents, nodes, smooth, order, light, low, high, growth, seed):
    support = table.supports[column]
    own = table.codes[column][rows[smooth]]
    edges = support.edges
    z = edges[own] + (edges[own + 1] - edges[own]) * seed.generator().random(len(own))
    scales = [_scale(table.codes[p][rows], table.cardinality(p), table.is_nominal(p),
                     table.codes[column][rows]) for p in parents]
    x = np.stack([s[table.codes[p][rows[smooth]]] for s, p in zip(scales, parents)], axis=1).astype(np.float64)
    n_nodes = int(nodes.max()) + 1
    first = nodes[0][smooth]
    by = np.argsort(first, kind="stable")
    leaf = np.cumsum(np.diff(first[by], prepend=-1) != 0) - 1
    picked = strongest(x[by], z[by], leaf, growth.slopes)
    if not len(picked):
        return None
    x = x[:, picked]
    penalty = choose_penalty(x[by], z[by], leaf)
    if penalty is None:
        return None
    total = len(nodes)
    slope = np.zeros((n_nodes, len(picked)), np.float32)
    for t in range(total):
        node = nodes[t][smooth]
        by = np.argsort(node, kind="stable")
        new = np.diff(node[by], prepend=-1) != 0
        leaf = np.cumsum(new) - 1
        b, off, lev = ridge(x[by], z[by], leaf, penalty)
        slope[node[by][new]] = b
        sizes = np.bincount(leaf)
        mean_z = np.bincount(leaf, weights=z[by]) / sizes
        mean_x = np.stack([np.bincount(leaf, weights=c) / sizes for c in x[by].T], axis=1)
        base = mean_z - np.einsum("lp,lp->l", b, mean_x)
        e = base[leaf] + off / np.sqrt(1 - lev)
        e = e[np.lexsort((e, leaf))]
        same = leaf[1:] == leaf[:-1]
        mid = (e[1:] + e[:-1]) / 2
        lo = np.concatenate([[np.nan], np.where(same, mid, np.nan)])
        hi = np.concatenate([np.where(same, mid, np.nan), [np.nan]])
        lo = np.where(np.isnan(lo), np.where(np.isnan(hi), e, 2 * e - hi), lo)
        hi = np.where(np.isnan(hi), np.where(np.isnan(lo), e, 2 * e - lo), hi)
        # the leaves of tree t stand together in the counts
        spot = light[(owner_of(nodes, order, light) // 1 >= nodes[t].min()) & (owner_of(nodes, order, light) <= nodes[t].max())]
        low[spot], high[spot] = lo, hi
    return Slopes(tuple(parents[i] for i in picked), tuple(scales[i] for i in picked), slope)


def owner_of(nodes, order, light):
    return nodes.reshape(-1)[order][light]


def _scale(codes, cardinality, nominal, target):
    counts = np.bincount(codes, minlength=cardinality).astype(np.float64)
    if nominal:
        rank = np.argsort(np.argsort(target, kind="stable"), kind="stable") / len(target)
        place = (np.bincount(codes, weights=rank, minlength=cardinality) + 5.) / (counts + 10)
        # spread to the unit scale
        return ((place - place.min()) / max(np.ptp(place), 1e-9)).astype(np.float32)
    return ((np.cumsum(counts) - counts / 2) / counts.sum()).astype(np.float32)


def _grow(
    table: Symbols,
    column: int,
    rows: npt.NDArray[np.intp],
    parents: tuple[int, ...],
    growth: Growth,
    seed: Seed,
) -> tuple[Stage, npt.NDArray[np.int32]]:
    ordered = not table.is_nominal(column) and table.cardinality(column) > 2  # noqa: PLR2004
    classes = None if ordered else table.cardinality(column)
    return _stage(table, table.codes[column], classes, rows, parents, growth, seed)


def _stage(
    table: Symbols,
    symbol: npt.NDArray[np.int32],
    classes: int | None,
    rows: npt.NDArray[np.intp],
    parents: tuple[int, ...],
    growth: Growth,
    seed: Seed,
) -> tuple[Stage, npt.NDArray[np.int32]]:
    """Grow trees on `rows`, and count their symbols at the leaves."""
    own = symbol[rows]
    outputs = _outputs(own, classes, growth.moments)
    ranks = tuple(
        _rank(table.codes[parent][rows], table.cardinality(parent), outputs)
        if table.is_nominal(parent)
        else None
        for parent in parents
    )
    if not parents or not growth.trees or (own == own[0]).all():
        trees = Trees.single_leaf()
        counts = LeafCounts.count(np.zeros(len(own), dtype=np.int32), own, 1)
        return Stage((), (), trees, counts), np.zeros((1, len(own)), dtype=np.int32)
    draft = Stage(parents, ranks, Trees.single_leaf(), LeafCounts(np.zeros(2, np.int64), own[:0]))
    features = draft.features(table.codes[:, rows])
    looked_at = np.ascontiguousarray(features.T, dtype=np.float32)
    target = own if classes is not None else outputs
    grown = []
    for i in range(growth.trees):
        at = seed.child("tree", str(i))
        part = _part(len(rows), growth.share, at)
        grown.append(
            grow(
                looked_at[part],
                target[part],
                task="numbers" if classes is None else "classes",
                leaf=growth.leaf,
                seed=at.integer(),
                splitter=growth.splitter,
                max_features=growth.max_features,
            )
        )
    trees = join(grown)
    nodes = np.stack([trees.apply(features, i) for i in range(len(grown))])
    counts = LeafCounts.count(nodes.reshape(-1), np.tile(own, len(grown)), len(trees.child))
    return Stage(parents, ranks, trees, counts), nodes


def _part(n: int, share: float, seed: Seed) -> npt.NDArray[np.intp] | slice:
    if share >= 1:
        return slice(None)
    return np.sort(seed.generator().permutation(n)[: max(int(share * n), 1)])


def _outputs(symbol: npt.NDArray[np.int32], classes: int | None, moments: int = 1) -> npt.NDArray[np.float64]:
    """What a tree predicts: middle ranks of an ordered column, indicators of classes."""
    if classes is not None:
        return (symbol[:, None] == np.arange(classes)).astype(np.float64)
    counts = np.bincount(symbol)
    middle = np.cumsum(counts) - counts / 2
    rank = middle[symbol] / len(symbol)
    if moments <= 1:
        return rank[:, None]
    order = np.arange(1, moments + 1)
    return np.cos(np.pi * rank[:, None] * order) / order**POW


def _rank(
    codes: npt.NDArray[np.int32], cardinality: int, outputs: npt.NDArray[np.float64]
) -> npt.NDArray[np.int32]:
    """An order of a nominal column's codes: along the main direction of the means of `outputs`.

    Reference: Coppersmith, Hong, Hosking (1999), Partitioning nominal attributes in decision
    trees, section 3.
    """
    counts = np.bincount(codes, minlength=cardinality).astype(np.float64)
    means = np.stack(
        [np.bincount(codes, weights=y, minlength=cardinality) for y in outputs.T], axis=1
    )
    centre = outputs.mean(axis=0)
    # Rare codes are drawn to the centre, as if ten average rows were among theirs.
    means = (means + 10 * centre) / (counts + 10)[:, None] - centre
    weighted = means * np.sqrt(counts)[:, None]
    direction = np.linalg.eigh(weighted.T @ weighted)[1][:, -1]
    order = np.argsort(means @ direction, kind="stable")
    rank = np.empty(cardinality, dtype=np.int32)
    rank[order] = np.arange(cardinality, dtype=np.int32)
    return rank
