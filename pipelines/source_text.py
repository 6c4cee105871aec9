"""The source that a command line's SOURCE means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipelines.secrets import SecretName
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.base import Source

_TEXT = re.compile(r"\.(csv|tsv|txt)(\.(gz|zst))?$", re.IGNORECASE)
_PARQUET = re.compile(r"\.(parquet|pq)$", re.IGNORECASE)
_JSONL = re.compile(r"\.(jsonl|ndjson)(\.(gz|zst))?$", re.IGNORECASE)
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SECRET = re.compile(r"^secret:(?P<name>[^#]+)(#(?P<tables>.+))?$")


def source_from_text(text: str) -> Source:
    """The source that a command line's SOURCE means.

    `data.csv[.gz|.zst]`, `data.jsonl[.gz|.zst]`, `data.parquet`, a folder or pattern of Parquet
    files; `file.db` of SQLite; `postgresql://user@host/database[#schema.table,...]`, the same with
    `mariadb://`, `mysql://` or `sqlite:///file.db`, or `secret:NAME[#schema.table,...]`, where
    without tables all of the database's that hold rows are meant; `sample:NAME`.

    Raises:
        ConfigurationError: It means none, or names something that a source refuses.
        SourceError: There is no such file, or the database can't list its tables.
    """
    try:
        if text.startswith("sample:"):
            from pipelines.sources.sample import SampleSource

            return SampleSource(name=text.removeprefix("sample:"))
        if match := _SECRET.match(text):
            return _database(SecretName(secret=match["name"]), match["tables"])
        if _URL.match(text):
            url, _, tables = text.partition("#")
            return _database(url, tables)
        return _file(Path(text))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        message = fault["msg"].removeprefix("Value error, ")
        raise ConfigurationError(message, where="SOURCE") from None


def _database(url: str | SecretName, tables: str | None) -> Source:
    from pipelines.settings import Settings
    from pipelines.sources.sql import SqlSource, offered

    if tables:
        return SqlSource(url=url, tables=tuple(name.strip() for name in tables.split(",")))
    return offered(SqlSource(url=url), Settings())


def _file(path: Path) -> Source:
    from pipelines.sources.csv import CsvSource
    from pipelines.sources.files import find, opened
    from pipelines.sources.parquet import ParquetSource

    name = path.name.rstrip("*")
    if _TEXT.search(name):
        return CsvSource(path=path)
    if _PARQUET.search(name) or path.is_dir():
        return ParquetSource(path=path)
    if _JSONL.search(name):
        from pipelines.sources.jsonl import JsonlSource

        return JsonlSource(path=path)
    # Looking at the first bytes costs nothing and spares a question.
    with opened(find(path)[0]) as stream:
        start = stream.read(4096)
    if start.startswith(b"SQLite format 3\0"):
        from pipelines.sqlite import url_of

        return _database(url_of(path), None)
    if start.startswith(b"PAR1"):
        return ParquetSource(path=path)
    if b"\0" not in start and not start.lstrip().startswith((b"{", b"[", b"<")):
        return CsvSource(path=path)
    raise ConfigurationError(
        f"no source reads {path.suffix or 'such'} files",
        where=str(path),
        fix="Save it as csv or Parquet; `waxwork list sources` shows what is read",
    )
