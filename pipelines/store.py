"""A folder of versioned releases on disk.

    <store>/<dataset>/LATEST                     the version that readers should take, one line
    <store>/<dataset>/WITHDRAWN                  what was taken back, and why
    <store>/<dataset>/releases/<version>/        one release; never changed once it is there

A release is put together in a hidden folder beside `releases`, flushed to the disk file by file
and folder by folder, renamed into its place in one step, and only then named by LATEST, which is
itself replaced in one step. So whatever moment a publisher dies at, LATEST names a whole release,
and what a dead publisher left behind is swept up by the next. One publisher at a time holds the
lock of a dataset; the kernel takes it from a process that dies.

A store is public: its files have the modes that the umask gives; only staging folders are private.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipelines.durable import flush_folder, make_folder, replace_text, write_text
from pipelines.release_documents import documents
from pipelines.releases import SLUG, VERSION, FileDigest, Manifest, read_manifest, sha256
from pipelines.withdrawals import WITHDRAWN, Withdrawal, read_withdrawals
from tabular.errors import ReleaseError, SinkUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.releases import Release

_STAGING = ".staging-"
_MANIFEST = "manifest.json"


class TableFormat(Protocol):
    """How tables lie in a store."""

    def file(self, table: str) -> str:
        """A table's file below the folder of a release, with forward slashes."""
        ...

    def write(self, release: Release, table: str, path: Path) -> None:
        """Write one table, flushed to the disk; the folder of `path` exists."""
        ...


@dataclass(frozen=True)
class Store:
    """Releases of datasets below one folder.

    Args:
        root: The folder; made on the first publish.
    """

    root: Path

    def datasets(self) -> tuple[str, ...]:
        """Names of the datasets that have releases.

        Raises:
            ReleaseError: There is no store at this place.
        """
        try:
            entries = sorted(entry.name for entry in self.root.iterdir() if entry.is_dir())
        except OSError as error:
            raise ReleaseError(
                f"the store can't be read: {error.strerror}",
                where=str(self.root),
                fix="Name the folder that a `parquet` or `csv` sink writes to",
            ) from error
        return tuple(
            name
            for name in entries
            if re.fullmatch(SLUG, name)
            and any((self.root / name / mark).is_file() for mark in ("LATEST", WITHDRAWN))
        )

    def location(self, dataset: str, version: str) -> Path:
        """The folder of a release, whether it is there or not.

        Raises:
            ReleaseError: A name is not one that a release can have.
        """
        if not re.fullmatch(VERSION, version):
            raise ReleaseError(f"{version!r} is no version", where=str(self.root))
        return self._folder(dataset) / "releases" / version

    def latest(self, dataset: str) -> Manifest | None:
        """The release that LATEST names; `None` where nothing was published.

        Raises:
            ReleaseError: LATEST names no whole release.
        """
        pointer = self._folder(dataset) / "LATEST"
        try:
            version = pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ReleaseError("the pointer can't be read", where=str(pointer)) from error
        folder = self.location(dataset, version)
        if not folder.is_dir():
            raise ReleaseError(
                f"it names the release {version}, which is not there",
                where=str(pointer),
                fix="Write the version of a release that is there into it",
            )
        return read_manifest(folder / _MANIFEST)

    def releases(self, dataset: str) -> tuple[Manifest, ...]:
        """All releases of a dataset, oldest first.

        Raises:
            ReleaseError: A manifest can't be read.
        """
        folder = self._folder(dataset) / "releases"
        if not folder.is_dir():
            return ()
        found = [
            read_manifest(entry / _MANIFEST)
            for entry in folder.iterdir()
            if entry.is_dir() and re.fullmatch(VERSION, entry.name)
        ]
        return tuple(sorted(found, key=lambda manifest: (manifest.created, manifest.version)))

    def verify(self, dataset: str, version: str) -> Manifest:
        """The manifest of a release, after every byte of it was compared with its digests.

        Raises:
            ReleaseError: A file is missing, changed, or not in the manifest.
        """
        folder = self.location(dataset, version)
        manifest = read_manifest(folder / _MANIFEST)
        _verify(folder, manifest)
        if (manifest.name, manifest.version) != (dataset, version):
            raise ReleaseError("the manifest is that of another release", where=str(folder))
        return manifest

    def publish(self, release: Release, form: TableFormat) -> Path:
        """Put a release in its place and point LATEST at it.

        Doing it again with the same release is no error: a publisher that was stopped after the
        rename can be tried again.

        Args:
            release: What passed the gate.
            form: The format of the tables.

        Returns:
            The folder of the release.

        Raises:
            ReleaseError: The store can't be written, the version is taken, or a later release was
                published meanwhile.
            SinkUnavailable: Another publisher is at work.
        """
        manifest = release.manifest
        folder = self._folder(manifest.name)
        place = self.location(manifest.name, manifest.version)
        try:
            make_folder(place.parent)
            with _lock(folder):
                _sweep(folder)
                self._must_be_newest(manifest)
                self._must_not_be_withdrawn(manifest)
                renamed = False
                if place.exists():
                    _must_be_same(place, manifest, form)
                else:
                    with _staging(folder) as staging:
                        _fill(staging, release, form)
                        staging.chmod(place.parent.stat().st_mode & 0o7777)
                        staging.rename(place)
                        renamed = True
                try:
                    flush_folder(place.parent)
                    _point(folder, manifest.version)
                except BaseException:
                    # A run that was cancelled or failed leaves nothing; one killed outright here
                    # leaves a whole release that LATEST doesn't name, and can be tried again.
                    if renamed and not _points_at(folder, manifest.version):
                        shutil.rmtree(place.rename(folder / f"{_STAGING}undone"))
                    raise
        except OSError as error:
            raise ReleaseError(
                f"the store can't be written: {error.strerror or type(error).__name__}",
                where=str(folder),
            ) from error
        return place

    def withdrawals(self, dataset: str) -> Mapping[str, Withdrawal]:
        """What was taken back of a dataset, by version.

        Raises:
            ReleaseError: The list can't be read.
        """
        return read_withdrawals(self._folder(dataset)).versions

    def withdraw(self, dataset: str, version: str, reason: str) -> Manifest | None:
        """Take a release back: its files stay, readers are told, LATEST moves to the one before.

        Args:
            dataset: The dataset.
            version: One of its releases, withdrawn before or not.
            reason: What readers are told; one line.

        Returns:
            The release that LATEST names now; `None` where no other stands.

        Raises:
            ReleaseError: There is no such release, or the store can't be written.
            SinkUnavailable: A publisher is at work.
        """
        folder, place = self._folder(dataset), self.location(dataset, version)
        if not place.is_dir():
            raise ReleaseError(
                f"{dataset} has no release {version}",
                where=str(self.root),
                fix="`waxwork releases STORE` lists them",
            )
        when = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            with _lock(folder):
                listed = read_withdrawals(folder)
                withdrawal = Withdrawal(reason=" ".join(reason.split())[:1000] or "-", when=when)
                versions = {**listed.versions, version: withdrawal}
                text = listed.model_copy(update={"versions": versions}).model_dump_json(indent=2)
                # Readers look at LATEST first and at this list after, so this list comes first.
                replace_text(folder / WITHDRAWN, folder / f"{_STAGING}{WITHDRAWN}", f"{text}\n")
                standing = [m for m in self.releases(dataset) if m.version not in versions]
                if standing:
                    _point(folder, standing[-1].version)
                else:
                    (folder / "LATEST").unlink(missing_ok=True)
                    flush_folder(folder)
        except OSError as error:
            raise ReleaseError(
                f"the store can't be written: {error.strerror or type(error).__name__}",
                where=str(folder),
            ) from error
        return standing[-1] if standing else None

    def _folder(self, dataset: str) -> Path:
        """The folder of a dataset, which must not lead out of the store."""
        if not re.fullmatch(SLUG, dataset):
            raise ReleaseError(f"{dataset!r} is no name of a dataset", where=str(self.root))
        folder = self.root / dataset
        root = self.root.resolve()
        for part in (folder, folder / "releases"):
            if not part.resolve().is_relative_to(root):
                raise ReleaseError("the folder leads out of the store", where=str(part))
        return folder

    def _must_be_newest(self, manifest: Manifest) -> None:
        latest = self.latest(manifest.name)
        if latest and latest.created > manifest.created:
            raise ReleaseError(
                f"a later release, {latest.version}, was published meanwhile",
                where=str(self.root / manifest.name),
                fix="Run again; the race is lost, nothing else is wrong",
            )

    def _must_not_be_withdrawn(self, manifest: Manifest) -> None:
        if manifest.version in self.withdrawals(manifest.name):
            raise ReleaseError(
                f"the release {manifest.version} was withdrawn",
                where=str(self.root / manifest.name),
                fix="Run again for a new version",
            )


def _fill(staging: Path, release: Release, form: TableFormat) -> None:
    """Write all files of a release and flush them; the manifest comes last."""
    tables = {}
    for name, entry in release.manifest.tables.items():
        path = staging / form.file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        form.write(release, name, path)
        tables[name] = FileDigest(file=form.file(name), rows=entry.rows, sha256=sha256(path))
    listed: dict[str, str] = {}
    for name, content in documents(release, tables).items():
        write_text(staging / name, content)
        listed[name] = sha256(staging / name)
    manifest = release.manifest.model_copy(update={"tables": tables, "documents": listed})
    write_text(staging / _MANIFEST, manifest.model_dump_json(indent=2) + "\n")
    _verify(staging, manifest)
    for folder, _, _ in os.walk(staging, topdown=False):
        flush_folder(Path(folder))


def _verify(folder: Path, manifest: Manifest) -> None:
    wanted = {entry.file: entry.sha256 for entry in manifest.tables.values()} | manifest.documents
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if lost := sorted(set(wanted) - there):
        raise ReleaseError(f"files are missing: {', '.join(lost)}", where=str(folder))
    if foreign := sorted(there - set(wanted) - {_MANIFEST}):
        raise ReleaseError(
            f"files are not in the manifest: {', '.join(foreign)}", where=str(folder)
        )
    changed = sorted(name for name, digest in wanted.items() if sha256(folder / name) != digest)
    if changed:
        raise ReleaseError(f"files are not as published: {', '.join(changed)}", where=str(folder))


def _must_be_same(place: Path, manifest: Manifest, form: TableFormat) -> None:
    """A version that is there already is left alone; only this very release may be taken up."""
    there = read_manifest(place / _MANIFEST)
    same = there.created == manifest.created and there.data_digest == manifest.data_digest
    if not same or any(entry.file != form.file(name) for name, entry in there.tables.items()):
        raise ReleaseError(
            "this version was published before, with other content",
            where=str(place),
            fix="A release is never overwritten: run again for a new version, and give each sink "
            "a path of its own",
        )
    _verify(place, there)


def is_there(folder: Path, version: str) -> bool:
    """Whether a folder holds every file of a release of this version; looks at no content."""
    try:
        manifest = read_manifest(folder / _MANIFEST)
    except ReleaseError:
        return False
    files = {entry.file for entry in manifest.tables.values()} | set(manifest.documents)
    return manifest.version == version and all((folder / file).is_file() for file in files)


def _points_at(folder: Path, version: str) -> bool:
    with contextlib.suppress(OSError):
        return (folder / "LATEST").read_text(encoding="utf-8").strip() == version
    return False


def _point(folder: Path, version: str) -> None:
    if _points_at(folder, version):
        return
    replace_text(folder / "LATEST", folder / f"{_STAGING}LATEST", f"{version}\n")


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A private folder on the store's own file system; gone at the end, unless it was renamed."""
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Delete what dead publishers left; nobody else is at work, since the lock is held."""
    for entry in folder.glob(f"{_STAGING}*"):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SinkUnavailable(
                "another publisher is at work here", where=str(folder), fix="Try again later"
            ) from None
        yield
    finally:
        os.close(descriptor)
