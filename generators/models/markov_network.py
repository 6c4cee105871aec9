"""Markov networks: the distribution of the greatest entropy that has a few small marginals."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.dependencies import Dependencies
from generators.discretization import Discretization
from generators.graphs.counts import CodedRows, mutual_information
from generators.graphs.junction import JunctionTree
from generators.graphs.markov import CalibratedTree, estimated
from generators.graphs.measurements import choose_pairs, choose_triples, measured
from generators.graphs.model import GraphModel
from generators.graphs.portraits import edges_of
from tabular.portrait import Edge

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.graphs.junction import Scope
    from tabular.model import Progress
    from tabular.seeding import Seed

_FEWEST = 20  # rows


class MarkovNetworkModel(GraphModel[CalibratedTree]):
    """Bins of the numbers, columns that follow from others, and a junction tree of the rest."""

    title = "Which columns were measured together"
    directed = False

    def state(self) -> State:
        """Bins and the cliques' tables; no row."""
        arrays = self.columns.arrays() | self.links.arrays()
        for i, table in enumerate(self.network.tables):
            arrays[f"clique.{i}"] = table.astype(np.float32)
        tree = self.network.tree
        values = {
            "cliques": [list(clique) for clique in tree.cliques],
            "parents": list(tree.parents),
            "edges": [edge.model_dump() for edge in self.edges],
        }
        return State(arrays, values)

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
        values = state.values
        cliques = tuple(tuple(clique) for clique in values["cliques"])
        sizes = tuple(columns.sizes[j] for j in links.free)
        tree = JunctionTree(sizes, cliques, tuple(values["parents"]))
        tables = tuple(state.arrays[f"clique.{i}"].astype(np.float64) for i in range(len(cliques)))
        edges = tuple(Edge.model_validate(edge) for edge in values["edges"])
        return cls(columns, links, CalibratedTree(tree, tables), edges)


class MarkovNetwork(Generator, frozen=True):
    """Markov network: small marginals, and the greatest entropy that fits them; counts only.

    Reference: McKenna, Miklau, Sheldon (2021), Winning the NIST contest: a scalable and general
    approach to differentially private synthetic data (MST), with the marginals measured without
    noise. Differs from it: more pairs than a tree has, and some triples, by what they tell, within
    a bound on the junction tree; fitted by iterative proportional fitting; a count that too few
    subjects stand behind is taken from smaller marginals; numbers are bins with what is left of
    them drawn inside; a missing cell is an outcome of its own.
    """

    kind: Literal["markov_network"] = "markov_network"
    model: ClassVar[type[Model]] = MarkovNetworkModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"conditions", "log_prob"})

    bins: int = Field(default=24, ge=2, le=1000, description="Bins of a number, spikes aside.")
    clique_cells: int = Field(
        default=200_000, ge=100, description="Cells of a clique of the junction tree at most."
    )
    tree_cells: int = Field(
        default=1_000_000, ge=100, description="Cells of all cliques together at most."
    )
    triples: int = Field(
        default=20, ge=0, le=10_000, description="Marginals of three columns at most."
    )
    sweeps: int = Field(
        default=50, ge=1, le=10_000, description="Walks over the junction tree at most."
    )
    prior_rows: float = Field(
        default=5.0, gt=0, description="Rows of the smaller marginals that each one is pulled by."
    )

    def fit_encoded(
        self, train: EncodedTable, *, seed: Seed, progress: Progress
    ) -> MarkovNetworkModel:
        """Bins first, then which marginals to measure, then the model that has them.

        Raises:
            FitError: There are too few rows.
        """
        del seed  # nothing is drawn
        require_rows(train, _FEWEST, self.kind)
        columns = Discretization.learn(train, self.bins)
        codes = columns.encode(train)
        owners = train.owner_codes
        subjects = np.arange(train.n_rows) if owners is None else owners
        links = Dependencies.learn(columns, codes, subjects, train.k)
        rows = CodedRows(
            codes[links.free], tuple(columns.sizes[j] for j in links.free), owners, train.k
        )
        information = mutual_information(CodedRows(codes, columns.sizes))
        free = np.ix_(links.free, links.free)
        pairs = choose_pairs(information[free], rows, self.clique_cells, self.tree_cells)
        progress(0.1, f"{len(pairs)} pairs")
        marginals = self._measured(rows, pairs)
        tree = JunctionTree.of(rows.sizes, marginals)
        progress(0.3, f"{len(marginals)} marginals")
        network = estimated(
            tree,
            marginals,
            sweeps=self.sweeps,
            told=lambda share: progress(0.3 + 0.7 * share, "fitting"),
        )
        # As they will be read back, so that a saved model draws the same rows.
        kept = tuple(table.astype(np.float32).astype(np.float64) for table in network.tables)
        edges = edges_of(pairs, links, information)
        return MarkovNetworkModel(columns, links, CalibratedTree(tree, kept), edges)

    def _measured(
        self, rows: CodedRows, pairs: tuple[tuple[int, int], ...]
    ) -> dict[Scope, npt.NDArray[np.float64]]:
        """Tables of every column, of the pairs, and of the triples that tell more than these."""
        out: dict[Scope, npt.NDArray[np.float64]] = {}
        singles: list[Scope] = [(v,) for v in range(len(rows.sizes))]
        for scope in [*singles, *pairs]:
            out[scope] = measured(rows, scope, out, self.prior_rows)
        tree = JunctionTree.of(rows.sizes, pairs)
        triples = choose_triples(rows, tree, out, self.triples, self.prior_rows)
        for scope in triples:
            for pair in combinations(scope, 2):
                if pair not in out:
                    out[pair] = measured(rows, pair, out, self.prior_rows)
            out[scope] = measured(rows, scope, out, self.prior_rows)
        return out
