"""Singling out: do descriptions of one synthetic row fit exactly one person?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement, Severity
from validation.excess import Rate
from validation.guesses import Guess, answer, targets
from validation.neighbors import real_space

if TYPE_CHECKING:
    import numpy.typing as npt

    from validation.base import Evidence

    Bins = npt.NDArray[np.int64]

_BINS = 20
_SETS = 60
_COLUMNS = (2, 3, 4)


class SinglingOut(Check, frozen=True):
    """How much oftener a description fits exactly one train row than exactly one fresh row.

    A description says the values of a few columns (numbers by twentieths of their ranks) such as
    one synthetic row alone has them. The same descriptions are tried on as many train as fresh
    rows: unequal numbers alone would make a difference. Informational: whom it finds need not be
    anybody the release leaked.
    """

    kind: Literal["singling_out"] = "singling_out"
    family: ClassVar[Family] = "privacy"
    on_by_default: ClassVar[bool] = False
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Cohen, Nissim (2020), Towards formalizing the GDPR's notion of singling out; Giomi, "
        "Boenisch, Wehmeyer, Tasnadi (2023), A unified framework for quantifying privacy risk in "
        "synthetic data, section 3.1, whose authors state the patent application US 2023/0401336 A1"
    )

    severity: Severity = Field(default="info", description="What a failure means to the gate.")
    threshold: float = Field(
        default=0.05, ge=0, le=1, description="Excess that fails once it is certain: 1 in 20."
    )
    guesses: int = Field(default=2000, ge=100, description="Most descriptions tried.")
    rows: int = Field(default=20_000, ge=100, description="Most real rows a side.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Describe synthetic rows, and look whom the descriptions fit."""
        space = real_space(evidence)
        if len(space.names) < min(_COLUMNS):
            return self.result("not_applicable", "there are no two columns to describe with")
        people = targets(evidence, self.kind, self.rows)
        bins = [space.binned(side, _BINS) for side in (evidence.synthetic, *people)]
        rng = evidence.seed.child("check", self.kind, "columns").generator()
        hits: list[npt.NDArray[np.bool_]] = []
        for _ in range(_SETS):
            width = int(rng.choice([w for w in _COLUMNS if w <= len(space.names)]))
            columns = rng.choice(len(space.names), width, replace=False)
            hits.append(_fits_one(*(side[:, columns] for side in bins)))
        found = np.concatenate(hits, axis=1)
        found = found[:, rng.permutation(found.shape[1])[: self.guesses]]
        # Many descriptions fit one person: there are no more independent ones than people.
        n = min(found.shape[1], *(table.n_subjects for table in people))
        shares = found.mean(axis=1) if n else np.zeros(2)
        members, others = (Rate(float(share), n) for share in shares)
        guess = Guess("values of two to four columns", members, others)
        return answer(
            self,
            [guess],
            threshold=self.threshold,
            n_rows=len(evidence.synthetic),
            what="one row's alone",
        )


def _fits_one(synthetic: Bins, members: Bins, others: Bins) -> npt.NDArray[np.bool_]:
    """Whether each value that one synthetic row has fits one row of either side.

    Returns:
        Shape (2, n_values).
    """
    sides = (synthetic, members, others)
    codes = np.unique(np.concatenate(sides), axis=0, return_inverse=True)[1].reshape(-1)
    parts = np.split(codes, np.cumsum([len(side) for side in sides])[:-1])
    counts = [np.bincount(part, minlength=int(codes.max()) + 1) for part in parts]
    return np.stack([side[counts[0] == 1] == 1 for side in counts[1:]])
