"""A store of releases, wherever fsspec reaches, and how a release is described in it.

<store>/<dataset>/LATEST                          the version to take, one line
<store>/<dataset>/WITHDRAWN                       versions that were taken back, JSON
<store>/<dataset>/releases/<version>/manifest.json
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from waxwork_client.errors import NotAsPublished, NotFound, StoreUnreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATASET = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORMAT = 1


@dataclass(frozen=True)
class File:
    """One file of a release.

    Args:
        path: Below the folder of the release.
        sha256: Digest of its bytes.
    """

    path: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a release consists of.

    Args:
        content: The JSON document itself.
        tables: The file of each table.
        schema: The file that says what the tables are.
    """

    content: Mapping[str, Any]
    tables: Mapping[str, File]
    schema: File

    @classmethod
    def of(cls, text: bytes, dataset: str, version: str) -> Manifest:
        """Read a manifest.

        Raises:
            NotAsPublished: It is none, or that of another release.
        """
        try:
            content = json.loads(text)
            tables = {
                name: _file(entry["file"], entry["sha256"])
                for name, entry in content["tables"].items()
            }
            schema = _file("schema.json", content["documents"]["schema.json"])
            said = (content["format"], content["name"], content["version"])
        except (ValueError, KeyError, TypeError, AttributeError):
            message = f"{dataset} {version}: this is no manifest of a release"
            raise NotAsPublished(message) from None
        if said[0] != _FORMAT:
            message = (
                f"{dataset} {version}: written in format {said[0]}; this client reads format "
                f"{_FORMAT}. Install a newer waxwork-client"
            )
            raise NotAsPublished(message)
        if said[1:] != (dataset, version):
            message = f"{dataset} {version}: the manifest is that of another release"
            raise NotAsPublished(message)
        return cls(content, tables, schema)


def _file(path: str, sha256: str) -> File:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or not _SHA256.fullmatch(sha256):
        raise ValueError(path)
    return File(path, sha256)


def withdrawals(text: bytes) -> Mapping[str, str]:
    """Versions that were taken back, with the reason of each.

    Raises:
        NotAsPublished: The list can't be read; then no release can be trusted.
    """
    try:
        versions = json.loads(text)["versions"]
        return {version: str(entry["reason"]) for version, entry in versions.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        message = "the list of withdrawn releases can't be read"
        raise NotAsPublished(message) from None


@dataclass(frozen=True)
class Store:
    """Where releases lie.

    Args:
        url: A folder, or any URL that fsspec knows.
    """

    url: str

    def read(self, path: str) -> bytes | None:
        """The bytes of a small file; `None` where there is none.

        Raises:
            StoreUnreachable: The store does not answer.
        """
        try:
            with self.open(path) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return None

    def open(self, path: str) -> IO[bytes]:
        """A file of the store, opened to read bytes.

        Raises:
            FileNotFoundError: There is none.
            StoreUnreachable: The store does not answer.
        """
        import fsspec

        try:
            system, root = fsspec.core.url_to_fs(self.url)
            opened: IO[bytes] = system.open(f"{root.rstrip('/')}/{path}", "rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            if _is_gone(system, root):
                message = f"there is no store at {self.url}"
                raise StoreUnreachable(message) from None
            raise FileNotFoundError(path) from error
        except Exception as error:
            # Each file system has errors of its own, and each means that it can't be read.
            message = f"the store {self.url} can't be read: {type(error).__name__}: {error}"
            raise StoreUnreachable(message) from error
        return opened


def _is_gone(system: Any, root: str) -> bool:  # noqa: ANN401  fsspec has no types
    """Whether a folder that should hold the store, on a mounted disk say, is not there."""
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(system, LocalFileSystem) and not system.isdir(root)


def check_dataset(name: str) -> None:
    """Raise `NotFound` where no dataset can have this name."""
    if not _DATASET.fullmatch(name):
        message = f"{name!r} is no name of a dataset: a-z, 0-9, - and _"
        raise NotFound(message)


def check_version(version: str) -> None:
    """Raise `NotFound` where no release can have this version."""
    if not _VERSION.fullmatch(version):
        message = f"{version!r} is no version of a release"
        raise NotFound(message)
