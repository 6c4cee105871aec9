"""Whether there is anything to do, from the log of attempts alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.base import Receipt
from pipelines.config import PipelineConfig
from pipelines.refresh import standing
from pipelines.settings import Settings
from pipelines.workspace import Attempt, Workspace, digest_of_json
from tabular.errors import SourceError
from tests.example_release import example_release


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def workspace(settings: Settings) -> Workspace:
    return Workspace.of("people", settings)


@pytest.fixture
def config(tmp_path: Path) -> PipelineConfig:
    (tmp_path / "people.csv").write_text("a,b\n1,2\n")
    return _config(tmp_path)


def _config(folder: Path, seed: int = 0) -> PipelineConfig:
    return PipelineConfig.model_validate(
        {
            "name": "people",
            "source": {"kind": "csv", "path": str(folder / "people.csv")},
            "sinks": [{"kind": "parquet", "path": str(folder / "store")}],
            "seed": seed,
        }
    )


def _record(
    workspace: Workspace, config: PipelineConfig, settings: Settings, verdict: str, run: str = "r"
) -> None:
    receipts: tuple[Receipt, ...] = ()
    if verdict == "publish":
        folder = settings.home / run
        folder.mkdir()
        created = f"2026-01-0{len(workspace.attempts()) + 1}T00:00:00+00:00"
        release = example_release(folder, version=run, name="people", created=created)
        receipts = (config.sinks[0].write(release, settings),)
    workspace.record(
        Attempt(
            at="2026-01-01T00:00:00+00:00",
            run=run,
            fingerprint=config.source.fingerprint(settings),
            quick_fingerprint=config.source.quick_fingerprint(),
            config=digest_of_json(config.model_dump(mode="json")),
            seed=config.seed,
            verdict=verdict,
            reasons=("because",),
            receipts=receipts,
        )
    )


def test_nothing_stands_before_the_first_attempt(
    config: PipelineConfig, settings: Settings, workspace: Workspace
) -> None:
    assert standing(config, settings, workspace) is None


@pytest.mark.parametrize("verdict", ["publish", "reject", "hold"])
def test_an_attempt_stands_while_nothing_changes(
    config: PipelineConfig, settings: Settings, workspace: Workspace, verdict: str
) -> None:
    _record(workspace, config, settings, verdict)
    found = standing(config, settings, workspace)
    assert found is not None
    assert found.verdict == verdict


@pytest.mark.parametrize("verdict", ["publish", "reject"])
def test_a_changed_source_ends_it(
    config: PipelineConfig, settings: Settings, workspace: Workspace, tmp_path: Path, verdict: str
) -> None:
    _record(workspace, config, settings, verdict)
    (tmp_path / "people.csv").write_text("a,b\n1,3\n")
    assert standing(config, settings, workspace) is None


def test_a_touched_file_with_the_same_bytes_changes_nothing(
    config: PipelineConfig, settings: Settings, workspace: Workspace, tmp_path: Path
) -> None:
    _record(workspace, config, settings, "reject")
    os.utime(tmp_path / "people.csv", (1, 1))
    assert standing(config, settings, workspace) is not None


def test_a_changed_configuration_ends_it(
    config: PipelineConfig, settings: Settings, workspace: Workspace, tmp_path: Path
) -> None:
    _record(workspace, config, settings, "publish")
    assert standing(_config(tmp_path, seed=1), settings, workspace) is None


def test_a_release_that_a_later_one_replaced_does_not_stand(
    config: PipelineConfig, settings: Settings, workspace: Workspace, tmp_path: Path
) -> None:
    _record(workspace, config, settings, "publish", run="one")
    _record(workspace, _config(tmp_path, seed=1), settings, "publish", run="two")
    assert standing(config, settings, workspace) is None
    assert standing(_config(tmp_path, seed=1), settings, workspace) is not None


def test_a_release_that_is_gone_from_its_store_is_made_again(
    config: PipelineConfig, settings: Settings, workspace: Workspace, tmp_path: Path
) -> None:
    _record(workspace, config, settings, "publish")
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    assert standing(config, settings, workspace) is None


def test_a_source_that_is_gone_is_an_error(
    config: PipelineConfig, settings: Settings, workspace: Workspace, tmp_path: Path
) -> None:
    _record(workspace, config, settings, "publish")
    (tmp_path / "people.csv").unlink()
    with pytest.raises(SourceError):
        standing(config, settings, workspace)
