"""What an owner wrote survives, and what the source changed is followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from pipelines.cli import entry
from pipelines.config import PipelineConfig, validate
from pipelines.init import source_from_text, write_config
from pipelines.init_merge import Merged, entries, merge, remembered, without_memory
from pipelines.settings import Settings
from tabular.errors import ConfigurationError

N = 60


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def _rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": np.arange(N) * 7 + 100,
            "sex": ["m", "f"] * (N // 2),
            "income": np.arange(N) % 9 + 0.25,
            "plan": ["basic", "plus", "pro"] * (N // 3),
        }
    )


def _now(tmp_path: Path, frame: pd.DataFrame) -> str:
    path = tmp_path / "people.csv"
    frame.to_csv(path, index=False)
    return write_config(source_from_text(str(path)), Settings(), folder=tmp_path)


def _merged(tmp_path: Path, yours: str, frame: pd.DataFrame) -> Merged:
    merged = merge(yours, _now(tmp_path, frame))
    validate(PipelineConfig, yaml.safe_load(merged.text), tmp_path / "waxwork.yaml")
    return merged


def test_the_same_source_changes_nothing(tmp_path: Path) -> None:
    text = remembered(_now(tmp_path, _rows()))
    merged = _merged(tmp_path, text, _rows())
    assert merged == Merged(text, ())
    assert without_memory(text) == _now(tmp_path, _rows())


def test_what_the_owner_wrote_survives_while_the_source_is_followed(tmp_path: Path) -> None:
    text = remembered(_now(tmp_path, _rows()))
    yours = (
        text.replace(
            "      sex: {sdtype: categorical, role: sensitive}",
            "      sex:\n"
            "        sdtype: categorical  # asked the works council\n        role: feature",
        )
        .replace("seed: 0", "seed: 42   # the answer")
        .replace("    columns:", "    # our own words\n    columns:")
        .replace("rows: 100%", "fairness_note: 1\nrows: 100%")
        .replace("fairness_note: 1\n", "checks: {copies: false}\n")
    )
    yours = "\n".join(line for line in yours.split("\n") if "plan:" not in line)
    changed = _rows().assign(town=["Ulm", "Rom"] * (N // 2), income="x")
    merged = _merged(tmp_path, yours, changed.drop(columns="customer_id"))
    lines = without_memory(merged.text).splitlines()
    said = yaml.safe_load(merged.text)
    columns = said["tables"]["people"]["columns"]
    assert "        sdtype: categorical  # asked the works council" in lines
    assert "    # our own words" in lines
    assert "seed: 42   # the answer" in lines
    assert said["checks"] == {"copies": False}
    assert columns["sex"] == {"sdtype": "categorical", "role": "feature"}
    assert columns["income"] == {"sdtype": "categorical"}
    assert columns["town"] == {"sdtype": "categorical", "role": "quasi_identifier"}
    assert list(columns) == ["sex", "income", "town"]
    assert "      # not in the source any more:" in lines
    assert any(line.startswith("      # customer_id: {sdtype: id}") for line in lines)
    assert "primary_key" not in said["tables"]["people"]
    what = {(change.what, change.where.rpartition(".")[2]) for change in merged.changes}
    assert what == {
        ("updated", "income"), ("added", "town"), ("lost", "customer_id"), ("lost", "primary_key"),
    }  # fmt: skip


def test_a_merge_of_a_merge_changes_nothing(tmp_path: Path) -> None:
    yours = remembered(_now(tmp_path, _rows())).replace("seed: 0", "seed: 7")
    wider = _rows().assign(town=["Ulm", "Rom"] * (N // 2)).drop(columns="sex")
    once = _merged(tmp_path, yours, wider)
    assert _merged(tmp_path, once.text, wider) == Merged(once.text, ())


def test_where_both_changed_an_entry_the_owners_stays_and_both_are_shown(tmp_path: Path) -> None:
    yours = remembered(_now(tmp_path, _rows())).replace(
        "income: {sdtype: numerical}", "income: {sdtype: numerical, minimum: 0}"
    )
    merged = _merged(tmp_path, yours, _rows().assign(income="x"))
    (change,) = merged.changes
    assert (change.what, change.where) == ("conflict", "tables.people.columns.income")
    assert "minimum: 0" in change.yours
    assert "sdtype: categorical" in change.source
    assert "income: {sdtype: numerical, minimum: 0}" in merged.text
    assert _merged(tmp_path, merged.text, _rows().assign(income="x")).changes == ()


def test_without_memory_nothing_is_overwritten(tmp_path: Path) -> None:
    yours = without_memory(remembered(_now(tmp_path, _rows())))
    changed = _rows().assign(income="x", town=["Ulm", "Rom"] * (N // 2))
    merged = _merged(tmp_path, yours, changed)
    assert [change.what for change in merged.changes] == ["conflict", "added"]
    assert "income: {sdtype: numerical}" in merged.text


def test_a_spoilt_memory_is_as_good_as_none(tmp_path: Path) -> None:
    text = remembered(_now(tmp_path, _rows()))
    spoilt = text.replace("#= ", "#= !", 1)
    merged = _merged(tmp_path, spoilt, _rows().assign(income="x"))
    assert [change.what for change in merged.changes] == ["conflict"]


def test_an_excluded_column_is_not_added_again(tmp_path: Path) -> None:
    yours = remembered(_now(tmp_path, _rows())).replace("# exclude: []", "exclude: [town]")
    wider = _rows().assign(town=["Ulm", "Rom"] * (N // 2))
    assert "town: {" not in _merged(tmp_path, yours, wider).text


def test_columns_on_one_line_are_left_for_the_owner(tmp_path: Path) -> None:
    yours = (
        "name: people\nsource: {kind: csv, path: people.csv}\n"
        "tables: {people: {columns: {sex: {sdtype: categorical}}}}\n"
    )
    merged = _merged(tmp_path, yours, _rows())
    assert without_memory(merged.text).startswith(yours)
    conflicts = [change for change in merged.changes if change.what == "conflict"]
    assert {c.where for c in conflicts} >= {f"tables.people.columns.{c}" for c in ("sex", "plan")}


def test_new_and_lost_tables_come_and_go_as_a_whole() -> None:
    before = "tables:\n  a:\n    columns:\n      x: {sdtype: id}\n  b:\n    columns:\n      y: {}\n"
    after = "tables:\n  a:\n    columns:\n      x: {sdtype: id}\n  c:\n    columns:\n      z: {}\n"
    merged = merge(remembered(before), after)
    assert without_memory(merged.text) == (
        "tables:\n  a:\n    columns:\n      x: {sdtype: id}\n  c:\n    columns:\n      z: {}\n"
        "  # not in the source any more:\n  # b:\n  #   columns:\n  #     y: {}\n"
    )
    assert [(c.what, c.where) for c in merged.changes] == [
        ("added", "tables.c"),
        ("lost", "tables.b"),
    ]


def test_the_lines_of_an_entry_end_before_the_comments_that_follow() -> None:
    text = "a:\n  - 1\n  - 2\n# of b\n\nb: {c: 1,\n  d: 2}  # x\ntables: {}\n"
    found = entries(text)
    assert found["a",].text == "a:\n  - 1\n  - 2"
    assert found["b",].text == "b: {c: 1,\n  d: 2}  # x"


@pytest.mark.parametrize("text", ["a: [", "- 1\n", "a: &x 1\nb: *x\n"])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        merge(text, "a: 1\n")


def test_the_command_shows_a_difference_and_writes_it_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = tmp_path / "people.csv", tmp_path / "waxwork.yaml"
    _rows().to_csv(data, index=False)
    assert entry(["init", "people.csv", "-o", "waxwork.yaml"]) == 0
    out.chmod(0o640)
    first = out.read_text()
    assert "  path: people.csv\n" in first
    _rows().assign(town=["Ulm", "Rom"] * (N // 2)).to_csv(data, index=False)
    capsys.readouterr()
    assert entry(["init", "-o", "waxwork.yaml"]) == 0
    shown = capsys.readouterr()
    assert "+      town: {sdtype: categorical, role: quasi_identifier}" in shown.out
    assert "#= " not in shown.out
    assert "1 added; --update writes it" in shown.err
    assert out.read_text() == first
    assert entry(["init", "people.csv", "-o", "waxwork.yaml", "--update"]) == 0
    assert "town" in yaml.safe_load(out.read_text())["tables"]["people"]["columns"]
    assert out.stat().st_mode & 0o777 == 0o640
    assert entry(["init", "-o", "waxwork.yaml", "--update"]) == 0
    assert "nothing new" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "people.csv", "waxwork.yaml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "content", "fault"),
    [
        (["init"], None, "name a source"),
        (["init", "-o", "x.yaml"], None, "no source to write it for"),
        (["init", "people.csv", "-o", "x.yaml", "--update"], "a: [", "x.yaml"),
        (["init", "people.csv", "-o", "x.yaml", "--update"], "nam: x\n", "nam"),
    ],
)
def test_what_can_not_be_brought_up_to_date_is_left_alone(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    content: str | None,
    fault: str,
) -> None:
    _rows().to_csv(tmp_path / "people.csv", index=False)
    if content is not None:
        (tmp_path / "x.yaml").write_text(content)
    assert entry(arguments) == 2
    assert fault in capsys.readouterr().err
    if content is not None:
        assert (tmp_path / "x.yaml").read_text() == content


def test_both_sides_of_a_conflict_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _rows().to_csv(tmp_path / "people.csv", index=False)
    assert entry(["init", "people.csv", "-o", "x.yaml"]) == 0
    text = (tmp_path / "x.yaml").read_text()
    (tmp_path / "x.yaml").write_text(text.replace("{sdtype: numerical}", "{sdtype: ordinal}"))
    _rows().assign(income="x").to_csv(tmp_path / "people.csv", index=False)
    assert entry(["init", "-o", "x.yaml", "--update"]) == 0
    said = capsys.readouterr().err
    assert "for you to settle: tables.people.columns.income" in said
    assert "yours:      income: {sdtype: ordinal}" in said
    assert "the source: income: {sdtype: categorical}" in said


def test_a_file_in_no_folder_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _rows().to_csv(tmp_path / "people.csv", index=False)
    assert entry(["init", "people.csv", "-o", "no/such/x.yaml"]) == 2
    assert "no/such/x.yaml: the configuration can't be written" in capsys.readouterr().err
