"""The report as a person sees it, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.people import evidence, people
from validation.base import CHECKS
from validation.gate import Gate
from validation.pictures import draw
from validation.policy import Policy
from validation.report import Report
from validation.report_html import render
from validation.runner import run_checks

pytestmark = pytest.mark.integration

KINDS = ("copies", "rare_values", "representation", "parity_gap")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    some = evidence(people(600, "train"), n=600)
    report = Report(
        name="people",
        results=run_checks(some, [CHECKS[kind].model_validate({}) for kind in KINDS]),
        rows={"people": {"train": 600, "synthetic": 600}},
        pictures={"people": draw(some)},
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(report, Gate(Policy()).decide(report)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI_REQUIRE_SERVERS"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


def _open(browser: Browser, path: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(path.as_uri())
    return page, heard


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_asks_for_nothing_but_itself(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    page, heard = _open(browser, page_file, width, scheme)
    assert heard == [page_file.as_uri()]
    assert page.get_by_role("heading", name="Reject").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_text_can_be_told_from_its_ground_in_dark_mode(browser: Browser, page_file: Path) -> None:
    page, _ = _open(browser, page_file, 1280, "dark")
    ground, text = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert _luminance(text) - _luminance(ground) > 0.5
    page.close()


def _luminance(colour: str) -> float:
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(parts) / 3 / 255
