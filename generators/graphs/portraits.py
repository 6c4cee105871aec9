"""The graph of a model's columns, to be drawn in a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabular.portrait import Edge, Graph, Portrait

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from generators.dependencies import Dependencies
    from generators.encoding.words import Words


def edges_of(
    joined: Iterable[tuple[int, int]],
    links: Dependencies,
    information: npt.NDArray[np.float64],
) -> tuple[Edge, ...]:
    """Lines between columns, and from a column to those that are functions of it.

    Args:
        joined: Two places each among the free columns, the second one the child.
        links: The columns that are functions of others.
        information: What each two columns of the table tell of each other, in nats.
    """
    pairs = [(int(links.free[a]), int(links.free[b])) for a, b in joined]
    pairs += [(link.parent, link.column) for link in links.links]
    return tuple(Edge(source=a, target=b, weight=float(information[a, b])) for a, b in pairs)


def portrait_of(
    edges: tuple[Edge, ...], n_columns: int, words: Words, *, title: str, directed: bool
) -> Portrait:
    """The portrait that shows one graph over all columns."""
    graph = Graph(
        title=title,
        nodes=tuple(words.column(i) for i in range(n_columns)),
        edges=edges,
        directed=directed,
        weight="mutual information, nats",
    )
    return Portrait(graphs=(graph,))
