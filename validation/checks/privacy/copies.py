"""Copies of unique records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import Excess, Rate, allowance, worst_of
from validation.features import feature_columns
from validation.records import backing, record_codes
from validation.report import figure

if TYPE_CHECKING:
    from validation.base import Evidence
    from validation.records import Codes

    _Rows = tuple[Codes, Codes]
    """The records of rows, and their subjects."""


@dataclass(frozen=True)
class _Side:
    """Records of real subjects on one side, and how often rows that are not theirs equal them.

    Args:
        whose: Whose records they are.
        others: The real rows that show how often that happens by chance.
        found: The synthetic rows' rate.
        by_chance: The other rows' rate.
        unique: Share of the side's rows whose record one subject has.
    """

    whose: str
    others: str
    found: Rate
    by_chance: Rate
    unique: float

    @property
    def excess(self) -> Excess:
        """With bounds that hold for both sides together: one suffices to fail."""
        return Excess.of(self.found, self.by_chance, comparisons=2)

    @property
    def alone(self) -> Excess:
        """With bounds for this side by itself: both must agree to pass."""
        return Excess.of(self.found, self.by_chance)


class Copies(Check, frozen=True):
    """Synthetic rows that equal the record of one real subject, against the rate of other rows.

    All modelled columns are compared. People can share a record by chance: fresh rows show how
    often they equal a train subject's record, and train rows how often they equal a fresh one's.
    What counts is the excess over that.
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

        def side(whose: str, mine: _Rows, others: str, theirs: _Rows) -> _Side:
            single = backing(*mine, n_records) == 1
            found = Rate.of(single[synthetic], evidence.synthetic.subject_codes)
            by_chance = Rate.of(single[theirs[0]], theirs[1])
            return _Side(whose, others, found, by_chance, float(single[mine[0]].mean()))

        learnt = train, evidence.train.subject_codes
        held_out = unseen, fresh.subject_codes
        sides = (
            side("train", learnt, "fresh", held_out),
            side("held-out", held_out, "train", learnt),
        )
        statuses = [self._judge(one) for one in sides]
        status = worst_of(statuses)
        # Train's, unless it is the held-out side that says more.
        worst = sides[statuses.index(status)]
        excess = worst.excess
        return self.result(
            status,
            f"{figure(100 * worst.found.share)} % of the synthetic rows equal the record of one "
            f"{worst.whose} subject, {figure(100 * worst.by_chance.share)} % of {worst.others} "
            "rows do",
            statistic=f"share of rows that copy a unique {worst.whose} record",
            value=worst.found.share,
            interval=(worst.by_chance.share + excess.low, worst.by_chance.share + excess.high),
            baseline=worst.by_chance.share,
            threshold=worst.by_chance.share + self.threshold,
            smallest_effect=excess.smallest_effect,
            n_rows=len(evidence.synthetic),
            details={
                "excess": excess.value,
                "unique_train_records": sides[0].unique,
                "ruled_out_above": max(one.alone.high for one in sides),
                "held_out": {
                    "copied": sides[1].found.share,
                    "by_chance": sides[1].by_chance.share,
                },
                "columns_compared": len(feature_columns(evidence.schema)),
            },
        )

    def _judge(self, side: _Side) -> Literal["pass", "fail", "undecided"]:
        if side.excess.low > self.threshold:
            return "fail"
        ceiling = allowance(self.ceiling, side.alone.error, side.alone.z)
        is_open = side.alone.high > ceiling or ceiling > 10 * self.ceiling
        return "undecided" if is_open else "pass"
