"""What all sources of files share: names, caps, fingerprints."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.sources.objects import StoredFile, stored
from tabular.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import BufferedReader

    from pipelines.settings import Settings

    File = Path | StoredFile

_WILDCARDS = re.compile(r"[*?\[].*")


def table_name(place: File | str) -> str:
    """What a file's table is called: its name without suffixes, or its folder's for a wildcard."""
    path = Path(str(place))
    fixed = _WILDCARDS.sub("", path.name)
    stem = fixed.lstrip(".").partition(".")[0]
    if fixed != path.name:
        stem = stem.strip("-_ ")
    return stem or (table_name(path.parent) if path.parent.name else "table")


def find(path: Path | str, suffixes: Sequence[str] = ()) -> tuple[File, ...]:
    """The files that a path means, in order: a file, a folder's, or those of a wildcard.

    Args:
        path: A file, a folder or a pattern with `*`, `?` or `[...]` in it; as text, the URL of
            one in an object store.
        suffixes: In a folder, only files that end so count.

    Raises:
        SourceError: There is none.
        ConfigurationError: No installed package reads such URLs.
    """
    if isinstance(path, str):
        return stored(path, suffixes)
    try:
        return _found(path, suffixes)
    except PermissionError:
        raise SourceError(
            "the file may not be read", where=str(path), fix="Check its rights, and its folder's"
        ) from None


def _found(path: Path, suffixes: Sequence[str]) -> tuple[Path, ...]:
    if path.is_file():
        return (path,)
    if path.is_dir():
        inside = (file for file in path.rglob("*") if file.is_file())
        found = sorted(file for file in inside if not _is_hidden(file.relative_to(path)))
        found = [file for file in found if file.name.lower().endswith(tuple(suffixes) or "")]
        what = f"the folder holds no {' or '.join(suffixes)} file"
    elif _WILDCARDS.search(str(path)):
        root = Path(path.anchor)
        found = sorted(file for file in root.glob(str(path.relative_to(root))) if file.is_file())
        what = "no file matches"
    else:
        found, what = [], "there is no such file"
    if not found:
        raise SourceError(what, where=str(path), fix="Check the path")
    return tuple(found)


def _is_hidden(relative: Path) -> bool:
    return any(part.startswith((".", "_")) for part in relative.parts)


def digest(files: Sequence[File]) -> str:
    """The sha256 of the files' bytes; a file's name does not count."""
    whole = hashlib.sha256()
    for file in files:
        with opened(file) as stream:
            one = hashlib.file_digest(stream, "sha256")
        whole.update(one.digest())
    return f"sha256:{whole.hexdigest()}"


def stamp(files: Sequence[File]) -> str:
    """Names, sizes and times of change of the files, digested."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.name}/{_tag(file)}\n".encode())
    return f"stat:{whole.hexdigest()}"


def _tag(file: File) -> str:
    """What tells a file from what it was, without reading it."""
    if isinstance(file, StoredFile):
        return file.tag
    found = file.stat()
    return f"{found.st_size}/{found.st_mtime_ns}"


def opened(file: File) -> BufferedReader:
    """A file opened for reading bytes.

    Raises:
        SourceError: It can't be opened.
    """
    if isinstance(file, StoredFile):
        return file.opened()
    try:
        return file.open("rb")
    except OSError as error:
        raise SourceError(f"the file can't be opened: {error.strerror}", where=str(file)) from error


def keep_caps(
    settings: Settings, where: str, *, rows: int = 0, columns: int = 0, n_bytes: int = 0
) -> None:
    """Raise `SourceError` where a source is above a cap of the settings."""
    caps = (
        ("rows", rows, settings.max_rows, "WAXWORK_MAX_ROWS"),
        ("columns", columns, settings.max_columns, "WAXWORK_MAX_COLUMNS"),
        ("bytes, uncompressed", n_bytes, settings.max_bytes, "WAXWORK_MAX_BYTES"),
    )
    for what, found, most, variable in caps:
        if found > most:
            raise SourceError(
                f"there are more than {most:,} {what}",
                where=where,
                fix=f"Take less of it, or raise {variable}",
            )
