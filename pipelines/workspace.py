"""A dataset's folder on this machine: artefacts by content, a cache of stages, a log of attempts.

    <home>/<dataset>/                  mode 0700, every file 0600
        attempts.jsonl                 append-only: one line per attempt, never rewritten
        objects/<sha256>               what stages made, named by its digest
        cache/<stage>-<key>.json       which objects a stage made from which inputs
        source-profile.json            what the last release's source was like, in aggregates
        runs/<run>/                    report.json, report.html, decision.json, quarantine/

Objects, cache and quarantine hold real rows or models of them; `pipelines.retention` deletes them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
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

STAGING = ".staging-"
"""How the names of files begin that are still being written, or already being deleted."""


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
        limit: Most bytes of objects; `None`: as many as the disk holds.
    """

    def __init__(self, home: Path, name: str, *, limit: int | None = None) -> None:
        self.folder = home / name
        self._limit = limit
        for part in (self.folder, self.objects, self.cache, self.runs):
            private_folder(part)

    @classmethod
    def of(cls, name: str, settings: Settings) -> Workspace:
        """The workspace of a dataset.

        Raises:
            ArtifactError: The folder can't be made.
        """
        return cls(settings.home / "datasets", name, limit=settings.max_workspace_bytes)

    @property
    def objects(self) -> Path:
        """What stages made, by digest."""
        return self.folder / "objects"

    @property
    def cache(self) -> Path:
        """What was made from what."""
        return self.folder / "cache"

    @property
    def runs(self) -> Path:
        """One folder for each run."""
        return self.folder / "runs"

    @property
    def _log(self) -> Path:
        return self.folder / "attempts.jsonl"

    def run_folder(self, run: str) -> Path:
        """Where a run's report and quarantine stand."""
        folder = self.runs / run
        private_folder(folder)
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
        folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=self.objects))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, write: Callable[[Path], None], *, rows: int = 0) -> Artifact:
        """Store what `write` writes to the path it is given, a file or a folder.

        Raises:
            ArtifactError: It can't be written, or the workspace would grow beyond its limit.
        """
        try:
            with self._staging() as staging:
                made = staging / "made"
                write(made)
                close_to_others(made)
                digest = digest_of(made)
                place = self.objects / digest
                if not place.exists():
                    self._must_fit()
                    made.rename(place)
        except OSError as error:
            raise ArtifactError(
                f"the workspace can't be written: {error.strerror}", where=str(self.folder)
            ) from error
        return Artifact(path=place, sha256=digest, rows=rows)

    def unfinished(self, key: str) -> Path:
        """Where work that is cut short may leave what it needs to be taken up again.

        It lasts as long as the cache does, so that the next run finds it.
        """
        return self.cache / f"{key}.unfinished"

    def _must_fit(self) -> None:
        if self._limit is not None and size_of(self.objects) > self._limit:
            raise ArtifactError(
                f"the workspace would hold more than {self._limit:,} bytes",
                where=str(self.folder),
                fix="Make room with `waxwork clean`, or raise WAXWORK_MAX_WORKSPACE_BYTES",
            )

    # Cache

    def remembered(self, stage: str, key: str, model: type[_Made]) -> _Made | None:
        """What a stage made from these inputs before, if all of it is still there and whole."""
        try:
            made = model.model_validate_json((self.cache / f"{stage}-{key}.json").read_bytes())
        except (OSError, ValidationError):
            return None
        return made if all(_is_whole(artifact) for artifact in artifacts_in(made)) else None

    def remember(self, stage: str, key: str, made: BaseModel) -> None:
        """Note what a stage made from these inputs."""
        write_private(self.cache / f"{stage}-{key}.json", made.model_dump_json())

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
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=STAGING)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def _is_whole(artifact: Artifact) -> bool:
    return artifact.path.exists() and digest_of(artifact.path) == artifact.sha256


def size_of(path: Path) -> int:
    """Bytes in a file, or in all files of a folder; links count for themselves."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(size_of(part) for part in path.iterdir())


def close_to_others(path: Path) -> None:
    """Give a file or folder, and all it holds, modes that keep everybody else out."""
    if path.is_symlink():
        return
    if path.is_dir():
        path.chmod(0o700)
        for part in path.iterdir():
            close_to_others(part)
    else:
        path.chmod(0o600)


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it, with mode 0700 whatever the umask.

    Raises:
        ArtifactError: It can't be made.
    """
    try:
        # `mkdir` gives its mode to the last folder only.
        for part in (*reversed(folder.parents), folder):
            if not part.exists():
                part.mkdir(mode=0o700, exist_ok=True)
                part.chmod(0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise ArtifactError(
            f"the folder can't be made: {error.strerror}",
            where=str(folder),
            fix="Set WAXWORK_HOME to a folder you may write",
        ) from error
