"""Releases that were taken back: they stay where they are, and readers are told to leave them.

`<store>/<dataset>/WITHDRAWN` says which versions, when and why, as one JSON document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.releases import VERSION
from tabular.errors import ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

WITHDRAWN = "WITHDRAWN"


class Withdrawal(BaseModel):
    """Why and when a release was taken back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1, max_length=1000)
    when: str = Field(description="UTC, ISO 8601.")


class Withdrawals(BaseModel):
    """All releases of a dataset that were taken back, by version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    versions: dict[Annotated[str, Field(pattern=f"^{VERSION}$")], Withdrawal] = Field(
        default_factory=dict
    )


def read_withdrawals(folder: Path) -> Withdrawals:
    """What was taken back of the dataset in `folder`.

    Raises:
        ReleaseError: The file can't be read.
    """
    path = folder / WITHDRAWN
    try:
        return Withdrawals.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Withdrawals()
    except OSError as error:
        raise ReleaseError(f"can't be read: {error.strerror}", where=str(path)) from error
    except ValidationError:
        raise ReleaseError("this is no list of withdrawals", where=str(path)) from None
