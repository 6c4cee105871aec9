"""A release that was taken back stays where it is, and nobody is pointed at it any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pipelines.cli import entry
from pipelines.settings import Settings
from pipelines.sinks.parquet import ParquetSink
from pipelines.store import Store
from tabular.errors import ReleaseError
from tests.example_release import example_release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for day, version in (("01", "v1"), ("02", "v2")):
        created = f"2026-01-{day}T00:00:00+00:00"
        release = example_release(tmp_path / version, version=version, created=created)
        ParquetSink(path=tmp_path / "store").write(release, Settings())
    return tmp_path / "store"


def test_the_release_before_is_latest_again_and_no_file_is_lost(store: Path) -> None:
    before = {p: p.read_bytes() for p in store.rglob("*") if p.is_file() and p.name != "LATEST"}
    latest = Store(store).withdraw("example", "v2", "a column was\nmislabelled")
    assert latest
    assert latest.version == "v1"
    assert (store / "example" / "LATEST").read_text() == "v1\n"
    assert Store(store).withdrawals("example")["v2"].reason == "a column was mislabelled"
    assert all(path.read_bytes() == content for path, content in before.items())


def test_where_no_release_stands_there_is_no_latest(store: Path) -> None:
    opened = Store(store)
    opened.withdraw("example", "v1", "x")
    assert opened.latest("example")
    assert opened.withdraw("example", "v2", "x") is None
    assert opened.latest("example") is None
    assert opened.datasets() == ("example",)
    assert [m.version for m in opened.releases("example")] == ["v1", "v2"]


def test_a_release_that_is_not_there_can_not_be_withdrawn(store: Path) -> None:
    with pytest.raises(ReleaseError, match="has no release v3"):
        Store(store).withdraw("example", "v3", "x")
    assert not (store / "example" / "WITHDRAWN").exists()


def test_a_withdrawn_version_is_not_published_again(store: Path, tmp_path: Path) -> None:
    Store(store).withdraw("example", "v2", "x")
    again = example_release(tmp_path / "v2", version="v2", created="2026-01-02T00:00:00+00:00")
    with pytest.raises(ReleaseError, match="the release v2 was withdrawn"):
        ParquetSink(path=store).write(again, Settings())
    assert (store / "example" / "LATEST").read_text() == "v1\n"


def test_a_later_release_is_latest_beside_a_withdrawn_one(store: Path, tmp_path: Path) -> None:
    Store(store).withdraw("example", "v2", "x")
    later = example_release(tmp_path / "v3", version="v3", created="2026-01-03T00:00:00+00:00")
    ParquetSink(path=store).write(later, Settings())
    assert (store / "example" / "LATEST").read_text() == "v3\n"


def test_the_commands_say_what_happened(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry(["withdraw", str(store), "example", "v2", "--reason", "wrong [unit]"]) == 0
    assert capsys.readouterr().out == "example v2: withdrawn; latest is v1 now\n"
    assert entry(["verify", str(store), "example"]) == 0
    assert capsys.readouterr().out == "example v1: as published, policy internal\n"
    assert entry(["verify", str(store), "example", "v2"]) == 0
    assert "withdrawn: wrong [unit]" in capsys.readouterr().out
    assert entry(["releases", str(store), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["withdrawn"] and row["withdrawn"]["reason"] for row in listed] == [
        None,
        "wrong [unit]",
    ]
    data = next((store / "example/releases/v1/data").rglob("*.parquet"))
    data.write_bytes(data.read_bytes() + b"x")
    assert entry(["verify", str(store), "example", "v1"]) == 1
    assert "not as published" in capsys.readouterr().err
