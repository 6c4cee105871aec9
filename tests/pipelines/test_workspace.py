"""The workspace: artefacts by content, a cache that checks what it holds, a log that only grows."""

import os
import stat
from pathlib import Path

import pytest
from pydantic import BaseModel

from pipelines.workspace import Artifact, Attempt, Workspace, digest_of
from tabular.errors import ArtifactError


class _Made(BaseModel):
    parts: dict[str, Artifact]


def _attempt(run: str) -> Attempt:
    return Attempt(
        at="2026-01-01", run=run, fingerprint="f", config="c", seed=0, verdict="hold", reasons=()
    )


def _put(workspace: Workspace, text: str) -> Artifact:
    def write(path: Path) -> None:
        path.write_text(text)

    return workspace.put(write, rows=3)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_equal_content_is_stored_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "people")
    assert _put(workspace, "same") == _put(workspace, "same")
    assert len(list((workspace.folder / "objects").iterdir())) == 1


def test_folders_are_closed_to_others(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "people")
    assert {_mode(p) for p in (workspace.folder, *workspace.folder.iterdir())} == {0o700}


def test_a_cache_gives_back_what_is_whole(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "people")
    made = _Made(parts={"a": _put(workspace, "rows")})
    workspace.remember("fit", "key", made)
    assert workspace.remembered("fit", "key", _Made) == made
    assert workspace.remembered("fit", "other", _Made) is None


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_cache_forgets_what_is_damaged(tmp_path: Path, harm: str) -> None:
    workspace = Workspace(tmp_path, "people")
    artifact = _put(workspace, "rows")
    workspace.remember("fit", "key", _Made(parts={"a": artifact}))
    if harm == "gone":
        artifact.path.unlink()
    else:
        artifact.path.write_text("other rows")
    assert workspace.remembered("fit", "key", _Made) is None


def test_a_cache_entry_that_is_no_json_is_forgotten(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "people")
    (workspace.folder / "cache" / "fit-key.json").write_text("{")
    assert workspace.remembered("fit", "key", _Made) is None


def test_the_log_only_grows_and_survives_a_torn_line(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "people")
    workspace.record(_attempt("one"))
    with (workspace.folder / "attempts.jsonl").open("a") as file:
        file.write('{"at": "2026-01-01", "run"\n')
    workspace.record(_attempt("two"))
    assert [attempt.run for attempt in workspace.attempts()] == ["one", "two"]
    assert _mode(workspace.folder / "attempts.jsonl") == 0o600


def test_two_runs_of_a_dataset_keep_out_of_each_others_way(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "people")
    with workspace.locked(), pytest.raises(ArtifactError, match="another run"):
        Workspace(tmp_path, "people").locked().__enter__()
    with workspace.locked():
        assert (workspace.folder / ".lock").exists()


def test_a_folders_digest_sees_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    first = digest_of(tmp_path / "a")
    (tmp_path / "a" / "x").rename(tmp_path / "a" / "y")
    assert digest_of(tmp_path / "a") != first


def test_a_home_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="WAXWORK_HOME"):
        Workspace(tmp_path / "file", "people")


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o022])
def test_whatever_the_umask_only_the_user_may_read(tmp_path: Path, umask: int) -> None:
    def write_model(folder: Path) -> None:
        (folder / "part").mkdir(parents=True)
        (folder / "part" / "arrays").write_text("arrays")

    before = os.umask(umask)
    try:
        workspace = Workspace(tmp_path / "home", "people")
        workspace.put(write_model)
        workspace.remember("fit", "key", _Made(parts={"a": _put(workspace, "rows")}))
        workspace.record(_attempt("r"))
        workspace.run_folder("r")
        with workspace.locked():
            pass
    finally:
        os.umask(before)
    found = [(tmp_path / "home"), *(tmp_path / "home").rglob("*")]
    assert len(found) > 10
    assert {_mode(path) for path in found if path.is_dir()} == {0o700}
    assert {_mode(path) for path in found if path.is_file()} == {0o600}


def test_a_full_workspace_refuses_more_and_keeps_nothing_of_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "people", limit=100)
    _put(workspace, "x" * 60)
    with pytest.raises(ArtifactError, match="WAXWORK_MAX_WORKSPACE_BYTES"):
        _put(workspace, "y" * 60)
    assert len(list(workspace.objects.iterdir())) == 1
