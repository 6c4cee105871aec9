"""What goes when: after a publish, with age, with size; and what stays."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Literal

import pytest

from pipelines.cli import entry
from pipelines.commands.clean import days, size
from pipelines.retention import after_publish, attempt, clean
from pipelines.settings import Settings
from pipelines.workspace import Artifact, Attempt, Workspace
from tabular.errors import ConfigurationError

DAY = 86_400


def _settings(home: Path, **values: object) -> Settings:
    return Settings.model_validate({"home": home, **values})


def _age(path: Path, n_days: float) -> None:
    then = time.time() - n_days * DAY
    os.utime(path, (then, then))


def _rows(workspace: Workspace, text: str) -> Path:
    return workspace.put(lambda path: _write(path, text)).path


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _model(workspace: Workspace) -> Path:
    def write(folder: Path) -> None:
        folder.mkdir()
        (folder / "arrays").write_text("12345")

    return workspace.put(write).path


def _filled(settings: Settings, name: str = "people") -> Workspace:
    """A workspace with one entry of each sort."""
    workspace = Workspace.of(name, settings)
    _rows(workspace, "rows")
    _model(workspace)
    workspace.remember("fit", "key", Artifact(path=Path("x"), sha256="x"))
    quarantine = workspace.run_folder("r") / "quarantine"
    quarantine.mkdir()
    (quarantine / "rows").write_text("rows")
    (workspace.run_folder("r") / "report.json").write_text("{}")
    workspace.record(
        Attempt(
            at="2026-01-01", run="r", fingerprint="f", config="c", seed=0, verdict="hold",
            reasons=(),
        )
    )  # fmt: skip
    return workspace


def _left(workspace: Workspace) -> set[str]:
    return {
        str(path.relative_to(workspace.folder))
        for path in workspace.folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.mark.parametrize("keep", ["nothing", "unpublished", "everything"])
@pytest.mark.parametrize("publishes", [True, False])
def test_rows_and_models_outlive_a_run_as_the_settings_say(
    tmp_path: Path, keep: Literal["nothing", "unpublished", "everything"], *, publishes: bool
) -> None:
    settings = _settings(tmp_path, keep=keep)
    workspace = Workspace.of("people", settings)
    with attempt(workspace, settings):
        _filled(settings)
        if publishes:
            after_publish(workspace, settings)
    kept = keep == "everything" or (keep == "unpublished" and not publishes)
    assert len(_left(workspace)) == (6 if kept else 2)
    assert {"attempts.jsonl", "runs/r/report.json"} <= _left(workspace)


def test_a_run_that_breaks_down_leaves_nothing_where_nothing_is_kept(tmp_path: Path) -> None:
    settings = _settings(tmp_path, keep="nothing")
    workspace = Workspace.of("people", settings)

    def breaks() -> None:
        with attempt(workspace, settings):
            _filled(settings)
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        breaks()
    assert _left(workspace) == {"attempts.jsonl", "runs/r/report.json"}


def test_only_what_is_old_expires(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    workspace = _filled(settings)
    young, old = _rows(workspace, "young"), _rows(workspace, "old")
    _age(old, 8)
    with attempt(workspace, settings):
        assert young.exists()
        assert not old.exists()
    assert len(_left(workspace)) == 7


def test_what_a_killed_run_was_writing_goes_with_the_next(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    workspace = Workspace.of("people", settings)
    (workspace.objects / ".staging-abc").mkdir()
    (workspace.objects / ".staging-abc" / "made").write_text("half a row")
    with attempt(workspace, settings):
        assert list(workspace.objects.iterdir()) == []


def test_what_a_killed_fit_needs_to_go_on_lasts_until_it_is_old(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    workspace = Workspace.of("people", settings)
    folder = workspace.unfinished("fit-abc")
    folder.mkdir()
    (folder / "ctgan.checkpoint").write_text("weights")
    with attempt(workspace, settings):
        assert (folder / "ctgan.checkpoint").exists()
    _age(folder / "ctgan.checkpoint", 8)
    _age(folder, 8)
    with attempt(workspace, settings):
        assert not folder.exists()


def test_reports_are_kept_of_the_last_runs(tmp_path: Path) -> None:
    settings = _settings(tmp_path, keep_runs=2)
    workspace = Workspace.of("people", settings)
    for i in range(4):
        folder = workspace.run_folder(f"run-{i}")
        (folder / "report.json").write_text("{}")
        _age(folder, 4 - i)
    with attempt(workspace, settings):
        assert sorted(path.name for path in workspace.runs.iterdir()) == ["run-2", "run-3"]


def test_a_workspace_more_than_half_full_loses_its_oldest_first(tmp_path: Path) -> None:
    # 60, 30 and 20 bytes under a limit of 120: the oldest must go, the others fit in half.
    settings = _settings(tmp_path, max_workspace_bytes=120)
    workspace = Workspace.of("people", settings)
    paths = [_rows(workspace, letter * n) for letter, n in (("a", 60), ("b", 30), ("c", 20))]
    for path, age in zip(paths, (3, 2, 1), strict=True):
        _age(path, age)
    with attempt(workspace, settings):
        assert [path.exists() for path in paths] == [False, True, True]


def test_a_dry_run_counts_and_deletes_nothing(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    workspace = _filled(settings)
    before = _left(workspace)
    (cleaned,) = clean(settings, keep_days=0, dry_run=True)
    sizes = {found.what: found.n_bytes for found in cleaned.entries}
    assert set(sizes) == {"rows", "models", "cache", "quarantine"}
    assert (sizes["rows"], sizes["models"], sizes["quarantine"]) == (4, 5, 4)
    assert _left(workspace) == before
    clean(settings, keep_days=0)
    assert _left(workspace) == {"attempts.jsonl", "runs/r/report.json"}


def test_all_leaves_only_the_log(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    for name in ("one", "two"):
        _filled(settings, name)
    found = clean(settings, keep_days=7, everything=True)
    assert [len(one.entries) for one in found] == [5, 5]
    assert _left(Workspace.of("two", settings)) == {"attempts.jsonl"}


def test_a_dataset_with_a_run_going_on_is_left_alone(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    workspace = _filled(settings)
    _filled(settings, "quiet")
    before = _left(workspace)
    with workspace.locked():
        busy, quiet = clean(settings, keep_days=0)
    assert (busy.busy, busy.entries, quiet.busy, len(quiet.entries)) == (True, (), False, 4)
    assert _left(workspace) == before


def test_a_link_is_deleted_and_what_it_points_at_is_not(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "home")
    workspace = Workspace.of("people", settings)
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "file").write_text("mine")
    (workspace.objects / "link").symlink_to(tmp_path / "others")
    clean(settings, keep_days=0)
    assert not (workspace.objects / "link").is_symlink()
    assert (tmp_path / "others" / "file").read_text() == "mine"


def test_a_folder_that_is_a_link_is_left_alone_with_what_lies_behind_it(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "precious").write_text("not ours")
    settings = _settings(tmp_path / "home")
    workspace = _filled(settings)
    for folder in (workspace.objects, workspace.runs, workspace.cache):
        folder.rename(folder.with_name(f"{folder.name}-old"))
        folder.symlink_to(theirs)
    (settings.home / "datasets" / "linked").symlink_to(theirs)
    (cleaned,) = clean(settings, keep_days=0, everything=True)
    assert cleaned.entries == ()
    assert [path.name for path in theirs.iterdir()] == ["precious"]


def test_deletion_that_is_cut_short_leaves_no_half_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(tmp_path)
    workspace = Workspace.of("people", settings)
    model = _model(workspace)

    def dies(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", dies)
    with pytest.raises(KeyboardInterrupt):
        clean(settings, keep_days=0)
    assert not model.exists()
    assert [path.name.startswith(".staging-") for path in workspace.objects.iterdir()] == [True]


def test_the_command_shows_what_it_would_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path))
    workspace = _filled(_settings(tmp_path))
    for path in workspace.objects.iterdir():
        _age(path, 31)
    arguments = ["clean", "--older-than", "30d", "--dry-run"]
    assert entry([*arguments, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["datasets"] == {
        "people": {"models": {"entries": 1, "bytes": 5}, "rows": {"entries": 1, "bytes": 4}}
    }
    assert (said["dry_run"], said["entries"], said["bytes"], said["busy"]) == (True, 2, 9, [])
    assert entry(arguments) == 0
    assert "2 entries would be deleted, 9 bytes" in capsys.readouterr().out
    assert entry(["clean", "--all", "--older-than", "1d"]) == 2


@pytest.mark.parametrize(
    ("text", "wanted"), [("30d", 30), ("12h", 0.5), ("2w", 14), ("3", 3), (" 1.5 d ", 1.5)]
)
def test_an_age_has_units(text: str, wanted: float) -> None:
    assert days(text) == wanted


@pytest.mark.parametrize("text", ["", "d", "-1d", "1y", "1e9d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="30d"):
        days(text)


def test_sizes_are_read_by_people() -> None:
    assert [size(n) for n in (0, 1023, 1536, 5 << 20, 3 << 30)] == [
        "0 bytes", "1,023 bytes", "1.5 KiB", "5.0 MiB", "3.0 GiB",
    ]  # fmt: skip
