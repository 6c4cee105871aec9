"""`waxwork audit`: what a person gets from it, and that nothing is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from pipelines.cli import entry
from tests.people import people


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    people(3000, "audit").frame.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path


def _config(folder: Path, **changes: object) -> str:
    content = {
        "name": "people",
        "source": {"kind": "csv", "path": "people.csv"},
        "generator": {"kind": "independent"},
        **changes,
    }
    path = folder / "people.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


def test_a_generator_of_columns_apart_exposes_nobody(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    code = entry(["audit", _config(folder)])
    out = capsys.readouterr().out
    assert code == 0
    assert "No exposure above AUC" in out
    assert "calibrated distance" in out
    # Neither a model nor a canary is kept.
    left = [path for path in folder.rglob("*") if path.is_file() and path not in before]
    assert [path.name for path in left] == ["people.yaml"]


def test_copies_are_exposed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = _config(folder, generator={"kind": "bootstrap"})
    assert entry(["audit", config, "--canaries", "300", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "fail"
    assert found["planted"] + found["kept"] == 300
    assert max(exposure["epsilon"] for exposure in found["exposures"]) > 1


def test_a_sequence_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = _config(folder, tables={"people": {"sequence": {"entity": "town", "index": "age"}}})
    assert entry(["audit", config]) == 2
    assert "one table of single rows" in capsys.readouterr().err
