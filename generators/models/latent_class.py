"""Latent classes: a mixture in which the columns of each component are independent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.dependencies import Dependencies
from generators.discretization import Discretization
from generators.inner_split import inner_split
from generators.mixtures import Mixture, learn_mixture, without_small
from generators.scoring import by_leaving_out

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable
    from tabular.model import Progress
    from tabular.seeding import Seed

_FEWEST = 20  # rows
_HELD_OUT = 0.1  # share of the subjects that the number of components is chosen by
_MOST_HELD_OUT = 20_000
_FIRST = 32  # components to begin with


class LatentClassModel(Model):
    """Bins of the numbers, columns that follow from others, and a mixture of the rest's codes."""

    def __init__(self, columns: Discretization, links: Dependencies, mixture: Mixture) -> None:
        self.columns = columns
        self.links = links
        self.mixture = mixture

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw a component for each row, then its columns by themselves."""
        rng = seed.generator()
        return self.columns.decode(self.links.fill(self.mixture.draw(n, rng)), rng)

    def complete(self, known: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw the other columns exactly: a component given what is known, then its columns."""
        rng = seed.generator()
        given = self.columns.encode(known)
        free = self.links.free
        mask, allowed = self._known(given, fixed)
        codes = self.links.fill(self.mixture.draw_given(given[free], mask, allowed, rng))
        return self.columns.decode_beside(codes, known, fixed, rng)

    def log_prob(self, rows: EncodedTable) -> npt.NDArray[np.float64]:
        """Exact: the sum over all components; minus infinity where a dependency is broken."""
        return self.log_marginal(rows, tuple(range(len(rows.variables))))

    def log_marginal(self, rows: EncodedTable, fixed: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Log density of some columns of rows alone, exactly, (n_rows,)."""
        codes = self.columns.encode(rows)
        mask, allowed = self._known(codes, fixed)
        out = self.mixture.log_prob(codes[self.links.free], mask, allowed)
        out += self.columns.log_density(rows, codes, fixed)
        return np.where(self.links.are_kept(codes, fixed), out, -np.inf)

    def column_scores(self, rows: EncodedTable, *, seed: Seed) -> npt.NDArray[np.float64]:
        """Of each column given the others, exactly."""
        del seed
        return by_leaving_out(self.log_marginal, rows)

    def _known(
        self, codes: npt.NDArray[np.int32], fixed: tuple[int, ...]
    ) -> tuple[npt.NDArray[np.bool_], dict[int, npt.NDArray[np.bool_]]]:
        """Which cells of the free columns are known, and which codes others of them may have."""
        known = np.repeat(np.isin(self.links.free, fixed)[:, None], codes.shape[1], axis=1)
        # Where the parent is known too, there is nothing left to tell of it.
        telling = tuple(
            link.column
            for link in self.links.links
            if link.column in fixed and link.parent not in fixed
        )
        return known, self.links.allowed(codes, telling, self.columns.sizes)

    def state(self) -> State:
        """Bins, weights and probabilities; no row."""
        arrays = self.columns.arrays() | self.links.arrays()
        arrays["weights"] = self.mixture.weights
        arrays["table"] = self.mixture.table.astype(np.float32)
        return State(arrays)

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        columns = Discretization.of_arrays(variables, state.arrays)
        links = Dependencies.of_arrays(len(variables), state.arrays)
        sizes = np.array(columns.sizes)[links.free]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        table = state.arrays["table"].astype(np.float64)
        mixture = Mixture(state.arrays["weights"].astype(np.float64), table, offsets)
        return cls(columns, links, mixture)


class LatentClass(Generator, frozen=True):
    """Latent class model: a mixture of many components, exact likelihood and conditionals.

    Reference: Lazarsfeld, Henry (1968), Latent structure analysis; Dunson, Xing (2009),
    Nonparametric Bayes modeling of multivariate categorical data. Differs from them: numbers are
    bins with what is left of them drawn inside; fitted by stepwise expectation maximisation; the
    number of components is the one that rows held out find most likely (`criterion: bic` takes
    Schwarz's criterion instead, which wants far fewer); a missing cell is an outcome of its own.
    """

    kind: Literal["latent_class"] = "latent_class"
    model: ClassVar[type[Model]] = LatentClassModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"conditions", "log_prob"})

    components: int | None = Field(
        default=None, ge=1, le=10_000, description="Components; chosen by `criterion` if not given."
    )
    criterion: Literal["holdout", "bic"] = Field(
        default="holdout", description="How the number of components is chosen."
    )
    most_components: int = Field(
        default=512, ge=1, le=10_000, description="Components at most, where they are chosen."
    )
    bins: int = Field(default=32, ge=2, le=1000, description="Bins of a number, spikes aside.")
    passes: int = Field(default=12, ge=1, le=1000, description="Over the rows, for each number.")
    prior_rows: float = Field(
        default=4.0, gt=0, description="Rows of the whole table that each component is pulled by."
    )

    def fit_encoded(
        self, train: EncodedTable, *, seed: Seed, progress: Progress
    ) -> LatentClassModel:
        """Bins first; then mixtures of more and more components, each split from the last.

        Raises:
            FitError: There are too few rows.
        """
        require_rows(train, _FEWEST, self.kind)
        columns = Discretization.learn(train, self.bins)
        codes = columns.encode(train)
        owners = train.subjects if train.owners is None else train.owners
        links = Dependencies.learn(columns, codes, owners, train.k)
        sizes = tuple(columns.sizes[j] for j in links.free)
        mixture = self._chosen(sizes, codes[links.free], train, seed, progress)
        mixture = without_small(mixture, train.k, train.n_rows)
        # As it will be read back, so that a saved model draws the same rows.
        table = mixture.table.astype(np.float32).astype(np.float64)
        return LatentClassModel(columns, links, Mixture(mixture.weights, table, mixture.offsets))

    def _chosen(
        self,
        sizes: tuple[int, ...],
        codes: npt.NDArray[np.int32],
        train: EncodedTable,
        seed: Seed,
        progress: Progress,
    ) -> Mixture:
        """The mixture with the number of components that the criterion likes best."""
        most = min(self.components or self.most_components, max(1, train.n_rows // train.k))
        ladder = [most]
        while ladder[0] > _FIRST:
            ladder.insert(0, -(-ladder[0] // 2))
        inner, held = inner_split(train, share=_HELD_OUT, most=_MOST_HELD_OUT, seed=seed)
        best: Mixture | None = None
        lowest, chosen = np.inf, ladder[0]
        if self.components is None and len(ladder) > 1:
            mixture: Mixture | None = None
            for i, number in enumerate(ladder):
                progress(0.7 * i / len(ladder), f"{number} components")
                mixture = self._fitted(sizes, codes[:, inner], number, seed, mixture)
                score = self._score(mixture, codes[:, inner], codes[:, held])
                if score >= lowest:
                    break
                lowest, chosen = score, number
            ladder = ladder[: ladder.index(chosen) + 1]
        for i, number in enumerate(ladder):
            progress(0.7 + 0.3 * i / len(ladder), f"{number} components, all rows")
            best = self._fitted(sizes, codes, number, seed, best)
        assert best is not None  # noqa: S101  the ladder has a step at least
        return best

    def _fitted(
        self,
        sizes: tuple[int, ...],
        codes: npt.NDArray[np.int32],
        number: int,
        seed: Seed,
        start: Mixture | None,
    ) -> Mixture:
        return learn_mixture(
            codes,
            sizes,
            number,
            passes=self.passes,
            prior_rows=self.prior_rows,
            rng=seed.child("mixture", str(number)).generator(),
            start=start,
        )

    def _score(
        self, mixture: Mixture, learnt: npt.NDArray[np.int32], held: npt.NDArray[np.int32]
    ) -> float:
        """What the criterion says, per row; lower is better."""
        if self.criterion == "holdout":
            return -float(mixture.log_prob(held).mean())
        free = len(mixture.weights) * (len(mixture.table) - len(mixture.offsets) + 2) - 1
        n = learnt.shape[1]
        return float(-mixture.log_prob(learnt).mean() + free * np.log(n) / (2 * n))
