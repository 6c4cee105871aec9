"""What a Gaussian copula must know of the rows, as sums that chunks and workers can share.

Two rounds, each of which adds up over chunks of rows:

    counts = reduce(ColumnCounts.merge, (ColumnCounts.of(chunk) for chunk in chunks))
    columns = counts.columns(k, knots)
    sums = reduce(PairSums.merge, (PairSums.of(chunk, columns) for chunk in chunks))
    columns, root = sums.solve()

Counts add up exactly, sums to the last digits of float64. `ColumnCounts` holds every distinct
number with its count, so of a column without ties as much as the column itself; it is no artifact.
Chunks have no subject in common, and number theirs apart, where rows belong to subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from generators.copula.columns import Column, cell_means
from generators.copula.correlation import latent_root
from generators.marginals import Marginal

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """How often each value of a column occurs.

    Args:
        values: Of a numeric column: distinct numbers, ascending; else every code.
        counts: Rows of each.
        owners: Whose each number is, where rows belong to subjects: then a number stands once for
            every subject that has it.
        missing: Rows without a number.
    """

    values: Floats
    counts: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64] | None = None
    missing: int = 0

    def merge(self, other: Tally) -> Tally:
        """The tally of both sides' rows."""
        values = np.concatenate([self.values, other.values])
        counts = np.concatenate([self.counts, other.counts])
        owners = None
        if self.owners is not None and other.owners is not None:
            owners = np.concatenate([self.owners, other.owners])
        return _tally(values, counts, owners, self.missing + other.missing)


def _tally(
    values: Floats,
    counts: npt.NDArray[np.int64],
    owners: npt.NDArray[np.int64] | None,
    missing: int,
) -> Tally:
    """Equal numbers, of equal subjects, as one."""
    if owners is None:
        distinct, of = np.unique(values, return_inverse=True)
        return Tally(
            distinct, np.bincount(of, counts, len(distinct)).astype(np.int64), None, missing
        )
    order = np.lexsort((owners, values))
    values, counts, owners = values[order], counts[order], owners[order]
    new = np.ones(len(values), dtype=bool)
    new[1:] = (np.diff(values) != 0) | (np.diff(owners) != 0)
    of = np.cumsum(new) - 1
    total = np.bincount(of, counts, int(new.sum())).astype(np.int64)
    return Tally(values[new], total, owners[new], missing)


@dataclass(frozen=True)
class ColumnCounts:
    """The first round: how often each value of each column occurs."""

    variables: tuple[Variable, ...]
    tallies: tuple[Tally, ...]

    @classmethod
    def of(cls, rows: EncodedTable) -> Self:
        """Of some rows."""
        owners = rows.owner_codes
        tallies = []
        for variable, array in zip(rows.variables, rows.arrays, strict=True):
            if not variable.is_numeric:
                size = variable.cardinality or 1
                counts = np.bincount(np.asarray(array, dtype=np.int64), minlength=size)
                tallies.append(Tally(np.arange(float(size)), counts))
                continue
            values = np.asarray(array, dtype=np.float64)
            there = ~np.isnan(values)
            whose = None if owners is None else owners[there]
            ones = np.ones(int(there.sum()), dtype=np.int64)
            tallies.append(_tally(values[there], ones, whose, int((~there).sum())))
        return cls(rows.variables, tuple(tallies))

    def merge(self, other: Self) -> Self:
        """Of both sides' rows."""
        pairs = zip(self.tallies, other.tallies, strict=True)
        return type(self)(self.variables, tuple(a.merge(b) for a, b in pairs))

    def columns(self, *, k: int, knots: int) -> tuple[Column, ...]:
        """The columns' distributions; codes without an order stand by how frequent they are.

        Args:
            k: Subjects that must stand behind each number that is held.
            knots: Most knots of a numeric column.
        """
        out = []
        for variable, tally in zip(self.variables, self.tallies, strict=True):
            if variable.is_numeric:
                values = np.repeat(tally.values, tally.counts)
                owners = None if tally.owners is None else np.repeat(tally.owners, tally.counts)
                marginal = Marginal.fit(values, owners=owners, k=k, knots=knots)
                share = tally.missing / max(len(values) + tally.missing, 1)
                out.append(Column(marginal=marginal, missing=share if marginal else 1.0))
            elif is_free(variable):
                out.append(Column.categorical(tally.counts, np.argsort(-tally.counts)))
            else:
                out.append(Column.categorical(tally.counts, np.arange(len(tally.counts))))
        return tuple(out)


def is_free(variable: Variable) -> bool:
    """Whether the codes have no order of their own, and enough of them for one to matter."""
    return not variable.is_numeric and not variable.ordered and (variable.cardinality or 0) > 2  # noqa: PLR2004


@dataclass(frozen=True)
class PairSums:
    """The second round: what the correlation, and the order of unordered codes, are found from.

    Scores are the latents' means over the cells that rows are in, of all columns but those with
    unordered codes; a missing score counts as 0, and `shared` tells how many were there.

    Args:
        variables: What the columns are.
        columns: Their distributions, the same for all chunks.
        n: Rows.
        shared: Rows that have both of two scores, (q, q).
        sums: Sum of the first over the rows that have both, (q, q).
        products: Sum of the products, (q, q).
        counts: Of each column with unordered codes: rows of each code, (size,).
        by_code: Of each of them: sum of the scores over each code's rows,
            (size, q).
        present: The same of how many have the score, (size, q).
        tables: Of each two columns with unordered codes: rows that have both of two codes.
    """

    variables: tuple[Variable, ...]
    columns: tuple[Column, ...]
    n: int
    shared: Floats
    sums: Floats
    products: Floats
    counts: tuple[Floats, ...]
    by_code: tuple[Floats, ...]
    present: tuple[Floats, ...]
    tables: tuple[Floats, ...]

    @classmethod
    def of(cls, rows: EncodedTable, columns: tuple[Column, ...]) -> Self:
        """Of some rows, scored by the columns that the first round gave."""
        scores: list[Floats] = []
        free = []
        for variable, column, array in zip(rows.variables, columns, rows.arrays, strict=True):
            if is_free(variable):
                free.append((np.asarray(array, dtype=np.int64), variable.cardinality or 1))
            else:
                scores.extend(column.scores(array))
        stacked = np.column_stack(scores) if scores else np.empty((rows.n_rows, 0))
        there = np.isfinite(stacked)
        filled = np.where(there, stacked, 0.0)
        mask = there.astype(np.float64)
        tables = []
        for i, (a, height) in enumerate(free):
            for b, width in free[i + 1 :]:
                both = np.bincount(a * width + b, minlength=height * width)
                tables.append(both.reshape(height, width).astype(np.float64))
        return cls(
            rows.variables,
            columns,
            rows.n_rows,
            mask.T @ mask,
            filled.T @ mask,
            filled.T @ filled,
            tuple(np.bincount(codes, minlength=size).astype(np.float64) for codes, size in free),
            tuple(_sums_by(codes, size, filled) for codes, size in free),
            tuple(_sums_by(codes, size, mask) for codes, size in free),
            tuple(tables),
        )

    def merge(self, other: Self) -> Self:
        """Of both sides' rows."""

        def added(ours: tuple[Floats, ...], theirs: tuple[Floats, ...]) -> tuple[Floats, ...]:
            return tuple(a + b for a, b in zip(ours, theirs, strict=True))

        return type(self)(
            self.variables,
            self.columns,
            self.n + other.n,
            self.shared + other.shared,
            self.sums + other.sums,
            self.products + other.products,
            added(self.counts, other.counts),
            added(self.by_code, other.by_code),
            added(self.present, other.present),
            added(self.tables, other.tables),
        )

    def solve(self) -> tuple[tuple[Column, ...], Floats]:
        """The columns with their codes in order, and a root of the latent correlation.

        Returns:
            The columns, and a lower triangular matrix of shape (n_latents, n_latents).
        """
        free = [i for i, variable in enumerate(self.variables) if is_free(variable)]
        columns = list(self.columns)
        for i, column in zip(free, self._ordered([columns[i] for i in free]), strict=True):
            columns[i] = column
        covariance, shared = self._moments([columns[i] for i in free])
        # Those above are: all scores, then the free columns; latents go column by column.
        place, own, last = [], 0, len(self.shared)
        for i, column in enumerate(columns):
            if i in free:
                place += [last] if column.n_latents else []
                last += 1
            else:
                place += range(own, own + column.n_latents)
                own += column.n_latents
        at = np.ix_(place, place)
        edges = [edge for column in columns for edge in column.edges]
        return tuple(columns), latent_root(covariance[at], shared[at], edges)

    def _table(self, i: int, j: int) -> Floats:
        """Rows that have both of two codes of the i-th and the j-th free column."""
        if i > j:
            return self._table(j, i).T
        m = len(self.by_code)
        return self.tables[i * m - i * (i + 1) // 2 + j - i - 1]

    def _ordered(self, free: list[Column]) -> list[Column]:
        """The free columns, their codes in the order in which all other columns differ most.

        The codes' means over the other columns' scores have a principal axis; its direction orders
        them, as in correspondence analysis. Two rounds, as the orders depend on each other.
        """
        free = list(free)
        for _ in range(2):
            for i, count in enumerate(self.counts):
                there = np.flatnonzero(count)
                others = [self.by_code[i]]
                others += [
                    (self._table(i, j) @ _code_scores(free[j], len(self.counts[j])))[:, None]
                    for j in range(len(free))
                    if j != i
                ]
                means = np.concatenate(others, axis=1)[there] / count[there, None]
                if not means.shape[1]:
                    continue
                weight = np.sqrt(count[there] / self.n)
                means -= weight**2 @ means
                axis = np.linalg.svd(means * weight[:, None], full_matrices=False)[2][0]
                # The sign of an axis is free; fixing it makes the fit the same everywhere.
                axis *= np.sign(axis[np.argmax(np.abs(axis))]) or 1.0
                place = np.full(len(count), np.inf)
                place[there] = means @ axis
                free[i] = Column.categorical(
                    count.astype(np.int64), np.argsort(place, kind="stable")
                )
        return free

    def _moments(self, free: list[Column]) -> tuple[Floats, Floats]:
        """Covariance of all scores and then of the free columns', and rows that have both."""
        shares = np.maximum(self.shared, 1.0)
        means = self.sums / shares
        known = self.products / shares - means * means.T
        codes = [
            _code_scores(column, len(by)) for column, by in zip(free, self.by_code, strict=True)
        ]
        q, m = len(known), len(free)
        covariance, shared = np.zeros((q + m, q + m)), np.full((q + m, q + m), float(self.n))
        covariance[:q, :q], shared[:q, :q] = known, self.shared
        total = np.diag(self.shared)
        for i, score in enumerate(codes):
            with_known = score @ self.by_code[i] / np.maximum(total, 1.0)
            own_mean = score @ self.present[i] / np.maximum(total, 1.0)
            value = with_known - own_mean * np.diag(means)
            covariance[q + i, :q] = covariance[:q, q + i] = value
            shared[q + i, :q] = shared[:q, q + i] = total
            covariance[q + i, q + i] = 1.0
            for j in range(i):
                joint = float(score @ self._table(i, j) @ codes[j]) / max(self.n, 1)
                covariance[q + i, q + j] = covariance[q + j, q + i] = joint
        return covariance, shared


def _code_scores(column: Column, size: int) -> Floats:
    """The score of each code, (size,); 0 of those that no row has, and of a single one."""
    out = np.zeros(size)
    if column.codes is not None and column.n_latents:
        out[column.codes] = cell_means(column.edges[0])
    return out


def _sums_by(codes: npt.NDArray[np.int64], size: int, numbers: Floats) -> Floats:
    """Sum of the rows of each code, (size, q)."""
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=size)
    there = np.flatnonzero(counts)
    out = np.zeros((size, numbers.shape[1]))
    if len(there):
        starts = np.concatenate([[0], np.cumsum(counts[there])[:-1]])
        out[there] = np.add.reduceat(numbers[order], starts)
    return out
