"""What a workspace keeps, for how long, and how much of it: the deletion of real rows and models.

Rows, models, cache and quarantine go when a run ends (`WAXWORK_KEEP` says after which runs), when
they are older than `WAXWORK_KEEP_DAYS`, and oldest first where a workspace grew too large. Reports
are kept for the last `WAXWORK_KEEP_RUNS` runs; the log of attempts and the profile of the last
release's source always. Nothing is deleted while a run of the dataset is going on.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.workspace import STAGING, Workspace, size_of
from tabular.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipelines.settings import Settings

What = Literal["models", "rows", "cache", "quarantine", "reports", "leftovers"]
WHATS: tuple[What, ...] = ("models", "rows", "cache", "quarantine", "reports", "leftovers")


@dataclass(frozen=True)
class Entry:
    """Something that may be deleted.

    Args:
        what: What it is.
        path: A file or a folder.
        n_bytes: How much it holds.
        changed: When it was last written, seconds since 1970.
    """

    what: What
    path: Path
    n_bytes: int
    changed: float

    @staticmethod
    def of(what: What, path: Path) -> Entry:
        """The entry at a path."""
        return Entry(what, path, size_of(path), path.lstat().st_mtime)


@dataclass(frozen=True)
class Cleaned:
    """What was deleted of one dataset, or would be.

    Args:
        dataset: Its name.
        entries: What went.
        busy: A run was going on, so nothing was touched.
    """

    dataset: str
    entries: tuple[Entry, ...] = ()
    busy: bool = False


@contextmanager
def attempt(workspace: Workspace, settings: Settings) -> Iterator[None]:
    """Have the workspace for one run, tidied before it and as the settings say after it.

    Raises:
        ArtifactError: Another run is going on.
    """
    with workspace.locked():
        delete(_expired(workspace, settings, settings.keep_days), workspace)
        delete(_too_much(workspace, settings.max_workspace_bytes), workspace)
        try:
            yield
        finally:
            if settings.keep == "nothing":
                forget_rows(workspace)


def after_publish(workspace: Workspace, settings: Settings) -> None:
    """A release needs nothing of what it was made from."""
    if settings.keep != "everything":
        forget_rows(workspace)


def forget_rows(workspace: Workspace) -> None:
    """Delete everything that holds real rows or models of them."""
    delete((e for e in _entries(workspace) if e.what != "reports"), workspace)


def clean(
    settings: Settings, *, keep_days: float, everything: bool = False, dry_run: bool = False
) -> list[Cleaned]:
    """Delete what has expired in the workspaces of all datasets.

    Args:
        settings: Where they are, and how many runs' reports are kept.
        keep_days: Age above which rows, models, cache and quarantine go.
        everything: Whatever its age, and all reports too.
        dry_run: Only say what would go.
    """
    root = settings.home / "datasets"
    folders = (path for path in _within(root) if path.is_dir() and not path.is_symlink())
    names = sorted(path.name for path in folders)
    return [
        _cleaned(Workspace.of(name, settings), settings, keep_days, everything, dry_run)
        for name in names
    ]


def _cleaned(
    workspace: Workspace,
    settings: Settings,
    keep_days: float,
    everything: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
) -> Cleaned:
    name = workspace.folder.name
    try:
        with workspace.locked():
            chosen = _entries(workspace) if everything else _expired(workspace, settings, keep_days)
            entries = tuple(chosen)
            if not dry_run:
                delete(entries, workspace)
    except ArtifactError:
        return Cleaned(name, busy=True)
    return Cleaned(name, entries)


def delete(entries: Iterable[Entry], workspace: Workspace) -> None:
    """Delete entries, each whole or not at all: a cache never meets half a model."""
    for entry in entries:
        if entry.path.is_dir() and not entry.path.is_symlink():
            # A reader may be inside: out of its way first, in one step.
            bin_ = Path(tempfile.mkdtemp(prefix=STAGING, dir=workspace.objects))
            entry.path.rename(bin_ / "gone")
            shutil.rmtree(bin_)
        else:
            entry.path.unlink(missing_ok=True)


def _within(folder: Path) -> list[Path]:
    """What a folder of ours holds; behind a link lies what may be anybody's."""
    return [] if folder.is_symlink() or not folder.is_dir() else list(folder.iterdir())


def _entries(workspace: Workspace) -> list[Entry]:
    """Everything that may ever be deleted, quarantine before the run it stands in."""
    found = [
        Entry.of(
            "leftovers" if path.name.startswith(STAGING) else "models" if path.is_dir() else "rows",
            path,
        )
        for path in _within(workspace.objects)
    ]
    found += [Entry.of("cache", path) for path in _within(workspace.cache)]
    for folder in _within(workspace.runs):
        quarantine = folder / "quarantine"
        aside = [Entry.of("quarantine", quarantine)] if quarantine.is_dir() else []
        run = Entry.of("reports", folder)
        n_bytes = run.n_bytes - sum(entry.n_bytes for entry in aside)
        found += [*aside, Entry("reports", folder, n_bytes, run.changed)]
    return found


def _expired(workspace: Workspace, settings: Settings, keep_days: float) -> Iterator[Entry]:
    limit = time.time() - keep_days * 86_400
    entries = _entries(workspace)
    runs = sorted(
        (entry for entry in entries if entry.what == "reports"), key=lambda entry: -entry.changed
    )
    surplus = {entry.path for entry in runs[settings.keep_runs :]}
    for entry in entries:
        if entry.what == "reports":
            gone = entry.path in surplus
        elif entry.what == "quarantine":
            gone = entry.path.parent in surplus or entry.changed < limit
        else:
            # The lock is held, so that what a run was still writing will never be finished.
            gone = entry.what == "leftovers" or entry.changed < limit
        if gone:
            yield entry


def _too_much(workspace: Workspace, limit: int) -> Iterator[Entry]:
    """The oldest rows and models of a workspace that is more than half full, to half of it."""
    kept = [entry for entry in _entries(workspace) if entry.what in {"models", "rows"}]
    total = sum(entry.n_bytes for entry in kept)
    for entry in sorted(kept, key=lambda entry: entry.changed):
        if total <= limit / 2:
            break
        total -= entry.n_bytes
        yield entry
