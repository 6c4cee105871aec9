"""Do columns change from row to row as in the train rows?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field

from validation.entities import with_steps
from validation.entity_shapes import EntityShapes


class SequenceSteps(EntityShapes, frozen=True):
    """Distance of the worst column's steps from the train rows', beyond chance.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["sequence_steps"] = "sequence_steps"
    derive: ClassVar[Callable[..., Any]] = staticmethod(with_steps)
    statistic: ClassVar[str] = "distance of the worst column's steps beyond chance"

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance; 0.1: one step in ten would have to change.",
    )
