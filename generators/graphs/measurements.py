"""Marginals of a few columns as they are measured: counts of at least k subjects, made consistent.

All that a `markov_network` learns of the rows, but for which columns to measure together, goes
through `measured`: to add noise there and to choose the columns with noise is what differential
privacy asks for.
"""

from __future__ import annotations

from itertools import combinations
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from generators.graphs.counts import spanning_tree
from generators.graphs.junction import Scope, cliques

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from generators.graphs.counts import CodedRows
    from generators.graphs.junction import JunctionTree

_UNSEEN = 1e-9
_LEAST_TOLD = 1e-4  # nats a row that a marginal must tell
_MOST_TRIED = 2000  # triples
_ROUNDS = 30  # of fitting a table to its margins
_CLOSE = 1e-7


def measured(
    rows: CodedRows, scope: Scope, margins: Mapping[Scope, npt.NDArray[np.float64]], prior: float
) -> npt.NDArray[np.float64]:
    """Shares of the rows by the codes of some columns, shape (size, size, ...), above zero.

    A cell's count is used where k subjects stand behind it. The rows of all other cells are taken
    together, and spread over these cells as the margins would have it; at least `prior` rows are
    spread over all cells in that way. The table is then fitted to the margins, so that tables that
    share columns agree.

    Args:
        rows: The rows.
        scope: The columns, increasing.
        margins: Tables over one column fewer each, as measured before; needed of every such set of
            columns, but for single columns.
        prior: Rows, above zero.
    """
    cell, size = rows.cells(scope)
    shape = tuple(rows.sizes[v] for v in scope)
    counts = rows.backed(cell, size).reshape(shape).astype(np.float64)
    sparse = counts == 0
    rest = rows.backed(np.where(sparse.reshape(-1)[cell], 0, -1), 1)[0]
    if len(scope) == 1:
        # What no row has, such as a gap where there may be none, is as good as never drawn.
        seen = np.bincount(cell, minlength=size) > 0
        expected = np.maximum(seen, _UNSEEN) / seen.sum()
    else:
        own = {part: margins[part] for part in combinations(scope, len(scope) - 1)}
        expected = fitted_to(np.ones(shape), scope, own)
    left = expected * sparse
    table = counts + rest * left / max(left.sum(), 1e-300) + prior * expected
    table /= table.sum()
    return table if len(scope) == 1 else fitted_to(table, scope, own)


def fitted_to(
    table: npt.NDArray[np.float64],
    scope: Scope,
    margins: Mapping[Scope, npt.NDArray[np.float64]],
) -> npt.NDArray[np.float64]:
    """The table nearest to this one, in relative entropy, that has these margins.

    Reference: Deming, Stephan (1940), iterative proportional fitting.

    Args:
        table: Shape (size, size, ...), above zero.
        scope: Its columns, increasing.
        margins: Tables over some of them each.
    """
    out = table / table.sum()
    for _ in range(_ROUNDS):
        off = 0.0
        for part, margin in margins.items():
            gone = tuple(axis for axis, v in enumerate(scope) if v not in part)
            now = out.sum(axis=gone, keepdims=True)
            wanted = margin.reshape(now.shape)
            off = max(off, float(np.abs(now - wanted).sum()))
            out = out * (wanted / np.maximum(now, 1e-300))
        if off < _CLOSE:
            break
    return np.asarray(out)


def interaction(
    rows: CodedRows,
    scope: Scope,
    margins: Mapping[tuple[int, ...], npt.NDArray[np.float64]],
) -> float:
    """What three columns tell that no two of them do, in nats a row, beyond what noise would seem.

    The relative entropy between the table and the one of the greatest entropy with its margins.

    Args:
        rows: The rows.
        scope: Three columns, increasing.
        margins: Of each two of them.
    """
    cell, size = rows.cells(scope)
    counts = np.bincount(cell, minlength=size).reshape(tuple(rows.sizes[v] for v in scope))
    shares = counts / rows.n_rows
    own: dict[Scope, npt.NDArray[np.float64]] = {
        part: margins[part] for part in combinations(scope, 2)
    }
    expected = fitted_to(np.ones(shares.shape), scope, own)
    there = counts > 0
    told = float((shares[there] * np.log(shares[there] / expected[there])).sum())
    # Cells that can be expected to have a row at all are what noise has to play with.
    free = np.minimum(expected * rows.n_rows, 1.0).sum() - sum(
        np.minimum(table * rows.n_rows, 1.0).sum() for table in own.values()
    )
    return told - max(float(free), 0.0) / (2 * rows.n_rows)


def choose_pairs(
    information: npt.NDArray[np.float64], rows: CodedRows, clique: int, tree: int
) -> tuple[tuple[int, int], ...]:
    """Pairs of columns to measure together: the most telling ones that the bounds leave room for.

    Args:
        information: What each two columns tell of each other, shape (n, n), in nats.
        rows: The rows; what noise alone seems to tell is not worth a pair.
        clique: Cells of a clique of the junction tree at most.
        tree: Cells of all its cliques at most.
    """
    n = len(information)
    found: list[tuple[int, int]] = []
    # A tree is within almost any bound, and comes first.
    first = [(min(edge), max(edge)) for edge in spanning_tree(information)]
    others = sorted(combinations(range(n), 2), key=lambda pair: -information[pair])
    for pair in dict.fromkeys([*first, *others]):
        if information[pair] <= _LEAST_TOLD:
            continue
        cells = [prod(rows.sizes[v] for v in c) for c in cliques(rows.sizes, [*found, pair])]
        if max(cells) <= clique and sum(cells) <= tree:
            found.append(pair)
    return tuple(sorted(found))


def choose_triples(
    rows: CodedRows,
    tree: JunctionTree,
    margins: Mapping[Scope, npt.NDArray[np.float64]],
    most: int,
    prior: float,
) -> tuple[Scope, ...]:
    """Three columns each that stand in a clique together, and tell most beyond their pairs.

    Args:
        rows: The rows.
        tree: The junction tree of the pairs; triples in its cliques cost nothing more.
        margins: Tables of the single columns and pairs.
        most: Triples at most.
        prior: As of `measured`.
    """
    scopes = sorted({t for clique in tree.cliques for t in combinations(clique, 3)})
    told: dict[Scope, float] = {}
    for scope in scopes[: _MOST_TRIED if most else 0]:
        own: dict[Scope, npt.NDArray[np.float64]] = {
            pair: margins[pair] if pair in margins else measured(rows, pair, margins, prior)
            for pair in combinations(scope, 2)
        }
        told[scope] = interaction(rows, scope, own)
    worth = [scope for scope in told if told[scope] > _LEAST_TOLD]
    return tuple(sorted(sorted(worth, key=lambda scope: -told[scope])[:most]))
