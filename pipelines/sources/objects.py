"""Files in object stores, through fsspec: named by a URL, found and opened as local files are.

What needs a login takes it from the environment, as the package that reads the store does; a URL
holds none.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

URL = "^[A-Za-z][A-Za-z0-9+.-]*://"
"""How an address of an object store begins."""

_WILDCARDS = re.compile(r"[*?\[]")


def is_url(text: str) -> bool:
    """Whether a text is an address of an object store."""
    return bool(re.match(URL, text))


def check_url(url: str) -> str:
    """The URL itself, where it holds no login and no second URL.

    Raises:
        ConfigurationError: It holds one.
    """
    scheme, _, rest = url.partition("://")
    if "@" in rest.partition("/")[0]:
        raise ConfigurationError(
            "there is a user or a password in the URL",
            where=scheme,
            fix="Give the login in the environment, as the store's package reads it",
        )
    if "::" in url:
        raise ConfigurationError(
            "one URL stands behind another", where=scheme, fix="Name the file itself"
        )
    return url


@dataclass(frozen=True)
class StoredFile:
    """A file of an object store.

    Args:
        scheme: That of the URL.
        system: The file system of fsspec that holds it.
        path: Its name there.
    """

    scheme: str
    system: Any
    path: str

    def __str__(self) -> str:
        """Its URL."""
        return f"{self.scheme}://{self.path.lstrip('/')}"

    @property
    def name(self) -> str:
        """The last part of its name."""
        return PurePosixPath(self.path).name

    @property
    def suffix(self) -> str:
        """What follows the name's last point, with it."""
        return PurePosixPath(self.path).suffix

    @property
    def tag(self) -> str:
        """What the store says of it: its size, its time of change or its tag."""
        return str(self.system.ukey(self.path))

    def opened(self) -> io.BufferedReader:
        """The file opened for reading bytes.

        Raises:
            SourceError: It can't be opened.
        """
        try:
            return io.BufferedReader(self.system.open(self.path, "rb"))
        except Exception as error:  # noqa: BLE001  whatever the store's package raises
            # Not chained: the package's text may hold a signed URL.
            said = f"the file can't be opened ({type(error).__name__})"
            raise SourceError(said, where=str(self)) from None


def system_of(url: str) -> tuple[Any, str]:
    """The file system of fsspec that a URL means, and the path in it.

    Raises:
        ConfigurationError: No installed package reads such URLs, or there is a login in it.
    """
    import fsspec
    from fsspec.registry import known_implementations

    scheme = check_url(url).partition("://")[0]
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        fix = str(known_implementations.get(scheme.lower(), {}).get("err", ""))
        raise ConfigurationError(
            f"no package is installed that reads {scheme}:// URLs",
            where=url,
            fix=fix or "Install the one that fsspec names: s3fs, gcsfs, adlfs, ...",
        ) from error
    return system, str(path)


def listed(system: Any, path: str, suffixes: Sequence[str], where: str) -> tuple[str, ...]:  # noqa: ANN401  any store's
    """The files that a path means, in order: a file, a folder's, or those of a pattern.

    Args:
        system: The file system of fsspec.
        path: A file, a folder or a pattern in it.
        suffixes: In a folder, only files that end so count.
        where: How the configuration names it, for errors.

    Raises:
        SourceError: The store does not answer.
    """
    try:
        if _WILDCARDS.search(path):
            found = [name for name in system.glob(path) if not system.isdir(name)]
        elif system.isdir(path):
            ends = tuple(suffixes)
            found = [name for name in system.find(path) if str(name).lower().endswith(ends)]
        else:
            found = [path] if system.exists(path) else []
    except Exception as error:  # noqa: BLE001  whatever the store's package raises
        said = f"the files can't be listed ({type(error).__name__})"
        raise SourceError(said, where=where) from None
    return tuple(sorted(str(name) for name in found if not _is_hidden(str(name), path)))


def _is_hidden(name: str, path: str) -> bool:
    below = _WILDCARDS.split(path)[0].rpartition("/")[0]
    parts = PurePosixPath(name[len(below) :]).parts
    return any(part.startswith((".", "_")) and "=" not in part for part in parts)


def stored(url: str, suffixes: Sequence[str]) -> tuple[StoredFile, ...]:
    """The files that a URL means, in order.

    Raises:
        ConfigurationError: No installed package reads such URLs, or there is a login in it.
        SourceError: There is none, or the store does not answer.
    """
    system, path = system_of(url)
    found = listed(system, path, suffixes, url)
    if not found:
        raise SourceError("there is no such file", where=url, fix="Check the URL")
    scheme = url.partition("://")[0]
    return tuple(StoredFile(scheme, system, name) for name in found)
