"""SQL databases: tables, a query or all there is, read as of one moment.

The dialects are in `pipelines/sources/dialects`; the URL's scheme names one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipelines.base import RawData, Source
from pipelines.secrets import SecretName, resolve
from pipelines.sources.dialects.reading import (
    quoted,
    read_database,
    refused,
    shared,
    split_name,
    with_rows,
)
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from pipelines.settings import Settings
    from pipelines.sources.dialects.base import Database


class SqlSource(Source, frozen=True):
    """A PostgreSQL, MariaDB, MySQL or SQLite database: tables, a query, or all of its tables."""

    kind: Literal["sql"] = "sql"
    url: str | SecretName = Field(
        description="postgresql://user@host:port/database, mariadb://user@host:port/database, "
        "sqlite:///file.db (from the configuration's folder), or `{secret: NAME}` that holds it; "
        "a URL with a password in it is refused."
    )
    tables: tuple[str, ...] = Field(
        default=(),
        description="`schema.table` or `table`; where a name holds a point, write it in quotes. "
        "Without tables and query, all tables that hold rows are meant.",
    )
    schema_name: str | None = Field(
        default=None, min_length=1, description="All tables of this schema, instead of `tables`."
    )
    query: str | None = Field(default=None, description="A SELECT, instead of `tables`.")
    name: str = Field(default="query", min_length=1, description="The query's table's name.")
    skip: tuple[str, ...] = Field(
        default=(), description="Columns to leave out, as `table.column`; in a query, `column`."
    )
    version_query: str | None = Field(
        default=None,
        description="A quick SELECT whose answer changes when the rows do; without it they are "
        "always taken as changed.",
    )

    @field_validator("url")
    @classmethod
    def _holds_no_password(cls, url: str | SecretName, info: ValidationInfo) -> str | SecretName:
        from pipelines.database_urls import EXAMPLES, check_plain_url

        if isinstance(url, str):
            dialect = check_plain_url(url, where="source.url", among=tuple(EXAMPLES))
            folder = (info.context or {}).get("folder")
            if dialect == "sqlite" and folder is not None:
                from pipelines.sqlite import in_folder

                return in_folder(url, folder)
        return url

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if sum(map(bool, (self.tables, self.schema_name, self.query is not None))) > 1:
            message = "give one of `tables`, `schema_name` and `query`"
            raise ValueError(message)
        if twice := shared([split_name(table) for table in self.tables]):
            message = f"two tables are called {', '.join(twice)}; read one of them by a `query`"
            raise ValueError(message)
        return self

    def read(self, settings: Settings) -> RawData:
        """Read all tables in one read-only transaction.

        Raises:
            SourceError: A table is not there or empty, a column is of a type that no table holds,
                or they are above the caps.
            SourceUnavailable: The database does not answer, or went away.
            ConfigurationError: The secret is missing, or the URL is not one of a database.
        """
        with self._opened(settings) as database:
            return read_database(
                database,
                settings,
                tables=self.tables,
                schema=self.schema_name,
                query=self.query,
                name=self.name,
                skip=self.skip,
            )

    def fingerprint(self, settings: Settings) -> str | None:
        """The digest of the answer to `version_query`; without one, of SQLite's file, or `None`.

        Raises:
            SourceError: The query fails.
            SourceUnavailable: The database does not answer.
            ConfigurationError: The secret is missing.
        """
        if self.version_query is None:
            files = self._files(resolve(self.url, settings) if isinstance(self.url, SecretName)
                                else self.url)  # fmt: skip
            if not files:
                return None
            from pipelines.sources.files import digest

            return digest(files)
        with self._opened(settings) as database:
            return f"sql:{database.digest(self.version_query, settings.max_bytes)}"

    def quick_fingerprint(self) -> str | None:
        """The size and time of change of SQLite's file; of no other database."""
        if self.version_query is not None or isinstance(self.url, SecretName):
            return None
        from pipelines.sources.files import stamp

        files = self._files(self.url)
        return stamp(files) if files else None

    @staticmethod
    def _files(url: str) -> tuple[Path, ...]:
        from pipelines.database_urls import dialect_of

        if dialect_of(url) != "sqlite":
            return ()
        from pipelines.sqlite import files_of

        return files_of(url)

    @contextmanager
    def _opened(self, settings: Settings) -> Iterator[Database]:
        from pipelines.database_urls import dialect_of, example
        from pipelines.sources.dialects import mariadb, postgresql, sqlite

        openers = {
            "postgresql": postgresql.opened,
            "mariadb": mariadb.opened,
            "sqlite": sqlite.opened,
        }
        text = self.url if isinstance(self.url, str) else resolve(self.url, settings)
        dialect = dialect_of(text)
        if dialect is None:
            message = "it holds no URL of a database"
            raise ConfigurationError(message, where="source.url", fix=example())
        with openers[dialect](self.url, settings, where="source.url") as database:
            yield database


def offered(source: SqlSource, settings: Settings) -> SqlSource:
    """The source that names all its database holds: tables with rows, columns that can't be read.

    Args:
        source: A source without tables and query.
        settings: Where secrets are.

    Raises:
        SourceError: There are no tables, or the database does not answer.
    """
    with source._opened(settings) as database:  # noqa: SLF001  this module's own
        found = with_rows(database, source.schema_name)
    return source.model_copy(
        update={
            "tables": tuple(".".join(quoted(part) for part in table.parts) for table in found),
            "schema_name": None,
            "skip": refused(found),
        }
    )
