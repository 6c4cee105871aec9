"""The structure of a Bayesian network: a tree first, then whatever single edge is best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from generators.graphs.junction import Scope, heaviest

if TYPE_CHECKING:
    import numpy.typing as npt

Parents = tuple[tuple[int, ...], ...]
"""The parents of each column, in the order in which they came."""
_MOST_MOVES = 500


@dataclass(frozen=True)
class Bounds:
    """How large a network may be.

    Args:
        sizes: Codes of each column.
        groups: Groups of each column, as which it is a parent.
        parents: Parents of a column at most.
        table: Cells of a column's table at most.
        clique: Cells of a clique of the junction tree at most.
    """

    sizes: tuple[int, ...]
    groups: tuple[int, ...]
    parents: int
    table: int
    clique: int

    def allow_family(self, child: int, parents: tuple[int, ...]) -> bool:
        """Whether a column may have these parents."""
        cells = self.sizes[child] * prod(self.groups[p] for p in parents)
        return len(parents) <= self.parents and cells <= self.table

    def allow(self, parents: Parents) -> bool:
        """Whether exact answers stay cheap with this network."""
        return heaviest(self.groups, families(parents)) <= self.clique


def families(parents: Parents) -> list[Scope]:
    """Each column together with its parents, increasing."""
    return [tuple(sorted((child, *own))) for child, own in enumerate(parents)]


def is_acyclic(parents: Parents) -> bool:
    """Whether no column is its own ancestor."""
    return len(in_order(parents)) == len(parents)


def in_order(parents: Parents) -> list[int]:
    """Columns, parents before their children; those on a cycle, and below one, are left out."""
    out: list[int] = []
    left = set(range(len(parents)))
    while ready := sorted(v for v in left if not left & {*parents[v]}):
        out += ready
        left -= {*ready}
    return out


class _Move(NamedTuple):
    gain: float
    families: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass
class _Climb:
    """A network that is changed one edge at a time."""

    parents: list[tuple[int, ...]]
    score: Callable[[int, tuple[int, ...]], float]
    bounds: Bounds
    candidates: npt.NDArray[np.bool_]
    known: dict[tuple[int, tuple[int, ...]], float] = field(default_factory=dict)

    def of(self, child: int, parents: tuple[int, ...]) -> float:
        """The score of a family, reckoned once."""
        if (child, parents) not in self.known:
            self.known[child, parents] = self.score(child, parents)
        return self.known[child, parents]

    def gain(self, *changed: tuple[int, tuple[int, ...]]) -> _Move:
        """What it brings to give these columns other parents."""
        gain = sum(self.of(c, new) - self.of(c, self.parents[c]) for c, new in changed)
        return _Move(gain, changed)

    def moves(self) -> list[_Move]:
        """All edges added, taken out or turned, that bring anything; the best one first."""
        out: list[_Move] = []
        n = len(self.parents)
        for child, own in enumerate(self.parents):
            for parent in range(n):
                if parent in own:
                    less = (child, _without(own, parent))
                    turned = (parent, (*self.parents[parent], child))
                    out.append(self.gain(less))
                    if self.bounds.allow_family(*turned):
                        out.append(self.gain(less, turned))
                elif self.candidates[child, parent] and child not in self.parents[parent]:
                    more = (child, (*own, parent))
                    if self.bounds.allow_family(*more):
                        out.append(self.gain(more))
        better = [move for move in out if move.gain > 0]
        return sorted(better, key=lambda move: (-move.gain, move.families))

    def after(self, move: _Move) -> Parents:
        """The network after a move."""
        out = list(self.parents)
        for child, new in move.families:
            out[child] = new
        return tuple(out)


def climbed(
    tree: tuple[tuple[int, int], ...],
    score: Callable[[int, tuple[int, ...]], float],
    bounds: Bounds,
    candidates: npt.NDArray[np.bool_],
    *,
    least: float = 0.0,
    told: Callable[[int], None] = lambda _: None,
) -> Parents:
    """Greedy hill-climbing from a tree: the best single edge to add, to take out or to turn.

    Reference: Chow, Liu (1968) for the tree; Heckerman, Geiger, Chickering (1995), section 7.1, for
    the search; Elidan, Gould (2008), Learning bounded treewidth Bayesian networks, for the aim of
    the last bound, which is kept here by looking at the junction tree before each move.

    Args:
        tree: Edges to begin with, as (parent, child).
        score: Of a child and its parents; larger is better, and they add up.
        bounds: What is too large is not looked at.
        candidates: Whether a column (first axis) may get another as its parent, shape (n, n).
        least: Gain below which a move is not worth it.
        told: Called with the number of moves made.
    """
    n = len(bounds.sizes)
    climb = _Climb([()] * n, score, bounds, candidates)
    for parent, child in tree:
        if bounds.allow_family(child, (parent,)) and climb.gain((child, (parent,))).gain > 0:
            climb.parents[child] = (parent,)
    for made in range(_MOST_MOVES):
        told(made)
        for move in climb.moves():
            if move.gain <= least:
                return tuple(climb.parents)
            after = climb.after(move)
            if is_acyclic(after) and bounds.allow(after):
                climb.parents = list(after)
                break
        else:
            break
    return tuple(climb.parents)


def _without(parents: tuple[int, ...], one: int) -> tuple[int, ...]:
    return tuple(parent for parent in parents if parent != one)
