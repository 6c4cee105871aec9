"""Copies of unique records."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import Excess, Rate, allowance
from validation.features import feature_columns
from validation.records import backing, record_codes
from validation.report import figure

if TYPE_CHECKING:
    from validation.base import Evidence


class Copies(Check, frozen=True):
    """Synthetic rows that equal the record of one train subject, against the rate of fresh rows.

    All modelled columns are compared. People can share a record by chance, and fresh rows show how
    often they do; what counts is the excess over that.
    """

    kind: Literal["copies"] = "copies"
    family: ClassVar[Family] = "privacy"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Newcombe (1998), Interval estimation for the difference between independent proportions, "
        "method 10"
    )

    threshold: float = Field(
        default=0.002,
        ge=0,
        le=1,
        description="Excess over the fresh rows' rate that fails once it is certain. A good "
        "sequential forest has .001 on adult; one copy in a hundred is certain to exceed .002 "
        "from 3,000 rows on.",
    )
    ceiling: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Excess that must be ruled out, where the rows suffice for it, to pass: one "
        "record in a hundred.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Count, and compare with fresh rows."""
        if not feature_columns(evidence.schema):
            return self.result("not_applicable", "no column is learnt")
        fresh = evidence.fresh
        assert fresh is not None  # noqa: S101  `requires` has seen to it
        tables = (evidence.train, evidence.synthetic, fresh)
        train, synthetic, unseen = record_codes(tables, feature_columns(evidence.schema))
        n_records = 1 + max(int(codes.max(initial=0)) for codes in (train, synthetic, unseen))
        single = backing(train, evidence.train.subject_codes, n_records) == 1
        found = Rate.of(single[synthetic], evidence.synthetic.subject_codes)
        by_chance = Rate.of(single[unseen], fresh.subject_codes)
        excess = Excess.of(found, by_chance)
        ceiling = allowance(self.ceiling, excess.error, excess.z)
        status: Literal["pass", "fail", "undecided"] = "pass"
        if excess.low > self.threshold:
            status = "fail"
        elif excess.high > ceiling or ceiling > 10 * self.ceiling:
            status = "undecided"
        message = (
            f"{figure(100 * found.share)} % of the synthetic rows equal the record of one train "
            f"subject, {figure(100 * by_chance.share)} % of fresh rows do"
        )
        return self.result(
            status,
            message,
            statistic="share of rows that copy a unique record",
            value=found.share,
            interval=(by_chance.share + excess.low, by_chance.share + excess.high),
            baseline=by_chance.share,
            threshold=by_chance.share + self.threshold,
            smallest_effect=excess.smallest_effect,
            n_rows=len(evidence.synthetic),
            details={
                "excess": excess.value,
                "unique_train_records": float(single[train].mean()),
                "ruled_out_above": excess.high,
                "columns_compared": len(feature_columns(evidence.schema)),
            },
        )
