"""The report's forms: each whole, parseable, and rounded where it leaves the house."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.people import evidence
from validation.base import CheckResult, Status
from validation.pictures import draw
from validation.report import Report, figure


def result(check: str, status: Status = "pass", **values: Any) -> CheckResult:
    fields: dict[str, Any] = {"value": 0.123456, "interval": (0.1, 0.2), "n_rows": 10}
    return CheckResult(check=check, family="fidelity", status=status, **{**fields, **values})


def report(*results: CheckResult) -> Report:
    return Report(name="r", results=results, pictures={"people": draw(evidence(n=300))})


def test_json_reads_back_as_the_same_report() -> None:
    whole = report(result("a", details={"x": [1, 2.5, "y"], "deep": {"z": None}}))
    assert Report.model_validate_json(whole.to_json()) == whole


def test_json_survives_numbers_of_numpy_and_figures_that_are_none() -> None:
    odd = result("a", value=float("nan"), details={"n": np.int64(3), "m": np.array([1.5])})
    back = Report.model_validate_json(report(odd).to_json()).results[0]
    assert back.value is not None
    assert math.isnan(back.value)
    assert back.details == {"n": 3, "m": [1.5]}


def test_the_frame_has_a_row_for_each_result_and_numbers_in_number_columns() -> None:
    frame = report(result("a"), result("b", "error", value=None, interval=None)).to_frame()
    assert frame["check"].tolist() == ["a", "b"]
    assert (frame["low"].iloc[0], frame["high"].iloc[0]) == (0.1, 0.2)
    assert frame["value"].dtype == np.float64
    assert frame["value"].isna().tolist() == [False, True]
    assert report().to_frame().columns.tolist() == frame.columns.tolist()


def test_junit_counts_what_stops_as_a_failure_and_what_was_not_judged_as_skipped() -> None:
    text = report(
        result("passes"),
        result("fails", "fail", message='a < b & "c" \x00'),
        result("open", "undecided"),
        result("warns", "fail", severity="warning", message="look here"),
        result("breaks", "error"),
        result("small", "insufficient"),
        result("absent", "not_applicable"),
    ).to_junit()
    suite = ET.fromstring(text).find("testsuite")  # noqa: S314  our own text
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "2", "errors": "1", "skipped": "2"}
    outcome = {case.get("name"): case[0].tag for case in suite}
    assert outcome == {
        "passes": "system-out",
        "fails": "failure",
        "open": "failure",
        "warns": "system-out",
        "breaks": "error",
        "small": "skipped",
        "absent": "skipped",
    }


def test_markdown_is_one_table_whatever_the_messages_hold() -> None:
    text = report(result("a", message="one | two\nthree"), result("b", threshold=0.5)).to_markdown()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 4
    assert "one \\| two three" in rows[2]
    assert "≤ 0.500" in rows[3]


def test_the_public_face_is_rounded_and_has_no_long_list_and_no_small_group() -> None:
    private = result(
        "a",
        seconds=1.23456,
        smallest_effect=0.00123456,
        details={
            "distances": list(range(21)),
            "groups": [{"group": "x", "rows": 4, "share": 0.1}, {"group": "y", "rows": 5}],
            "share": 0.123456,
        },
    )
    public = report(private).public().results[0]
    assert (public.value, public.smallest_effect) == (0.123, 0.00123)
    assert public.details == {"groups": [{"group": "y", "rows": 5}], "share": 0.123}
    assert report(private).public().public() == report(private).public()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.0, "0"),
        (0.5, "0.500"),
        (0.00123456, "0.00123"),
        (0.01, "0.01"),
        (0.9996, "1.00"),
        (12.345, "12.3"),
        (123456.0, "123,000"),
        (-0.25, "-0.250"),
        (float("nan"), "not a number"),
        (float("inf"), "infinite"),
    ],
)
def test_figures_have_three_significant_digits(value: float | None, text: str) -> None:
    assert figure(value) == text
