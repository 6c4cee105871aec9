"""A column given its parents: counts that k subjects stand behind, else those of fewer parents.

A parent tells by groups of its codes, so that tables stay small: neighbouring bins of a number, and
the rare codes of a category together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.discretization import Discretization
    from generators.graphs.counts import CodedRows

Score = Literal["holdout", "bic", "bdeu"]
_UNSEEN = 1e-9
_EQUIVALENT_ROWS = 10.0  # BDeu's equivalent sample size


@dataclass(frozen=True)
class Groups:
    """The group of each code of each column.

    Args:
        of: Groups, numbered from 0, of each column's codes, shape (size,) each.
    """

    of: tuple[npt.NDArray[np.int64], ...]

    @classmethod
    def learn(cls, rows: CodedRows, ordered: tuple[bool, ...], most: int) -> Self:
        """At most so many groups of each column, of about equal weight where codes have an order.

        Args:
            rows: The rows.
            ordered: Whether a column's codes have an order; the last of them is for missing cells.
            most: Groups at most, at least 2.
        """
        out = []
        for code, size, order in zip(rows.codes, rows.sizes, ordered, strict=True):
            if size <= most:
                out.append(np.arange(size))
                continue
            mass = np.bincount(code, minlength=size).astype(np.float64)
            if order:
                inner = mass[:-1]
                middle = np.cumsum(inner) - inner / 2
                group = np.floor(middle * (most - 1) / max(inner.sum(), 1.0))
                out.append(np.append(_renumbered(group), most - 1))
                out[-1][-1] = out[-1][:-1].max() + 1
                continue
            group = np.full(size, most - 1)
            group[np.argsort(-mass, kind="stable")[: most - 1]] = np.arange(most - 1)
            out.append(group)
        return cls(tuple(out))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of groups of each column."""
        return tuple(int(group.max()) + 1 for group in self.of)

    def take(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Codes as groups, shape (n_columns, n_rows)."""
        return np.stack([g[c] for g, c in zip(self.of, codes, strict=True)]).astype(np.int32)


def _renumbered(group: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def has_order(columns: Discretization) -> tuple[bool, ...]:
    """Whether the codes of each column are bins of a number, the last one for missing cells."""
    return tuple(bins is not None for bins in columns.bins)


@dataclass(frozen=True)
class Counted:
    """Rows as codes and as groups, to count families in.

    Args:
        rows: As codes.
        groups: As groups, of the same rows.
        prior_rows: How many rows the table of one parent fewer is worth.
    """

    rows: CodedRows
    groups: CodedRows
    prior_rows: float

    def take(self, picked: npt.NDArray[np.intp]) -> Counted:
        """Some of the rows."""
        return Counted(self.rows.take(picked), self.groups.take(picked), self.prior_rows)

    def counts(self, child: int, parents: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Rows by the parents' groups and the child's code, shape (n_parent_cells, size)."""
        cell, size = self._cells(child, parents)
        counts = np.bincount(cell, minlength=size).astype(np.float64)
        return np.asarray(counts.reshape(-1, self.rows.sizes[child]))

    def table(self, child: int, parents: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Probabilities of the child's codes given its parents' groups.

        Counts that fewer than k subjects stand behind are not looked at. Rows of such cells are
        spread as one parent fewer says, over the cells that have no count of their own; and
        `prior_rows` more over all cells.

        Reference: as the back-off of Katz (1987), Estimation of probabilities from sparse data,
        with a Dirichlet prior around the table that is backed off to (MacKay, Peto, 1995).

        Args:
            child: The column.
            parents: The columns it is given, the first to be dropped last.

        Returns:
            Shape (n_parent_cells, size): the cells in C order of the parents as given.
        """
        size = self.rows.sizes[child]
        # What no row has, such as a gap where there may be none, is as good as never drawn.
        seen = np.bincount(self.rows.codes[child], minlength=size) > 0
        lower: npt.NDArray[np.float64] = np.maximum(seen, _UNSEEN)[None, :] / seen.sum()
        for known in range(len(parents) + 1):
            cell, n_cells = self._cells(child, parents[:known])
            counts = self.rows.backed(cell, n_cells).reshape(-1, size).astype(np.float64)
            sparse = counts == 0
            context = np.where(sparse.reshape(-1)[cell], cell // size, -1)
            rest = self.rows.backed(context, len(counts)).astype(np.float64)[:, None]
            lower = np.repeat(lower, len(counts) // len(lower), axis=0)
            left = lower * sparse
            left /= np.maximum(left.sum(axis=1, keepdims=True), 1e-300)
            table = counts + rest * left + self.prior_rows * lower
            lower = table / table.sum(axis=1, keepdims=True)
        return lower

    def place(self, child: int, parents: tuple[int, ...]) -> npt.NDArray[np.int64]:
        """Each row's cell in a family's table, shape (n_rows,)."""
        return self._cells(child, parents)[0]

    def _cells(self, child: int, parents: tuple[int, ...]) -> tuple[npt.NDArray[np.int64], int]:
        cell, n_cells = self.groups.cells(parents)
        size = self.rows.sizes[child]
        return cell * size + self.rows.codes[child], n_cells * size


@dataclass(frozen=True)
class FamilyScore:
    """How good parents are for a child; larger is better, in nats of all rows.

    Args:
        kind: `holdout`, the log-likelihood of rows that were not counted; `bic`, of Schwarz;
            `bdeu`, of Heckerman, Geiger, Chickering (1995), Learning Bayesian networks.
        learnt: Rows that are counted.
        held: Rows that are not.
    """

    kind: Score
    learnt: Counted
    held: Counted

    def __call__(self, child: int, parents: tuple[int, ...]) -> float:
        """The score of one family; a network's is the sum of its families'."""
        if self.kind == "holdout":
            table = self.learnt.table(child, parents)
            return float(np.log(table.reshape(-1)[self.held.place(child, parents)]).sum())
        counts = self.learnt.counts(child, parents)
        given = counts.sum(axis=1)
        cells, size = counts.shape
        if self.kind == "bic":
            with np.errstate(divide="ignore", invalid="ignore"):
                terms = np.where(counts > 0, counts * np.log(counts / given[:, None]), 0.0)
            n = self.learnt.rows.n_rows
            return float(terms.sum() - 0.5 * np.log(n) * cells * (size - 1))
        from scipy.special import gammaln

        a = _EQUIVALENT_ROWS / cells
        of_contexts = gammaln(a) - gammaln(given + a)
        of_cells = gammaln(counts + a / size) - gammaln(a / size)
        return float(of_contexts.sum() + of_cells.sum())
