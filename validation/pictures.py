"""What the report shows of a table: distributions, associations and groups, as aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from validation.base import Evidence

MOST_BINS = 20


class _Picture(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnPicture(_Picture):
    """One column's distribution on both sides, over the same bins."""

    name: str
    type: Literal["number", "moment", "category"]
    labels: tuple[str, ...] = Field(description="What each bin holds, at most 20 and two more.")
    real: tuple[float, ...] = Field(description="Share of the real rows in each bin.")
    synthetic: tuple[float, ...] = Field(description="Share of the synthetic rows in each bin.")
    distance: float = Field(description="Total variation distance of the two over these bins.")


class AssociationPicture(_Picture):
    """How strongly each two columns go together: Cramér's V, bias corrected, in [0, 1]."""

    names: tuple[str, ...]
    real: tuple[tuple[float, ...], ...]
    synthetic: tuple[tuple[float, ...], ...]

    @property
    def difference(self) -> tuple[tuple[float, ...], ...]:
        """Synthetic less real."""
        return tuple(
            tuple(b - a for a, b in zip(left, right, strict=True))
            for left, right in zip(self.real, self.synthetic, strict=True)
        )


class GroupPicture(_Picture):
    """One group of people: how many there are, and how often they have the outcome."""

    attribute: str
    group: str
    rows: int = Field(description="Real rows.")
    real: float = Field(description="Share of the real rows.")
    synthetic: float = Field(description="Share of the synthetic rows.")
    outcome_real: float | None = None
    outcome_synthetic: float | None = None


class TablePictures(_Picture):
    """All pictures of one table; no cell of fewer than k subjects is in them."""

    k: int
    columns: tuple[ColumnPicture, ...] = ()
    association: AssociationPicture | None = None
    groups: tuple[GroupPicture, ...] = ()
    outcome: str = Field(default="", description="What the outcome of the groups table is.")

    def public(self) -> TablePictures:
        """The same pictures, rounded, for outside the house."""
        return self
