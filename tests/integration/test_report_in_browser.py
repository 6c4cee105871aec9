"""The report as a person sees it, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tabular.dataset import Dataset
from tabular.schema import Schema
from tests.people import evidence, people
from tests.portraits import EVERYTHING
from validation.base import CHECKS
from validation.drift import Drift
from validation.drift_comparison import compare
from validation.drift_policy import DriftPolicy
from validation.drift_profile import profile_of
from validation.gate import Gate
from validation.pictures import draw
from validation.policy import Policy
from validation.report import Report
from validation.report_html import render, render_drift
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
        portraits={"people": EVERYTHING},
        set_aside={"people": {"range(age)": 3}},
        drift=_drift(),
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(report, Gate(Policy()).decide(report)), encoding="utf-8")
    return path


def _drift() -> Drift:
    then, now = people(600, "train"), people(900, "now")
    now.frame["salary"] *= 2
    before, after = (
        Dataset({"people": table}, Schema(tables={"people": table.schema})) for table in (then, now)
    )
    return compare(profile_of(before, 5), after, DriftPolicy(), since="v1", k=5)


@pytest.fixture(scope="module")
def drift_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "drift.html"
    path.write_text(render_drift("people", _drift()), encoding="utf-8")
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


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["page_file", "drift_file"])
def test_axe_finds_nothing(
    browser: Browser, request: pytest.FixtureRequest, which: str, width: int, scheme: str
) -> None:
    page, _ = _open(browser, request.getfixturevalue(which), width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    found = Axe().run(page).response
    faults = [
        (fault["id"], [node["html"][:200] for node in fault["nodes"]])
        for fault in found["violations"]
    ]
    assert faults == []
    # What axe can't decide is left to us: text on drawings, of which the next test sees to it.
    unsure = {
        node["html"].partition(" ")[0] for doubt in found["incomplete"] for node in doubt["nodes"]
    }
    assert unsure <= {"<text"}
    assert {doubt["id"] for doubt in found["incomplete"]} <= {"color-contrast"}
    assert len(found["passes"]) > 20
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_on_drawings_can_be_told_from_its_ground(
    browser: Browser, page_file: Path, scheme: str
) -> None:
    page, _ = _open(browser, page_file, 1280, scheme)
    names = ["--muted", "--fail", "--card", "--beyond", "--ink", "--bg"]
    values = page.evaluate(
        "names => names.map(name => getComputedStyle(document.documentElement)"
        ".getPropertyValue(name).trim())",
        names,
    )
    light = {name: _luminance(value) for name, value in zip(names, values, strict=True)}
    for text, ground in (
        ("--muted", "--card"),
        ("--fail", "--card"),
        ("--fail", "--beyond"),
        ("--ink", "--bg"),
    ):
        high, low = sorted((light[text], light[ground]), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
    page.close()


def _luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_everything_can_be_reached_and_opened_by_keyboard(
    browser: Browser, page_file: Path
) -> None:
    page, _ = _open(browser, page_file, 1280, "light")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the checks")
    assert skip.evaluate("link => document.activeElement === link")
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    wanted = page.evaluate(
        "document.querySelectorAll('a, summary, :not(details) > .scroll').length"
    )
    seen = 1
    while True:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        seen += 1
        assert seen < 500
    assert seen == wanted
    summary = page.locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('details').open")
    page.close()


def test_a_printed_page_shows_what_is_folded_and_cuts_nothing_off(
    browser: Browser, page_file: Path
) -> None:
    page, _ = _open(browser, page_file, 700, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    hidden = page.evaluate(
        "[...document.querySelectorAll('details')].filter(part => "
        "part.lastElementChild.getBoundingClientRect().height < 5).length"
    )
    assert hidden == 0
    # Paper is white, whatever the screen was.
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    ink = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    assert _luminance(ink.strip()) < 0.05
    assert page.pdf(format="A4")[:5] == b"%PDF-"
    page.close()
