"""Do the synthetic rows keep the owner's business rules?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from validation.base import Check, CheckResult, Family
from validation.contract import verdict_on
from validation.rates import none_may

if TYPE_CHECKING:
    from validation.base import Evidence


class Rules(Check, frozen=True):
    """Share of rows that break a declared rule between columns; must be 0. Each rule is counted."""

    kind: Literal["rules"] = "rules"
    family: ClassVar[Family] = "validity"
    reference: ClassVar[str] = (
        "Fan, Geerts (2012), Foundations of data quality management, chapter 2."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Count the rows that break each rule."""
        rules = [
            outcome
            for outcome in verdict_on(evidence, "synthetic").rules
            if outcome.rule.startswith("rule:")
        ]
        if not rules:
            return self.result("not_applicable", "the configuration declares no rule")
        n = len(evidence.synthetic)
        bad = np.zeros(n, dtype=bool)
        for rule in rules:
            bad[rule.rows if rule.rows is not None else slice(0)] = True
        broken = int(bad.sum())
        failed = [rule.rule.removeprefix("rule:") for rule in rules if not rule.success]
        return none_may(
            self,
            bad,
            what="that break a rule",
            message=f"{broken} of {n} rows break {', '.join(failed)}"
            if failed
            else f"{len(rules)} rules, each with 0 violations in {n} rows",
            details={
                "violations": {
                    rule.rule.removeprefix("rule:"): rule.unexpected_count or 0 for rule in rules
                }
            },
            failed=bool(failed),
        )
