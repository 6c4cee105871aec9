"""Is every value one that a real row could have?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.features import feature_columns, is_numeric, labels, numbers
from validation.rates import answer

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.schema import Column
    from validation.base import Evidence

    Mask = npt.NDArray[np.bool_]


class Domains(Check, frozen=True):
    """Rows with a category or a number outside what the train rows have, against fresh rows.

    A label that no train row has, or a number beyond their extremes, now and then stands in fresh
    rows too; synthetic rows may have as many. Declared domains are for `contract` to hold.
    """

    kind: Literal["domains"] = "domains"
    family: ClassVar[Family] = "validity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Newcombe (1998), Interval estimation for the difference between independent proportions, "
        "method 10"
    )

    threshold: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Excess over the fresh rows' rate that fails once it is certain: one row in a "
        "hundred.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Look at every column."""
        columns = feature_columns(evidence.schema)
        if not columns:
            return self.result("not_applicable", "no column is learnt")
        fresh = evidence.fresh
        assert fresh is not None  # noqa: S101  `requires` has seen to it
        hits, by_chance = np.zeros(len(evidence.synthetic), bool), np.zeros(len(fresh), bool)
        found: dict[str, float] = {}
        for column in columns:
            outside = _outside(column, evidence.train, evidence.synthetic)
            if outside.any():
                found[column.name] = float(outside.mean())
            hits |= outside
            by_chance |= _outside(column, evidence.train, fresh)
        return answer(
            self,
            evidence,
            hits,
            by_chance,
            threshold=self.threshold,
            what="hold a value outside what the train rows have",
            details={
                "columns": [
                    {"column": name, "share": share}
                    for name, share in sorted(found.items(), key=lambda item: -item[1])[:10]
                ]
            },
        )


def _outside(column: Column, train: Table, table: Table) -> Mask:
    """Which rows hold a value that no train row has, or beyond theirs."""
    ours, theirs = train.frame[column.name], table.frame[column.name]
    if not is_numeric(column):
        known, cells = labels(ours), labels(theirs)
        return np.asarray((~cells.isin(known.dropna().unique())) & cells.notna(), dtype=bool)
    values, present = numbers(theirs), numbers(ours)
    present = present[~np.isnan(present)]
    if not len(present):
        return np.asarray(~np.isnan(values), dtype=bool)
    return np.asarray((values < present.min()) | (values > present.max()), dtype=bool)
