"""What became of a table's contract: every rule, and the rows that break it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.rules import Rule
    from validation.base import Evidence, Severity


@dataclass(frozen=True)
class RuleOutcome:
    """What became of one rule.

    Args:
        rule: A name that is the same in every run.
        description: What the rule asks for.
        columns: The columns it looks at; empty for one about the whole table.
        severity: What a failure means.
        success: Whether it holds.
        unexpected_count: How many cells or rows break it, where they can be counted.
        rows: Positions of the rows that break it; `None` for a rule that can't name rows, such as
            one about a missing column.
        raised: The type of the exception that kept the rule from being judged.
    """

    rule: str
    description: str
    columns: tuple[str, ...]
    severity: Severity
    success: bool
    unexpected_count: int | None = None
    rows: npt.NDArray[np.int64] | None = None
    raised: str | None = None


def outcome_of(rule: Rule, table: Table) -> RuleOutcome:
    """What becomes of a business rule; Great Expectations has no words for most of them."""
    rows = np.flatnonzero(rule.breaks(table.frame))
    return RuleOutcome(
        rule=f"rule:{rule.title}",
        description=rule.text,
        columns=rule.used,
        severity="blocking",
        success=not len(rows),
        unexpected_count=len(rows),
        rows=rows if len(rows) else None,
    )


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations said of one table.

    Args:
        rules: Every rule, the schema's first.
        n_rows: Rows of the table.
    """

    rules: tuple[RuleOutcome, ...]
    n_rows: int

    @property
    def failed(self) -> tuple[RuleOutcome, ...]:
        """The rules that don't hold."""
        return tuple(rule for rule in self.rules if not rule.success)

    @property
    def without_rows(self) -> tuple[RuleOutcome, ...]:
        """Blocking rules that don't hold and can't be mended by setting rows aside."""
        return tuple(r for r in self.failed if r.severity == "blocking" and r.rows is None)

    @property
    def bad_rows(self) -> npt.NDArray[np.bool_]:
        """Rows that break a blocking rule, shape (n_rows,)."""
        mask = np.zeros(self.n_rows, dtype=bool)
        for rule in self.failed:
            if rule.severity == "blocking" and rule.rows is not None:
                mask[rule.rows] = True
        return mask


def verdict_on(evidence: Evidence, side: Literal["synthetic", "train", "fresh"]) -> Verdict:
    """The contract's verdict on one side of the evidence, once for all checks.

    The synthetic rows of a generator of this program are held to closed domains: no category and
    no extreme that the train rows don't have. Other rows are held to what the schema declares.
    """
    from validation.expectations import judge

    name = f"contract/{side}"
    if name not in evidence.cache:
        table = getattr(evidence, side)
        closed = evidence.train if side == "synthetic" and evidence.own else None
        evidence.cache[name] = judge(table, suites=evidence.suites, closed=closed)
    verdict: Verdict = evidence.cache[name]
    return verdict
