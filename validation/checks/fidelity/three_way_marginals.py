"""Is what three columns have in common beyond their pairs still there?"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.association import answer, samples_of
from validation.base import Check, CheckResult, Family, Requirement
from validation.contingency import Binning
from validation.features import space_of

if TYPE_CHECKING:
    from tabular.seeding import Seed
    from validation.base import Evidence

_TRIPLE = 3
_BINS = 4
_LEVELS = 4


class ThreeWayMarginals(Check, frozen=True):
    """Share that the worst three columns keep of what they have in common beyond their pairs.

    A switch that works only where two others agree has no association with either: every pair of
    columns can be right and the three wrong. Numbers are cut at quartiles, categories keep the four
    most frequent. All triples are looked at up to a number, beyond it as many drawn at random.
    """

    kind: Literal["three_way_marginals"] = "three_way_marginals"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Lancaster (1969), The chi-squared distribution, chapter 12; Streitberg (1990), Lancaster "
        "interactions revisited"
    )

    threshold: float = Field(
        default=0.25,
        gt=0,
        lt=1,
        description="Least share of the mean square of the interaction: half of its w.",
    )
    strength: float = Field(
        default=0.4,
        gt=0,
        lt=1,
        description="Cohen's w from which an interaction matters: between his medium and large.",
    )
    most: int = Field(default=3000, ge=1, description="Most triples to look at.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Measure the triples; the worst one decides."""
        space = space_of(evidence)
        if len(space.columns) < _TRIPLE:
            return self.result("not_applicable", "fewer than three columns are learnt")
        binning = Binning.learn(evidence.train, space, _BINS, _LEVELS)
        triples = _triples(space.names, self.most, evidence.seed.child("checks", self.kind))
        return answer(
            self,
            evidence,
            samples_of(evidence, binning),
            triples,
            {name: binning.levels(name) for name in space.names},
            least=self.threshold,
            strength=self.strength,
            what="interaction",
        )


def _triples(names: tuple[str, ...], most: int, seed: Seed) -> list[tuple[str, ...]]:
    """All sets of three, or as many as `most` drawn at random without all being listed."""
    n = len(names)
    if comb(n, _TRIPLE) <= most:
        return list(combinations(names, _TRIPLE))
    rng = seed.generator()
    drawn = np.argsort(rng.random((2 * most, n)), axis=1)[:, :_TRIPLE]
    found = np.unique(np.sort(drawn, axis=1), axis=0)
    picked = found[rng.permutation(len(found))[:most]]
    return [tuple(names[i] for i in row) for row in picked]
