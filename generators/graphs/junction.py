"""Junction trees: exact answers from a product of small tables.

Columns that stand in a table together are joined; the graph is triangulated, and its cliques form
a tree in which those that hold a column are connected. What one side of the tree says to the other
is a table over the columns they share.

Reference: Lauritzen, Spiegelhalter (1988), Local computations with probabilities on graphical
structures; Koller, Friedman (2009), Probabilistic graphical models, chapters 9 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Self

import numpy as np

from generators.drawing import one_of
from generators.graphs.counts import spanning_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

_AT_ONCE = 1 << 22  # cells of a clique that are held together, of all rows
Scope = tuple[int, ...]
Factor = tuple[Scope, "npt.NDArray[np.float64]"]
"""Columns, increasing, and a table: shape (1 or n_rows, size, size, ...)."""


def heaviest(sizes: Sequence[int], scopes: Iterable[Scope]) -> int:
    """Cells of the largest clique that these tables need."""
    return max((prod(sizes[v] for v in c) for c in cliques(sizes, scopes)), default=1)


def cliques(sizes: Sequence[int], scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Cliques of the graph, triangulated, in which the columns of each table are joined.

    The column whose clique has the fewest cells is taken out first, again and again.
    """
    beside: dict[int, set[int]] = {v: set() for v in range(len(sizes))}
    for scope in scopes:
        for v in scope:
            beside[v].update(scope)
    for v, others in beside.items():
        others.discard(v)
    cells = {v: sizes[v] * prod(sizes[u] for u in others) for v, others in beside.items()}
    found: list[frozenset[int]] = []
    while beside:
        v = min(cells, key=lambda u: (cells[u], u))
        del cells[v]
        others = beside.pop(v)
        clique = frozenset(others | {v})
        if not any(clique <= known for known in found):
            found.append(clique)
        for u in others:
            beside[u] |= others
            beside[u] -= {u, v}
            cells[u] = sizes[u] * prod(sizes[w] for w in beside[u])
    return tuple(sorted(tuple(sorted(clique)) for clique in found))


@dataclass(frozen=True)
class JunctionTree:
    """Cliques, parents before their children.

    Args:
        sizes: Number of codes of each column.
        cliques: Columns of each clique, increasing.
        parents: The clique each hangs on; -1 for the first.
    """

    sizes: tuple[int, ...]
    cliques: tuple[Scope, ...]
    parents: tuple[int, ...]

    @classmethod
    def of(cls, sizes: Sequence[int], scopes: Iterable[Scope]) -> Self:
        """The tree that has a clique around each of these tables."""
        found = cliques(sizes, scopes)
        shared = np.array([[len({*a} & {*b}) for b in found] for a in found], dtype=np.float64)
        np.fill_diagonal(shared, 0.0)
        edges = spanning_tree(shared)
        order = [edges[0][0], *(child for _, child in edges)] if edges else [0]
        place = {clique: i for i, clique in enumerate(order)}
        parents = (-1, *(place[parent] for parent, _ in edges))
        return cls(tuple(sizes), tuple(found[i] for i in order), parents)

    def separator(self, clique: int) -> Scope:
        """The columns that a clique shares with its parent, increasing."""
        if self.parents[clique] < 0:
            return ()
        return tuple(v for v in self.cliques[clique] if v in self.cliques[self.parents[clique]])

    def home(self, scope: Scope) -> int:
        """The smallest clique that holds these columns."""
        fits = [i for i, clique in enumerate(self.cliques) if {*scope} <= {*clique}]
        return min(fits, key=lambda i: (self.cells(i), i))

    def cells(self, clique: int) -> int:
        """Number of cells of a clique's table."""
        return prod(self.sizes[v] for v in self.cliques[clique])

    def spread(self, factor: Factor, clique: int) -> npt.NDArray[np.float64]:
        """A table as one over a clique that holds its columns, axes of length 1 for the others."""
        scope, table = factor
        shape = [self.sizes[v] if v in scope else 1 for v in self.cliques[clique]]
        return table.reshape(len(table), *shape)

    def summed(
        self, table: npt.NDArray[np.float64], clique: int, scope: Scope
    ) -> npt.NDArray[np.float64]:
        """A clique's table summed to some of its columns, shape (1 or n_rows, size, ...)."""
        gone = tuple(i + 1 for i, v in enumerate(self.cliques[clique]) if v not in scope)
        return np.asarray(table.sum(axis=gone))

    def tables(self, factors: Iterable[Factor]) -> list[npt.NDArray[np.float64]]:
        """The product of the factors that live in each clique, of all rows at once."""
        out = [
            np.ones((1, *(self.sizes[v] for v in clique)), dtype=np.float64)
            for clique in self.cliques
        ]
        for factor in factors:
            home = self.home(factor[0])
            out[home] = out[home] * self.spread(factor, home)
        return out

    def collected(
        self, tables: Sequence[npt.NDArray[np.float64]]
    ) -> tuple[list[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
        """Each clique's table times what hangs below it, and the log of the sum of all.

        Returns:
            The tables, each row's largest number 1; and the log of the product's sum over all
            columns, shape (1 or n_rows,).
        """
        out = list(tables)
        log_sum = np.zeros(1)
        for i in reversed(range(len(out))):
            most = out[i].reshape(len(out[i]), -1).max(axis=1)
            log_sum = log_sum + np.log(np.maximum(most, 1e-300))
            out[i] = out[i] / np.maximum(most, 1e-300).reshape(-1, *[1] * len(self.cliques[i]))
            if (parent := self.parents[i]) >= 0:
                separator = self.separator(i)
                told = self.summed(out[i], i, separator)
                out[parent] = out[parent] * self.spread((separator, told), parent)
        total = out[0].reshape(len(out[0]), -1).sum(axis=1)
        with np.errstate(divide="ignore"):
            return out, log_sum + np.log(total)

    def draw(
        self, collected: Sequence[npt.NDArray[np.float64]], n: int, rng: np.random.Generator
    ) -> npt.NDArray[np.int32]:
        """Codes as likely as the product says, shape (n_columns, n).

        Args:
            collected: As `collected` gives them, of all rows at once or of each of `n` rows.
            n: How many rows.
            rng: Where chance comes from.
        """
        out = np.empty((len(self.sizes), n), dtype=np.int32)
        for i, table in enumerate(collected):
            separator = self.separator(i)
            new = tuple(v for v in self.cliques[i] if v not in separator)
            if not new:
                continue
            own = tuple(self.sizes[v] for v in new)
            axes = [1 + self.cliques[i].index(v) for v in (*separator, *new)]
            wide = table.transpose(0, *axes).reshape(len(table), -1, prod(own))
            at = np.zeros(n, dtype=np.int64)
            for v in separator:
                at = at * self.sizes[v] + out[v]
            if len(table) == 1:
                drawn = one_of(wide[0], at, rng)
            else:
                each = np.arange(n)
                drawn = one_of(wide[each, at], each, rng)
            for v, code in zip(new, np.unravel_index(drawn, own), strict=True):
                out[v] = code
        return out

    def without(self, known: Iterable[int]) -> JunctionTree:
        """The tree in which some columns have but one code."""
        gone = {*known}
        sizes = tuple(1 if v in gone else size for v, size in enumerate(self.sizes))
        return JunctionTree(sizes, self.cliques, self.parents)

    def at_once(self) -> int:
        """How many rows with tables of their own are looked at together."""
        return max(1, _AT_ONCE // max(self.cells(i) for i in range(len(self.cliques))))


def sliced(factor: Factor, known: Mapping[int, npt.NDArray[np.int32]]) -> Factor:
    """A table at each row's code of some columns: what is left of it has one code of each.

    Args:
        factor: Of all rows at once, or of each row.
        known: Codes of some columns, shape (n_rows,) each.
    """
    scope, table = factor
    axes = [axis for axis, v in enumerate(scope, start=1) if v in known]
    if not axes:
        return factor
    codes = [known[scope[axis - 1]] for axis in axes]
    others = [axis for axis in range(1, table.ndim) if axis not in axes]
    row = np.arange(len(codes[0])) if len(table) > 1 else np.zeros(len(codes[0]), dtype=np.intp)
    taken = table.transpose(0, *axes, *others)[(row, *codes)]
    shape = [1 if axis in axes else table.shape[axis] for axis in range(1, table.ndim)]
    return scope, taken.reshape(len(taken), *shape)


def only_codes(masks: Mapping[int, npt.NDArray[np.bool_]]) -> dict[int, npt.NDArray[np.int32]]:
    """The codes of columns that may have but one code in every row, shape (n_rows,) each."""
    return {
        v: mask.argmax(axis=1).astype(np.int32)
        for v, mask in masks.items()
        if (mask.sum(axis=1) == 1).all()
    }
