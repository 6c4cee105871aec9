"""The configuration: what it accepts, and how it says what it doesn't."""

from pathlib import Path

import pytest

from pipelines.config import PipelineConfig, load, load_table_config
from tabular.errors import ConfigurationError

WAGES = """
name: wages
source: {kind: csv, path: wage_panel.csv}
tables:
  wage_panel:
    primary_key: [nr, year]
    sequence: {entity: nr, index: year}
    columns: {black: {sdtype: categorical, role: sensitive}, lwage: {role: target}}
split: {holdout: 0.2}
generator: {kind: hmm}
rows: 100%
seed: 0
gate: {policy: internal}
sinks: [{kind: parquet, path: releases}]
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _fault(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(_write(folder, text))
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    config = load(_write(tmp_path, WAGES))
    assert config.generator.kind == "hmm"
    assert config.rows == 1.0
    table = config.tables["wage_panel"]
    assert table.primary_key == ("nr", "year")
    assert table.columns["lwage"].role == "target"


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    config = load(_write(tmp_path, WAGES))
    assert config.source.model_dump()["path"] == tmp_path / "wage_panel.csv"
    assert config.sinks[0].model_dump()["path"] == tmp_path / "releases"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("seed: 0", "sead: 0"), "sead"),
        (("{kind: hmm}", "{kind: hmm, stats: 3}"), "generator.hmm.stats"),
        (("role: target", "role: targett"), "tables.wage_panel.columns.lwage.role"),
        (("holdout: 0.2", "holdout: 1.5"), "split.holdout"),
        (("policy: internal", "policy: secret"), "gate.policy"),
        (("name: wages", "name: ../wages"), "name"),
        (("rows: 100%", "rows: -3"), "rows"),
        (("rows: 100%", "rows: lots"), "rows"),
        (("sinks: [{kind: parquet, path: releases}]", "sinks: []"), "sinks"),
        (("seed: 0", "checks: {copies: {treshold: 1}}"), "treshold"),
        (("seed: 0", "checks: {copy: false}"), "there is no check 'copy'"),
    ],
)
def test_a_fault_is_named_by_its_place(tmp_path: Path, change: tuple[str, str], place: str) -> None:
    assert place in _fault(tmp_path, WAGES.replace(*change))


def test_an_unknown_kind_lists_the_known_ones(tmp_path: Path) -> None:
    fault = _fault(tmp_path, WAGES.replace("kind: hmm", "kind: gan"))
    assert "'trees'" in fault
    assert "'gaussian_copula'" in fault


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    fault = _fault(tmp_path, WAGES.replace("seed: 0", "seed: -1").replace("0.2", "2"))
    assert "seed" in fault
    assert "split.holdout" in fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a mapping"),
        ("- a\n- b\n", "must be a mapping"),
        ("name: [unclosed", "line"),
        ("name: a\nname: b\n", "stands twice"),
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("name: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
    ],
)
def test_yaml_that_is_no_configuration_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in _fault(tmp_path, text)


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="waxwork init"):
        load(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("rows", "read"), [("10%", 0.1), ("0.5", 0.5), ("1", 1), ("1000", 1000), ("250%", 2.5)]
)
def test_rows_are_a_share_or_a_count(tmp_path: Path, rows: str, read: float) -> None:
    config = load(_write(tmp_path, WAGES.replace("100%", rows)))
    assert config.rows == read
    assert type(config.rows) is type(read)


def test_fit_and_check_take_any_part_of_a_configuration(tmp_path: Path) -> None:
    part = load_table_config(_write(tmp_path, "protect: {k: 9}\n"))
    assert part.protect.k == 9
    assert part.generator.kind == "trees"


def test_a_misspelt_key_in_a_part_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="protekt"):
        load_table_config(_write(tmp_path, "protekt: {k: 9}\n"))


def test_a_configuration_survives_json(tmp_path: Path) -> None:
    config = load(_write(tmp_path, WAGES))
    assert PipelineConfig.model_validate_json(config.model_dump_json()) == config


def test_a_check_that_is_switched_off_is_not_selected(tmp_path: Path) -> None:
    config = load(_write(tmp_path, WAGES + "checks: {column_shapes: false}\n"))
    kinds = [check.kind for check in config.selected_checks()]
    assert "column_shapes" not in kinds
    assert "copies" in kinds


def test_the_policy_sets_a_checks_threshold(tmp_path: Path) -> None:
    text = WAGES.replace(
        "{policy: internal}",
        "{policy: internal, checks: {classifier_two_sample: {threshold: 0.61}}}",
    )
    selected = {check.kind: check for check in load(_write(tmp_path, text)).selected_checks()}
    assert selected["classifier_two_sample"].model_dump()["threshold"] == 0.61
