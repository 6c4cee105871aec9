"""Are the keys of the synthetic rows keys?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from validation.base import Check, CheckResult, Family
from validation.contract import verdict_on
from validation.rates import none_may

if TYPE_CHECKING:
    from validation.base import Evidence


class Keys(Check, frozen=True):
    """Share of rows whose primary, alternate or sequence key is missing or repeated; must be 0."""

    kind: Literal["keys"] = "keys"
    family: ClassVar[Family] = "validity"
    reference: ClassVar[str] = "Codd (1970), A relational model of data, section 1.3."

    def run(self, evidence: Evidence) -> CheckResult:
        """Pick the contract's rules on keys."""
        schema = evidence.schema
        needed = set(schema.primary_key)
        if schema.sequence:
            needed |= {schema.sequence.entity, schema.sequence.index}
        wanted = {f"present({name})" for name in needed}
        rules = [
            rule
            for rule in verdict_on(evidence, "synthetic").rules
            if rule.rule in wanted or rule.rule.startswith(("key(", "sequence("))
        ]
        if not rules:
            return self.result("not_applicable", "the schema declares no key")
        n = len(evidence.synthetic)
        bad = np.zeros(n, dtype=bool)
        failed = [rule for rule in rules if not rule.success]
        for rule in failed:
            bad[slice(None) if rule.rows is None else rule.rows] = True
        broken = int(bad.sum())
        return none_may(
            self,
            bad,
            what="with a missing or repeated key",
            message=f"{broken} of {n} rows have a missing or repeated key"
            if failed
            else f"every key is there and unique in {n} rows",
            details={"broken": [rule.rule for rule in failed], "rules": len(rules)},
            failed=bool(failed),
        )
