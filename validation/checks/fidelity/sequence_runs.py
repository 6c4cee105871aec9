"""Do values stay the same for as long as in the train rows?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field

from validation.entities import with_runs
from validation.entity_shapes import EntityShapes


class SequenceRuns(EntityShapes, frozen=True):
    """Distance of the worst column's lengths of runs from the train rows', beyond chance.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["sequence_runs"] = "sequence_runs"
    derive: ClassVar[Callable[..., Any]] = staticmethod(with_runs)
    statistic: ClassVar[str] = "distance of the worst column's run lengths beyond chance"

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance; 0.1: one row in ten is in another one's.",
    )
