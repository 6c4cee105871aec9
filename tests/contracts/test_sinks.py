"""What every sink promises, tried on every kind that is registered."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.base import SINKS, Sink
from pipelines.settings import Settings
from tabular.errors import ReleaseError, SinkUnavailable, WaxworkError
from tests.cases import SINK_CASES
from tests.example_release import example_release

KINDS = sorted(SINKS)


def _sink(kind: str, folder: Path) -> Sink:
    """The sink of a case, with paths in a folder of the test's own."""
    case = {
        name: value.replace("{folder}", str(folder)) if isinstance(value, str) else value
        for name, value in SINK_CASES[kind].items()
    }
    return SINKS[kind].model_validate({"kind": kind, **case})


def test_every_kind_has_a_line_in_the_cases() -> None:
    assert sorted(SINK_CASES) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_says_in_one_line_what_it_is(kind: str) -> None:
    assert 10 < len(SINKS[kind].summary()) < 120


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_says_what_it_is_for_or_by_its_choices(kind: str) -> None:
    properties = SINKS[kind].model_json_schema()["properties"]
    undescribed = [
        name
        for name, about in properties.items()
        if name != "kind" and "description" not in about and "enum" not in about
    ]
    assert undescribed == []


@pytest.mark.parametrize("kind", KINDS)
def test_survives_json(kind: str, tmp_path: Path) -> None:
    sink = _sink(kind, tmp_path)
    assert type(sink).model_validate_json(sink.model_dump_json()) == sink


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_that_can_not_be_written_is_one_error_of_ours(kind: str, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where a folder should be")
    with pytest.raises(ReleaseError) as caught:
        _sink(kind, tmp_path).write(example_release(tmp_path / "work"), Settings())
    assert caught.value.where
    assert isinstance(caught.value, WaxworkError)


@pytest.mark.parametrize("kind", KINDS)
def test_no_sink_can_be_given_what_the_gate_refused(kind: str, tmp_path: Path) -> None:
    sink = _sink(kind, tmp_path)
    release = example_release(tmp_path / "work")
    for verdict in ("hold", "reject"):
        decision = release.decision.model_copy(update={"verdict": verdict})
        with pytest.raises(ReleaseError, match="nothing is published"):
            sink.write(replace(release, decision=decision), Settings())
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"sql"}))
def test_what_was_written_is_held_and_can_be_written_again(kind: str, tmp_path: Path) -> None:
    # The same is tried on a database in tests/integration/test_sql_sink.py.
    sink, release = _sink(kind, tmp_path), example_release(tmp_path / "work")
    receipt = sink.write(release, Settings())
    assert receipt.sink == kind
    assert receipt.version == release.manifest.version
    assert receipt.rows == {"every dtype": 5}
    assert sink.still_holds(receipt, Settings())
    again = sink.write(release, Settings())
    assert again.model_copy(update={"notes": receipt.notes}) == receipt


def test_trouble_that_may_pass_is_told_from_trouble_that_stays() -> None:
    assert issubclass(SinkUnavailable, ReleaseError)


def test_knowing_all_sinks_loads_no_heavy_library() -> None:
    heavy = ("torch", "sdv", "great_expectations", "prefect", "pandas", "pyarrow", "psycopg")
    code = (
        "import sys\nfrom pipelines.base import SINKS\nlist(SINKS)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "[]"
