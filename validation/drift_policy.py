"""What counts as drift of a source, and what a run does about it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Action = Literal["warn", "stop"]


class DriftPolicy(BaseModel):
    """Thresholds are effect sizes: what matters, however many rows there are to prove it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action = Field(
        default="warn",
        description="Drift is a notice in report and terminal, or ends the run before anything is "
        "learnt. A column that looks renamed always ends it.",
    )
    volume: float = Field(
        default=0.5,
        gt=0,
        description="Growth or loss of rows, as a factor less 1: 0.5 is half as many more.",
    )
    ks: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Kolmogorov-Smirnov distance of a column of numbers or moments: a tenth of the "
        "rows lie elsewhere.",
    )
    cramers_v: float = Field(
        default=0.1, ge=0, le=1, description="Cramér's V of a column of categories; Cohen's small."
    )
    cohens_h: float = Field(
        default=0.2,
        ge=0,
        description="Cohen's h of the share of missing cells, of new and of lost categories, and "
        "of numbers outside the former range; Cohen's small.",
    )
    renamed: dict[str, str | None] = Field(
        default_factory=dict,
        description="Columns that have a new name by intention, old to new; `null` for one that is "
        "gone. `table.column` where several tables have the name.",
    )


def _word_is_action(value: object) -> object:
    return {"action": value} if isinstance(value, str) else value


DriftOption = Annotated[
    DriftPolicy, BeforeValidator(_word_is_action, json_schema_input_type=Action | DriftPolicy)
]
"""`drift: stop`, or a mapping."""
