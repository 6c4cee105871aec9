"""The source that a command line's SOURCE means."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipelines.secrets import SecretName
from pipelines.sources.files import table_name
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.base import Source

_KINDS = {
    "csv": re.compile(r"\.(csv|tsv|txt)(\.(gz|zst))?$", re.IGNORECASE),
    "parquet": re.compile(r"\.(parquet|pq)$", re.IGNORECASE),
    "jsonl": re.compile(r"\.(jsonl|ndjson)(\.(gz|zst))?$", re.IGNORECASE),
    "excel": re.compile(r"\.(xlsx|xlsm)$", re.IGNORECASE),
    "duckdb": re.compile(r"\.(duckdb|ddb)$", re.IGNORECASE),
}
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SECRET = re.compile(r"^secret:(?P<name>[^#]+)(#(?P<tables>.+))?$")


def source_from_text(text: str, schema: str | None = None) -> Source:
    """The source that a command line's SOURCE means.

    `data.csv[.gz|.zst]`, `data.jsonl[.gz|.zst]`, `book.xlsx`, `data.parquet`, a folder or pattern
    of Parquet files, or the URL of any of these in an object store; `file.db` of SQLite;
    `file.duckdb`; `postgresql://user@host/database[#schema.table,...]`, the same with
    `mariadb://`, `mysql://` or `sqlite:///file.db`, or `secret:NAME[#schema.table,...]`, where
    without tables all of the database's that hold rows are meant; `sample:NAME`.

    Args:
        text: What the command line says.
        schema: Of a database's tables, those of this schema alone.

    Raises:
        ConfigurationError: It means none, names something that a source refuses, or has no
            schemas.
        SourceError: There is no such file, or the database can't list its tables.
    """
    is_database = _SECRET.match(text) or (_URL.match(text) and not is_lake(text))
    if schema is not None and not is_database:
        raise ConfigurationError(
            "only a database has schemas", where="--schema", fix="Leave it out, or name a database"
        )
    try:
        if text.startswith("sample:"):
            from pipelines.sources.sample import SampleSource

            return SampleSource(name=text.removeprefix("sample:"))
        if match := _SECRET.match(text):
            return _database(SecretName(secret=match["name"]), match["tables"], schema)
        if is_lake(text):
            from pipelines.sources.duckdb import DuckdbSource

            if kind_of(text) in {"csv", "jsonl", "excel"}:
                return source_of_file(text)
            return DuckdbSource(files={table_name(Path(text.rstrip("/"))): text})
        if _URL.match(text):
            url, _, tables = text.partition("#")
            return _database(url, tables, schema)
        return source_of_file(Path(text))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        message = fault["msg"].removeprefix("Value error, ")
        raise ConfigurationError(message, where="SOURCE") from None


def is_lake(text: str) -> bool:
    """Whether a text is a URL of an object store: one of a scheme that fsspec knows."""
    scheme, mark, _ = text.partition("://")
    if not mark or scheme.lower() in _NO_STORES:
        return False
    import fsspec

    return scheme.lower() in fsspec.available_protocols()


_NO_STORES = {
    "http",
    "https",
    "ftp",
    "sftp",
    "ssh",
    "git",
    "github",
    "data",
    "zip",
    "tar",
    "reference",
}


def _database(url: str | SecretName, tables: str | None, schema: str | None = None) -> Source:
    from pipelines.settings import Settings
    from pipelines.sources.sql import SqlSource, offered

    if tables:
        return SqlSource(url=url, tables=_listed(tables), schema_name=schema)
    return offered(SqlSource(url=url, schema_name=schema), Settings())


def _listed(tables: str) -> tuple[str, ...]:
    """Names between commas; a name in double quotes may hold some."""
    return tuple(name.strip() for name in re.findall(r'(?:"(?:[^"]|"")*"|[^,"])+', tables))


def kind_of(name: str) -> str | None:
    """The kind of source that a file's name tells, if it does."""
    found = (kind for kind, ends in _KINDS.items() if ends.search(name.rstrip("*")))
    return next(found, None)


def source_of_file(path: Path | str) -> Source:
    """The source that reads a file, told by its name or else its first bytes.

    Args:
        path: The file, or its URL in an object store.

    Raises:
        ConfigurationError: None does.
        SourceError: There is no such file.
    """
    from pipelines.sources.files import find, opened

    if isinstance(path, Path) and os.path.isdir(path):  # noqa: PTH112  no error where none may look
        return _of_kind("parquet", path)
    if kind := kind_of(str(path)):
        return _of_kind(kind, path)
    # Looking at the first bytes costs nothing and spares a question.
    with opened(find(path)[0]) as stream:
        start = stream.read(4096)
    if start.startswith(b"SQLite format 3\0"):
        from pipelines.sqlite import url_of

        return _database(url_of(Path(path)), None)
    if start.startswith(b"PAR1"):
        return _of_kind("parquet", path)
    if b"\0" not in start and not start.lstrip().startswith((b"{", b"[", b"<")):
        return _of_kind("csv", path)
    raise ConfigurationError(
        f"no source reads {Path(path).suffix or 'such'} files",
        where=str(path),
        fix="Save it as csv or Parquet; `waxwork list sources` shows what is read",
    )


def _of_kind(kind: str, path: Path | str) -> Source:
    from pipelines.base import SOURCES

    return SOURCES[kind].model_validate({"database" if kind == "duckdb" else "path": path})
