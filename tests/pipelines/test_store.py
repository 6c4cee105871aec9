"""A store never loses a release and never shows half of one."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.settings import Settings
from pipelines.sinks.parquet import ParquetSink
from pipelines.store import Store
from tabular.errors import ReleaseError, SinkUnavailable
from tests.example_release import every_dtype, example_release, related_tables

if TYPE_CHECKING:
    from pipelines.releases import Release

_SETTINGS = Settings()
_LATER = "2026-01-02T00:00:00+00:00"


def _publish(root: Path, release: Release) -> Path:
    return Path(ParquetSink(path=root).write(release, _SETTINGS).location)


def _leftovers(root: Path) -> list[str]:
    return [path.name for path in root.rglob(".staging-*")]


def test_a_release_lies_as_the_design_promises(tmp_path: Path) -> None:
    release = example_release(tmp_path / "work")
    receipt = ParquetSink(path=tmp_path / "store").write(release, _SETTINGS)
    folder = tmp_path / "store" / "example" / "releases" / "v1"
    assert receipt.location == str(folder)
    assert receipt.rows == {"every dtype": 5}
    assert (tmp_path / "store" / "example" / "LATEST").read_text() == "v1\n"
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert files == [
        "README.md",
        "data/every%20dtype/part-00000.parquet",
        "expectations.json",
        "manifest.json",
        "report.html",
        "report.json",
        "schema.json",
    ]
    written = folder / "data/every%20dtype/part-00000.parquet"
    assert written.read_bytes() == release.files["every dtype"].read_bytes()
    assert list(json.loads((folder / "expectations.json").read_text())) == ["every dtype"]


def test_a_release_shows_only_the_public_face_of_its_report(tmp_path: Path) -> None:
    folder = _publish(tmp_path / "store", example_release(tmp_path / "work"))
    for name in ("report.json", "report.html", "README.md"):
        text = (folder / name).read_text()
        assert "0.0123" in text
        assert "0.012345" not in text


def test_a_store_is_public_and_its_modes_are_the_umask_s(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        folder = _publish(tmp_path / "store", example_release(tmp_path / "work"))
    finally:
        os.umask(before)
    parts = [tmp_path / "store", *(p for p in (tmp_path / "store").rglob("*"))]
    assert {stat.S_IMODE(p.stat().st_mode) for p in parts if p.is_dir()} == {0o755}
    assert {stat.S_IMODE(p.stat().st_mode) for p in parts if p.is_file()} == {0o644}
    assert folder in parts


def test_releases_are_listed_oldest_first_and_the_pointer_is_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    _publish(store.root, example_release(tmp_path / "work", version="b"))
    _publish(store.root, example_release(tmp_path / "work", version="a", created=_LATER))
    assert store.datasets() == ("example",)
    assert [manifest.version for manifest in store.releases("example")] == ["b", "a"]
    latest = store.latest("example")
    assert latest is not None
    assert latest.version == "a"
    assert store.latest("nothing-yet") is None
    assert store.releases("nothing-yet") == ()


def test_a_folder_that_is_no_store_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="can't be read"):
        Store(tmp_path / "nowhere").datasets()


def test_several_tables_have_a_folder_each(tmp_path: Path) -> None:
    frames, schema = related_tables()
    folder = _publish(
        tmp_path / "store", example_release(tmp_path / "work", frames=frames, schema=schema)
    )
    assert sorted(path.name for path in (folder / "data").iterdir()) == ["sale", "shop"]


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: (f / "schema.json").write_text("{}"), "not as published: schema.json"),
        (lambda f: (f / "README.md").unlink(), "missing: README.md"),
        (lambda f: (f / "data" / "more.csv").touch(), "not in the manifest: data/more.csv"),
        (lambda f: (f / "manifest.json").write_text("{"), "no manifest"),
    ],
    ids=["changed", "lost", "foreign", "no manifest"],
)
def test_a_release_that_was_touched_is_not_verified(
    tmp_path: Path, harm: object, message: str
) -> None:
    folder = _publish(tmp_path / "store", example_release(tmp_path / "work"))
    store = Store(tmp_path / "store")
    assert store.verify("example", "v1").version == "v1"
    assert callable(harm)
    harm(folder)
    with pytest.raises(ReleaseError, match=message):
        store.verify("example", "v1")


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    folder = _publish(tmp_path / "store", example_release(tmp_path / "work"))
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(ReleaseError, match="published before"):
        _publish(tmp_path / "store", example_release(tmp_path / "work", created=_LATER))
    assert (folder / "manifest.json").read_bytes() == before


def test_publishing_the_same_release_again_is_no_error(tmp_path: Path) -> None:
    release = example_release(tmp_path / "work")
    folder = _publish(tmp_path / "store", release)
    before = folder.stat().st_mtime_ns
    assert _publish(tmp_path / "store", release) == folder
    assert folder.stat().st_mtime_ns == before


def test_a_receipt_is_good_as_long_as_every_file_is_there(tmp_path: Path) -> None:
    sink = ParquetSink(path=tmp_path / "store")
    receipt = sink.write(example_release(tmp_path / "work"), _SETTINGS)
    assert sink.still_holds(receipt, _SETTINGS)
    (Path(receipt.location) / "report.html").unlink()
    assert not sink.still_holds(receipt, _SETTINGS)
    shutil.rmtree(tmp_path / "store")
    assert not sink.still_holds(receipt, _SETTINGS)


def test_the_pointer_never_goes_back(tmp_path: Path) -> None:
    old = example_release(tmp_path / "work", version="old")
    new = example_release(tmp_path / "work", version="new", created=_LATER)
    _publish(tmp_path / "store", new)
    with pytest.raises(ReleaseError, match="a later release, new, was published meanwhile"):
        _publish(tmp_path / "store", old)
    assert [m.version for m in Store(tmp_path / "store").releases("example")] == ["new"]


def test_of_two_publishers_one_is_told_to_come_back(tmp_path: Path) -> None:
    root = tmp_path / "store"
    _publish(root, example_release(tmp_path / "work"))
    other = os.open(root / "example" / ".lock", os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    later = example_release(tmp_path / "work", version="v2", created=_LATER)
    try:
        with pytest.raises(SinkUnavailable, match="another publisher"):
            _publish(root, later)
    finally:
        os.close(other)
    _publish(root, later)


def test_a_file_that_is_not_marked_synthetic_is_not_published(tmp_path: Path) -> None:
    release = example_release(tmp_path / "work", synthetic=False)
    with pytest.raises(ReleaseError, match="not marked as synthetic"):
        _publish(tmp_path / "store", release)
    assert Store(tmp_path / "store").datasets() == ()
    assert _leftovers(tmp_path) == []


def test_a_dataset_that_is_a_link_out_of_the_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "example").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReleaseError, match="leads out of the store"):
        _publish(tmp_path / "store", example_release(tmp_path / "work"))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    for name in ("..", "a/b", ""):
        with pytest.raises(ReleaseError, match="no name of a dataset"):
            Store(tmp_path / "store").latest(name)
        with pytest.raises(ReleaseError, match="no version"):
            Store(tmp_path / "store").verify("fine", name)


def test_a_place_that_is_no_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(ReleaseError, match="can't be written"):
        _publish(tmp_path / "store", example_release(tmp_path / "work"))


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(ReleaseError, match="No space left on device"):
        _publish(tmp_path / "store", example_release(tmp_path / "work"))
    assert _leftovers(tmp_path) == []
    assert Store(tmp_path / "store").datasets() == ()


def test_a_pointer_to_nowhere_is_named_and_stops_the_next_publisher(tmp_path: Path) -> None:
    root = tmp_path / "store"
    shutil.rmtree(_publish(root, example_release(tmp_path / "work")))
    for again in (
        lambda: Store(root).latest("example"),
        lambda: _publish(root, example_release(tmp_path / "work", version="v2", created=_LATER)),
    ):
        with pytest.raises(ReleaseError, match="LATEST: it names the release v1, which is not"):
            again()


@pytest.mark.parametrize("call", ["rename", "replace", "fsync"])
def test_an_interrupted_publisher_leaves_nothing_of_its_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    root = tmp_path / "store"
    _publish(root, example_release(tmp_path / "work"))
    real, calls = getattr(os, call), 0
    last = {"rename": 1, "replace": 1, "fsync": 5}[call]

    def interrupted(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == last:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(os, call, interrupted)
    with pytest.raises(KeyboardInterrupt):
        _publish(root, example_release(tmp_path / "work", version="v2", created=_LATER))
    monkeypatch.undo()
    assert [manifest.version for manifest in Store(root).releases("example")] == ["v1"]
    assert (root / "example" / "LATEST").read_text() == "v1\n"


# Runs one publisher for each call that changes the disk, and kills it right before that call.
_KILLER = """
import os, shutil, signal, sys
from pathlib import Path
from pipelines.settings import Settings
from pipelines.sinks.parquet import ParquetSink
from pipelines import store as stores
from tests.example_release import example_release

folder = Path(sys.argv[1])
release = example_release(folder / "work", version="v2", created=sys.argv[2])
# Rendered once for all: what is put to the test is the way onto the disk.
rendered = stores.documents(release, release.manifest.tables)
stores.documents = lambda release, tables: rendered
step = 0
while True:
    store = folder / f"killed-{step}"
    shutil.copytree(folder / "store", store)
    child = os.fork()
    if child == 0:
        left = step
        def deadly(real):
            def call(*args, **kwargs):
                global left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                return real(*args, **kwargs)
            return call
        for name in ("fsync", "rename", "replace", "mkdir", "chmod", "rmdir", "unlink"):
            setattr(os, name, deadly(getattr(os, name)))
        ParquetSink(path=store).write(release, Settings())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
    step += 1
"""


def test_a_publisher_killed_at_any_step_loses_nothing_and_is_swept_up(tmp_path: Path) -> None:
    _publish(tmp_path / "store", example_release(tmp_path / "work"))
    subprocess.run(
        [sys.executable, "-c", _KILLER, str(tmp_path), _LATER],
        check=True,
        cwd=Path(__file__).parents[2],
        timeout=300,
    )
    stores = sorted(tmp_path.glob("killed-*"), key=lambda path: int(path.name[7:]))
    assert len(stores) > 20
    pointers = []
    later = example_release(tmp_path / "work", version="v3", created="2026-01-03T00:00:00+00:00")
    half_done = 0
    for path in stores:
        store = Store(path)
        latest = store.latest("example")
        assert latest is not None
        pointers.append(latest.version)
        for manifest in store.releases("example"):
            store.verify("example", manifest.version)
        half_done += bool(_leftovers(path))
    assert pointers[0] == "v1"
    assert pointers[-1] == "v2"
    assert pointers == sorted(pointers)
    assert half_done > 10
    # One publisher later everything is as if no one had ever died.
    for path in (stores[0], stores[len(stores) // 2], stores[-3], stores[-1]):
        _publish(path, later)
        assert (path / "example" / "LATEST").read_text() == "v3\n"
        assert _leftovers(path) == []
    # A publisher that was killed between rename and pointer can be tried again as it was.
    unnamed = next(
        path
        for path, pointer in zip(stores, pointers, strict=True)
        if pointer == "v1" and (path / "example" / "releases" / "v2").exists()
    )
    _publish(unnamed, example_release(tmp_path / "work", version="v2", created=_LATER))
    assert (unnamed / "example" / "LATEST").read_text() == "v2\n"


def test_the_rows_of_a_release_are_those_that_were_judged(tmp_path: Path) -> None:
    import pandas as pd

    folder = _publish(tmp_path / "store", example_release(tmp_path / "work"))
    shutil.rmtree(tmp_path / "work")
    frame, _ = every_dtype()
    read = pd.read_parquet(folder / "data" / "every%20dtype" / "part-00000.parquet")
    assert read["id"].tolist() == frame["id"].tolist()
    assert read["price"].tolist() == frame["price"].tolist()
