"""The gate: a table of cases, and that a worse answer never makes a better verdict."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validation.base import CheckResult, Family, Severity, Status
from validation.gate import Decision, Gate, Verdict
from validation.policy import MANDATORY, CheckPolicy, Policy, Waiver
from validation.report import History, Report

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


def test_a_mandatory_check_of_too_few_rows_holds() -> None:
    decision = decide(result("copies", "insufficient", value=None))
    assert decision.verdict == "hold"
    assert any("copies, which is mandatory, could not be done" in why for why in decision.reasons)


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


TODAY = dt.date(2026, 3, 1)


def waiver(check: str, **changed: Any) -> Policy:
    fields = {
        "check": check,
        "owner": "A. Officer",
        "reason": "seen and accepted",
        "expires": TODAY,
        **changed,
    }
    return Policy(waivers=(Waiver.model_validate(fields),))


def on_the_day(policy: Policy, *answers: CheckResult, **fields: Any) -> Decision:
    report = Report(name="r", results=(*PRIVACY, *answers), **fields)
    return Gate(policy).decide(report, TODAY)


def test_a_waiver_releases_a_hold_and_stands_in_the_reasons() -> None:
    unsure = result(status="undecided")
    assert on_the_day(Policy(), unsure).verdict == "hold"
    decision = on_the_day(waiver("column_shapes"), unsure)
    assert decision.verdict == "publish"
    assert any(
        "Waived by A. Officer until 2026-03-01: seen and accepted." in why
        for why in decision.reasons
    )


@pytest.mark.parametrize(
    "changed",
    [{"expires": TODAY - dt.timedelta(days=1)}, {"table": "u"}, {"check": "pair_trends"}],
)
def test_a_waiver_that_is_over_or_about_something_else_releases_nothing(
    changed: dict[str, Any],
) -> None:
    policy = waiver(**{"check": "column_shapes", **changed})
    assert on_the_day(policy, result(status="undecided")).verdict == "hold"


@pytest.mark.parametrize("status", ["fail", "error"])
def test_what_rejects_can_not_be_waived(status: Status) -> None:
    policy = waiver("column_shapes")
    assert on_the_day(policy, result(status=status)).verdict == "reject"


def test_a_signature_for_public_is_a_waiver() -> None:
    signed = waiver("differential_privacy").model_copy(update={"policy": "public"})
    assert on_the_day(signed).verdict == "publish"
    assert on_the_day(Policy(policy="public")).verdict == "hold"


@pytest.mark.parametrize(
    ("attempts", "releases", "verdict"),
    [(20, 0, "publish"), (21, 0, "hold"), (1, 399, "publish"), (1, 400, "hold")],
)
def test_a_source_tried_or_released_too_often_is_held(
    attempts: int, releases: int, verdict: Verdict
) -> None:
    history = History(attempts=attempts, releases=releases)
    decision = on_the_day(Policy(), history=history)
    assert decision.verdict == verdict
    assert f"Attempt {attempts} of 20 since the last release" in " ".join(decision.reasons)


def test_a_cap_is_the_owners_to_set_and_a_hold_by_it_to_waive() -> None:
    history = History(attempts=3, releases=0)
    assert on_the_day(Policy(most_attempts=2), history=history).verdict == "hold"
    waived = waiver("attempts").model_copy(update={"most_attempts": 2})
    assert on_the_day(waived, history=history).verdict == "publish"


def test_failures_are_corrected_for_the_number_of_tests() -> None:
    # Holm: .03 of two tests becomes .06, which may be chance; .02 becomes .04, which may not.
    other = result("pair_trends", p_value=0.5)
    may_be = on_the_day(Policy(), result(status="fail", p_value=0.03), other)
    assert may_be.verdict == "hold"
    assert "among so many tests it may be chance (corrected p 0.06" in may_be.reasons[0]
    sure = on_the_day(Policy(), result(status="fail", p_value=0.02), other)
    assert sure.verdict == "reject"
    assert any("2 tests were corrected for together (Holm)" in why for why in sure.reasons)


def test_a_failure_without_a_p_value_stands() -> None:
    nan = result("pair_trends", "fail", p_value=float("nan"))
    for failed in (result(status="fail"), nan):
        assert on_the_day(Policy(), failed).verdict == "reject"


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
    p_value=st.sampled_from([None, 1e-9, 0.01, 0.04, 0.5]),
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
            severity = data.draw(st.sampled_from(SEVERER[answer.severity]))
            if answer.status == "not_applicable" and severity != "blocking":
                # A check that only warns may fail; that it was not done is another matter.
                continue
            worse[i] = answer.model_copy(
                update={
                    "status": data.draw(st.sampled_from(WORSE[answer.status])),
                    "severity": severity,
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
