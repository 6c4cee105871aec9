"""Files and databases through DuckDB: many files as one table, joins of files, its own database."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipelines.base import ConfigPath, RawData, Source
from pipelines.sources.files import digest, find, stamp
from tabular.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import Self

    from pipelines.settings import Settings
    from pipelines.sources.dialects.base import Database
    from pipelines.sources.files import File
    from pipelines.sources.lake import Lake


class DuckdbSource(Source, frozen=True):
    """Files, folders and object stores, or a DuckDB database, all of it or by a SQL query.

    Parquet may be partitioned in Hive's way, and may lie in any store that an installed package of
    fsspec reads. Text files and spreadsheets are read by the rules of their own sources, so that a
    query sees the same types.
    """

    kind: Literal["duckdb"] = "duckdb"
    files: dict[str, str] = Field(
        default_factory=dict,
        description="By the table's name: a file, a folder, a pattern such as "
        "data/**/*.parquet, or a URL such as s3://bucket/folder.",
    )
    database: ConfigPath | None = Field(default=None, description="A database file of DuckDB.")
    tables: tuple[str, ...] = Field(
        default=(), description="Which tables; all that hold rows, if left out."
    )
    query: str | None = Field(default=None, description="A SELECT over them, instead of `tables`.")
    name: str = Field(default="query", min_length=1, description="The query's table's name.")
    skip: tuple[str, ...] = Field(
        default=(), description="Columns to leave out, as `table.column`; in a query, `column`."
    )
    memory: str = Field(
        default="2GB", pattern=r"^[0-9]+(\.[0-9]+)?(MB|GB)$", description="The most it may take."
    )

    @field_validator("files")
    @classmethod
    def _from_the_folder(cls, files: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        from pipelines.sources.objects import check_url, is_url

        folder = (info.context or {}).get("folder")
        return {
            name: check_url(file) if is_url(file) else str(folder / file) if folder else file
            for name, file in files.items()
        }

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if not self.files and self.database is None:
            message = "give `files`, `database` or both"
            raise ValueError(message)
        if self.tables and self.query is not None:
            message = "give either `tables` or `query`"
            raise ValueError(message)
        return self

    def read(self, settings: Settings) -> RawData:
        """Read all tables.

        Raises:
            SourceError: A file or table is not there or empty, the query fails or would open
                something else, or they are above the caps.
            ConfigurationError: No installed package reads a URL.
        """
        from pipelines.sources.dialects.reading import read_database

        with self._opened(settings) as database:
            return read_database(
                database,
                settings,
                tables=self.tables,
                schema=None,
                query=self.query,
                name=self.name,
                skip=self.skip,
            )

    def _opened(self, settings: Settings) -> AbstractContextManager[Database]:
        from pipelines.sources.dialects.duckdb import opened

        if self.database is not None and not self.database.is_file():
            raise SourceError("there is no such file", where=str(self.database))
        scans = {name: _scan(text, settings) for name, text in self.files.items()}
        return opened(self.database, settings, memory=self.memory, scans=scans)

    def fingerprint(self, settings: Settings) -> str:  # noqa: ARG002  the contract's
        """The digest of the files' bytes; of an object, of what its store says of it."""
        return self._digest(digest, "bytes")

    def quick_fingerprint(self) -> str:
        """The files' names, sizes and times of change."""
        return self._digest(stamp, "stat")

    def _digest(self, local: object, prefix: str) -> str:
        whole = hashlib.sha256()
        for name, place in self._places():
            found = place.stamp() if not isinstance(place, tuple) else local(place)  # type: ignore[operator]
            whole.update(f"{name}={found}\n".encode())
        return f"{prefix}:{whole.hexdigest()}"

    def _places(self) -> Iterator[tuple[str, tuple[File, ...] | Lake]]:
        from pipelines.sources.lake import Lake
        from pipelines.sources.objects import is_url

        if self.database is not None:
            yield "", find(self.database)
        for name, text in sorted(self.files.items()):
            yield name, Lake.of(text) if is_url(text) else find(Path(text))


def _scan(text: str, settings: Settings) -> object:
    """The rows that a path means: Parquet by itself, all else as its own source reads it."""
    from pipelines.source_text import kind_of, source_of_file
    from pipelines.sources.lake import Lake
    from pipelines.sources.objects import is_url

    kind = kind_of(text)
    is_lake = is_url(text) and kind in {None, "duckdb"}
    if is_lake or kind == "parquet" or Path(text).is_dir():
        return Lake.of(text).table(settings)
    import pyarrow as pa

    source = source_of_file(text if is_url(text) else Path(text))
    (table,) = source.read(settings).tables.values()
    texts: list[str] = list(table.frame.select_dtypes("string").columns)
    frame = table.frame.astype(dict.fromkeys(texts, object))
    return pa.Table.from_pandas(frame, preserve_index=False)
