"""What changed in a source since the last release, as the report shows it.

A change drifts where the whole 95 % interval of its effect size lies beyond the threshold, so that
few rows don't cry wolf and many don't cry at nothing. What changed without that is a notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from validation.pictures import ColumnPicture

if TYPE_CHECKING:
    from validation.drift_policy import DriftPolicy

What = Literal[
    "lost_table", "new_table", "volume", "renamed", "lost", "new", "type", "missing", "domain",
    "distribution",
]  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Part):
    """One thing that is not as it was."""

    what: What
    table: str
    column: str | None = None
    drifts: bool = Field(description="Beyond the threshold, and not by chance.")
    message: str = Field(description="One sentence without a value of a cell.")
    statistic: str = ""
    value: float | None = None
    interval: tuple[float, float] | None = None
    threshold: float | None = None
    renamed_to: str | None = None


class ColumnDrift(_Part):
    """One column then and now."""

    name: str
    statistic: str
    value: float
    interval: tuple[float, float]
    threshold: float
    psi: float
    picture: ColumnPicture


class TableDrift(_Part):
    """One table then and now."""

    rows_before: int
    rows_now: int
    columns: tuple[ColumnDrift, ...] = ()


class Drift(_Part):
    """Everything that is not as it was when the last release was made."""

    since: str = Field(description="The release before.")
    k: int
    changes: tuple[Change, ...] = ()
    tables: dict[str, TableDrift] = Field(default_factory=dict)

    @property
    def drifted(self) -> tuple[Change, ...]:
        """The changes beyond their threshold."""
        return tuple(change for change in self.changes if change.drifts)

    def stopping(self, policy: DriftPolicy) -> tuple[Change, ...]:
        """The changes that end the run."""
        always = tuple(change for change in self.changes if change.what == "renamed")
        return self.drifted if policy.action == "stop" else tuple(c for c in always if c.drifts)
