"""Stage `drift`: what ends a run, with which words, and what is kept for the next."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pandas as pd
import pytest

from pipelines import tasks
from pipelines.config import PipelineConfig
from pipelines.drift import compare_source, keep_baseline, load_measured, read_baseline
from pipelines.settings import Settings
from pipelines.stage_cache import result_of
from pipelines.workspace import Workspace
from tabular.errors import ConfigurationError, SourceDrifted
from tests.integration.program import survey
from validation.drift import Drift


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _config(folder: Path, frame: pd.DataFrame, **more: object) -> PipelineConfig:
    frame.to_csv(folder / "survey.csv", index=False)
    source = {"kind": "csv", "path": str(folder / "survey.csv")}
    return PipelineConfig.model_validate({"name": "people", "source": source, **more})


def _workspace() -> Workspace:
    return Workspace.of("people", Settings())


def _compare(config: PipelineConfig, run: str = "r") -> Drift | None:
    raw = result_of(tasks.ingest(config, run))
    described = result_of(tasks.describe(config, raw))
    return load_measured(result_of(compare_source(config, described, run))).drift


@pytest.fixture
def released(tmp_path: Path) -> None:
    """A release was made from 1,000 rows."""
    config = _config(tmp_path, survey(1_000))
    raw = tasks.ingest(config, "first")
    ref = compare_source(config, tasks.describe(config, raw), "first")
    assert load_measured(ref).drift is None
    keep_baseline(_workspace(), "v1", load_measured(ref).profile)


def _shifted() -> pd.DataFrame:
    frame = survey(1_000, seed=1)
    frame["score"] += 20
    return frame


@pytest.mark.usefixtures("released")
def test_the_profile_of_a_release_is_closed_to_others(home: Path) -> None:
    path = home / "datasets" / "people" / "source-profile.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    baseline = read_baseline(_workspace())
    assert baseline is not None
    assert baseline.version == "v1"
    assert baseline.profile.tables["survey"].rows == 1_000


@pytest.mark.usefixtures("released")
def test_drift_is_a_notice_unless_the_owner_asks_to_stop(tmp_path: Path) -> None:
    drift = _compare(_config(tmp_path, _shifted()))
    assert drift is not None
    assert {change.column for change in drift.drifted} == {"score"}
    config = _config(tmp_path, _shifted(), drift="stop")
    with pytest.raises(SourceDrifted, match="score: the values spread differently") as stopped:
        _compare(config, "stopped")
    assert stopped.value.exit_code == 1
    assert "`drift: warn`" in str(stopped.value)
    folder = _workspace().run_folder("stopped")
    assert Drift.model_validate_json((folder / "drift.json").read_bytes()) == drift
    assert "score" in (folder / "drift.html").read_text()


@pytest.mark.usefixtures("released")
def test_the_same_source_never_stops(tmp_path: Path) -> None:
    drift = _compare(_config(tmp_path, survey(1_000, seed=1), drift="stop"))
    assert drift is not None
    assert drift.changes == ()


@pytest.mark.usefixtures("released")
def test_a_renamed_column_stops_and_says_what_to_write(tmp_path: Path) -> None:
    frame = survey(1_000, seed=1).rename(columns={"score": "points"})
    with pytest.raises(SourceDrifted) as stopped:
        _compare(_config(tmp_path, frame))
    assert "score is gone, and points looks like it" in str(stopped.value)
    assert "`drift: {renamed: {score: points}}`" in str(stopped.value)
    drift = _compare(_config(tmp_path, frame, drift={"renamed": {"score": "points"}}))
    assert drift is not None
    assert drift.changes == ()


@pytest.mark.usefixtures("released")
def test_a_renamed_column_that_the_configuration_names_says_so_too(tmp_path: Path) -> None:
    frame = survey(1_000, seed=1).rename(columns={"score": "points"})
    tables = {"survey": {"columns": {"score": {"role": "target"}}}}
    with pytest.raises(ConfigurationError) as refused:
        _compare(_config(tmp_path, frame, tables=tables))
    assert "columns that are not there: ['score']" in str(refused.value)
    assert "`drift: {renamed: {score: points}}`" in str(refused.value)


@pytest.mark.usefixtures("released")
def test_a_column_that_the_owner_leaves_out_is_no_drift(tmp_path: Path) -> None:
    tables = {"survey": {"exclude": ["score"]}}
    drift = _compare(_config(tmp_path, survey(1_000, seed=1), tables=tables, drift="stop"))
    assert drift is not None
    assert [(c.what, c.column, c.drifts) for c in drift.changes] == [("lost", "score", False)]


def test_a_missing_column_without_a_release_is_the_plain_error(tmp_path: Path) -> None:
    tables = {"survey": {"columns": {"nothing": {"role": "target"}}}}
    with pytest.raises(ConfigurationError, match=r"\['nothing'\]") as refused:
        _compare(_config(tmp_path, survey(200), tables=tables))
    assert "renamed" not in str(refused.value)


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize("harm", ["{", json.dumps({"version": "v1", "profile": {"format": 2}})])
def test_a_profile_that_can_not_be_read_is_none(home: Path, harm: str) -> None:
    (home / "datasets" / "people" / "source-profile.json").write_text(harm)
    assert read_baseline(_workspace()) is None
