"""The command line: what others script against."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pandas as pd
import pytest
import yaml

from pipelines.cli import entry
from tests.integration.program import survey

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    survey(600).to_csv(path, index=False)
    return path


def _said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.mark.parametrize("what", ["generators", "checks", "sources", "sinks"])
def test_lists_are_tables_and_json(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry(["list", what, "--json"]) == 0
    rows = json.loads(_said(capsys)[0])
    assert entry(["list", what]) == 0
    table = _said(capsys)[0]
    assert all(row["kind"] in table and row["summary"].endswith(".") for row in rows)


@pytest.mark.parametrize("kind", ["trees", "copies", "csv", "parquet"])
def test_a_kind_is_described(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry(["describe", kind]) == 0
    assert kind in _said(capsys)[0]


def test_an_unknown_kind_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry(["describe", "gan"]) == 2
    assert "there is no kind 'gan'" in _said(capsys)[1]


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry(["fitt"]) == 2
    assert "No such command" in _said(capsys)[1]


def test_the_editors_schema_is_the_models(tmp_path: Path) -> None:
    assert entry(["config", "schema", str(tmp_path / "schema.json")]) == 0
    made = (tmp_path / "schema.json").read_text()
    assert made == (ROOT / "deploy" / "configs" / "schema.json").read_text()
    for example in sorted((ROOT / "deploy" / "configs").glob("*.yaml")):
        jsonschema.validate(yaml.safe_load(example.read_text()), json.loads(made))


def test_a_valid_configuration_is_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("name: people\nsource: {kind: csv, path: people.csv}\n")
    assert entry(["config", "validate", str(path)]) == 0
    assert "valid" in _said(capsys)[0]
    path.write_text("name: people\nsauce: {kind: csv, path: people.csv}\n")
    assert entry(["config", "validate", str(path)]) == 2
    assert "sauce" in _said(capsys)[1]


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "csv.zst", "parquet"])
def test_fit_and_sample_give_exactly_the_rows_asked_for(
    tmp_path: Path, people: Path, suffix: str
) -> None:
    model, out = tmp_path / "model", tmp_path / f"out.{suffix}"
    arguments = ["fit", "--source", str(people), "--generator", "independent", "--seed", "1"]
    assert entry([*arguments, "--out", str(model)]) == 0
    assert entry(["sample", str(model), "--rows", "77", "--seed", "2", "--out", str(out)]) == 0
    frame = pd.read_parquet(out) if suffix == "parquet" else pd.read_csv(out)
    assert len(frame) == 77
    assert list(frame) == list(pd.read_csv(people))


def test_rows_have_what_where_asks_for(
    tmp_path: Path, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = tmp_path / "model", tmp_path / "out.csv"
    fit = ["fit", "--source", str(people), "--generator", "independent", "--out", str(model)]
    assert entry(fit) == 0
    town = pd.read_csv(people)["town"].mode()[0]
    draw = ["sample", str(model), "--rows", "12", "--out", str(out)]
    assert entry([*draw, "--where", f"town={town}"]) == 0
    assert pd.read_csv(out)["town"].tolist() == [town] * 12
    assert entry([*draw, "--where", "town"]) == 2
    assert "is not COLUMN=VALUE" in capsys.readouterr().err
    assert entry([*draw, "--where", "village=Ulm"]) == 1
    assert "there is no column village" in capsys.readouterr().err


def test_a_models_table_is_named_after_its_file_or_the_configuration(
    tmp_path: Path, people: Path
) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("tables: {citizens: {columns: {town: {role: sensitive}}}}\n")
    for name, more in (("people", []), ("citizens", ["--config", str(config)])):
        arguments = ["fit", "--source", str(people), "--generator", "independent"]
        assert entry([*arguments, *more, "--out", str(tmp_path / name)]) == 0
        saved = json.loads((tmp_path / name / "model.json").read_text())
        assert saved["encoder"]["table"] == name


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--generator", "gan"], 2, "there is no generator 'gan'"),
        (["--generator", "trees", "--set", "leaf"], 2, "NAME=VALUE"),
        (["--generator", "trees", "--set", "leef=3"], 2, "leef"),
        (["--config", "nowhere.yaml"], 2, "can't be read"),
    ],
)
def test_a_wrong_fit_is_refused_and_leaves_nothing(
    tmp_path: Path,
    people: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    out = tmp_path / "model"
    assert entry(["fit", "--source", str(people), "--out", str(out), *arguments]) == code
    assert words in _said(capsys)[1]
    assert not out.exists()


def test_a_folder_with_something_else_is_not_written_into(
    tmp_path: Path, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    assert entry(["fit", "--source", str(people), "--out", str(tmp_path / "mine")]) == 2
    assert "something else" in _said(capsys)[1]
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_sampling_from_no_model_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert entry(["sample", str(tmp_path), "--rows", "5", "--out", str(tmp_path / "x.csv")]) == 1
    assert "waxwork fit" in _said(capsys)[1]


def test_an_unknown_suffix_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert entry(["sample", str(tmp_path), "--rows", "5", "--out", str(tmp_path / "x.xlsx")]) == 2
    assert ".parquet" in _said(capsys)[1]


def test_without_a_holdout_privacy_is_undecided(
    tmp_path: Path, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = tmp_path / "fresh.csv"
    survey(600, seed=1).to_csv(fresh, index=False)
    arguments = ["check", "--train", str(people), "--synthetic", str(fresh), "--json"]
    assert entry(arguments) == 4
    answer = json.loads(_said(capsys)[0])
    assert answer["decision"]["verdict"] == "hold"
    unmet = {r["check"] for r in answer["report"]["results"] if r["status"] == "not_applicable"}
    assert {"copies", "membership"} <= unmet


def test_copies_are_rejected_whatever_file_they_come_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {}
    for number, side in enumerate(("train", "holdout")):
        paths[side] = tmp_path / f"{side}.csv.gz"
        survey(3_000, seed=number).to_csv(paths[side], index=False)
    paths["synthetic"] = tmp_path / "synthetic.parquet"
    pd.read_csv(paths["train"]).to_parquet(paths["synthetic"])
    arguments = [part for side, path in paths.items() for part in (f"--{side}", str(path))]
    pages = {form: tmp_path / f"report.{form}" for form in ("html", "junit", "markdown")}
    arguments += [part for form, path in pages.items() for part in (f"--{form}", str(path))]
    assert entry(["check", *arguments, "--sensitive", "plan"]) == 3
    said = _said(capsys)[0]
    assert "REJECT" in said
    assert "copies" in said
    assert "<html" in pages["html"].read_text()
    failed = ET.fromstring(pages["junit"].read_text()).findall(".//testcase[failure]")  # noqa: S314  our own
    assert "copies" in {case.get("name") for case in failed}
    assert "| copies | privacy |" in pages["markdown"].read_text()


def test_a_report_for_a_folder_that_is_not_there_is_refused_first(
    tmp_path: Path, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "nowhere" / "report.xml"
    arguments = ["check", "--train", str(people), "--synthetic", str(people)]
    assert entry([*arguments, "--junit", str(page)]) == 2
    out, told = _said(capsys)
    assert "the folder is not there" in told
    assert "source" not in told + out


def test_a_missing_column_is_named(
    tmp_path: Path, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.csv"
    survey(600).drop(columns="town").to_csv(other, index=False)
    assert entry(["check", "--train", str(people), "--synthetic", str(other)]) == 1
    assert "'town'" in _said(capsys)[1]


@pytest.mark.parametrize("option", ["--target", "--sensitive"])
def test_a_role_for_a_column_that_is_not_there_is_a_configuration_error(
    people: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    files = ["--train", str(people), "--synthetic", str(people)]
    assert entry(["check", *files, option, "colour"]) == 2
    assert "colour" in _said(capsys)[1]


def test_a_setting_that_is_wrong_is_named(
    people: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAXWORK_MAX_ROWS", "many")
    assert entry(["fit", "--source", str(people), "--out", "m"]) == 2
    assert "WAXWORK_MAX_ROWS" in _said(capsys)[1]


def test_nothing_is_logged_at_the_root(people: Path) -> None:
    entry(["fit", "--source", str(people), "--generator", "independent", "--out", "m"])
    assert logging.getLogger().level == logging.WARNING


def test_integers_turned_to_floats_are_named_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {}
    for number, side in enumerate(("train", "holdout", "synthetic")):
        paths[side] = tmp_path / f"{side}.csv"
        frame = survey(2_000, seed=number)
        if side == "synthetic":
            frame["size"] = frame["size"].astype(float)
        frame.to_csv(paths[side], index=False)
    arguments = [part for side, path in paths.items() for part in (f"--{side}", str(path))]
    assert entry(["check", *arguments, "--json"]) == 3
    answer = json.loads(_said(capsys)[0])
    (contract,) = [r for r in answer["report"]["results"] if r["check"] == "contract"]
    assert contract["status"] == "fail"
    assert contract["value"] == 1.0
    assert "type(size), which asks that" in contract["message"]
