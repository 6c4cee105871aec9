"""Runs checks over evidence, in the order of their families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabular.model import silent
from validation.base import CHECKS, by_family

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabular.model import Progress
    from validation.base import Check, CheckResult, Evidence

_STRUCTURE: frozenset[str] = frozenset({"relations", "sequence"})
"""What a table has or has not: a check of what it has not says nothing."""


def default_checks() -> tuple[Check, ...]:
    """Every kind that is on by default, with its default parameters, in the order of families."""
    kinds = [kind for kind in by_family(CHECKS) if CHECKS[kind].on_by_default]
    return tuple(CHECKS[kind].model_validate({}) for kind in kinds)


def run_checks(
    evidence: Evidence, checks: Sequence[Check], progress: Progress = silent
) -> tuple[CheckResult, ...]:
    """The answer of each check, in the order given.

    Every check answers, whatever happens to it; what they share is worked out once and kept in
    `evidence.cache`.
    """
    answers = []
    for done, check in enumerate(checks):
        progress(done / len(checks), check.kind)
        answer = check.answer(evidence)
        if not (check.requires & _STRUCTURE and answer.status == "not_applicable"):
            answers.append(answer)
    progress(1.0, "checked")
    return tuple(answers)
