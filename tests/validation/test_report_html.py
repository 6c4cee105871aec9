"""The page: whole, self-contained, readable without a script, and quiet about single people."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from tabular.dataset import Dataset, Table
from tabular.profile import profile
from tabular.schema import Schema
from tabular.seeding import Seed
from tests.page import Page
from tests.people import evidence, people
from validation.advice import advice
from validation.base import CHECKS, CheckResult, Evidence
from validation.drift_comparison import compare
from validation.drift_policy import DriftPolicy
from validation.drift_profile import profile_of
from validation.explanations import FIGURES, STATUSES, explained
from validation.gate import Decision, Gate
from validation.pictures import draw
from validation.policy import Policy
from validation.report import Report
from validation.report_html import render
from validation.runner import run_checks

KINDS = ("copies", "membership", "nearest_record", "rare_values", "representation", "parity_gap")


@pytest.fixture(scope="module")
def judged() -> tuple[Report, Decision]:
    some = evidence(people(600, "train"), n=600)
    checks = [CHECKS[kind].model_validate({}) for kind in KINDS]
    report = Report(
        name="people & <others>",
        results=run_checks(some, checks),
        rows={"people": {"train": 600, "synthetic": 600}},
        generator="bootstrap",
        data_digest="ab" * 32,
        versions={"waxwork": "0.1"},
        pictures={"people": draw(some)},
    )
    return report, Gate(Policy()).decide(report)


def test_the_verdict_comes_first_with_its_reasons(judged: tuple[Report, Decision]) -> None:
    page = Page(render(*judged))
    text = " ".join(page.text.split())
    assert judged[1].verdict == "reject"
    assert text.index("Reject") < text.index("Copies failed") < text.index("Checks")
    assert page.open == []
    assert "people & <others>" in page.text


def test_every_check_has_its_figures_and_what_to_try_where_it_failed(
    judged: tuple[Report, Decision],
) -> None:
    page = Page(render(*judged))
    articles = [attrs["class"] for tag, attrs in page.tags if tag == "article"]
    assert len(articles) == len(KINDS)
    failed = [r for r in judged[0].results if r.status == "fail"]
    assert page.text.count("What to try.") == len(failed) >= 3
    for kind in KINDS:
        assert CHECKS[kind].summary() in page.text


def test_the_page_needs_no_script_and_no_network(judged: tuple[Report, Decision]) -> None:
    text = render(*judged)
    page = Page(text)
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "img"} == set()
    assert re.findall(r"https?://|url\(|@import|\son\w+=", text) == []


def test_links_lead_somewhere_and_pictures_are_described(judged: tuple[Report, Decision]) -> None:
    page = Page(render(*judged))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {(attrs["href"] or "")[1:] for tag, attrs in page.tags if tag == "a"}
    assert targets <= set(ids)
    pictures = [attrs for _, attrs in page.tags if attrs.get("role") == "img"]
    assert pictures
    assert all(attrs.get("aria-label") for attrs in pictures)


def test_no_single_salary_is_on_the_page(judged: tuple[Report, Decision]) -> None:
    text = Page(render(*judged)).text.replace(",", "")
    salaries = people(600, "train").frame["salary"]
    assert not [value for value in salaries if re.search(rf"(?<!\d){value}(?!\d)", text)]


def result(**values: Any) -> CheckResult:
    fields: dict[str, Any] = {"check": "unheard_of", "family": "utility", "status": "pass"}
    return CheckResult(**{**fields, **values})


@pytest.mark.parametrize(
    "results",
    [
        (),
        (result(status="error"),),
        (result(status="not_applicable", message="needs target"),),
        (result(value=float("nan"), interval=(0.0, float("nan"))),),
        (
            result(
                value=0.2,
                details={
                    "list": [1, 2.5],
                    "empty": [],
                    "named": {"x": 1, "y": {"z": 2}},
                    "of": {"a": {"b": 1}, "c": {"d": True}},
                    "records": [{"a": 1}, {"b": None}],
                    "text": "<script>",
                },
            ),
        ),
    ],
)
def test_any_answer_can_be_shown(results: tuple[CheckResult, ...]) -> None:
    report = Report(name="r", results=results)
    text = render(report, Gate(Policy()).decide(report))
    assert Page(text).open == []
    assert "<script>" not in text


@pytest.mark.parametrize("verdict", ["publish", "hold", "reject"])
def test_each_verdict_has_its_sentence_and_its_sign(verdict: str) -> None:
    decision = Decision.model_validate(
        {"verdict": verdict, "policy": "internal", "reasons": ("copies could not decide: why.",)}
    )
    page = Page(render(Report(name="r", results=()), decision))
    assert ("section", f"verdict {verdict}") in [(t, a.get("class")) for t, a in page.tags]
    assert "internal" in page.text
    assert "Copies could not decide: why." in page.text


def test_rows_set_aside_are_shown_inside_the_house_only(
    judged: tuple[Report, Decision],
) -> None:
    report, decision = judged
    report = report.model_copy(update={"set_aside": {"people": {"range(age)": 3}}})
    assert "3 of people, which break the rule range(age)" in Page(render(report, decision)).text
    assert "range(age)" not in Page(render(report.public(), decision)).text


def test_fifty_columns_stay_below_three_megabytes() -> None:
    rng = Seed(0, ("wide",)).generator()
    n, half = 1_000, 25
    frame = pd.DataFrame(
        {f"measured quantity {i}": rng.normal(size=n).cumsum() for i in range(half)}
        | {
            f"kind of thing {i}": pd.Series(rng.integers(0, 30, n)).map("category {}".format)
            for i in range(half)
        }
    )
    frame = frame.astype({name: "string" for name in frame.columns if name.startswith("kind")})
    table = Table("wide", frame, profile("wide", frame))
    whole = Dataset({"wide": table}, Schema(tables={"wide": table.schema}))
    some = Evidence(train=table, synthetic=table, seed=Seed(0))
    details = {"columns": {name: {"distance": 0.123, "noise": 0.1} for name in frame.columns}}
    report = Report(
        name="wide",
        results=tuple(
            result(
                check=kind, family=CHECKS[kind].family, status="fail", value=0.2, details=details
            )
            for kind in CHECKS
        ),
        pictures={"wide": draw(some)},
        drift=compare(profile_of(whole, 5), whole, DriftPolicy(), since="v1", k=5),
    )
    text = render(report, Gate(Policy()).decide(report))
    assert text.count('<figure class="column">') == 100
    assert len(text.encode()) < 3_000_000


@pytest.mark.parametrize("kind", list(CHECKS))
def test_every_check_that_fails_says_what_to_try(kind: str) -> None:
    failed = result(check=kind, family=CHECKS[kind].family, status="fail")
    assert len(advice(failed)) > 40
    assert advice(failed.model_copy(update={"status": "pass"})) == ""


def test_every_word_of_a_figure_is_explained(judged: tuple[Report, Decision]) -> None:
    page = Page(render(*judged))
    heads = {"Value", "95 % interval", "Fresh real rows", "Threshold", "Rows", "CPU seconds"}
    assert heads | {"Smallest visible effect"} == set(FIGURES)
    for word, meaning in {**FIGURES, **STATUSES}.items():
        assert word in page.text
        assert meaning in page.text


def test_words_at_the_head_of_a_table_are_explained() -> None:
    assert explained(["", "Distance", "Column", "Noise"]) == (
        "Distance: share of rows that would have to move to make both alike; "
        "noise: the distance that chance alone would make."
    )
    assert explained(["Column"]) == ""


def test_how_often_was_tried_is_no_reason_to_stop() -> None:
    decision = Decision(
        verdict="hold",
        policy="internal",
        reasons=(
            "copies could not decide: why.",
            "12 tests were corrected for together (Holm).",
            "Attempt 1 of 20 since the last release, release 1 of 400 of this source.",
        ),
    )
    text = render(Report(name="r", results=()), decision)
    stopping = text[text.index('<ul class="reasons">') : text.index("</section>")]
    assert stopping.count("<li>") == 1
    assert "12 tests" in text
