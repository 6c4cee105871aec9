"""A dataset's folder on this machine: artefacts by content, a cache of stages, a log of attempts.

    <home>/<dataset>/                  mode 0700, every file 0600
        attempts.jsonl                 append-only: one line per attempt, never rewritten
        objects/<sha256>               what stages made, named by its digest
        cache/<stage>-<key>.json       which objects a stage made from which inputs
        runs/<run>/                    report.json, report.html, decision.json, quarantine/

Objects, cache and quarantine hold real rows or models of them. They are deleted after a publish,
and otherwise once they are older than `keep_days`; reports and the log stay.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.base import Receipt
from tabular.errors import ArtifactError

if TYPE_CHECKING:
    from pipelines.settings import Settings

_Made = TypeVar("_Made", bound=BaseModel)


class Artifact(BaseModel):
    """A reference to something a stage made: what goes between tasks instead of the thing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    sha256: str
    rows: int = 0


class Attempt(BaseModel):
    """One line of the log: a run that reached the gate."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: str
    run: str
    fingerprint: str | None
    quick_fingerprint: str | None = None
    config: str
    seed: int
    verdict: str
    reasons: tuple[str, ...]
    version: str | None = None
    receipts: tuple[Receipt, ...] = ()


class Workspace:
    """The folder of one dataset.

    Args:
        home: The folder of all datasets.
        name: The dataset's name, a slug.
    """

    def __init__(self, home: Path, name: str) -> None:
        self.folder = home / name
        for part in (self.folder, self._objects, self._cache, self.folder / "runs"):
            _private_folder(part)

    @classmethod
    def of(cls, name: str, settings: Settings) -> Workspace:
        """The workspace of a dataset.

        Raises:
            ArtifactError: The folder can't be made.
        """
        return cls(settings.home / "datasets", name)

    @property
    def _objects(self) -> Path:
        return self.folder / "objects"

    @property
    def _cache(self) -> Path:
        return self.folder / "cache"

    @property
    def _log(self) -> Path:
        return self.folder / "attempts.jsonl"

    def run_folder(self, run: str) -> Path:
        """Where a run's report and quarantine stand."""
        folder = self.folder / "runs" / run
        _private_folder(folder)
        return folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs of this dataset out, on this machine.

        Raises:
            ArtifactError: Another run is going on.
        """
        descriptor = os.open(self.folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise ArtifactError(
                "another run of this dataset is going on",
                where=str(self.folder),
                fix="Wait for it, or cancel it",
            ) from None
        try:
            yield
        finally:
            os.close(descriptor)

    # Objects

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix=".staging-", dir=self._objects))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, write: Callable[[Path], None], *, rows: int = 0) -> Artifact:
        """Store what `write` writes to the path it is given, a file or a folder.

        Raises:
            ArtifactError: It can't be written.
        """
        try:
            with self._staging() as staging:
                made = staging / "made"
                write(made)
                digest = digest_of(made)
                place = self._objects / digest
                if not place.exists():
                    made.rename(place)
        except OSError as error:
            raise ArtifactError(
                f"the workspace can't be written: {error.strerror}", where=str(self.folder)
            ) from error
        return Artifact(path=place, sha256=digest, rows=rows)

    # Cache

    def remembered(self, stage: str, key: str, model: type[_Made]) -> _Made | None:
        """What a stage made from these inputs before, if all of it is still there and whole."""
        try:
            made = model.model_validate_json((self._cache / f"{stage}-{key}.json").read_bytes())
        except (OSError, ValidationError):
            return None
        return made if all(_is_whole(artifact) for artifact in artifacts_in(made)) else None

    def remember(self, stage: str, key: str, made: BaseModel) -> None:
        """Note what a stage made from these inputs."""
        write_private(self._cache / f"{stage}-{key}.json", made.model_dump_json())

    # Attempts

    def attempts(self) -> list[Attempt]:
        """All attempts, oldest first; a line that a crash cut short is left out."""
        if not self._log.exists():
            return []
        found = []
        for line in self._log.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValidationError):
                found.append(Attempt.model_validate_json(line))
        return found

    def record(self, attempt: Attempt) -> None:
        """Append an attempt to the log."""
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(attempt.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())

    # Cleaning

    def forget_rows(self) -> None:
        """Delete everything that holds real rows or models of them: after a publish."""
        for part in (self._objects, self._cache):
            for entry in part.iterdir():
                _remove(entry)
        for quarantine in self.folder.glob("runs/*/quarantine"):
            _remove(quarantine)

    def expire(self, keep_days: float) -> int:
        """Delete what is older than `keep_days`; returns how many entries went."""
        limit = time.time() - keep_days * 86_400
        old = [
            entry
            for entry in (
                *self._objects.iterdir(),
                *self._cache.iterdir(),
                *self.folder.glob("runs/*/quarantine"),
            )
            if entry.stat().st_mtime < limit
        ]
        for entry in old:
            _remove(entry)
        return len(old)


def artifacts_in(value: object) -> Iterator[Artifact]:
    """All references inside a stage's result."""
    if isinstance(value, Artifact):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from artifacts_in(getattr(value, name))
    elif isinstance(value, dict):
        for part in value.values():
            yield from artifacts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from artifacts_in(part)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files with their names."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(part for part in path.rglob("*") if part.is_file())
    text = "\n".join(f"{part.relative_to(path)} {digest_of(part)}" for part in files)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_json(value: object) -> str:
    """SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600, whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".staging-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def _is_whole(artifact: Artifact) -> bool:
    return artifact.path.exists() and digest_of(artifact.path) == artifact.sha256


def _private_folder(folder: Path) -> None:
    try:
        # `mkdir` gives its mode to the last folder only.
        for part in (*reversed(folder.parents), folder):
            if not part.exists():
                part.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise ArtifactError(
            f"the folder can't be made: {error.strerror}",
            where=str(folder),
            fix="Set WAXWORK_HOME to a folder you may write",
        ) from error


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def clean(settings: Settings, *, keep_days: float) -> int:
    """Expire the workspaces of all datasets; returns how many entries went."""
    root = settings.home / "datasets"
    if not root.is_dir():
        return 0
    names = [entry.name for entry in root.iterdir() if entry.is_dir()]
    return sum(Workspace.of(name, settings).expire(keep_days) for name in names)
