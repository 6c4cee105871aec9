"""In which order the columns are drawn: the order under which held-out rows are likeliest.

By the chain rule every order describes the same distribution; trees with large leaves come closer
to it in some orders than in others. A few candidate orders are tried on a part of the rows, numbers
in few bins, and judged by the log-likelihood of rows that the trees have not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.forests.learning import Symbols
    from tabular.seeding import Seed

_ROWS = 12_000  # looked at, two thirds of them to grow trees
_BINS = 32
_LEAF = 20
_PRIOR = 3.0  # rows that the column's overall shares count for in a leaf


def candidates(table: Symbols) -> dict[str, tuple[int, ...]]:
    """Orders worth trying, by name."""
    columns = range(len(table.variables))
    numeric = [table.variables[i].is_numeric for i in columns]
    size = [table.cardinality(i) for i in columns]
    return {
        "schema": tuple(columns),
        "numeric_first": tuple(sorted(columns, key=lambda i: not numeric[i])),
        "categorical_first": tuple(sorted(columns, key=lambda i: numeric[i])),
        "few_codes_first": tuple(sorted(columns, key=lambda i: size[i])),
        "many_codes_first": tuple(sorted(columns, key=lambda i: -size[i])),
    }


def held_out_loss(
    table: Symbols, order: tuple[int, ...], seed: Seed
) -> npt.NDArray[np.float64]:
    """Mean negative log-likelihood of each column given those before, shape (n_columns,)."""
    from sklearn.tree import DecisionTreeRegressor

    from generators.forests.learning import Stage, _outputs, _rank
    from generators.forests.density import LeafCounts
    from generators.forests.trees import Trees

    n = table.codes.shape[1]
    picked = seed.generator().permutation(n)[:_ROWS]
    cut = 2 * len(picked) // 3
    rows, fresh = picked[:cut], picked[cut:]
    out = np.zeros(len(order))
    for i, column in enumerate(order):
        codes = table.codes[column]
        size = table.cardinality(column)
        nominal = table.is_nominal(column)
        bins = codes if size <= _BINS or nominal else _binned(codes, size)
        k = int(bins.max()) + 1
        share = (np.bincount(bins[rows], minlength=k) + 0.5) / (len(rows) + 0.5 * k)
        if i == 0:
            out[i] = -np.log(share[bins[fresh]]).mean()
            continue
        outputs = _outputs(codes[rows], size if nominal and size > 2 else None, 4)
        if outputs.shape[1] > 16:
            g = seed.child("p").generator().standard_normal((outputs.shape[1], 16))
            outputs = outputs @ g
        x = np.empty((n, i), dtype=np.float32)
        for j, parent in enumerate(order[:i]):
            c = table.codes[parent]
            if table.is_nominal(parent):
                c = _rank(c[rows], table.cardinality(parent), outputs)[c]
            x[:, j] = c
        tree = DecisionTreeRegressor(min_samples_leaf=_LEAF, random_state=0).fit(x[rows], outputs)
        leaf, at = tree.apply(x[rows]), tree.apply(x[fresh])
        m = tree.tree_.node_count
        joint = np.bincount(leaf * k + bins[rows], minlength=m * k).reshape(m, k)
        total = np.bincount(leaf, minlength=m)
        p = (joint[at, bins[fresh]] + _PRIOR * share[bins[fresh]]) / (total[at] + _PRIOR)
        out[i] = -np.log(p).mean()
    return out


def _binned(codes: npt.NDArray[np.int32], size: int) -> npt.NDArray[np.int32]:
    counts = np.bincount(codes, minlength=size)
    middle = (np.cumsum(counts) - counts / 2) / len(codes)
    return np.unique((middle * _BINS).astype(np.int32)[codes], return_inverse=True)[1].astype(np.int32)
