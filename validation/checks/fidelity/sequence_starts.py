"""Do entities begin as the real ones do?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field

from validation.entities import starts
from validation.entity_shapes import EntityShapes


class SequenceStarts(EntityShapes, frozen=True):
    """Distance of the worst column of entities' first rows from the train rows', beyond chance.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["sequence_starts"] = "sequence_starts"
    derive: ClassVar[Callable[..., Any]] = staticmethod(starts)
    statistic: ClassVar[str] = "distance of the worst column of first rows beyond chance"

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance of any column; 0.1: one entity in ten begins otherwise.",
    )
