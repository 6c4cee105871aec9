"""Files of SQLite, opened for reading, and its errors as ours: no cell in any message."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from pipelines.secrets import SecretName, resolve
from tabular.errors import ConfigurationError, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.settings import Settings

_PREFIX = "sqlite:///"
_MAGIC = b"SQLite format 3\0"
_WAL = b"\x02"
"""Byte 18 of a file whose changes are kept in a write-ahead log."""
_BUSY_SECONDS = 15


def path_of(url: str, *, where: str = "source.url") -> Path:
    """The file that `sqlite:///relative.db` or `sqlite:////absolute.db` means.

    Raises:
        ConfigurationError: It means none.
    """
    path = unquote(url.removeprefix(_PREFIX)) if url.lower().startswith(_PREFIX) else ""
    if not path or "?" in url or "\0" in path or path == ":memory:":
        raise ConfigurationError(
            "the URL names no file of SQLite",
            where=where,
            fix="Write sqlite:///file.db or sqlite:////folder/file.db",
        )
    return Path(path)


def in_folder(url: str, folder: Path) -> str:
    """The URL with a relative path taken from a folder."""
    return url_of(folder / path_of(url))


def url_of(path: Path) -> str:
    """The URL of a file."""
    return _PREFIX + quote(str(path))


def files_of(url: str) -> tuple[Path, ...]:
    """The database's file, with its write-ahead log where it has one.

    Raises:
        SourceError: It is not there.
    """
    path = path_of(url)
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), fix="Check the path")
    log = path.with_name(path.name + "-wal")
    return (path, log) if log.is_file() and log.stat().st_size else (path,)


@contextmanager
def connected(
    url: str | SecretName, settings: Settings, *, where: str
) -> Iterator[sqlite3.Connection]:
    """A connection that reads as of one moment, and can't write.

    Raises:
        ConfigurationError: The secret is missing, or what it holds is not a URL of SQLite.
        SourceError: The file is not there, no database, damaged, or larger than the cap.
        SourceUnavailable: Another program holds it locked.
    """
    from pipelines.sources.files import keep_caps, opened

    text = url if isinstance(url, str) else resolve(url, settings)
    path = path_of(text, where=where)
    place = str(path) if isinstance(url, str) else f"the database of the secret {url.secret!r}"
    files = files_of(text)
    keep_caps(settings, place, n_bytes=sum(file.stat().st_size for file in files))
    with opened(path) as stream:
        head = stream.read(20)
    if not head.startswith(_MAGIC):
        raise SourceError("it is no database of SQLite", where=place, fix="Check the path")
    # A reader of a write-ahead log leaves files beside it; without a log there is none to read.
    still = head[18:19] == _WAL and len(files) == 1
    options = "mode=ro&immutable=1" if still else "mode=ro"
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?{options}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
        )
    except sqlite3.Error as error:
        raise translated(error, place) from None
    try:
        for pragma in ("query_only = on", "trusted_schema = off", "cell_size_check = on"):
            connection.execute(f"pragma {pragma}")
        connection.execute("begin")
        # The snapshot is taken by the first reading.
        connection.execute("select count(*) from sqlite_master").fetchone()
        yield connection
    except sqlite3.Error as error:
        # The driver's text can quote cells and the statement.
        raise translated(error, place) from None
    except UnicodeDecodeError:
        raise SourceError("the database is damaged: a name is not UTF-8", where=place) from None
    finally:
        connection.close()


def translated(error: sqlite3.Error, place: str) -> SourceError:
    """An error of SQLite as ours, without its words where they may hold a cell."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return SourceUnavailable(
            "another program holds the database locked",
            where=place,
            fix="Run again when it is done",
        )
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return SourceError("the database is damaged or encrypted", where=place)
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH}:
        return SourceError(
            "the query would write, and only reading is allowed",
            where=place,
            fix="Make it a SELECT",
        )
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}:
        return SourceError("the file can't be opened or read", where=place, fix="Check its rights")
    text = str(error)
    for sign, (what, fix) in _MEANINGS.items():
        if sign in text:
            return SourceError(what, where=place, fix=fix)
    return SourceError(
        "the database reports an error",
        where=place,
        fix="Run the statement in sqlite3 to see its own words",
    )


_MEANINGS = {
    "decode to UTF-8": (
        "there is text that is not UTF-8",
        "Leave the column out with `skip`, or cast it to blob and decode it first",
    ),
    "no such table": ("there is no such table", "Check its name"),
    "no such column": ("there is no such column", "Check the query"),
    "syntax error": ("the query can't be parsed", "Check it in sqlite3"),
    "incomplete input": ("the query can't be parsed", "Check it in sqlite3"),
    "unrecognized token": ("the query can't be parsed", "Check it in sqlite3"),
    "one statement": ("the query holds more than one statement", "Make it one SELECT"),
}
