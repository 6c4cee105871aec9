"""Linkability: does the release tie two halves of a person together?"""

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


class Linkability(Check, frozen=True):
    """How much oftener two halves of a row meet in one synthetic row for train than for fresh rows.

    The attacker holds two files, each with half of the columns of the same people. Two halves are
    linked where one synthetic row is among the nearest to both. Columns take turns, so that each
    half has every other one. Informational: it sees what all rows together give away.
    """

    kind: Literal["linkability"] = "linkability"
    family: ClassVar[Family] = "privacy"
    on_by_default: ClassVar[bool] = False
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Giomi, Boenisch, Wehmeyer, Tasnadi (2023), A unified framework for quantifying privacy "
        "risk in synthetic data, section 3.2, whose authors state the patent application US "
        "2023/0401336 A1; here exact neighbours by rank distance and score intervals"
    )

    severity: Severity = Field(default="info", description="What a failure means to the gate.")
    threshold: float = Field(
        default=0.05, ge=0, le=1, description="Excess that fails once it is certain: 1 in 20."
    )
    neighbors: int = Field(default=5, ge=1, le=50, description="Nearest rows looked at a half.")
    rows: int = Field(default=4000, ge=100, description="Most people guessed about a side.")
    points: int = Field(default=50_000, ge=100, description="Most synthetic rows to look in.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Link the halves of members and of others."""
        space = real_space(evidence)
        if len(space.names) < 2:  # noqa: PLR2004  a column for each half
            return self.result("not_applicable", "there are no two columns to link")
        members, others = targets(evidence, self.kind, self.rows)
        rng = evidence.seed.child("check", self.kind, "synthetic").generator()
        release = some(evidence.synthetic, self.points, rng)
        halves = [space.only(space.names[start::2]) for start in (0, 1)]
        guess = Guess.of(
            "two halves of the columns",
            *((self._linked(halves, people, release), people) for people in (members, others)),
        )
        return answer(
            self,
            [guess],
            threshold=self.threshold,
            n_rows=len(evidence.synthetic),
            what="links",
        )

    def _linked(
        self, halves: list[FeatureSpace], people: Table, release: Table
    ) -> npt.NDArray[np.bool_]:
        k = min(self.neighbors, len(release))
        left, right = (nearest(h.scaled(people), h.scaled(release), k).rows for h in halves)
        return np.asarray((left[:, :, None] == right[:, None, :]).any(axis=(1, 2)), dtype=bool)
