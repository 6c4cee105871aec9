"""Are cells missing as often, and where they were missing before?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.association import Sample, answer
from validation.base import Check, CheckResult, Family, Requirement
from validation.contingency import Binning
from validation.features import is_numeric, labels, numbers, space_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.base import Evidence

    Codes = npt.NDArray[np.int64]

_GAP = "gaps in "
_FEW = 30


class Missingness(Check, frozen=True):
    """Share that the worst column keeps of the link between its gaps and the other columns.

    Whether a cell is missing often depends on the rest of its row: people who earn much leave the
    income open. Gaps scattered at random keep the share of missing cells and lose that. How many
    cells are missing is for `column_shapes` and `coverage` to say.
    """

    kind: Literal["missingness"] = "missingness"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Rubin (1976), Inference and missing data; Cohen (1988), Statistical power analysis for "
        "the behavioral sciences, chapter 7 (w)"
    )

    threshold: float = Field(
        default=0.25,
        gt=0,
        lt=1,
        description="Least share of the mean square contingency: half of its w.",
    )
    strength: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="Cohen's w from which the link of gaps with a column matters; a gap has two "
        "states, so that its links are fainter than those of two columns of values.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Measure each column's gaps against every other column."""
        space = space_of(evidence)
        gappy = [
            column.name
            for column in space.columns
            if _FEW <= int(evidence.train.frame[column.name].isna().sum()) <= len(evidence.train)
        ]
        if not gappy:
            return self.result("not_applicable", "hardly a cell is missing")
        binning = Binning.learn(evidence.train, space, 5, 5)
        sides = ("train", "synthetic", "fresh", "holdout", "reference")
        samples = {
            side: _sample(table, binning, gappy, evidence)
            for side in sides
            if (table := getattr(evidence, side)) is not None
        }
        levels = {name: binning.levels(name) for name in space.names}
        levels |= {_GAP + name: 2 for name in gappy}
        sets = [(_GAP + name, other) for name in gappy for other in space.names if other != name]
        # Gaps of two columns stand in one set only.
        sets += [(_GAP + a, _GAP + b) for i, a in enumerate(gappy) for b in gappy[i + 1 :]]
        if not sets:
            return self.result("not_applicable", "no other column is learnt")
        return answer(
            self,
            evidence,
            samples,
            sets,
            levels,
            least=self.threshold,
            strength=self.strength,
            what="link",
        )


def _sample(table: Table, binning: Binning, gappy: list[str], evidence: Evidence) -> Sample:
    codes: Mapping[str, Codes] = binning.codes(table)
    gaps = {_GAP + name: _missing(table, name, evidence) for name in gappy}
    return Sample({**codes, **gaps}, table.shared_codes)


def _missing(table: Table, name: str, evidence: Evidence) -> Codes:
    cells = table.frame[name]
    if is_numeric(evidence.schema[name]):
        return np.isnan(numbers(cells)).astype(np.int64)
    return labels(cells).isna().to_numpy(dtype=bool).astype(np.int64)
