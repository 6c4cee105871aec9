"""What models of discretised columns that hang together in a graph have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from generators.base import Model
from generators.graphs.portraits import portrait_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.dependencies import Dependencies
    from generators.discretization import Discretization
    from generators.encoding.arrays import EncodedTable
    from generators.encoding.words import Words
    from tabular.portrait import Edge, Portrait
    from tabular.seeding import Seed

    Codes = npt.NDArray[np.int32]


class Graph(Protocol):
    """A joint law of codes that can be drawn from, exactly, whatever is given."""

    def draw(self, n: int, rng: np.random.Generator) -> Codes:
        """Codes of `n` rows, shape (n_columns, n)."""
        ...

    def draw_given(
        self, allowed: dict[int, npt.NDArray[np.bool_]], n: int, rng: np.random.Generator
    ) -> Codes:
        """Codes of `n` rows among those that each may have, shape (n_columns, n)."""
        ...

    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """Natural log of the probability of each row, shape (n,)."""
        ...


_Graph = TypeVar("_Graph", bound=Graph)


class GraphModel(Model, Generic[_Graph]):
    """Bins of the numbers, columns that follow from others, and a graph of the rest's codes."""

    title: ClassVar[str]
    directed: ClassVar[bool]

    def __init__(
        self,
        columns: Discretization,
        links: Dependencies,
        network: _Graph,
        edges: tuple[Edge, ...],
    ) -> None:
        self.columns = columns
        self.links = links
        self.network = network
        self.edges = edges

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw exactly."""
        rng = seed.generator()
        return self.columns.decode(self.links.fill(self.network.draw(n, rng)), rng)

    def complete(self, known: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw the other columns exactly, through the junction tree."""
        rng = seed.generator()
        given = self.columns.encode(known)
        allowed = self.links.allowed(given, fixed, self.columns.sizes)
        codes = self.links.fill(self.network.draw_given(allowed, given.shape[1], rng))
        return self.columns.decode_beside(codes, known, fixed, rng)

    def log_prob(self, rows: EncodedTable) -> npt.NDArray[np.float64]:
        """Exact; minus infinity where a dependency is broken."""
        codes = self.columns.encode(rows)
        out = self.network.log_prob(codes[self.links.free]) + self.columns.log_density(rows, codes)
        return np.where(self.links.are_kept(codes), out, -np.inf)

    def portrait(self, words: Words) -> Portrait:
        """The graph."""
        n_columns = len(self.columns.variables)
        return portrait_of(self.edges, n_columns, words, title=self.title, directed=self.directed)
