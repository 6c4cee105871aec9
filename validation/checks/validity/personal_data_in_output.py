"""Does personal data of the input stand in the output?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.features import labels
from validation.rates import answer

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.schema import TableSchema
    from validation.base import Evidence

    Mask = npt.NDArray[np.bool_]

_SHORTEST = 4
"""Characters below which a text is a code that anybody may have."""


class PersonalDataInOutput(Check, frozen=True):
    """Rows in any column of which personal data or free text of one train subject stands.

    Names, addresses, numbers and texts are made anew and never learnt, so none that points at one
    person may come back, in its own column or in another. Made-up names can meet real ones; fresh
    rows, which share names by chance, say how often.
    """

    kind: Literal["personal_data_in_output"] = "personal_data_in_output"
    family: ClassVar[Family] = "validity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Article 29 Working Party (2014), Opinion 05/2014 on anonymisation techniques, section 2"
    )

    threshold: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="Excess over the fresh rows' rate that fails once it is certain: one row in "
        "200, room for made-up names that somebody has.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Look every text cell of the output up among the input's personal data."""
        names = _personal(evidence.schema)
        if not names:
            return self.result("not_applicable", "no column holds personal data or free text")
        fresh = evidence.fresh
        assert fresh is not None  # noqa: S101  `requires` has seen to it
        known = _of_one_subject(evidence.train, names)
        return answer(
            self,
            evidence,
            _holds(evidence.synthetic, known),
            _holds(fresh, known),
            threshold=self.threshold,
            what="hold personal data of one train subject",
            details={"columns": len(names), "values_looked_for": len(known)},
        )


def _personal(schema: TableSchema) -> list[str]:
    return [
        column.name
        for column in schema.columns
        if column.pii is not None or column.role == "identifier" or column.sdtype == "unknown"
    ]


def _of_one_subject(table: Table, names: list[str]) -> set[str]:
    """Texts that one subject alone has."""
    import pandas as pd

    found: set[str] = set()
    for name in names:
        frame = pd.DataFrame({"text": labels(table.frame[name]), "who": table.subject_codes})
        people = frame.dropna().groupby("text")["who"].nunique()
        found |= {text for text in people.index[people == 1] if len(text) >= _SHORTEST}
    return found


def _holds(table: Table, known: set[str]) -> Mask:
    import pandas as pd

    out = np.zeros(len(table), dtype=bool)
    for column in table.schema.columns:
        cells = table.frame[column.name]
        if column.sdtype == "numerical" or not (
            pd.api.types.is_string_dtype(cells) or cells.dtype == object
        ):
            continue
        out |= labels(cells).isin(known).to_numpy(dtype=bool, na_value=False)
    return out
