"""Bayesian networks: each column given a few others, in a graph that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.dependencies import Dependencies
from generators.discretization import Discretization
from generators.graphs.counts import CodedRows, mutual_information, spanning_tree
from generators.graphs.families import Counted, FamilyScore, Groups, Score, has_order
from generators.graphs.model import GraphModel
from generators.graphs.network import Network
from generators.graphs.portraits import edges_of
from generators.graphs.search import Bounds, climbed
from generators.inner_split import inner_split
from tabular.portrait import Edge

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.graphs.search import Parents
    from tabular.model import Progress
    from tabular.seeding import Seed

_FEWEST = 20  # rows
_HELD_OUT = 0.2  # share of the subjects that edges are judged by
_MOST_LOOKED_AT = 50_000  # rows that the graph is chosen by
_LEAST_GAIN = 1e-4  # nats a row that an edge must bring


class BayesianNetworkModel(GraphModel[Network]):
    """Bins of the numbers, columns that follow from others, and a network of the rest's codes."""

    title = "Which columns each column is drawn given"
    directed = True

    def state(self) -> State:
        """Bins, groups, parents and probabilities; no row."""
        arrays = self.columns.arrays() | self.links.arrays()
        for i, (group, table) in enumerate(
            zip(self.network.groups.of, self.network.tables, strict=True)
        ):
            arrays[f"network.{i}.groups"] = group
            arrays[f"network.{i}.table"] = table.astype(np.float32)
        parents = [list(own) for own in self.network.parents]
        edges = [edge.model_dump() for edge in self.edges]
        return State(arrays, {"parents": parents, "edges": edges})

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
        parents = tuple(tuple(own) for own in state.values["parents"])
        each = range(len(parents))
        groups = Groups(tuple(state.arrays[f"network.{i}.groups"].astype(np.int64) for i in each))
        tables = (state.arrays[f"network.{i}.table"].astype(np.float64) for i in each)
        edges = tuple(Edge.model_validate(edge) for edge in state.values["edges"])
        return cls(columns, links, Network(groups, parents, tuple(tables)), edges)


class BayesianNetwork(Generator, frozen=True):
    """Bayesian network: a readable graph of columns, exact likelihood and conditionals.

    Reference: Pearl (1988), Probabilistic reasoning in intelligent systems; Heckerman, Geiger,
    Chickering (1995), Learning Bayesian networks. Differs from them: an edge is judged by rows held
    out unless `score` says otherwise; a parent tells by groups of its codes; a count that too few
    subjects stand behind is taken from the table of fewer parents; numbers are bins with what is
    left of them drawn inside; a missing cell is an outcome of its own.
    """

    kind: Literal["bayesian_network"] = "bayesian_network"
    model: ClassVar[type[Model]] = BayesianNetworkModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"conditions", "log_prob"})

    score: Score = Field(
        default="holdout", description="What an edge is judged by: rows held out, BIC or BDeu."
    )
    parents: int = Field(default=5, ge=0, le=10, description="Parents of a column at most.")
    bins: int = Field(default=32, ge=2, le=1000, description="Bins of a number, spikes aside.")
    groups: int = Field(
        default=8, ge=2, le=1000, description="Groups of codes that a parent tells by, at most."
    )
    table_cells: int = Field(
        default=100_000, ge=100, description="Cells of a column's table at most."
    )
    clique_cells: int = Field(
        default=100_000, ge=100, description="Cells at most that an exact answer has to look at."
    )
    prior_rows: float = Field(
        default=20.0, gt=0, description="Rows that the table of one parent fewer is worth."
    )
    candidates: int = Field(
        default=20, ge=1, description="Columns that are tried as a column's parents."
    )

    def fit_encoded(
        self, train: EncodedTable, *, seed: Seed, progress: Progress
    ) -> BayesianNetworkModel:
        """Bins first, then the graph, then a table for each column.

        Raises:
            FitError: There are too few rows.
        """
        require_rows(train, _FEWEST, self.kind)
        columns = Discretization.learn(train, self.bins)
        codes = columns.encode(train)
        owners = train.owner_codes
        subjects = np.arange(train.n_rows) if owners is None else owners
        links = Dependencies.learn(columns, codes, subjects, train.k)
        free = links.free
        rows = CodedRows(codes[free], tuple(columns.sizes[j] for j in free), owners, train.k)
        groups = Groups.learn(rows, tuple(has_order(columns)[j] for j in free), self.groups)
        grouped = CodedRows(groups.take(rows.codes), groups.sizes, owners, train.k)
        counted = Counted(rows, grouped, self.prior_rows)
        information = mutual_information(CodedRows(codes, columns.sizes))
        inner = information[np.ix_(free, free)]
        parents = self._parents(counted, inner, train, seed, progress)
        progress(0.9, "tables")
        tables = (counted.table(child, own) for child, own in enumerate(parents))
        # As they will be read back, so that a saved model draws the same rows.
        kept = tuple(table.astype(np.float32).astype(np.float64) for table in tables)
        joined = ((parent, child) for child, own in enumerate(parents) for parent in own)
        edges = edges_of(joined, links, information)
        return BayesianNetworkModel(columns, links, Network(groups, parents, kept), edges)

    def _parents(
        self,
        counted: Counted,
        information: npt.NDArray[np.float64],
        train: EncodedTable,
        seed: Seed,
        progress: Progress,
    ) -> Parents:
        """The graph."""
        share = _HELD_OUT * min(1.0, _MOST_LOOKED_AT / train.n_rows)
        inner, held = inner_split(train, share=share, most=_MOST_LOOKED_AT, seed=seed)
        inner = inner[:_MOST_LOOKED_AT]
        n = len(information)
        rank = np.argsort(np.argsort(-information, axis=1, kind="stable"), axis=1)
        bounds = Bounds(
            counted.rows.sizes,
            counted.groups.sizes,
            self.parents,
            self.table_cells,
            self.clique_cells,
        )
        return climbed(
            spanning_tree(information),
            FamilyScore(self.score, counted.take(inner), counted.take(held)),
            bounds,
            (rank < self.candidates) & ~np.eye(n, dtype=bool),
            least=_LEAST_GAIN * len(held) if self.score == "holdout" else 0.0,
            told=lambda moves: progress(0.9 * moves / (moves + 2 * n), f"{moves} edges changed"),
        )
