"""The gate: turns answers into a decision, and fails closed.

Reject: a blocking check failed, broke down, or gave no usable figure. Hold: a check that the policy
calls mandatory was not or could not be done, a blocking check could not decide, a failure that may
be chance among so many tests, a source tried or released too often, nothing was checked, or the
policy asks for a signature. Publish: none of these. A waiver, the word of a person with a reason
and a last day, releases a hold and never a rejection. Making any answer worse never makes the
verdict better.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from validation.report import figure
from validation.statistics import holm

if TYPE_CHECKING:
    from validation.base import CheckResult
    from validation.policy import Policy
    from validation.report import Report

Verdict = Literal["publish", "hold", "reject"]

LEVEL = 0.05
"""Chance that a table which is just tolerable in every respect is rejected by any of its tests."""

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


@dataclass(frozen=True)
class _Point:
    """What one answer or one gap leads to.

    Args:
        verdict: What by itself it would lead to.
        why: The sentence that says so; empty where none is needed.
        check: The name by which a waiver calls it.
        table: The table it is about.
    """

    verdict: Verdict
    why: str
    check: str
    table: str = ""


class Gate:
    """Decides by a policy.

    Args:
        policy: Which checks must have been done, and what undecided means.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def decide(self, report: Report, today: dt.date | None = None) -> Decision:
        """The verdict on a report, with its reasons in order of weight.

        Args:
            report: All answers.
            today: The day that waivers are held against; by default the day it is.
        """
        today = today or dt.datetime.now(tz=dt.UTC).date()
        several = len({result.table for result in report.results}) > 1
        names = [_name(result, several=several) for result in report.results]
        corrected, tests = _corrected(report)
        points = [
            self._judge(result, name, p)
            for result, name, p in zip(report.results, names, corrected, strict=True)
        ]
        points += self._gaps(report)
        points = [self._waived(point, today) for point in points]
        verdict = max((point.verdict for point in points), key=_ORDER.index, default="hold")
        reasons = [p.why for wanted in ("reject", "hold") for p in points if p.verdict == wanted]
        for result, name in zip(report.results, names, strict=True):
            reasons += _warnings(result, name)
        if report.mitigation:
            reasons.append(f"Warning: {report.mitigation.sentence}")
        reasons += [p.why for p in points if p.verdict == "publish" and p.why]
        reasons += self._counted(report, tests)
        return Decision(
            verdict=verdict,
            policy=self._policy.policy,
            reasons=tuple(dict.fromkeys(reasons)),
            data_digest=report.data_digest,
        )

    def _judge(self, result: CheckResult, name: str, corrected: float | None) -> _Point:
        """What one result leads to."""
        blocks = result.severity == "blocking"
        verdict: Verdict = "publish"
        why = ""
        undone = {"not_applicable", "insufficient"}
        if result.status in undone or (result.status == "error" and not blocks):
            if self._policy.is_mandatory(result):
                verdict = "hold"
                why = f"{name}, which is mandatory, could not be done: {_said(result)}."
        elif not blocks:
            pass
        elif result.status == "error":
            verdict, why = "reject", f"{name} gave no answer: {_said(result)}."
        elif not _is_measured(result):
            verdict, why = "reject", f"{name} gave no usable figure, which counts as a failure."
        elif result.status == "fail" and corrected is not None and corrected > LEVEL:
            verdict = "hold"
            why = (
                f"{name} failed, and among so many tests it may be chance (corrected p "
                f"{figure(corrected)}): {_said(result)}."
            )
        elif result.status == "fail":
            verdict, why = "reject", f"{name} failed: {_said(result)}."
        elif result.status == "undecided":
            if self._policy.undecided(result.check) == "hold":
                verdict, why = "hold", f"{name} could not decide: {_said(result)}."
            else:
                why = f"{name} could not decide, which the policy lets pass: {_said(result)}."
        else:
            why = _found_nothing(name, result)
        return _Point(verdict, why, result.check, result.table)

    def _gaps(self, report: Report) -> list[_Point]:
        """Why the report as a whole holds the release."""
        if not report.results:
            return [_Point("hold", "Nothing was checked.", "")]
        made = {name for name, sides in report.rows.items() if sides.get("synthetic")}
        tables = sorted({result.table for result in report.results} | made)
        done = {(result.table, result.check) for result in report.results}
        gaps = [
            _Point(
                "hold",
                f"{kind.replace('_', ' ')}{f' ({table})' if table else ''}, which is mandatory, "
                "was not run.",
                kind,
                table,
            )
            for table in tables
            for kind in self._policy.mandatory()
            if (table, kind) not in done
        ]
        if self._policy.needs_differential_privacy and report.epsilon is None:
            why = (
                "The policy public asks for a person's signature where the generator gives no "
                "differential privacy: attacks that were not tried can't be ruled out."
            )
            gaps.append(_Point("hold", why, "differential_privacy"))
        history, cap = report.history, self._policy.cap
        if history is not None and history.attempts > cap.attempts:
            why = (
                f"This source was tried {history.attempts} times since its last release, more than "
                f"{cap.attempts}: by now one may pass by luck."
            )
            gaps.append(_Point("hold", why, "attempts"))
        if history is not None and history.releases >= cap.releases:
            why = (
                f"This source was released {history.releases} times before, and {cap.releases} are "
                "let go: who holds many releases can take them apart."
            )
            gaps.append(_Point("hold", why, "releases"))
        return gaps

    def _waived(self, point: _Point, today: dt.date) -> _Point:
        """A hold that a person answers for holds no more; what rejects stays."""
        if point.verdict != "hold" or not point.check:
            return point
        waiver = self._policy.waiver(point.check, point.table, today)
        if waiver is None:
            return point
        word = f"Waived by {waiver.owner} until {waiver.expires}: {waiver.reason.rstrip('. ')}."
        return _Point("publish", f"{point.why} {word}", point.check, point.table)

    def _counted(self, report: Report, tests: int) -> list[str]:
        """How many tests were made, and how often the source was tried and released."""
        said = []
        if tests > 1:
            said.append(
                f"{tests} tests were corrected for together (Holm): a failure is certain where its "
                f"corrected p value is at most {figure(LEVEL)}."
            )
        if report.history is not None:
            cap = self._policy.cap
            said.append(
                f"Attempt {report.history.attempts} of {cap.attempts} since the last release, "
                f"release {report.history.releases + 1} of {cap.releases} of this source."
            )
        return said


def _corrected(report: Report) -> tuple[list[float | None], int]:
    """Each result's p value, corrected for all of them together, and how many there are.

    A check that gives none did not guess: what it says stands. One that is no number is no excuse.
    """
    known = [
        i
        for i, result in enumerate(report.results)
        if result.p_value is not None and not math.isnan(result.p_value)
    ]
    out: list[float | None] = [None] * len(report.results)
    corrected = holm([report.results[i].p_value or 0.0 for i in known])
    for i, p in zip(known, corrected, strict=True):
        out[i] = float(p)
    return out, len(known)


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
