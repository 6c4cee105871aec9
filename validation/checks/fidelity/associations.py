"""Are the links between two columns still there?"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.association import answer, samples_of
from validation.base import Check, CheckResult, Family, Requirement
from validation.contingency import Binning
from validation.features import space_of

if TYPE_CHECKING:
    from validation.base import Evidence

_PAIR = 2


class Associations(Check, frozen=True):
    """Share that the worst pair of columns keeps of its association.

    Only pairs that clearly go together are judged, and only where fresh rows of this number would
    stand clear of the threshold. Where `pair_trends` counts rows that would have to change, this
    asks of each link by itself whether it is still there: a link of two columns that shows in a few
    rows can be lost without moving many.
    """

    kind: Literal["associations"] = "associations"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Cohen (1988), Statistical power analysis for the behavioral sciences, chapter 7 (w); "
        "Holm (1979), A simple sequentially rejective multiple test procedure"
    )

    threshold: float = Field(
        default=0.25,
        gt=0,
        lt=1,
        description="Least share of a pair's mean square contingency: half of its w.",
    )
    strength: float = Field(
        default=0.4,
        gt=0,
        lt=1,
        description="Cohen's w from which a link matters: between his medium .3 and large .5.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Measure every pair; the worst one decides."""
        space = space_of(evidence)
        if len(space.columns) < _PAIR:
            return self.result("not_applicable", "fewer than two columns are learnt")
        binning = Binning.learn(evidence.train, space)
        return answer(
            self,
            evidence,
            samples_of(evidence, binning),
            list(combinations(space.names, _PAIR)),
            {name: binning.levels(name) for name in space.names},
            least=self.threshold,
            strength=self.strength,
            what="association",
        )
