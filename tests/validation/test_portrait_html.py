"""What the page shows of models: curves, graphs and states, drawn and in words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tabular.portrait import Edge, Graph, Training
from tests.page import Page
from tests.portraits import CHAIN, EVERYTHING, NETWORK
from validation.gate import Gate
from validation.graph_drawing import graph, spoken, strongest
from validation.policy import Policy
from validation.portrait_html import curve
from validation.report import Report
from validation.report_html import render


@pytest.fixture(scope="module")
def page() -> Page:
    report = Report(name="people", results=(), portraits={"people": EVERYTHING})
    return Page(render(report, Gate(Policy()).decide(report)))


def test_the_page_shows_every_part_of_a_portrait(page: Page) -> None:
    assert page.open == []
    words = " ".join(page.text.split())
    for text in ("generator", "critic", "validation", "mini-batch 500", "0.612", "<sex>"):
        assert text in words
    assert "state 1 75.0 %" in words
    assert "state 2 0.40 %" in words
    assert "hiredyes & no100.0 %" in words
    drawn = [attrs.get("class") for tag, attrs in page.tags if tag == "svg"]
    assert drawn.count("curve") == 3
    assert drawn.count("graph") == 2
    assert all(attrs["aria-label"] for _, attrs in page.tags if attrs.get("role") == "img")


def test_a_report_without_portraits_has_no_such_section() -> None:
    report = Report(name="people", results=())
    assert "What was learnt" not in render(report, Gate(Policy()).decide(report))


def test_a_portrait_comes_back_from_json_and_is_published() -> None:
    report = Report(name="people", results=(), portraits={"people": EVERYTHING})
    assert Report.model_validate_json(report.to_json()) == report
    assert report.public().portraits == report.portraits


def test_figures_are_held_to_three_digits() -> None:
    assert NETWORK.edges[2].weight == 0.612


def test_a_curve_runs_from_its_first_to_its_last_check() -> None:
    training = EVERYTHING.training
    assert training is not None
    text = curve("critic", training.losses["critic"], training)
    assert 'points="0.00,4.00 100.00,96.00 200.00,50.00"' in text
    assert 'x1="100.00"' in text  # where the weights were kept
    assert "2.00 at first, 1.50 at last; lowest 1.00 at 500, highest 2.00" in text


def test_a_curve_of_one_check_is_drawn() -> None:
    text = curve("loss", (1.0,), Training(steps=(10,), losses={"loss": (1.0,)}, best_step=10))
    assert 'points="0.00,96.00"' in text


def test_a_network_stands_in_layers() -> None:
    text = graph(NETWORK)
    boxes = dict(
        zip(
            re.findall("<title>(.*?)</title>", text),
            re.findall(r'<rect class="node" x="([\d.]+)"', text),
            strict=True,
        )
    )
    assert float(boxes["age"]) == float(boxes["&lt;sex&gt;"]) < float(boxes["hired"])
    assert float(boxes["hired"]) < float(boxes["salary"])
    assert "a name that is far …" in text
    assert text.count('class="edge"') == text.count('class="head"') == 3


def test_states_that_come_back_stand_on_a_ring_with_loops() -> None:
    text = graph(CHAIN)
    assert "<rect" not in text
    assert text.count('<circle class="edge"') == 1
    assert text.count('class="head"') == 3
    assert "the strongest from state 2 to state 3, probability 1.00" in spoken(CHAIN)


@given(st.integers(1, 40), st.data())
def test_any_graph_can_be_drawn_inside_its_frame(n: int, data: st.DataObject) -> None:
    ends = st.integers(0, n - 1)
    edges = st.builds(Edge, source=ends, target=ends, weight=st.floats(0, 1e6))
    drawn = Graph(
        title="any",
        nodes=tuple(f"node {i}" for i in range(n)),
        edges=tuple(data.draw(st.lists(edges, max_size=80))),
        directed=data.draw(st.booleans()),
        weight="weight",
    )
    text = graph(drawn)
    width, height = map(float, re.findall(r'width="(\d+)" height="(\d+)"', text)[0])
    places = re.findall(r'<rect class="node" x="([\d.-]+)" y="([\d.-]+)"', text)
    places += re.findall(r'<circle class="node" cx="([\d.-]+)" cy="([\d.-]+)"', text)
    assert len(places) == n
    assert len(set(places)) == n
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in places)
    assert len(strongest(drawn)) == min(len(drawn.edges), 3 * n + 20)


def test_an_edge_to_nowhere_and_a_short_curve_are_refused() -> None:
    with pytest.raises(ValidationError, match="joins nodes"):
        Graph(
            title="t",
            nodes=("a",),
            edges=(Edge(source=0, target=1, weight=1),),
            directed=False,
            weight="w",
        )
    with pytest.raises(ValidationError, match="a number for each check"):
        Training(steps=(1, 2), losses={"loss": (1.0,)})
