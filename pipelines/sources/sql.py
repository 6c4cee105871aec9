"""PostgreSQL: tables or a query, all read as of one moment."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from pipelines.base import RawData, RawTable, Source
from pipelines.secrets import SecretName
from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from typing import Self

    import psycopg
    from psycopg import sql
    from psycopg.rows import TupleRow

    from pipelines.settings import Settings


class SqlSource(Source, frozen=True):
    """Tables or a query of a PostgreSQL database, read in one transaction."""

    kind: Literal["sql"] = "sql"
    url: str | SecretName = Field(
        description="postgresql://user@host:port/database, or `{secret: NAME}` that holds it; "
        "a URL with a password in it is refused."
    )
    tables: tuple[str, ...] = Field(
        default=(),
        description="`schema.table` or `table`; where a name holds a point, write it in quotes.",
    )
    query: str | None = Field(default=None, description="A SELECT, instead of `tables`.")
    name: str = Field(default="query", min_length=1, description="The query's table's name.")
    version_query: str | None = Field(
        default=None,
        description="A quick SELECT whose answer changes when the rows do; without it they are "
        "always taken as changed.",
    )

    @field_validator("url")
    @classmethod
    def _holds_no_password(cls, url: str | SecretName) -> str | SecretName:
        from pipelines.postgres import check_plain_url

        if isinstance(url, str):
            check_plain_url(url, where="source.url")
        return url

    @model_validator(mode="after")
    def _tables_or_query(self) -> Self:
        if bool(self.tables) == (self.query is not None):
            message = "give either `tables` or `query`"
            raise ValueError(message)
        names = [split_name(table)[-1] for table in self.tables]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            message = f"two tables are called {', '.join(repeated)}; read one of them by a `query`"
            raise ValueError(message)
        return self

    def read(self, settings: Settings) -> RawData:
        """Read all tables in one repeatable-read, read-only transaction.

        Raises:
            SourceError: A table is not there or empty, a column is of a type that no table holds,
                or they are above the caps.
            SourceUnavailable: The database does not answer, or went away.
            ConfigurationError: The secret is missing, or the URL is not one of PostgreSQL.
        """
        from pipelines.postgres import connected
        from pipelines.sources import catalog
        from pipelines.sources.copied import Budget, copied

        budget = Budget(settings)
        with connected(self.url, settings, where="source.url") as connection:
            if self.query is not None:
                query = _plain(self.query)
                columns = catalog.columns_of(connection, query, self.name)
                frame, known = copied(connection, query, columns, budget, self.name)
                return RawData({self.name: RawTable(frame, known)})
            found = [catalog.find(connection, split_name(table)) for table in self.tables]
            tables: dict[str, RawTable] = {}
            for table in found:
                columns = catalog.columns_of(connection, table.select, table.name)
                frame, known = copied(connection, table.select, columns, budget, table.name)
                keys = catalog.keys(connection, table)
                tables[table.name] = RawTable(
                    frame,
                    {
                        name: column.model_copy(update={"nullable": name not in keys.not_null})
                        for name, column in known.items()
                    },
                    keys.primary,
                    keys.alternate,
                )
            return RawData(tables, catalog.foreign_keys(connection, found))

    def fingerprint(self, settings: Settings) -> str | None:
        """The digest of the answer to `version_query`; `None` without one.

        Raises:
            SourceError: The query fails.
            SourceUnavailable: The database does not answer.
            ConfigurationError: The secret is missing.
        """
        from psycopg import sql

        from pipelines.postgres import connected

        if self.version_query is None:
            return None
        copy = sql.SQL("copy ({}\n) to stdout (format csv)").format(_plain(self.version_query))
        with connected(self.url, settings, where="source.url") as connection:
            return f"sql:{_digest(connection, copy, settings.max_bytes)}"


def names_of_tables(source: SqlSource, settings: Settings) -> tuple[str, ...]:
    """The tables of a source's database, as `tables` names them.

    Raises:
        SourceError: There are none, or more than one by one name.
    """
    from pipelines.postgres import connected
    from pipelines.sources import catalog

    with connected(source.url, settings, where="source.url") as connection:
        found = catalog.readable(connection)
    if not found:
        raise SourceError("the database holds no table that the user may read", where="source.url")
    return tuple(f"{_quoted(schema)}.{_quoted(name)}" for schema, name in found)


def _quoted(part: str) -> str:
    plain = part and "." not in part and not part.startswith('"') and "," not in part
    return part if plain else '"' + part.replace('"', '""') + '"'


def _digest(connection: psycopg.Connection[TupleRow], copy: sql.Composed, max_bytes: int) -> str:
    whole = hashlib.sha256()
    size = 0
    with connection.cursor() as cursor, cursor.copy(copy) as rows:
        for row in rows:
            size += len(row)
            if size > max_bytes:
                raise SourceError(
                    "the answer is larger than the cap on bytes",
                    where="source.version_query",
                    fix="It should be one small row, such as select max(updated_at) from ...",
                )
            whole.update(row)
    return whole.hexdigest()


def _plain(query: str) -> sql.SQL:
    from psycopg import sql

    # The owner's own SQL, run in a read-only transaction.
    return sql.SQL(query.strip().rstrip(";"))


def split_name(table: str) -> tuple[str, ...]:
    """The parts of `schema.table`; a part in double quotes may hold points.

    Raises:
        ConfigurationError: It is no such name.
    """
    parts: list[str] = []
    rest = table
    while True:
        if rest.startswith('"'):
            end = rest.find('"', 1)
            while end >= 0 and rest[end : end + 2] == '""':
                end = rest.find('"', end + 2)
            part, after = rest[1:end].replace('""', '"'), rest[end + 1 :] if end >= 0 else "?"
        else:
            part, point, after = rest.partition(".")
            after = point + after
        parts.append(part)
        if not part or (after and not after.startswith(".")) or len(parts) > 2:  # noqa: PLR2004
            raise ConfigurationError(
                f"{table!r} is not the name of a table",
                where="source.tables",
                fix='Write schema.table, or "odd schema"."odd.table"',
            )
        if not after:
            return tuple(parts)
        rest = after[1:]
