"""A Bayesian network over codes: rows drawn from parents to children, and exact conditionals.

A column stands in its own table as a code and in its children's as a group of codes. So the groups
alone are a network, whose junction tree is small, and a code is drawn at last, given its group and
its parents'.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from generators.drawing import one_each, one_of
from generators.graphs.junction import Factor, JunctionTree, only_codes, sliced
from generators.graphs.search import Parents, families, in_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from generators.graphs.families import Groups


@dataclass(frozen=True)
class Network:
    """Columns given their parents.

    Args:
        groups: The group of each code.
        parents: Of each column; no column is its own ancestor.
        tables: Probabilities of each column's codes, shape (n_parent_cells, size) each: the cells
            in C order of the parents' groups.
    """

    groups: Groups
    parents: Parents
    tables: tuple[npt.NDArray[np.float64], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of codes of each column."""
        return tuple(len(group) for group in self.groups.of)

    @cached_property
    def tree(self) -> JunctionTree:
        """The junction tree of the groups."""
        return JunctionTree.of(self.groups.sizes, families(self.parents))

    def draw(self, n: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """Codes of `n` rows, shape (n_columns, n)."""
        out = np.zeros((len(self.parents), n), dtype=np.int32)
        groups = np.zeros_like(out)
        for child in in_order(self.parents):
            at = self._contexts(child, groups)
            out[child] = one_of(self.tables[child], at, rng)
            groups[child] = self.groups.of[child][out[child]]
        return out

    def log_prob(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Log probability of whole rows, shape (n_rows,)."""
        groups = self.groups.take(codes)
        out = np.zeros(codes.shape[1])
        for child, table in enumerate(self.tables):
            out += np.log(table[self._contexts(child, groups), codes[child]])
        return out

    def log_prob_given(
        self, allowed: Mapping[int, npt.NDArray[np.bool_]]
    ) -> npt.NDArray[np.float64]:
        """Log probability that some columns are among these codes, shape (n_rows,).

        Args:
            allowed: Masks over the codes of some columns, shape (n_rows, size) each.
        """
        return self.tree.collected(self.tree.tables(self._factors(allowed)))[1]

    def draw_given(
        self, allowed: Mapping[int, npt.NDArray[np.bool_]], n: int, rng: np.random.Generator
    ) -> npt.NDArray[np.int32]:
        """Codes of rows of which some columns are known, exactly as likely as the network says.

        Args:
            allowed: Masks over the codes of some columns, shape (n, size) each: which each may be.
            n: How many rows.
            rng: Where chance comes from.

        Returns:
            Shape (n_columns, n).
        """
        out = np.zeros((len(self.parents), n), dtype=np.int32)
        known = {
            v: self.groups.of[v][code].astype(np.int32) for v, code in only_codes(allowed).items()
        }
        tree = self.tree.without(known)
        step = tree.at_once()
        for begin in range(0, n, step):
            part = slice(begin, min(begin + step, n))
            masks = {j: mask[part] for j, mask in allowed.items()}
            count = part.stop - begin
            here = {v: group[part] for v, group in known.items()}
            factors = [sliced(factor, here) for factor in self._factors(masks)]
            groups = tree.draw(tree.collected(tree.tables(factors))[0], count, rng)
            for v, group in here.items():
                groups[v] = group
            for child, table in enumerate(self.tables):
                fits = self.groups.of[child][None, :] == groups[child][:, None]
                if child in masks:
                    fits &= masks[child]
                shares = table[self._contexts(child, groups)] * fits
                out[child, part] = one_each(shares, rng)
        return out

    def _contexts(self, child: int, groups: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """The row of a column's table that each row looks at, shape (n_rows,)."""
        at = np.zeros(groups.shape[1], dtype=np.int64)
        for parent in self.parents[child]:
            at = at * self.groups.sizes[parent] + groups[parent]
        return at

    def _factors(self, allowed: Mapping[int, npt.NDArray[np.bool_]]) -> list[Factor]:
        """Each family as a table over groups, of the codes that are allowed."""
        out: list[Factor] = []
        sizes = self.groups.sizes
        for child, table in enumerate(self.tables):
            group = self.groups.of[child]
            into = (group[:, None] == np.arange(sizes[child])).astype(np.float64)
            if child in allowed:
                # Codes of each row that are allowed, by their group: (rows, parent cells, groups).
                masked = allowed[child][:, :, None] * into
                by_group = np.einsum("ps,nsg->npg", table, masked, optimize=True)
            else:
                by_group = (table @ into)[None]
            own = (*self.parents[child], child)
            shaped = by_group.reshape(len(by_group), *(sizes[v] for v in own))
            axes = np.argsort(own)
            scope = tuple(own[axis] for axis in axes)
            out.append((scope, shaped.transpose(0, *(axes + 1))))
        return out
