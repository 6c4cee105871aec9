"""The gate: turns answers into a decision, and fails closed.

Reject: a blocking check failed, broke down, or gave no usable figure. Hold: a check that the policy
calls mandatory was not or could not be done, a blocking check could not decide, nothing was
checked, or the policy asks for a signature. Publish: none of these. Making any answer worse never
makes the verdict better.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from validation.report import figure

if TYPE_CHECKING:
    from validation.base import CheckResult
    from validation.policy import Policy
    from validation.report import Report

Verdict = Literal["publish", "hold", "reject"]

_EXIT_CODES: dict[Verdict, int] = {"publish": 0, "reject": 3, "hold": 4}
_ORDER: tuple[Verdict, ...] = ("publish", "hold", "reject")


class Decision(BaseModel):
    """What may happen to the data, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict
    policy: str
    reasons: tuple[str, ...]
    data_digest: str = ""

    @property
    def exit_code(self) -> int:
        """What a command ends with: 0 publish, 3 reject, 4 hold."""
        return _EXIT_CODES[self.verdict]


class Gate:
    """Decides by a policy.

    Args:
        policy: Which checks must have been done, and what undecided means.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def decide(self, report: Report) -> Decision:
        """The verdict on a report, with its reasons in order of weight."""
        several = len({result.table for result in report.results}) > 1
        names = [_name(result, several=several) for result in report.results]
        judged = [
            self._judge(result, name) for result, name in zip(report.results, names, strict=True)
        ]
        judged += [("hold", why) for why in self._gaps(report)]
        verdict = max((verdict for verdict, _ in judged), key=_ORDER.index, default="hold")
        reasons = [why for wanted in ("reject", "hold") for v, why in judged if v == wanted]
        for result, name in zip(report.results, names, strict=True):
            reasons += _warnings(result, name)
        reasons += [why for v, why in judged if v == "publish" and why]
        return Decision(
            verdict=verdict,
            policy=self._policy.policy,
            reasons=tuple(dict.fromkeys(reasons)),
            data_digest=report.data_digest,
        )

    def _judge(self, result: CheckResult, name: str) -> tuple[Verdict, str]:
        """What one result leads to, and the sentence that says so; empty where none is needed."""
        blocks = result.severity == "blocking"
        verdict: Verdict = "publish"
        why = ""
        if result.status == "not_applicable" or (result.status == "error" and not blocks):
            if self._policy.is_mandatory(result):
                verdict = "hold"
                why = f"{name}, which is mandatory, could not be done: {_said(result)}."
        elif result.status == "insufficient" or not blocks:
            pass
        elif result.status == "error":
            verdict, why = "reject", f"{name} gave no answer: {_said(result)}."
        elif not _is_measured(result):
            verdict, why = "reject", f"{name} gave no usable figure, which counts as a failure."
        elif result.status == "fail":
            verdict, why = "reject", f"{name} failed: {_said(result)}."
        elif result.status == "undecided":
            if self._policy.undecided(result.check) == "hold":
                verdict, why = "hold", f"{name} could not decide: {_said(result)}."
            else:
                why = f"{name} could not decide, which the policy lets pass: {_said(result)}."
        else:
            why = _found_nothing(name, result)
        return verdict, why

    def _gaps(self, report: Report) -> list[str]:
        """Why the report as a whole holds the release."""
        if not report.results:
            return ["Nothing was checked."]
        made = {name for name, sides in report.rows.items() if sides.get("synthetic")}
        tables = sorted({result.table for result in report.results} | made)
        tables = [table for table in tables if table not in report.without_subjects]
        done = {(result.table, result.check) for result in report.results}
        gaps = [
            f"{kind.replace('_', ' ')}{f' ({table})' if table else ''}, which is mandatory, "
            "was not run."
            for table in tables
            for kind in self._policy.mandatory()
            if (table, kind) not in done
        ]
        if self._policy.needs_differential_privacy and report.epsilon is None:
            gaps.append(
                "The policy public asks for a person's signature where the generator gives no "
                "differential privacy: attacks that were not tried can't be ruled out."
            )
        return gaps


def _name(result: CheckResult, *, several: bool) -> str:
    """How the check is called in a sentence, with its table where there are several."""
    words = result.check.replace("_", " ")
    return f"{words} ({result.table})" if several and result.table else words


def _is_measured(result: CheckResult) -> bool:
    """Whether the figure is there and is a number; who can't decide need not have one."""
    if result.value is None:
        return result.status == "undecided"
    figures = [result.value, *(result.interval or ())]
    figures += [result.threshold] if result.threshold is not None else []
    return not any(math.isnan(number) for number in figures) and math.isfinite(result.value)


def _found_nothing(name: str, result: CheckResult) -> str:
    """What a passed check allows to be said, and no more."""
    if result.family == "privacy" and result.smallest_effect is not None:
        return (
            f"{name}: no excess above {figure(result.smallest_effect)} detectable at "
            f"{result.n_rows:,} rows ({result.statistic or 'share of rows'})."
        )
    if result.threshold is None:
        return ""
    side = "at most" if result.better == "lower" else "at least"
    return (
        f"{name}: {result.statistic or 'the figure'} is {figure(result.value)}; "
        f"{side} {figure(result.threshold)} was asked for."
    )


def _said(result: CheckResult) -> str:
    return result.message.rstrip(". ") or "it does not say why"


def _warnings(result: CheckResult, name: str) -> list[str]:
    """What does not stop the release and a reader must know."""
    warnings = [f"Warning: {name}: {text}." for text in result.details.get("warnings", ())]
    if result.status == "insufficient":
        warnings.append(f"Warning: {name} had too few rows to judge: {_said(result)}.")
    elif result.severity == "warning" and result.status in {"fail", "undecided", "error"}:
        warnings.append(f"Warning: {name}: {_said(result)}.")
    return warnings
