"""The gate: a table of cases, and that a worse answer never makes a better verdict."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validation.base import CheckResult, Family, Severity, Status
from validation.gate import Decision, Gate, Verdict
from validation.policy import MANDATORY, CheckPolicy, Policy
from validation.report import Report

ORDER: tuple[Verdict, ...] = ("publish", "hold", "reject")


def result(check: str = "column_shapes", status: Status = "pass", **values: Any) -> CheckResult:
    family: Family = "privacy" if check in MANDATORY else "fidelity"
    fields: dict[str, Any] = {
        "value": 0.1,
        "interval": (0.05, 0.15),
        "threshold": 0.2,
        "smallest_effect": 0.03,
        "n_rows": 9000,
        "message": "what was found",
        "table": "t",
    }
    return CheckResult(check=check, family=family, status=status, **{**fields, **values})


PRIVACY = tuple(result(kind) for kind in MANDATORY)


def decide(
    *results: CheckResult,
    policy: Policy | None = None,
    epsilon: float | None = None,
    privacy: tuple[CheckResult, ...] = PRIVACY,
) -> Decision:
    report = Report(name="r", results=(*privacy, *results), epsilon=epsilon, data_digest="d" * 64)
    return Gate(policy or Policy()).decide(report)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "publish"),
        ({"status": "fail"}, "reject"),
        ({"status": "fail", "severity": "warning"}, "publish"),
        ({"status": "fail", "severity": "info"}, "publish"),
        ({"status": "error", "value": None}, "reject"),
        ({"status": "error", "value": None, "severity": "warning"}, "publish"),
        ({"value": None}, "reject"),
        ({"value": float("nan")}, "reject"),
        ({"value": float("inf")}, "reject"),
        ({"interval": (float("nan"), 0.2)}, "reject"),
        ({"threshold": float("nan")}, "reject"),
        ({"value": float("nan"), "severity": "warning"}, "publish"),
        ({"status": "undecided"}, "hold"),
        ({"status": "undecided", "value": None}, "hold"),
        ({"status": "undecided", "value": float("nan")}, "reject"),
        ({"status": "undecided", "severity": "warning"}, "publish"),
        ({"status": "insufficient", "value": None}, "publish"),
        ({"status": "not_applicable", "value": None}, "publish"),
    ],
)
def test_what_one_answer_leads_to(changed: dict[str, Any], verdict: Verdict) -> None:
    decision = decide(result(**changed))
    assert decision.verdict == verdict
    assert decision.exit_code == {"publish": 0, "reject": 3, "hold": 4}[verdict]


def test_no_answers_at_all_hold() -> None:
    decision = decide(privacy=())
    assert decision.verdict == "hold"
    assert decision.reasons == ("Nothing was checked.",)


@pytest.mark.parametrize("kind", MANDATORY)
def test_a_privacy_check_that_was_not_run_holds(kind: str) -> None:
    decision = decide(privacy=tuple(r for r in PRIVACY if r.check != kind))
    assert decision.verdict == "hold"
    assert "which is mandatory, was not run" in decision.reasons[0]


@pytest.mark.parametrize("kind", MANDATORY)
def test_a_privacy_check_that_does_not_apply_holds(kind: str) -> None:
    others = tuple(r for r in PRIVACY if r.check != kind)
    missing = result(kind, "not_applicable", value=None, message="needs holdout")
    decision = decide(missing, privacy=others)
    assert decision.verdict == "hold"
    assert "could not be done: needs holdout." in decision.reasons[0]


def test_a_mandatory_check_that_only_warns_and_breaks_down_holds() -> None:
    others = tuple(r for r in PRIVACY if r.check != "nearest_record")
    broken = result("nearest_record", "error", value=None, severity="warning")
    assert decide(broken, privacy=others).verdict == "hold"


def test_every_table_needs_its_own_privacy_checks() -> None:
    other = tuple(r.model_copy(update={"table": "u"}) for r in PRIVACY[1:])
    decision = decide(*other)
    assert decision.verdict == "hold"
    assert f"{MANDATORY[0]} (u), which is mandatory, was not run." in decision.reasons


def test_a_table_that_was_made_and_not_checked_holds() -> None:
    report = Report(name="r", results=PRIVACY, rows={"t": {"synthetic": 9}, "u": {"synthetic": 9}})
    assert Gate(Policy()).decide(report).verdict == "hold"


def test_undecided_is_what_the_policy_says() -> None:
    policy = Policy(checks={"column_shapes": CheckPolicy(undecided="pass")})
    decision = decide(result(status="undecided"), policy=policy)
    assert decision.verdict == "publish"
    assert any("which the policy lets pass" in reason for reason in decision.reasons)


def test_public_without_differential_privacy_ends_at_hold() -> None:
    public = Policy(policy="public")
    assert decide(policy=public).verdict == "hold"
    assert decide(policy=public, epsilon=1.0).verdict == "publish"
    assert decide(result(status="fail"), policy=public).verdict == "reject"


def test_the_reasons_say_what_was_ruled_out_and_promise_no_more() -> None:
    decision = decide(result(status="fail"), result("pair_trends", "insufficient"))
    assert decision.reasons[0] == "column shapes failed: what was found."
    assert decision.reasons[1].startswith("Warning: pair trends had too few rows")
    text = " ".join(decision.reasons)
    assert "membership: no excess above 0.03 detectable at 9,000 rows" in text
    assert "private" not in text
    assert "anonym" not in text


def test_a_check_may_add_warnings_that_stop_nothing() -> None:
    decision = decide(result(details={"warnings": ["a gap of 0.2 is inherited"]}))
    assert decision.verdict == "publish"
    assert "Warning: column shapes: a gap of 0.2 is inherited." in decision.reasons


def test_the_decision_is_bound_to_the_data() -> None:
    assert decide().data_digest == "d" * 64


WORSE: dict[Status, tuple[Status, ...]] = {
    "pass": ("undecided", "fail", "error"),
    "insufficient": ("undecided", "fail", "error"),
    "not_applicable": ("fail", "error"),
    "undecided": ("fail", "error"),
    "fail": ("fail", "error"),
    "error": ("error",),
}
SEVERER: dict[Severity, tuple[Severity, ...]] = {
    "info": ("info", "warning", "blocking"),
    "warning": ("warning", "blocking"),
    "blocking": ("blocking",),
}
results = st.builds(
    result,
    check=st.sampled_from((*MANDATORY, "column_shapes", "keys")),
    status=st.sampled_from(get_args(Status)),
    severity=st.sampled_from(get_args(Severity)),
    value=st.sampled_from([0.1, None, float("nan")]),
    table=st.sampled_from(["t", "u"]),
)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(results, max_size=8),
    st.sampled_from(["internal", "partner", "public"]),
    st.data(),
)
def test_a_worse_answer_never_makes_a_better_verdict(
    answers: list[CheckResult], name: str, data: st.DataObject
) -> None:
    policy = Policy.model_validate({"policy": name})
    before = decide(*answers, policy=policy).verdict
    worse = list(answers)
    for i, answer in enumerate(answers):
        if data.draw(st.booleans()):
            keep_value = data.draw(st.booleans())
            worse[i] = answer.model_copy(
                update={
                    "status": data.draw(st.sampled_from(WORSE[answer.status])),
                    "severity": data.draw(st.sampled_from(SEVERER[answer.severity])),
                    "value": answer.value if keep_value else float("nan"),
                }
            )
    after = decide(*worse, policy=policy).verdict
    assert ORDER.index(after) >= ORDER.index(before)


@settings(deadline=None, max_examples=100)
@given(st.lists(results, max_size=8))
def test_leaving_a_privacy_answer_out_never_publishes(answers: list[CheckResult]) -> None:
    decision = decide(*(a for a in answers if a.check != "copies"), privacy=())
    assert decision.verdict != "publish"
