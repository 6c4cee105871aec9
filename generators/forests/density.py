"""What the leaves of a forest say about one column: shares of symbols, and kernels.

A leaf holds how likely each symbol is: no row, and no number that is not in the column's support.
Of a numeric column only the spikes are told apart so; the leaf's share of the smooth part is held
as kernels on the rank scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.forests.trees import Trees


@dataclass(frozen=True)
class LeafShares:
    """Shares of symbols in leaves.

    Args:
        start: Where a node's entries begin, shape (n_nodes + 1,), int64; nodes that are no leaves
            have none.
        symbol: Of each entry, ascending within a leaf, shape (n_entries,), int32.
        share: How likely a row of the leaf is to have it, not scaled, shape (n_entries,), float32.
    """

    start: npt.NDArray[np.int64]
    symbol: npt.NDArray[np.int32]
    share: npt.NDArray[np.float32]

    @classmethod
    def of(
        cls,
        node: npt.NDArray[np.integer],
        symbol: npt.NDArray[np.integer],
        share: npt.NDArray[np.float64],
        n_nodes: int,
    ) -> Self:
        """Sort entries by leaf and symbol, each argument but the last of shape (n_entries,)."""
        order = np.lexsort((symbol, node))
        sizes = np.bincount(node, minlength=n_nodes)
        start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return cls(start, symbol[order].astype(np.int32), share[order].astype(np.float32))

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        """The node of each entry, shape (n_entries,)."""
        sizes = np.diff(self.start)
        return np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)

    @cached_property
    def _upto(self) -> npt.NDArray[np.float64]:
        """Node plus the leaf's share up to and with each entry, shape (n_entries,), ascending."""
        total = np.concatenate([[0.0], np.cumsum(self.share, dtype=np.float64)])
        first, last = self.start[:-1], self.start[1:]
        filled = first < last
        before = np.repeat(total[first], last - first)
        whole = np.repeat((total[last] - total[first])[filled], (last - first)[filled])
        upto = np.minimum((total[1:] - before) / whole, 1.0) + self.owner
        upto[last[filled] - 1] = np.flatnonzero(filled) + 1.0
        return np.asarray(upto)

    def draw(
        self, node: npt.NDArray[np.int32], uniform: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int64]:
        """The entry that a draw for each row falls on, shape (n,)."""
        found = np.searchsorted(self._upto, node + uniform, side="right")
        # A node and nearly one round to the next node.
        return np.minimum(found, self.start[node + 1] - 1)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Sizes of the nodes, and the symbols of each with their shares."""
        return {
            "size": np.diff(self.start).astype(np.int32),
            "symbol": self.symbol,
            "share": self.share,
        }

    @classmethod
    def of_arrays(
        cls,
        size: npt.NDArray[np.integer],
        symbol: npt.NDArray[np.int32],
        share: npt.NDArray[np.float32],
    ) -> Self:
        """The shares that gave these arrays."""
        start = np.concatenate([[0], np.cumsum(size.astype(np.int64))])
        return cls(start, symbol, share)


def backed_shares(
    trees: Trees,
    node: npt.NDArray[np.int32],
    symbol: npt.NDArray[np.int32],
    n_symbols: int,
    least: int,
) -> npt.NDArray[np.float64]:
    """The share of each symbol in each node, each backed by at least so many rows.

    Symbols that too few rows of a node have share what these rows are, together, as they do in
    the node above: how often one of them is drawn is known from many rows, however few a leaf has.

    Reference: Katz (1987), Estimation of probabilities from sparse data for the language model
    component of a speech recognizer. Differs from the paper: the nodes above take the place of
    shorter contexts, and nothing is discounted.

    Args:
        trees: The forest.
        node: Leaf of each counted row, shape (n,).
        symbol: Of each counted row, shape (n,).
        n_symbols: Number of symbols.
        least: Fewest rows behind a share.

    Returns:
        Shape (n_nodes, n_symbols); each row adds up to one, or to nothing where no row was counted.
    """
    n_nodes = len(trees.child)
    cell = node.astype(np.int64) * n_symbols + symbol
    counts = np.bincount(cell, minlength=n_nodes * n_symbols).reshape(n_nodes, n_symbols)
    inner_levels = [level[trees.child[level] != level] for level in trees.levels()]
    for inner in reversed(inner_levels):
        counts[inner] = counts[trees.child[inner]] + counts[trees.child[inner] + 1]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for inner in inner_levels:
        for child in (trees.child[inner], trees.child[inner] + 1):
            rare = counts[child] < least
            above = np.where(rare, share[inner], 0)
            total = above.sum(axis=1, keepdims=True)
            left = np.where(rare, share[child], 0).sum(axis=1, keepdims=True)
            spread = above * np.divide(left, total, out=np.zeros_like(left), where=total > 0)
            share[child] = np.where(rare & (total > 0), spread, share[child])
    return np.asarray(share)


@dataclass(frozen=True)
class Kernels:
    """The smooth part in leaves: intervals on the rank scale, one for each count.

    Args:
        low, high: Ends of each interval, ascending within a leaf, shape (n_counted,), float32;
            they mean nothing where a spike was counted.
    """

    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]

    def draw(
        self, at: npt.NDArray[np.int64], uniform: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """A place in the interval of each count `at`, shape (n,)."""
        low = self.low[at]
        return low + (self.high[at] - low) * uniform


def around_symbols(
    owner: npt.NDArray[np.integer],
    symbol: npt.NDArray[np.int32],
    edges: npt.NDArray[np.float64],
    widest: float,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Intervals that cover a symbol's own room and reach towards the leaf's next symbols.

    Args:
        owner: Leaf of each count, ascending, shape (n,).
        symbol: Ascending within a leaf, shape (n,).
        edges: Of the support.
        widest: Longest way beyond the symbol on either side, on the rank scale; never more than
            half way to the leaf's next symbol.

    Returns:
        Lower and upper ends, each of shape (n,).
    """
    if not len(symbol):
        return np.empty(0), np.empty(0)
    new = (np.diff(symbol, prepend=-1) != 0) | (np.diff(owner, prepend=-1) != 0)
    entry = np.cumsum(new) - 1
    at, leaf = symbol[new], owner[new]
    low, high = edges[at], edges[at + 1]
    same = leaf[1:] == leaf[:-1]
    gap = np.where(same, np.minimum((low[1:] - high[:-1]) / 2, widest), 0.0)
    before, after = np.concatenate([[0.0], gap]), np.concatenate([gap, [0.0]])
    # The outermost symbols of a leaf reach as far outwards as they do inwards.
    first, last = np.concatenate([[True], ~same]), np.concatenate([~same, [True]])
    before, after = np.where(first, after, before), np.where(last, before, after)
    low, high = np.maximum(low - before, 0.0), np.minimum(high + after, 1.0)
    return low[entry], high[entry]
