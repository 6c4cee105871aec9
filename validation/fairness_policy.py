"""What an owner asks for where a source is unfair: how often each group shall have the outcome."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0, le=1)]


class Fairness(BaseModel):
    """Declared rates of an outcome in the groups of a sensitive attribute.

    Synthetic rows are taken so that the outcome is as frequent in each group as declared, with the
    groups' shares, and all else given group and outcome, as the generator learnt them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str | None = Field(default=None, description="Needed where there are several tables.")
    sensitive: str = Field(description="The column whose values are the groups.")
    outcome: str = Field(
        description="The column that holds the outcome: its rarer label, the most frequent one "
        "where it has more than two, or a number above the median. It is the table's target."
    )
    target: Literal["parity"] | dict[str, Rate] = Field(
        default="parity",
        description="`parity`: as often as over all real rows, in groups of 100 rows and more. Or "
        "the share that shall have the outcome by group; a group that is not named keeps its own.",
    )
