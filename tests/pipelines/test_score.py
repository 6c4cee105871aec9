"""`waxwork score`: ranks and columns, and no cell of the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.cli import entry
from tests.integration.program import survey


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    survey(600).to_csv(tmp_path / "people.csv", index=False)
    folder = tmp_path / "model"
    options = ["--generator", "latent_class", "--set", "components=4"]
    assert entry(["fit", "--source", "people.csv", *options, "--out", str(folder)]) == 0
    return folder


def test_a_planted_row_comes_first_with_its_column(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = survey(600)
    number = "score"
    people.loc[41, number] = 1e6
    people.to_csv(tmp_path / "more.csv", index=False)
    capsys.readouterr()
    assert entry(["score", str(model), "more.csv", "--top", "3", "--json"]) == 0
    said, told = capsys.readouterr()
    rows = json.loads(said)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert rows[0]["row"] == 42
    assert rows[0]["columns"].startswith(f"{number} (")
    assert "1000000" not in said + told
    assert entry(["score", str(model), "more.csv", "--top", "3"]) == 0
    assert number in capsys.readouterr().out


@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet"])
def test_all_ranks_are_written_and_no_cell(model: Path, tmp_path: Path, name: str) -> None:
    arguments = ["score", str(model), "people.csv", "--top", "0", "--explain", "10", "--out", name]
    assert entry(arguments) == 0
    path = tmp_path / name
    read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
    frame = read(path)
    assert list(frame) == ["rank", "row", "surprise", "share", "columns"]
    assert sorted(frame["row"]) == list(range(1, 601))
    assert (np.diff(frame["surprise"]) <= 0).all()
    assert (frame["columns"].fillna("") != "").sum() <= 10
    if name.endswith("parquet"):
        assert b"synthetic" not in path.read_bytes()


def test_a_file_that_does_not_fit_is_refused_without_its_cells(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = survey(50)
    number = "score"
    people.drop(columns=number).to_csv(tmp_path / "less.csv", index=False)
    capsys.readouterr()
    assert entry(["score", str(model), "less.csv"]) == 1
    assert f"columns are missing that the model knows: '{number}'" in capsys.readouterr().err
    people[number] = people[number].astype(object)
    people.loc[3, number] = "secret"
    people.to_csv(tmp_path / "odd.csv", index=False)
    assert entry(["score", str(model), "odd.csv"]) == 1
    said = capsys.readouterr().err
    assert "no number" in said
    assert "secret" not in said
