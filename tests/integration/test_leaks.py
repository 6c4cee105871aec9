"""No value of a source lies around afterwards, whatever was run and however loud the logs were."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.canaries import Searched
from tests.canary_runs import CANARIES, run_all
from tests.leak_table import PLACES, Place, found_in, searched

pytestmark = pytest.mark.integration

_ENDS = {
    "init csv": 0, "init sql": 2, "init sql without password": 0, "run published": 0,
    "run rejected": 3, "run quarantine": 3, "run overflow": 1, "run mistyped": 1,
    "run no-moments": 1, "run bad-suite": 1, "run ragged": 1, "run cast": 1,
    "run unreachable": 1, "run garbled": 2, "run plain-password": 2, "run drifted": 1,
    "refresh": 3, "fit trees": 0, "fit copula": 0, "sample": 0, "sample parquet": 0,
    "check": 3, "check copies": 3, "describe": 0, "releases": 0, "clean": 0, "run broken": 1,
    "debug overflow": -1, "debug broken": -1,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Path:
    made = tmp_path_factory.mktemp("leaks")
    run_all(made, postgres_url)
    return made


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[Place, Searched]:
    return searched(folder)


def test_everything_was_run_and_ended_as_it_should(folder: Path) -> None:
    assert json.loads((folder / "ended.json").read_text()) == _ENDS


@pytest.mark.parametrize("place", [p for p in PLACES if not p.real_rows], ids=lambda p: p.name)
def test_no_canary_is_found(results: dict[Place, Searched], place: Place) -> None:
    finds = [(f.canary, f.how, f.path.name, f.around) for f in results[place].finds]
    assert finds == []


def test_the_search_saw_what_there_was_to_see(results: dict[Place, Searched]) -> None:
    found = {place.name: {find.canary for find in done.finds} for place, done in results.items()}
    cells = {canary.what for canary in CANARIES} - {"a password"}
    for place in PLACES:
        wanted = {"a password"} if "password" in place.name else cells
        assert found[place.name] == (wanted if place.real_rows else set())
    silent = {"temporary files and the home folder"}
    empty = {place.name for place, done in results.items() if not done.files}
    assert empty <= silent


def test_the_table_in_the_documents_says_the_same(results: dict[Place, Searched]) -> None:
    path = Path(__file__).parents[2] / "docs" / "tables" / "leaks.md"
    rows = re.findall(
        r"^\| (.+?) \| (yes|no) \| \d+ \| \d+ \| (.+) \|$", path.read_text(), re.MULTILINE
    )
    assert rows == [
        (place.name, "yes" if place.real_rows else "no", found_in(done))
        for place, done in results.items()
    ]
