"""Drawings: marks stand where their numbers are."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from validation.base import CheckResult
from validation.drawing import axis, bars, heat_map, histogram
from validation.pictures import ColumnPicture


def result(**values: Any) -> CheckResult:
    fields: dict[str, Any] = {"value": 0.5, "interval": (0.25, 0.75), "threshold": 1.0}
    return CheckResult(check="c", family="fidelity", status="pass", **{**fields, **values})


def parsed(text: object) -> ET.Element:
    return ET.fromstring(f"<p>{text}</p>")  # noqa: S314  our own text


def place(mark: ET.Element, name: str = "cx") -> float:
    return float(mark.attrib[name].rstrip("%"))


def test_the_value_stands_between_its_bounds_and_before_the_threshold() -> None:
    svg = parsed(axis(result(baseline=0.2)))
    value = next(svg.iter("circle"))
    lines = {line.get("class"): line for line in svg.iter("line")}
    assert place(lines["interval"], "x1") < place(value) < place(lines["interval"], "x2")
    assert place(lines["interval"], "x2") < place(lines["threshold"], "x1")
    # Marks from .2 to 1 and 12 % of .8 of room: .5 is at (.5 - .104) / (1.096 - .104).
    assert place(value) == pytest.approx(100 * 0.396 / 0.992, abs=0.01)


@pytest.mark.parametrize(("better", "begins"), [("lower", False), ("higher", True)])
def test_the_side_that_is_not_accepted_is_shaded(better: str, *, begins: bool) -> None:
    shade = next(parsed(axis(result(better=better))).iter("rect"))
    assert (place(shade, "x") == 0) == begins


def test_without_a_figure_there_is_no_axis() -> None:
    assert axis(result(value=None)) is None
    assert axis(result(value=float("nan"))) is None


@pytest.mark.parametrize(
    "values",
    [
        {"interval": None, "threshold": None},
        {"value": 0.0, "interval": (0.0, 0.0), "threshold": 0.0},
        {"interval": (float("-inf"), float("inf"))},
        {"value": -5e-7, "interval": None, "threshold": 3e-7},
        {"value": 1e9, "interval": None, "threshold": None},
    ],
)
def test_odd_figures_are_drawn_inside_the_axis(values: dict[str, Any]) -> None:
    value = next(parsed(axis(result(**values))).iter("circle"))
    assert 0 <= place(value) <= 100


PICTURE = ColumnPicture(
    name="<b>",
    type="category",
    labels=("<i>x</i>", '"&'),
    real=(0.8, 0.2),
    synthetic=(0.4, 0.6),
)


def test_bars_are_as_high_as_their_shares() -> None:
    svg = parsed(histogram(PICTURE))
    heights = [float(r.attrib["height"]) for r in svg.iter("rect") if r.get("class") == "real"]
    assert heights == [96, 24]


@pytest.mark.parametrize("drawing", [histogram, bars])
def test_labels_can_not_break_out_of_the_page(drawing: Any) -> None:
    text = str(drawing(PICTURE))
    assert "<i>x" not in text
    assert "<b>:" not in text
    assert "40.0 % of the rows would have to move" in text


def test_a_map_has_a_cell_for_each_pair_and_tells_more_from_less() -> None:
    matrix = ((1.0, 0.5), (-0.2, 1.0))
    cells = [c.get("class") for c in parsed(heat_map("ab", matrix, "difference", "d")).iter("i")]
    assert cells == ["self", "more", "less", "self"]
