"""What the report page shows of the models: loss curves, graphs and states."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from validation.graph_drawing import graph, strongest
from validation.report import figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from tabular.portrait import Graph, Portrait, State, Training

_MOST_STATES = 60


def shown(portraits: Mapping[str, Portrait]) -> list[dict[str, Any]]:
    """Each portrait in the words and drawings of the page."""
    return [
        {
            "name": name,
            "training": _training(portrait.training) if portrait.training else None,
            "graphs": [_graph(drawn) for drawn in portrait.graphs],
            "states": [_state(state) for state in portrait.states[:_MOST_STATES]],
        }
        for name, portrait in portraits.items()
    ]


def _training(training: Training) -> dict[str, Any]:
    return {
        "best": f"{training.best_step:,}",
        "curves": [
            {"name": name, "said": _ends(values), "drawing": curve(name, values, training)}
            for name, values in training.curves.items()
            if values
        ],
        "head": ["Mini-batches", *training.curves],
        "rows": [
            [f"{step:,}", *map(figure, values)]
            for step, *values in zip(training.steps, *training.curves.values(), strict=True)
        ],
    }


def curve(name: str, values: Sequence[float], training: Training) -> Markup:
    """One loss over the mini-batches; a dashed line where the weights were kept."""
    from markupsafe import Markup

    steps = training.steps
    low, high = min(values), max(values)
    span, length = (high - low) or 1.0, (steps[-1] - steps[0]) or 1
    points = " ".join(
        f"{200 * (step - steps[0]) / length:.2f},{96 - 92 * (value - low) / span:.2f}"
        for step, value in zip(steps, values, strict=True)
    )
    best = 200 * (min(max(training.best_step, steps[0]), steps[-1]) - steps[0]) / length
    lowest = steps[values.index(low)]
    spoken = (
        f"{name} over {steps[-1]:,} mini-batches: {_ends(values)}; lowest {figure(low)} at "
        f"{lowest:,}, highest {figure(high)}; weights kept from {training.best_step:,}"
    )
    return Markup(
        '<svg class="curve" role="img" aria-label="{}" viewBox="0 0 200 100" '
        'preserveAspectRatio="none"><line class="kept" x1="{:.2f}" x2="{:.2f}" y1="0" y2="100"/>'
        '<polyline points="{}"/></svg><div class="ends" aria-hidden="true"><span>{:,}</span>'
        "<span>{} to {}</span><span>{:,}</span></div>"
    ).format(spoken, best, best, points, steps[0], figure(low), figure(high), steps[-1])


def _ends(values: Sequence[float]) -> str:
    return f"{figure(values[0])} at first, {figure(values[-1])} at last"


def _graph(drawn: Graph) -> dict[str, Any]:
    edges = sorted(drawn.edges, key=lambda edge: -edge.weight)
    few = len(strongest(drawn))
    drawn_of = f"the {few} strongest of {len(edges)} are drawn" if few < len(edges) else ""
    return {
        "title": drawn.title,
        "said": "; ".join(filter(None, (f"thicker is stronger: {drawn.weight}", drawn_of))),
        "drawing": graph(drawn),
        "head": [*(("From", "To") if drawn.directed else ("Between", "and")), drawn.weight],
        "rows": [
            (drawn.nodes[edge.source], drawn.nodes[edge.target], figure(edge.weight))
            for edge in edges
        ],
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "name": state.name,
        "share": _share(state.share),
        "emits": [(told.column, told.value, _share(told.share)) for told in state.emits],
    }


def _share(share: float) -> str:
    return f"{100 * share:.{1 if math.isclose(share, 0) or share >= 0.01 else 2}f} %"  # noqa: PLR2004
