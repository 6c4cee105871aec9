"""Attribute inference: does the release tell what a person kept to himself?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement, Severity
from validation.guesses import Guess, answer, some, targets
from validation.neighbors import nearest, real_space

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.base import Evidence
    from validation.features import FeatureSpace

_MOST_SECRETS = 30


class AttributeInference(Check, frozen=True):
    """How much oftener a cell is guessed from all others for train than for fresh rows.

    The attacker knows a person's other cells, finds the synthetic row nearest in them, and takes
    its cell for the person's. Each column is the secret once, or those with the roles `sensitive`
    and `target` where there are any. Informational: it sees what all rows together give away, not
    what a few outliers lose.
    """

    kind: Literal["attribute_inference"] = "attribute_inference"
    family: ClassVar[Family] = "privacy"
    on_by_default: ClassVar[bool] = False
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Giomi, Boenisch, Wehmeyer, Tasnadi (2023), A unified framework for quantifying privacy "
        "risk in synthetic data, section 3.3, whose authors state the patent application US "
        "2023/0401336 A1; here nearest rows by rank distance and score intervals"
    )

    severity: Severity = Field(default="info", description="What a failure means to the gate.")
    threshold: float = Field(
        default=0.05, ge=0, le=1, description="Excess that fails once it is certain: 1 in 20."
    )
    close: float = Field(
        default=0.02,
        gt=0,
        le=0.5,
        description="How near the guess of a number must be, as a share of the rows between.",
    )
    rows: int = Field(default=2000, ge=100, description="Most people guessed about a side.")
    points: int = Field(default=20_000, ge=100, description="Most synthetic rows to look in.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Guess each secret of members and of others."""
        space = real_space(evidence)
        secrets = [name for name in space.names if name in self._wanted(evidence, space)]
        if len(space.names) < 2 or not secrets:  # noqa: PLR2004  one known, one secret
            return self.result("not_applicable", "there are no two columns to guess from")
        members, others = targets(evidence, self.kind, self.rows)
        rng = evidence.seed.child("check", self.kind, "synthetic").generator()
        release = some(evidence.synthetic, self.points, rng)
        guesses = [
            Guess.of(
                secret,
                *(
                    (self._right(space, secret, people, release), people)
                    for people in (members, others)
                ),
            )
            for secret in secrets[:_MOST_SECRETS]
        ]
        return answer(
            self,
            guesses,
            threshold=self.threshold,
            n_rows=len(evidence.synthetic),
            what="right",
        )

    def _wanted(self, evidence: Evidence, space: FeatureSpace) -> tuple[str, ...]:
        declared = (*evidence.sensitive, *evidence.schema.with_role("target"))
        return tuple(name for name in declared if name in space.names) or space.names

    def _right(
        self, space: FeatureSpace, secret: str, people: Table, release: Table
    ) -> npt.NDArray[np.bool_]:
        known = space.only([name for name in space.names if name != secret])
        at = nearest(known.scaled(people), known.scaled(release)).rows[:, 0]
        hidden = space.only([secret])
        true, guess = hidden.ordinal(people)[:, 0], hidden.ordinal(release)[at, 0]
        if secret in space.levels:
            return np.asarray(true == guess, dtype=bool)
        rank = space.knots[secret].rank
        near = np.abs(rank(true) - rank(guess)) <= self.close
        return np.asarray(np.where(np.isnan(true), np.isnan(guess), near & ~np.isnan(guess)))
