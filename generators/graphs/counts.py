"""Rows counted by the codes of several columns, and how much two columns tell of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.protection import Protection

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


@dataclass(frozen=True)
class CodedRows:
    """Rows as codes, and whose they are.

    Args:
        codes: Shape (n_columns, n_rows).
        sizes: Number of codes of each column.
        owners: Whose each row is, shape (n_rows,); `None` where each is its own subject.
        k: Subjects that must stand behind a count.
    """

    codes: npt.NDArray[np.int32]
    sizes: tuple[int, ...]
    owners: npt.NDArray[np.int64] | None = None
    k: int = 1

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.codes.shape[1])

    def take(self, rows: npt.NDArray[np.intp]) -> CodedRows:
        """Some of the rows."""
        owners = None if self.owners is None else self.owners[rows]
        return CodedRows(self.codes[:, rows], self.sizes, owners, self.k)

    def cells(self, columns: Sequence[int]) -> tuple[npt.NDArray[np.int64], int]:
        """Each row's cell in the table of some columns, shape (n_rows,), and how many there are."""
        cell, size = np.zeros(self.n_rows, dtype=np.int64), 1
        for column in columns:
            cell = cell * self.sizes[column] + self.codes[column]
            size *= self.sizes[column]
        return cell, size

    def backed(self, cell: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
        """Rows in each cell, none where fewer than `k` subjects stand behind them, shape (size,).

        Args:
            cell: Of each row, shape (n_rows,); a negative one is left out.
            size: How many cells there are.
        """
        there = cell if (cell >= 0).all() else cell[cell >= 0]
        counts = np.bincount(there, minlength=size)
        subjects = counts
        if self.owners is not None:
            subjects = Protection(k=self.k).backing(cell, self.owners, size)
        return np.where(subjects >= self.k, counts, 0).astype(np.int64)


def mutual_information(rows: CodedRows) -> npt.NDArray[np.float64]:
    """How much each two columns tell of each other, in nats, shape (n_columns, n_columns).

    What as many rows of independent columns would seem to tell is taken off (Miller, 1955); at
    least 0, and 0 of a column with itself.
    """
    from scipy.sparse import csr_matrix

    n_columns, n = rows.codes.shape
    begins = np.concatenate([[0], np.cumsum(rows.sizes)]).astype(np.int64)
    places = (rows.codes + begins[:-1, None]).T.reshape(-1)
    ends = np.arange(0, n * n_columns + 1, n_columns)
    hot = csr_matrix((np.ones(len(places)), places, ends), shape=(n, int(begins[-1])))
    both = (hot.T @ hot).toarray() / n
    each = both.diagonal()
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(both > 0, both * np.log(both / np.outer(each, each)), 0.0)
    occurs = np.add.reduceat((each > 0).astype(np.float64), begins[:-1])
    told = np.add.reduceat(np.add.reduceat(terms, begins[:-1], axis=0), begins[:-1], axis=1)
    told -= np.outer(occurs - 1, occurs - 1) / (2 * n)
    np.fill_diagonal(told, 0.0)
    return np.maximum(told, 0.0)


def spanning_tree(weights: npt.NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
    """The heaviest tree over all nodes, as (parent, child), parents first.

    Reference: Prim (1957), Shortest connection networks; with mutual information as weights, Chow,
    Liu (1968), Approximating discrete probability distributions with dependence trees.

    Args:
        weights: Of each two nodes, symmetric, shape (n, n).
    """
    n = len(weights)
    root = int(weights.sum(axis=0).argmax()) if n else 0
    best, parent = weights[root].copy(), np.full(n, root)
    outside = np.arange(n) != root
    edges: list[tuple[int, int]] = []
    while outside.any():
        child = int(np.where(outside, best, -np.inf).argmax())
        edges.append((int(parent[child]), child))
        outside[child] = False
        nearer = outside & (weights[child] > best)
        best[nearer], parent[nearer] = weights[child][nearer], child
    return tuple(edges)
