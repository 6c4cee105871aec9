"""Gaussian copula: every column a step of one normal variable, correlated with the others'."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.copula.columns import Column
from generators.copula.latent import draw_between, log_between
from generators.copula.statistics import ColumnCounts, PairSums
from generators.encoding.arrays import EncodedTable
from generators.marginals import Marginal
from generators.scoring import by_leaving_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from generators.encoding.arrays import Variable
    from tabular.model import Progress
    from tabular.seeding import Seed

_CHUNK = 1_000_000  # rows that are scored together


class GaussianCopulaModel(Model):
    """Distributions of the columns, and a triangular root of the latent correlation."""

    def __init__(
        self,
        variables: tuple[Variable, ...],
        columns: tuple[Column, ...],
        root: npt.NDArray[np.float64],
    ) -> None:
        self._variables = variables
        self._columns = columns
        self._root = root

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` rows: correlated normal numbers, through each column's inverse distribution."""
        latent = self._root @ seed.generator().standard_normal((len(self._root), n))
        return self._invert(latent, n)

    def complete(self, known: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw the other columns of rows: their latents, given what is known of the fixed ones'."""
        low, high = self._bounds(known, fixed)
        latent = draw_between(self._root, low, high, seed.generator())
        drawn = self._invert(latent, known.n_rows)
        pairs = enumerate(zip(known.arrays, drawn.arrays, strict=True))
        return drawn.with_arrays(ours if i in fixed else made for i, (ours, made) in pairs)

    def log_prob(self, rows: EncodedTable) -> npt.NDArray[np.float64]:
        """Log density of each row, (n_rows,): probabilities of labels, densities of numbers.

        What rows have of numbers between knots is known exactly. Of labels and heavy values it is
        known between which bounds a latent lies; the probability of all these bounds together is
        found numerically, to within a few percent (`generators.copula.latent.log_between`).
        """
        return self.log_marginal(rows, tuple(range(len(self._columns))))

    def log_marginal(self, rows: EncodedTable, fixed: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Log density of some columns of rows alone, (n_rows,)."""
        low, high = self._bounds(rows, fixed)
        out = log_between(self._root, low, high)
        for i in fixed:
            out += self._columns[i].log_stretch(rows.arrays[i])
        return out

    def column_scores(self, rows: EncodedTable, *, seed: Seed) -> npt.NDArray[np.float64]:
        """Of each column given the others, as exactly as `log_prob`."""
        del seed
        return by_leaving_out(self.log_marginal, rows)

    def _invert(self, latent: npt.NDArray[np.float64], n: int) -> EncodedTable:
        arrays = []
        at = 0
        for column in self._columns:
            arrays.append(column.invert(latent[at : at + column.n_latents], n))
            at += column.n_latents
        return EncodedTable(self._variables, tuple(arrays), np.ones(n, dtype=np.int64))

    def _bounds(
        self, rows: EncodedTable, fixed: tuple[int, ...]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Between what the latents of each row lie, twice (n_latents, n_rows)."""
        size = (len(self._root), rows.n_rows)
        low, high = np.full(size, -np.inf), np.full(size, np.inf)
        at = 0
        for i, (column, array) in enumerate(zip(self._columns, rows.arrays, strict=True)):
            if i in fixed:
                own = slice(at, at + column.n_latents)
                low[own], high[own] = column.bounds(array)
            at += column.n_latents
        return low, high

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
                Column(arrays.get(f"codes.{i}"), arrays.get(f"cuts.{i}"), marginal, missing)
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
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"conditions", "log_prob"})

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
        # Whose a row is must be known of all at once, so the counts are taken in one.
        columns = ColumnCounts.of(train).columns(k=train.k, knots=self.knots)
        progress(0.4, "distributions")
        chunks = (PairSums.of(chunk, columns) for chunk in _chunks(train))
        sums = reduce(PairSums.merge, chunks)
        progress(0.9, "correlation")
        return GaussianCopulaModel(train.variables, *sums.solve())


def _chunks(rows: EncodedTable) -> Iterator[EncodedTable]:
    """The same rows, some at a time."""
    for begin in range(0, rows.n_rows, _CHUNK):
        part = slice(begin, begin + _CHUNK)
        arrays = tuple(array[part] for array in rows.arrays)
        ones = np.ones(len(arrays[0]), dtype=np.int64)
        yield EncodedTable(rows.variables, arrays, ones, k=rows.k)
