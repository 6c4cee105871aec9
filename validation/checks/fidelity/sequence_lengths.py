"""Do entities have as many rows as the real ones?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field

from validation.entities import with_lengths
from validation.entity_shapes import EntityShapes


class SequenceLengths(EntityShapes, frozen=True):
    """Distance of the numbers of rows of entities from the train rows', beyond chance.

    Measured as `column_shapes` measures a column.
    """

    kind: Literal["sequence_lengths"] = "sequence_lengths"
    derive: ClassVar[Callable[..., Any]] = staticmethod(with_lengths)
    statistic: ClassVar[str] = "distance of the number of rows beyond chance"

    threshold: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Largest distance; 0.1: one entity in ten has another number of rows.",
    )
