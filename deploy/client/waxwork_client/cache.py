"""What was read before: files by their digest, and what a store said last.

Files are written under another name and renamed, so that several processes can share a cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_CHUNK = 1 << 20


def default_cache() -> Path:
    """`WAXWORK_CACHE`, or a folder where the platform's user keeps caches."""
    if named := os.environ.get("WAXWORK_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "waxwork"


@dataclass(frozen=True)
class Cache:
    """A folder of files by digest, and of what each store said last.

    Args:
        root: The folder; made when something is written.
        store: The store's address: what stores said is kept apart.
    """

    root: Path
    store: str

    def file(self, sha256: str, suffix: str) -> Path | None:
        """A cached file whose bytes still have this digest; a damaged one is deleted."""
        path = self._object(sha256, suffix)
        try:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                    return path
        except FileNotFoundError:
            return None
        path.unlink(missing_ok=True)
        return None

    def keep(self, stream: IO[bytes], sha256: str, suffix: str) -> Path | None:
        """Copy a stream into the cache; `None`, and nothing kept, if its digest is another."""
        path = self._object(sha256, suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with _new_file(path.parent) as (new, file):
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.close()
            if digest.hexdigest() != sha256:
                return None
            new.replace(path)
        return path

    def said(self, path: str) -> bytes | None:
        """What the store's file at `path` held when it was read last."""
        try:
            return (self._notes / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def note(self, path: str, content: bytes | None) -> None:
        """Remember what the store's file at `path` holds; `None` where it has none."""
        target = self._notes / path
        if content is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with _new_file(target.parent) as (new, file):
            file.write(content)
            file.close()
            new.replace(target)

    def clear(self) -> None:
        """Delete everything that is cached, of all stores."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _object(self, sha256: str, suffix: str) -> Path:
        return self.root / "objects" / sha256[:2] / f"{sha256}{suffix}"

    @property
    def _notes(self) -> Path:
        return self.root / "stores" / hashlib.sha256(self.store.encode()).hexdigest()[:16]


class _new_file:  # noqa: N801  used like a function
    """A new file beside its final place; deleted unless it was renamed."""

    def __init__(self, folder: Path) -> None:
        handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
        self._path, self._file = Path(name), os.fdopen(handle, "wb")

    def __enter__(self) -> tuple[Path, IO[bytes]]:
        return self._path, self._file

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
