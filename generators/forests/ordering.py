"""In which order the columns are drawn: chosen on a part of the training rows.

By the chain rule every order describes the same distribution, but trees with large leaves come
closer to it in some orders than in others. A few candidate orders are learnt from some of the rows
and judged twice: by how well a classifier tells drawn rows from real ones, and, between orders
that do equally well, by the log-likelihood of rows that the trees have not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generators.forests.chain import Chain
from generators.forests.learning import Growth
from generators.forests.targets import class_outputs, ordered_outputs, ranks_by_outputs
from generators.forests.trees import grow

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable
    from generators.forests.symbols import Symbols
    from tabular.seeding import Seed

_CELLS, _MOST_ROWS, _FEWEST_ROWS = 300_000, 6_000, 2_000
_TOO_FEW = 500  # rows below which nothing can be told
_TIE = 0.02  # AUCs on a part of the rows that are closer than this don't rank the orders
_SURE = 2.0  # standard errors by which another order must be likelier
_BINS, _LEAF = 32, 20
_PRIOR_ROWS = 3.0  # that the column's overall shares count for in a leaf


def candidates(table: Symbols) -> list[tuple[int, ...]]:
    """Different orders worth trying, the one to prefer where nothing tells them apart first.

    That is from few codes to many: what is learnt first is learnt from the most rows per code.
    """
    columns = range(len(table.variables))
    numeric = [table.variables[i].is_numeric for i in columns]
    size = [table.cardinality(i) for i in columns]
    orders = [
        tuple(sorted(columns, key=lambda i: size[i])),
        tuple(columns),
        tuple(sorted(columns, key=lambda i: not numeric[i])),
        tuple(sorted(columns, key=lambda i: numeric[i])),
        tuple(sorted(columns, key=lambda i: -size[i])),
    ]
    return list(dict.fromkeys(orders))


def choose_order(
    train: EncodedTable, table: Symbols, growth: Growth, seed: Seed
) -> tuple[int, ...]:
    """The order of the columns.

    Args:
        train: The rows.
        table: The same as symbols.
        growth: Only the least numbers of rows matter here; one tree per column is grown.
        seed: Where chance comes from.
    """
    orders = candidates(table)
    if len(orders) == 1 or table.n_rows < _TOO_FEW:
        return tuple(range(len(orders[0])))
    size = int(np.clip(_CELLS // len(orders[0]), _FEWEST_ROWS, _MOST_ROWS))
    rows = np.sort(seed.child("rows").generator().permutation(table.n_rows)[:size])
    part, real = table.take(rows), _matrix(train)[rows]
    quick = Growth(1, growth.leaf, growth.backing, smoothing=growth.smoothing)
    found = []
    for i, order in enumerate(orders):
        at = seed.child(str(i))
        drawn = Chain.learn(part, order, quick, at).draw(len(rows), at.child("draw").generator())
        auc = told_apart(real, _matrix(drawn), at.child("classify"))
        # Below one half the rows are told apart by copied noise, which earns nothing.
        found.append(max(auc, 0.5))
    best = min(found)
    left = [order for order, auc in zip(orders, found, strict=True) if auc <= best + _TIE]
    if len(left) == 1:
        return left[0]
    # All are judged on the same rows, so that their differences have little noise.
    losses = np.stack([held_out_loss(part, order, seed.child("loss")) for order in left])
    likeliest = int(np.argmin(losses.mean(axis=1)))
    gain = losses[0] - losses[likeliest]
    sure = gain.mean() > _SURE * gain.std() / np.sqrt(len(gain))
    return left[likeliest if sure else 0]


def told_apart(real: npt.NDArray[np.float64], drawn: npt.NDArray[np.float64], seed: Seed) -> float:
    """The AUC with which boosted trees tell drawn rows from real ones, in two folds.

    Args:
        real: Shape (n, n_columns).
        drawn: Shape (m, n_columns).
        seed: Divides the folds.
    """
    import lightgbm as lgb
    from sklearn.metrics import roc_auc_score

    rows = np.concatenate([real, drawn])
    label = np.repeat([0.0, 1.0], [len(real), len(drawn)])
    first = seed.generator().random(len(rows)) < 0.5  # noqa: PLR2004  one half
    parameters = {
        "objective": "binary",
        "learning_rate": 0.2,
        "num_leaves": 31,
        "num_threads": 1,
        "deterministic": True,
        "seed": seed.integer(),
        "verbose": -1,
    }
    scores = []
    for fold in (first, ~first):
        booster = lgb.train(parameters, lgb.Dataset(rows[fold], label[fold]), 60)
        scores.append(roc_auc_score(label[~fold], booster.predict(rows[~fold])))
    return float(np.mean(scores))


def held_out_loss(table: Symbols, order: tuple[int, ...], seed: Seed) -> npt.NDArray[np.float64]:
    """Negative log-likelihood of fresh rows, numbers in bins.

    Args:
        table: The rows: two thirds to grow one tree per column, one third to judge.
        order: Positions of the columns.
        seed: Divides the rows.

    Returns:
        In nats, of each row that no tree was grown on, shape (n_fresh,).
    """
    picked = seed.generator().permutation(table.n_rows)
    cut = 2 * len(picked) // 3
    old, fresh = table.take(picked[:cut]), table.take(picked[cut:])
    out = np.zeros(fresh.n_rows)
    for i, column in enumerate(order):
        bins, k = _bins(table, column)
        seen, new = bins[picked[:cut]], bins[picked[cut:]]
        share = (np.bincount(seen, minlength=k) + 0.5) / (len(seen) + 0.5 * k)
        likely = share[new]
        if i:
            leaf, at, n_nodes = _leaves(old, fresh, column, order[:i], seed.child(str(column)))
            joint = np.bincount(leaf * k + seen, minlength=n_nodes * k)
            total = np.bincount(leaf, minlength=n_nodes)[at]
            likely = (joint[at * k + new] + _PRIOR_ROWS * likely) / (total + _PRIOR_ROWS)
        out -= np.log(likely)
    return out


def _leaves(
    old: Symbols, fresh: Symbols, column: int, parents: tuple[int, ...], seed: Seed
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Leaves that old and fresh rows fall into, and the number of nodes."""
    own = old.codes[column]
    if old.is_ordered(column):
        outputs = ordered_outputs(own)
    else:
        outputs = class_outputs(own, old.cardinality(column), seed.generator())
    before, after = old.codes[list(parents)], fresh.codes[list(parents)]
    for j, parent in enumerate(parents):
        if old.is_nominal(parent):
            rank = ranks_by_outputs(before[j], old.cardinality(parent), outputs)
            before[j], after[j] = rank[before[j]], rank[after[j]]
    looked_at = np.ascontiguousarray(before.T, dtype=np.float32)
    tree = grow(looked_at, outputs, _LEAF, seed.integer())
    leaf, at = tree.apply(before, 0), tree.apply(after, 0)
    return leaf.astype(np.int64), at.astype(np.int64), len(tree.child)


def _matrix(rows: EncodedTable) -> npt.NDArray[np.float64]:
    return np.stack([array.astype(np.float64) for array in rows.arrays], axis=1)


def _bins(table: Symbols, column: int) -> tuple[npt.NDArray[np.int64], int]:
    """Codes of a category; ranks of an ordered column in few bins; and their number."""
    codes = table.codes[column].astype(np.int64)
    size = table.cardinality(column)
    if not table.is_ordered(column) or size <= _BINS:
        return codes, size
    counts = np.bincount(codes, minlength=size)
    middle = (np.cumsum(counts) - counts / 2) / len(codes)
    return np.minimum((middle * _BINS).astype(np.int64), _BINS - 1)[codes], _BINS
