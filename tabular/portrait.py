"""How a fitted model shows itself to people: plain data that a report can draw.

Figures are held to three significant digits, since a portrait is published with its release.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Figure = Annotated[
    float, Field(allow_inf_nan=False), AfterValidator(lambda value: float(f"{value:.3g}"))
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Training(_Part):
    """How a training went, in checks along the way: what `generators.training.History` tells.

    Args:
        steps: Mini-batches done at each check, rising.
        losses: Mean of each loss since the check before, by name, one per check.
        scores: What the validation found at each check; smaller is better.
        best_step: The check whose weights were kept.
    """

    steps: tuple[int, ...]
    losses: dict[str, tuple[Figure, ...]] = Field(default_factory=dict)
    scores: tuple[Figure, ...] = ()
    best_step: int = 0

    @property
    def curves(self) -> dict[str, tuple[float, ...]]:
        """Every loss by name, and the validation."""
        checked = {"validation": self.scores} if self.scores else {}
        return {**self.losses, **checked}

    @model_validator(mode="after")
    def _one_per_check(self) -> Self:
        if any(len(curve) != len(self.steps) for curve in self.curves.values()):
            message = "each curve has a number for each check"
            raise ValueError(message)
        return self


class Edge(_Part):
    """A line of a graph.

    Args:
        source: Place of a node among the graph's nodes.
        target: Place of another node, or of the same one.
        weight: How strong, at least 0, in the unit the graph names.
    """

    source: int = Field(ge=0)
    target: int = Field(ge=0)
    weight: Figure = Field(ge=0)


class Graph(_Part):
    """What depends on what, or follows what.

    Args:
        title: What the graph shows, in a few words.
        nodes: Their names: columns, or states.
        edges: Weighted lines between them.
        directed: Whether an edge goes from its source to its target only.
        weight: What the weight of an edge is, with its unit.
    """

    title: str
    nodes: tuple[str, ...] = Field(min_length=1)
    edges: tuple[Edge, ...]
    directed: bool
    weight: str

    @model_validator(mode="after")
    def _between_nodes(self) -> Self:
        if any(max(edge.source, edge.target) >= len(self.nodes) for edge in self.edges):
            message = "each edge joins nodes of the graph"
            raise ValueError(message)
        return self


class Emission(_Part):
    """A value that a state emits.

    Args:
        column: The column's name.
        value: The value, or the range of values, as people read it.
        share: How often the state emits it, in [0, 1].
    """

    column: str
    value: str
    share: Figure = Field(ge=0, le=1)


class State(_Part):
    """A hidden state, or a component of a mixture, and what it emits.

    Args:
        name: As the graph of states calls it.
        share: Share of the rows it emits, in [0, 1].
        emits: What tells it apart, most telling first.
    """

    name: str
    share: Figure = Field(ge=0, le=1)
    emits: tuple[Emission, ...]


class Portrait(_Part):
    """All that a fitted model shows of itself; any part may be missing."""

    training: Training | None = None
    graphs: tuple[Graph, ...] = ()
    states: tuple[State, ...] = ()

    @classmethod
    def of_training(cls, history: Mapping[str, Any]) -> Self:
        """The portrait of a kind that shows its losses only.

        Args:
            history: The fields of `Training`, as `generators.training.History.coarse` tells them.
        """
        return cls(training=Training.model_validate(history))
