"""Do the synthetic rows keep the table's contract?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from validation.base import Check, CheckResult, Family
from validation.contract import verdict_on
from validation.statistics import wilson

if TYPE_CHECKING:
    from validation.base import Evidence


class Contract(Check, frozen=True):
    """Share of rows that break the schema or the owner's own suites, by Great Expectations' word.

    A generator of this program knows the rules, so it may break none. Files from elsewhere may
    break them as often as fresh real rows do: they fail where the lower bound of their share is
    above the upper bound of the fresh rows' share. A rule that can't name rows (a missing column)
    or can't be judged fails by itself, unless it does so on real rows too.
    """

    kind: Literal["contract"] = "contract"
    family: ClassVar[Family] = "validity"
    reference: ClassVar[str] = "Wilson (1927), Probable inference."

    def run(self, evidence: Evidence) -> CheckResult:
        """Judge the synthetic rows, and for files from elsewhere fresh real rows beside them."""
        verdict = verdict_on(evidence, "synthetic")
        beside = verdict_on(evidence, "fresh" if evidence.fresh is not None else "train")
        broken = int(verdict.bad_rows.sum())
        n = len(evidence.synthetic)
        share = broken / max(n, 1)
        real_broken = int(beside.bad_rows.sum())
        known = set() if evidence.own else {rule.rule for rule in beside.without_rows}
        whole = [rule for rule in verdict.without_rows if rule.rule not in known]
        interval = wilson(broken, n)
        threshold = 0.0 if evidence.own else wilson(real_broken, beside.n_rows)[1]
        failing = bool(whole) or (share > 0 if evidence.own else interval[0] > threshold)
        blocking = [rule for rule in verdict.failed if rule.severity == "blocking"]
        named = [rule.rule for rule in blocking]
        if whole:
            # A column of another type is wrong in every row.
            broken, share, interval = n, 1.0, wilson(n, n)
            message = "the contract is broken as a whole: " + "; ".join(
                f"{rule.rule}, which asks that {rule.description}" for rule in whole[:3]
            )
        elif failing:
            more = f" and {len(named) - 3} more" if len(named) > 3 else ""  # noqa: PLR2004  shown
            message = f"{broken} of {n} rows break the contract: {', '.join(named[:3])}{more}"
        elif broken:
            message = f"{broken} of {n} rows break the contract, as fresh real rows do"
        else:
            message = f"{n} rows keep {len(verdict.rules)} rules"
        return self.result(
            "fail" if failing else "pass",
            message,
            statistic="share of rows that break a rule",
            value=share,
            interval=interval,
            baseline=real_broken / max(beside.n_rows, 1),
            threshold=threshold,
            # Own rows are all looked at, so one is seen; else what three rows in the interval are.
            smallest_effect=(1.0 if evidence.own else 3.0) / max(n, 1),
            n_rows=n,
            details={
                "rules": len(verdict.rules),
                "broken": [
                    {
                        "rule": rule.rule,
                        "severity": rule.severity,
                        "rows": None if rule.rows is None else len(rule.rows),
                        "raised": rule.raised,
                    }
                    for rule in verdict.failed
                ],
            },
        )
