"""Drawings of graphs: layers for what has a direction and no circle, a ring for all else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from validation.report import figure

if TYPE_CHECKING:
    from markupsafe import Markup

    from tabular.portrait import Edge, Graph

    Point = tuple[float, float]

_BOX = (148.0, 26.0)  # width and height of a node among layers, in pixels
_PITCH = (214.0, 38.0)  # from one layer, and one node, to the next
_LETTERS = 20  # of a name that are shown
_LETTER = 6.6  # pixels that a letter takes


def graph(drawn: Graph) -> Markup:
    """The graph as one picture with a sentence for those who don't see it.

    Where there are very many edges only the strongest are drawn; `strongest` says which.
    """
    from markupsafe import Markup, escape

    layers = _layers(drawn)
    width, height, body = _ring(drawn) if layers is None else _layered(drawn, layers)
    # Names are escaped where they are put in, all else is numbers.
    return Markup(  # noqa: S704
        f'<svg class="graph" role="img" aria-label="{escape(spoken(drawn))}" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">'
        f"{body}</svg>"
    )


def strongest(drawn: Graph) -> list[Edge]:
    """The edges that are drawn, strongest first: some for each node."""
    ranked = sorted(drawn.edges, key=lambda edge: -edge.weight)
    return ranked[: 3 * len(drawn.nodes) + 20]


def spoken(drawn: Graph) -> str:
    """The graph in a sentence."""
    link = "arrows" if drawn.directed else "lines"
    text = f"{drawn.title}: {len(drawn.nodes)} nodes, {len(drawn.edges)} {link}"
    if not drawn.edges:
        return text
    first = max(drawn.edges, key=lambda edge: edge.weight)
    ends = f"{drawn.nodes[first.source]} to {drawn.nodes[first.target]}"
    return f"{text}; the strongest from {ends}, {drawn.weight} {figure(first.weight)}"


def _layers(drawn: Graph) -> list[list[int]] | None:
    """Nodes by their longest way from a root; none if the graph has no direction, or circles."""
    if not drawn.directed:
        return None
    parents: list[set[int]] = [set() for _ in drawn.nodes]
    for edge in drawn.edges:
        parents[edge.target].add(edge.source)
    depth: dict[int, int] = {}
    left = set(range(len(drawn.nodes)))
    while left:
        ready = [node for node in left if parents[node] <= depth.keys()]
        if not ready:
            return None
        # All that is ready at once is one layer further than the last of its parents.
        depth |= {n: 1 + max((depth[p] for p in parents[n]), default=-1) for n in ready}
        left.difference_update(ready)
    layers: list[list[int]] = [[] for _ in range(1 + max(depth.values()))]
    place: dict[int, float] = {}
    for at, layer in enumerate(layers):
        members = [node for node in range(len(drawn.nodes)) if depth[node] == at]
        # A node stands at the height of its parents, so that few lines cross.
        members.sort(
            key=lambda node: sum(place[p] for p in parents[node]) / max(len(parents[node]), 1)
        )
        layer.extend(members)
        place |= {node: (i + 0.5) / len(members) for i, node in enumerate(members)}
    return layers


def _layered(drawn: Graph, layers: list[list[int]]) -> tuple[float, float, str]:
    from markupsafe import escape

    tallest = max(map(len, layers))
    height = tallest * _PITCH[1] + 4
    at = {
        node: (2 + column * _PITCH[0], height * (row + 0.5) / len(layer))
        for column, layer in enumerate(layers)
        for row, node in enumerate(layer)
    }
    parts = []
    for edge, style in _styled(drawn):
        x, y = at[edge.source][0] + _BOX[0], at[edge.source][1]
        to, down = at[edge.target][0] - 5, at[edge.target][1]
        bend = (to - x) / 2
        parts.append(
            f'<path class="edge" {style} d="M{x:.1f} {y:.1f}C{x + bend:.1f} {y:.1f} '
            f'{to - bend:.1f} {down:.1f} {to:.1f} {down:.1f}"/>' + _head((to, down), (1.0, 0.0))
        )
    for node, (x, y) in at.items():
        name = drawn.nodes[node]
        parts.append(
            f"<g><title>{escape(name)}</title>"
            f'<rect class="node" x="{x:.1f}" y="{y - _BOX[1] / 2:.1f}" rx="6" '
            f'width="{_BOX[0]:.0f}" height="{_BOX[1]:.0f}"/>'
            f'<text x="{x + _BOX[0] / 2:.1f}" y="{y + 4:.1f}" text-anchor="middle">'
            f"{escape(_short(name))}</text></g>"
        )
    width = (len(layers) - 1) * _PITCH[0] + _BOX[0] + 4
    return width, height, "".join(parts)


def _ring(drawn: Graph) -> tuple[float, float, str]:
    from markupsafe import escape

    n = len(drawn.nodes)
    radius = max(90.0, n * 18 / math.tau)
    around = 30 + _LETTER * max(len(_short(name)) for name in drawn.nodes)
    middle = radius + around
    angles = [math.tau * i / n - math.pi / 2 for i in range(n)]
    ways = [(math.cos(angle), math.sin(angle)) for angle in angles]
    at = [(middle + radius * x, middle + radius * y) for x, y in ways]
    parts = []
    for edge, style in _styled(drawn):
        if edge.source == edge.target:
            x, y = (middle + (radius + 11) * way for way in ways[edge.source])
            parts.append(f'<circle class="edge" {style} cx="{x:.1f}" cy="{y:.1f}" r="8"/>')
            continue
        parts.append(_chord(at[edge.source], at[edge.target], middle, style, drawn.directed))
    for name, (x, y), angle in zip(drawn.nodes, at, angles, strict=True):
        turn, away, anchor = math.degrees(angle), 24, "start"
        if math.cos(angle) < -1e-9:  # noqa: PLR2004  left of the middle: not upside down
            turn, away, anchor = turn + 180, -24, "end"
        parts.append(
            f'<g><title>{escape(name)}</title><circle class="node" cx="{x:.1f}" cy="{y:.1f}" '
            f'r="5"/><text x="{away}" y="4" text-anchor="{anchor}" '
            f'transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})">'
            f"{escape(_short(name))}</text></g>"
        )
    return 2 * middle, 2 * middle, "".join(parts)


def _chord(start: Point, end: Point, middle: float, style: str, directed: bool) -> str:  # noqa: FBT001
    """A line that bends to the middle and, with a direction, to its right: two ways are two."""
    across = (end[0] - start[0], end[1] - start[1])
    side = 0.15 if directed else 0.0
    x = 0.3 * (start[0] + end[0]) + 0.4 * middle - side * across[1]
    y = 0.3 * (start[1] + end[1]) + 0.4 * middle + side * across[0]
    length = math.hypot(end[0] - x, end[1] - y) or 1.0
    way = ((end[0] - x) / length, (end[1] - y) / length)
    stop = (end[0] - 10 * way[0], end[1] - 10 * way[1]) if directed else end
    line = (
        f'<path class="edge" {style} d="M{start[0]:.1f} {start[1]:.1f}Q{x:.1f} {y:.1f} '
        f'{stop[0]:.1f} {stop[1]:.1f}"/>'
    )
    return line + _head(stop, way) if directed else line


def _styled(drawn: Graph) -> list[tuple[Edge, str]]:
    """The edges from weak to strong, each with how thick and how dark it is."""
    edges = strongest(drawn)[::-1]
    most = max((edge.weight for edge in edges), default=0.0) or 1.0
    shares = [edge.weight / most for edge in edges]
    styles = [
        f'stroke-width="{0.8 + 3.2 * share:.2f}" stroke-opacity="{0.3 + 0.7 * share:.2f}"'
        for share in shares
    ]
    return list(zip(edges, styles, strict=True))


def _head(at: Point, way: Point) -> str:
    """The head of an arrow whose base is at a point."""
    (x, y), (dx, dy) = at, way
    return (
        f'<path class="head" d="M{x + 6 * dx:.1f} {y + 6 * dy:.1f}'
        f'L{x - 4 * dy:.1f} {y + 4 * dx:.1f}L{x + 4 * dy:.1f} {y - 4 * dx:.1f}Z"/>'
    )


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
