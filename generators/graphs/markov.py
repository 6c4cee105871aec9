"""An undirected model of marginals: the distribution of greatest entropy that has them.

Reference: Jirousek, Preucil (1995), On the effective implementation of the iterative proportional
fitting procedure; McKenna, Sheldon, Miklau (2019), Graphical-model based estimation and inference
for differential privacy, for the model and its use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.graphs.junction import Factor, JunctionTree, Scope, only_codes, sliced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt


@dataclass(frozen=True)
class CalibratedTree:
    """Tables of the cliques of a junction tree, each summing to one and agreeing where they meet.

    Args:
        tree: The cliques.
        tables: Shape (size, size, ...) each.
    """

    tree: JunctionTree
    tables: tuple[npt.NDArray[np.float64], ...]

    def marginal(self, scope: Scope) -> npt.NDArray[np.float64]:
        """Shares by the codes of some columns that stand in a clique together."""
        home = self.tree.home(scope)
        return np.asarray(self.tree.summed(self.tables[home][None], home, scope)[0])

    def log_prob(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Log probability of whole rows, shape (n_rows,)."""
        out = np.zeros(codes.shape[1])
        for i, table in enumerate(self._given_separators()):
            share = table[tuple(codes[v] for v in self.tree.cliques[i])]
            # What is as good as never drawn may be too little for the numbers that are saved.
            out += np.log(np.maximum(share, 1e-300))
        return out

    def draw(self, n: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """Codes of `n` rows, exactly as likely as the model says, shape (n_columns, n)."""
        return self.tree.draw([table[None] for table in self.tables], n, rng)

    def draw_given(
        self, allowed: Mapping[int, npt.NDArray[np.bool_]], n: int, rng: np.random.Generator
    ) -> npt.NDArray[np.int32]:
        """Codes of rows of which some columns are known, exactly as likely as the model says.

        Args:
            allowed: Masks over the codes of some columns, shape (n, size) each: which each may be.
            n: How many rows.
            rng: Where chance comes from.

        Returns:
            Shape (n_columns, n).
        """
        out = np.empty((len(self.tree.sizes), n), dtype=np.int32)
        own: list[Factor] = [
            (clique, table[None])
            for clique, table in zip(self.tree.cliques, self._given_separators(), strict=True)
        ]
        known = only_codes(allowed)
        tree = self.tree.without(known)
        step = tree.at_once()
        for begin in range(0, n, step):
            part = slice(begin, min(begin + step, n))
            here = {v: code[part] for v, code in known.items()}
            factors = [sliced(factor, here) for factor in own]
            factors += [((v,), allowed[v][part].astype(float)) for v in allowed if v not in known]
            collected, _ = tree.collected(tree.tables(factors))
            out[:, part] = tree.draw(collected, part.stop - begin, rng)
        for v, code in known.items():
            out[v] = code
        return out

    def _given_separators(self) -> list[npt.NDArray[np.float64]]:
        """Each clique's table given what it shares with its parent; their product is the model."""
        out = []
        for i, table in enumerate(self.tables):
            separator = self.tree.separator(i)
            shared = self.tree.summed(table[None], i, separator)
            whole = self.tree.spread((separator, shared), i)[0]
            out.append(table / np.maximum(whole, 1e-300))
        return out


def estimated(
    tree: JunctionTree,
    marginals: Mapping[Scope, npt.NDArray[np.float64]],
    *,
    sweeps: int,
    close: float = 1e-4,
    told: Callable[[float], None] = lambda _: None,
) -> CalibratedTree:
    """The distribution of the greatest entropy that has these marginals.

    Iterative proportional fitting on the cliques: walking over the tree and back, each clique's
    table is fitted to the marginals that live in it, and takes what is new to its neighbour. At
    every visit a table is what the whole model says of its columns.

    Args:
        tree: With a clique around each marginal.
        marginals: Shares by some columns' codes, above zero, agreeing where they share columns.
        sweeps: Walks at most.
        close: Distance (sum of absolute differences) of the worst marginal that is close enough.
        told: Called with the share of the sweeps that are done.
    """
    fitting = _Fitting(tree, marginals)
    for sweep in range(sweeps):
        off = fitting.walk(0)
        told((sweep + 1) / sweeps)
        if off < close:
            break
    # The last changes reach every clique, so that all agree.
    for i, parent in enumerate(tree.parents):
        if parent >= 0:
            fitting.tell(parent, i)
    return CalibratedTree(tree, tuple(table[0] / table.sum() for table in fitting.tables))


class _Fitting:
    """Tables of the cliques on their way, shape (1, size, size, ...) each."""

    def __init__(
        self, tree: JunctionTree, marginals: Mapping[Scope, npt.NDArray[np.float64]]
    ) -> None:
        self.tree = tree
        self.tables = [
            np.full([1, *(tree.sizes[v] for v in clique)], 1 / tree.cells(i))
            for i, clique in enumerate(tree.cliques)
        ]
        self._wanted: list[list[Factor]] = [[] for _ in tree.cliques]
        for scope, marginal in marginals.items():
            self._wanted[tree.home(scope)].append((scope, marginal[None]))
        self._children: list[list[int]] = [[] for _ in tree.cliques]
        for i, parent in enumerate(tree.parents[1:], start=1):
            self._children[parent].append(i)

    def walk(self, i: int) -> float:
        """Fit a clique and all below it; how far the worst marginal was off."""
        off = 0.0
        for scope, wanted in self._wanted[i]:
            now = self.tree.summed(self.tables[i], i, scope)
            off = max(off, float(np.abs(now - wanted).sum()))
            self._scale(i, scope, wanted, now)
        for child in self._children[i]:
            self.tell(i, child)
            off = max(off, self.walk(child))
            self.tell(child, i)
        return off

    def tell(self, source: int, target: int) -> None:
        """Give a neighbour what is new of the columns that both have."""
        shared = self.tree.separator(max(source, target))
        new, old = (self.tree.summed(self.tables[i], i, shared) for i in (source, target))
        self._scale(target, shared, new, old)

    def _scale(
        self,
        i: int,
        scope: Scope,
        wanted: npt.NDArray[np.float64],
        now: npt.NDArray[np.float64],
    ) -> None:
        ratio = wanted / np.maximum(now, 1e-300)
        self.tables[i] = self.tables[i] * self.tree.spread((scope, ratio), i)
