"""What the leaves of a forest say about one column: counts of symbols, and kernels.

A leaf holds how many rows had each symbol, sorted: no row, and no number that is not in the
column's support. Of a numeric column only the spikes are counted as such; the leaf's share of the
smooth part is held as kernels on the rank scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class LeafCounts:
    """Counts of symbols in leaves.

    Args:
        start: Where a node's symbols begin in `symbol`, shape (n_nodes + 1,), int64; nodes that
            are no leaves have none.
        symbol: Every counted symbol as often as it was counted, ascending within a leaf, shape
            (n_counted,), int32.
    """

    start: npt.NDArray[np.int64]
    symbol: npt.NDArray[np.int32]

    @classmethod
    def count(
        cls, node: npt.NDArray[np.int32], symbol: npt.NDArray[np.int32], n_nodes: int
    ) -> Self:
        """Count pairs of a leaf and a symbol, each of shape (n,)."""
        order = np.lexsort((symbol, node))
        sizes = np.bincount(node, minlength=n_nodes)
        return cls(np.concatenate([[0], np.cumsum(sizes)]), symbol[order].astype(np.int32))

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        """The node of each counted symbol, shape (n_counted,)."""
        sizes = np.diff(self.start)
        return np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)

    def draw(
        self, node: npt.NDArray[np.int32], uniform: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int64]:
        """Where in `symbol` a draw for each row falls, shape (n,)."""
        start = self.start[node]
        size = self.start[node + 1] - start
        return np.asarray(start + np.minimum((uniform * size).astype(np.int64), size - 1))

    def arrays(self) -> dict[str, npt.NDArray[np.integer]]:
        """Sizes of the nodes, and the distinct symbols of each with their counts."""
        new = np.diff(self.symbol, prepend=-1) != 0
        new |= np.diff(self.owner, prepend=-1) != 0
        first = np.flatnonzero(new)
        return {
            "size": np.diff(self.start).astype(np.int32),
            "symbol": self.symbol[first],
            "count": np.diff(first, append=len(self.symbol)).astype(np.int32),
        }

    @classmethod
    def of_arrays(
        cls,
        size: npt.NDArray[np.integer],
        symbol: npt.NDArray[np.integer],
        count: npt.NDArray[np.integer],
    ) -> Self:
        """The counts that gave these arrays."""
        start = np.concatenate([[0], np.cumsum(size.astype(np.int64))])
        return cls(start, np.repeat(symbol, count).astype(np.int32))


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
    owner: npt.NDArray[np.int64],
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
