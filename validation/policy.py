"""What a decision asks of the checks: thresholds, severities, what undecided means.

Three presets, by who will see the data:

- `internal`: colleagues under the same rules as the source. Thresholds are the checks' own
  defaults, each with its reason at its field.
- `partner`: people under a contract. Tighter where more evidence is needed to trust a stranger.
- `public`: anyone, for ever. As `partner`; and without differential privacy the verdict ends at
  hold, for a person's signature, since no attack that was tried rules out the one that was not.

In every preset the privacy checks are mandatory: one that could not be done holds the release.
What holds a release can be waived by a person who answers for it, until a day; what rejects it
can't. `docs/policies.md` lists every number with its reason.
"""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tabular.errors import ConfigurationError
from validation.base import CHECKS, Check, CheckResult, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

PolicyName = Literal["internal", "partner", "public"]
Undecided = Literal["hold", "pass"]

MANDATORY = ("copies", "membership", "nearest_record", "rare_values")
"""Checks without which nothing is published, whatever the preset."""


class CheckPolicy(BaseModel):
    """What a policy says of one check; what it leaves out stays as the check has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float | None = Field(
        default=None, allow_inf_nan=False, description="Takes the place of the check's threshold."
    )
    severity: Severity | None = Field(
        default=None, description="What a failure means: blocking, warning or info."
    )
    undecided: Undecided | None = Field(
        default=None, description="What it means that the rows don't suffice to decide."
    )
    mandatory: bool | None = Field(
        default=None, description="Whether the release is held where the check can't be done."
    )
    reason: str = Field(default="", description="Why; shown beside the decision.")


class Waiver(BaseModel):
    """A person's word that a release may go out although something holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str = Field(
        description="The kind of check whose hold is released; or `differential_privacy`, "
        "`attempts`, `releases`."
    )
    table: str = Field(default="", description="The table it is about; empty: every one.")
    owner: str = Field(min_length=1, description="Who answers for it.")
    reason: str = Field(min_length=10, description="Why; stands in the decision.")
    expires: dt.date = Field(description="The last day on which it holds.")

    def covers(self, check: str, table: str, today: dt.date) -> bool:
        """Whether it releases this hold today."""
        return self.check == check and self.table in {"", table} and today <= self.expires


class Cap(BaseModel):
    """How often a source may be tried and released before a person has to look."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(ge=1, description="Attempts since the last release, this one counted.")
    releases: int = Field(ge=1, description="Releases ever, this one counted.")
    reason: str


CAPS: Mapping[PolicyName, Cap] = MappingProxyType(
    {
        "internal": Cap(
            attempts=20,
            releases=400,
            reason="A table that fails one time in twenty by chance passes once in twenty tries, "
            "however bad its seeds were: beyond that, runs look for luck. A release a night for a "
            "year and a month.",
        ),
        "partner": Cap(
            attempts=10,
            releases=60,
            reason="Half the tries. A release a week for a year: neighbouring releases differ by "
            "few people, and who holds both can take them apart.",
        ),
        "public": Cap(
            attempts=5,
            releases=12,
            reason="Anyone can hold all releases, for ever: one a month for a year.",
        ),
    }
)
"""The caps of each preset."""

BESIDES_CHECKS = ("differential_privacy", "attempts", "releases")
"""What else can hold a release, by the name that a waiver gives it."""

_PARTNER = {
    "copies": CheckPolicy(
        threshold=0.001,
        reason="A partner can look people up: half of what is let through inside the house, one "
        "copied record in a thousand beyond what fresh rows show.",
    ),
    "membership": CheckPolicy(
        threshold=0.54,
        reason="An attacker outside is likelier to hold a list of candidates; AUC .54 is four "
        "fifths of the margin inside the house, and twice the bound of a perfect table at "
        "4,500 rows a side.",
    ),
    "nearest_record": CheckPolicy(
        severity="blocking",
        reason="A smoke test inside the house; outside, smoke is enough to stop.",
    ),
    "parity_gap": CheckPolicy(
        severity="blocking",
        reason="Who takes the data can't go back to the source and put a created bias right.",
    ),
}

PRESETS: Mapping[PolicyName, Mapping[str, CheckPolicy]] = MappingProxyType(
    {"internal": {}, "partner": _PARTNER, "public": _PARTNER}
)


class Policy(BaseModel):
    """A preset, and what the owner changes in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: PolicyName = Field(
        default="internal", description="Who will see the data: colleagues, a partner, anyone."
    )
    checks: dict[str, CheckPolicy] = Field(
        default_factory=dict, description="By kind of check, what differs from the preset."
    )
    waivers: tuple[Waiver, ...] = Field(
        default=(), description="Holds that a person answers for; a rejection can't be waived."
    )
    most_attempts: int | None = Field(
        default=None, ge=1, description="In place of the preset's cap on attempts."
    )
    most_releases: int | None = Field(
        default=None, ge=1, description="In place of the preset's cap on releases."
    )

    @model_validator(mode="after")
    def _checks_exist(self) -> Self:
        named = {*self.checks, *(waiver.check for waiver in self.waivers)} - set(BESIDES_CHECKS)
        if named and (unknown := sorted(named - set(CHECKS))):
            message = f"there is no check {', '.join(unknown)}; known: {', '.join(CHECKS)}"
            raise ValueError(message)
        return self

    @property
    def cap(self) -> Cap:
        """The preset's caps, with the owner's changes."""
        changes = {"attempts": self.most_attempts, "releases": self.most_releases}
        given = {name: value for name, value in changes.items() if value is not None}
        return CAPS[self.policy].model_copy(update=given)

    def waiver(self, check: str, table: str, today: dt.date) -> Waiver | None:
        """The waiver that releases a hold today, if there is one."""
        return next((w for w in self.waivers if w.covers(check, table, today)), None)

    @property
    def needs_differential_privacy(self) -> bool:
        """Whether publishing without it takes a person's signature."""
        return self.policy == "public"

    def of(self, kind: str) -> CheckPolicy:
        """What holds for one kind: the preset, and over it the owner's changes."""
        preset = PRESETS[self.policy].get(kind, CheckPolicy())
        changes = self.checks.get(kind, CheckPolicy()).model_dump(exclude_unset=True)
        return preset.model_copy(update=changes)

    def mandatory(self) -> tuple[str, ...]:
        """Kinds that must have been done."""
        named = {*MANDATORY, *self.checks}
        return tuple(sorted(kind for kind in named if self._is_mandatory(kind)))

    def is_mandatory(self, result: CheckResult) -> bool:
        """Whether the release is held where this check can't be done."""
        mandatory = self.of(result.check).mandatory
        if mandatory is not None:
            return mandatory
        if result.check in MANDATORY:
            return True
        kind = CHECKS[result.check] if result.check in set(CHECKS) else None
        may_lack = kind is not None and kind.where_declared
        return result.family == "privacy" and result.severity == "blocking" and not may_lack

    def undecided(self, kind: str) -> Undecided:
        """What it means that a check could not decide; hold, unless the owner says pass."""
        return self.of(kind).undecided or "hold"

    def apply(self, check: Check) -> Check:
        """The check with this policy's threshold and severity.

        Raises:
            ConfigurationError: The check has no threshold, or it can't be this number.
        """
        wanted = self.of(check.kind)
        where = f"gate.checks.{check.kind}"
        update: dict[str, float | str] = {}
        if wanted.severity is not None:
            update["severity"] = wanted.severity
        if wanted.threshold is not None:
            if "threshold" not in type(check).model_fields:
                raise ConfigurationError(f"{check.kind} has no threshold", where=where)
            update["threshold"] = wanted.threshold
        try:
            return type(check).model_validate({**check.model_dump(), **update})
        except ValueError as error:
            raise ConfigurationError(
                f"the threshold {wanted.threshold} is outside what {check.kind} allows",
                where=where,
            ) from error

    def _is_mandatory(self, kind: str) -> bool:
        mandatory = self.of(kind).mandatory
        return kind in MANDATORY if mandatory is None else mandatory
