"""Gaussian copula: every column a step of one normal variable, correlated with the others'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Generator, Model, State, require_rows
from generators.encoding.arrays import EncodedTable
from generators.marginals import Marginal

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import Variable
    from tabular.model import Progress
    from tabular.seeding import Seed

_TERMS = 24  # of the Hermite series; what is cut off at |r| = .9 is below .9^24 of a variance


@dataclass(frozen=True)
class _Column:
    """How latent numbers become one column.

    Args:
        codes: For a categorical column: the code of each cell, in latent order.
        cuts: For a categorical column: cumulative probability at each cell's upper end.
        marginal: For a numeric column: its distribution where it is there, if anything is known.
        missing: For a numeric column: share of missing cells, which have a latent of their own.
    """

    codes: npt.NDArray[np.int32] | None = None
    cuts: npt.NDArray[np.float64] | None = None
    marginal: Marginal | None = None
    missing: float = 0.0

    @property
    def n_latents(self) -> int:
        """How many latent numbers a cell takes."""
        if self.codes is not None:
            return int(len(self.codes) > 1)
        return int(self.marginal is not None) + int(0 < self.missing < 1)


class GaussianCopulaModel(Model):
    """Distributions of the columns, and a triangular root of the latent correlation."""

    def __init__(
        self,
        variables: tuple[Variable, ...],
        columns: tuple[_Column, ...],
        root: npt.NDArray[np.float64],
    ) -> None:
        self._variables = variables
        self._columns = columns
        self._root = root

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` rows: correlated normal numbers, through each column's inverse distribution."""
        latent = self._root @ seed.generator().standard_normal((len(self._root), n))
        arrays: list[npt.NDArray[np.float64] | npt.NDArray[np.int32]] = []
        at = 0
        for column in self._columns:
            arrays.append(_invert(column, latent[at : at + column.n_latents], n))
            at += column.n_latents
        return EncodedTable(self._variables, tuple(arrays), np.ones(n, dtype=np.int64))

    def state(self) -> State:
        """Cells, knots, shares of missing cells and the correlation's root."""
        arrays: dict[str, npt.NDArray[np.generic]] = {"root": self._root}
        for i, column in enumerate(self._columns):
            if column.codes is not None and column.cuts is not None:
                arrays |= {f"codes.{i}": column.codes, f"cuts.{i}": column.cuts}
            if column.marginal is not None:
                arrays |= {
                    f"edges.{i}": column.marginal.edges,
                    f"left.{i}": column.marginal.left,
                    f"right.{i}": column.marginal.right,
                }
        return State(arrays, {"missing": [column.missing for column in self._columns]})

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        arrays = state.arrays
        columns = []
        for i, missing in enumerate(state.values["missing"]):
            marginal = (
                Marginal(arrays[f"edges.{i}"], arrays[f"left.{i}"], arrays[f"right.{i}"])
                if f"edges.{i}" in arrays
                else None
            )
            columns.append(
                _Column(arrays.get(f"codes.{i}"), arrays.get(f"cuts.{i}"), marginal, missing)
            )
        return cls(variables, tuple(columns), arrays["root"])


class GaussianCopula(Generator, frozen=True):
    """Gaussian copula with empirical marginals: fits and samples in an instant.

    The correlation is that of latent normal numbers, of which each column is a step function: the
    correlation of normal scores, corrected for what ties and categories hide of it. Missing
    numbers are a latent of their own; unordered categories are put in the order in which the
    other columns differ most between them.

    Reference:
        Cario, Nelson (1997), Modeling and generating random vectors with arbitrary marginal
        distributions and correlation matrix. Schaefer, Strimmer (2005), A shrinkage approach to
        large-scale covariance matrix estimation, section 2.

    Differs from the paper: Cario and Nelson invert the relation of latent and observed
    correlation by simulation; here it is a series in Hermite polynomials, solved for all pairs.
    """

    kind: Literal["gaussian_copula"] = "gaussian_copula"
    model: ClassVar[type[Model]] = GaussianCopulaModel

    knots: int = Field(
        default=500,
        ge=2,
        le=10_000,
        description="Most knots that sum up the values of a numeric column that few rows share.",
    )

    def fit_encoded(
        self,
        train: EncodedTable,
        *,
        seed: Seed,  # noqa: ARG002  nothing is drawn
        progress: Progress,
    ) -> GaussianCopulaModel:
        """Distributions first, then the correlation of what is latent beneath them."""
        require_rows(train, 1, self.kind)
        scores: list[npt.NDArray[np.float64]] = []
        edges: list[npt.NDArray[np.float64]] = []
        columns: list[_Column | None] = []
        unordered: list[int] = []
        places: list[int] = []
        for i, (variable, array) in enumerate(zip(train.variables, train.arrays, strict=True)):
            places.append(len(scores))
            if variable.is_numeric:
                column, latent = _numeric(array, train, self.knots)
                columns.append(column)
                scores.extend(score for score, _ in latent)
                edges.extend(edge for _, edge in latent)
            elif variable.ordered or (variable.cardinality or 0) <= 2:  # noqa: PLR2004  two codes
                column, latent = _categorical(array, np.arange(variable.cardinality or 1))
                columns.append(column)
                scores.extend(score for score, _ in latent)
                edges.extend(edge for _, edge in latent)
            else:
                columns.append(None)
                unordered.append(i)
        progress(0.4, "distributions")
        known = np.column_stack(scores) if scores else np.empty((train.n_rows, 0))
        orders = _orders(train, unordered, known)
        inserted: dict[int, list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]] = {}
        for i, order in zip(unordered, orders, strict=True):
            columns[i], inserted[i] = _categorical(train.arrays[i], order)
        for i in reversed(unordered):
            scores[places[i] : places[i]] = [score for score, _ in inserted[i]]
            edges[places[i] : places[i]] = [edge for _, edge in inserted[i]]
        progress(0.7, "order of categories")
        root = _root(scores, edges)
        done = tuple(column for column in columns if column is not None)
        return GaussianCopulaModel(train.variables, done, root)


def _invert(
    column: _Column, latent: npt.NDArray[np.float64], n: int
) -> npt.NDArray[np.float64] | npt.NDArray[np.int32]:
    """One column's cells from its latent normal numbers, shape (n_latents, n)."""
    from scipy.special import ndtr, ndtri

    if column.codes is not None and column.cuts is not None:
        if not len(latent):
            return np.full(n, column.codes[0], dtype=np.int32)
        cell = np.searchsorted(ndtri(column.cuts[:-1]), latent[0], side="right")
        return np.asarray(column.codes[cell], dtype=np.int32)
    if column.marginal is None:
        return np.full(n, np.nan)
    values = column.marginal.quantile(ndtr(latent[0]))
    if column.n_latents > 1:
        values[latent[1] < ndtri(column.missing)] = np.nan
    return values


Latent = tuple["npt.NDArray[np.float64]", "npt.NDArray[np.float64]"]


def _numeric(
    array: npt.NDArray[np.float64] | npt.NDArray[np.int32], train: EncodedTable, knots: int
) -> tuple[_Column, list[Latent]]:
    """A numeric column, and of each latent the rows' scores (NaN for missing) and cell edges."""
    values = np.asarray(array, dtype=np.float64)
    gone = np.isnan(values)
    owners = train.owner_codes
    there = slice(None) if not gone.any() else ~gone
    marginal = Marginal.fit(
        values[there], owners=None if owners is None else owners[there], k=train.k, knots=knots
    )
    missing = float(gone.mean())
    if marginal is None:
        return _Column(missing=1.0), []
    latents: list[Latent] = []
    scores = np.full(len(values), np.nan)
    # An atom or a stretch is a cell: all its rows have the mean of its latent numbers as score.
    scores[there] = _cell_means(marginal.edges)[marginal.pieces(values[there])]
    latents.append((scores, marginal.edges))
    if missing:
        edges = np.array([0.0, missing, 1.0])
        latents.append((_cell_means(edges)[(~gone).astype(np.int64)], edges))
    return _Column(marginal=marginal, missing=missing), latents


def _categorical(
    array: npt.NDArray[np.generic], order: npt.NDArray[np.intp]
) -> tuple[_Column, list[Latent]]:
    """A categorical column whose codes take this latent order."""
    codes = np.asarray(array, dtype=np.int32)
    counts = np.bincount(codes, minlength=len(order))[order]
    order = order[counts > 0]
    counts = counts[counts > 0]
    edges = np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
    edges[-1] = 1.0
    column = _Column(codes=order.astype(np.int32), cuts=edges[1:])
    if len(order) == 1:
        return column, []
    place = np.zeros(int(order.max()) + 1, dtype=np.int64)
    place[order] = np.arange(len(order))
    return column, [(_cell_means(edges)[place[codes]], edges)]


def _cell_means(edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of a standard normal number within each cell of cumulative probability."""
    from scipy.special import ndtri

    z = ndtri(edges)
    means = -np.diff(np.exp(-0.5 * z * z)) / np.sqrt(2 * np.pi) / np.diff(edges)
    return np.asarray(means, dtype=np.float64)


def _orders(
    train: EncodedTable, unordered: list[int], known: npt.NDArray[np.float64]
) -> list[npt.NDArray[np.intp]]:
    """For each unordered column the order of its codes in which the other columns differ most.

    The codes' means over the other columns' scores have a principal axis; its direction orders
    them, as in correspondence analysis. Two rounds, as the orders depend on each other.
    """
    codes = [np.asarray(train.arrays[i], dtype=np.int64) for i in unordered]
    sizes = [train.variables[i].cardinality or 1 for i in unordered]
    orders = [np.argsort(-np.bincount(c, minlength=s)) for c, s in zip(codes, sizes, strict=True)]
    plain = np.nan_to_num(known)
    cells = [np.argsort(c, kind="stable") for c in codes]
    own: list[npt.NDArray[np.float64]] = []
    for c, order in zip(codes, orders, strict=True):
        latent = _categorical(c, order)[1]
        own.append(latent[0][0] if latent else np.zeros(len(c)))
    for _ in range(2):
        for i, (c, size) in enumerate(zip(codes, sizes, strict=True)):
            others = np.column_stack([plain, *own[:i], *own[i + 1 :]])
            if not others.shape[1]:
                continue
            counts = np.bincount(c, minlength=size)
            there = np.flatnonzero(counts)
            starts = np.concatenate([[0], np.cumsum(counts[there])[:-1]])
            means = np.add.reduceat(others[cells[i]], starts) / counts[there, None]
            weight = np.sqrt(counts[there] / len(c))
            means -= weight**2 @ means
            axis = np.linalg.svd(means * weight[:, None], full_matrices=False)[2][0]
            # The sign of an axis is free; fixing it makes the fit the same everywhere.
            axis *= np.sign(axis[np.argmax(np.abs(axis))]) or 1.0
            place = np.full(size, np.inf)
            place[there] = means @ axis
            orders[i] = np.argsort(place, kind="stable")
            latent = _categorical(c, orders[i])[1]
            own[i] = latent[0][0] if latent else own[i]
    return orders


def _root(
    scores: list[npt.NDArray[np.float64]], edges: list[npt.NDArray[np.float64]]
) -> npt.NDArray[np.float64]:
    """A lower triangular root of the latent correlation, shape (n_latents, n_latents)."""
    if not scores:
        return np.zeros((0, 0))
    stacked = np.column_stack(scores)
    there = np.isfinite(stacked)
    whole = bool(there.all())
    if whole:
        stacked = stacked - stacked.mean(axis=0)
        pairs = np.full((stacked.shape[1],) * 2, float(len(stacked)))
        covariance = stacked.T @ stacked / len(stacked)
    else:
        filled = np.where(there, stacked, 0.0)
        mask = there.astype(np.float64)
        pairs = mask.T @ mask
        shared = np.maximum(pairs, 1.0)
        means = filled.T @ mask / shared
        covariance = filled.T @ filled / shared - means * means.T
    latent = _invert_covariance(covariance, np.column_stack([_hermite(e) for e in edges]))
    # Pairs that are hardly ever seen together tell nothing.
    latent[pairs < 10] = 0.0  # noqa: PLR2004
    np.fill_diagonal(latent, 1.0)
    return np.asarray(np.linalg.cholesky(_valid(_shrunk(latent, pairs))), dtype=np.float64)


def _hermite(edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Coefficients of a cell's score as a series in normalised Hermite polynomials, (_TERMS,).

    With h_k the k-th normalised polynomial, the integral of h_k times the normal density over a
    cell from a to b is (f(a) h_{k-1}(a) - f(b) h_{k-1}(b)) / sqrt(k), f being the density.
    """
    from scipy.special import ndtri

    z = ndtri(edges)
    z[[0, -1]] = 0.0  # the density is zero out there, whatever the polynomial
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    density[[0, -1]] = 0.0
    means = _cell_means(edges)
    previous, current = np.zeros_like(z), np.ones_like(z)
    out = np.empty(_TERMS)
    for k in range(1, _TERMS + 1):
        out[k - 1] = -np.diff(density * current) @ means / np.sqrt(k)
        # h_k = (z h_{k-1} - sqrt(k-1) h_{k-2}) / sqrt(k)
        previous, current = current, (z * current - np.sqrt(k - 1.0) * previous) / np.sqrt(k)
    return out


def _invert_covariance(
    covariance: npt.NDArray[np.float64], series: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Latent correlations under which the scores have this covariance (Mehler's formula).

    The covariance is the sum over k of r^k a_k b_k, which grows with r: bisection, all pairs at
    once.
    """
    products = series[:, :, None] * series[:, None, :]
    low, high = np.full_like(covariance, -0.995), np.full_like(covariance, 0.995)
    for _ in range(30):
        middle = 0.5 * (low + high)
        value = np.zeros_like(middle)
        for term in products[::-1]:
            value = middle * (value + term)
        above = value > covariance
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    return 0.5 * (low + high)


def _shrunk(
    correlation: npt.NDArray[np.float64], pairs: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Drawn towards independence as far as the sampling error of the estimates asks for."""
    off = ~np.eye(len(correlation), dtype=bool)
    squares = float((correlation[off] ** 2).sum())
    if not squares:
        return correlation
    variance = float(((1 - correlation[off] ** 2) ** 2 / np.maximum(pairs[off] - 1, 1)).sum())
    out = correlation * (1 - min(1.0, variance / squares))
    np.fill_diagonal(out, 1.0)
    return out


def _valid(correlation: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The matrix with its eigenvalues raised to a small positive number and a unit diagonal."""
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    if values[0] >= 1e-6:  # noqa: PLR2004  far enough from singular for a triangular root
        return correlation
    raised = (vectors * np.maximum(values, 1e-5)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(raised))
    return np.asarray(raised * scale * scale[:, None], dtype=np.float64)
