"""The runner: every check answers, in order, and progress is told."""

from __future__ import annotations

from typing import ClassVar, Literal

from tests.people import evidence
from validation.base import CHECKS, Check, CheckResult, Evidence, Family
from validation.runner import default_checks, run_checks


class _Broken(Check, frozen=True):
    """A check that breaks down."""

    kind: Literal["broken"] = "broken"
    family: ClassVar[Family] = "fidelity"

    def run(self, evidence: Evidence) -> CheckResult:
        raise ValueError(evidence.train.name)


def test_the_default_checks_are_all_kinds_that_are_on_by_family() -> None:
    kinds = [check.kind for check in default_checks()]
    assert sorted(kinds) == sorted(k for k, check in CHECKS.items() if check.on_by_default)
    families = [check.family for check in default_checks()]
    order = ["validity", "fidelity", "utility", "privacy", "fairness"]
    assert [order.index(family) for family in families] == sorted(map(order.index, families))


def test_a_check_that_breaks_down_answers_and_the_next_one_runs() -> None:
    checks = [_Broken(), CHECKS["copies"].model_validate({})]
    answers = run_checks(evidence(n=200), checks)
    assert [answer.status for answer in answers] == ["error", "pass"]
    assert {answer.table for answer in answers} == {"people"}


def test_progress_rises_to_one_and_names_the_check() -> None:
    told: list[tuple[float, str]] = []

    def progress(done: float, message: str = "") -> None:
        told.append((done, message))

    run_checks(evidence(n=200), [_Broken(), _Broken()], progress)
    assert told == [(0.0, "broken"), (0.5, "broken"), (1.0, "checked")]


def test_the_same_evidence_gives_the_same_answers() -> None:
    checks = [CHECKS[kind].model_validate({}) for kind in ("membership", "nearest_record")]
    first, second = (run_checks(evidence(n=300), checks) for _ in range(2))
    assert [a.model_copy(update={"seconds": 0}) for a in first] == [
        a.model_copy(update={"seconds": 0}) for a in second
    ]
