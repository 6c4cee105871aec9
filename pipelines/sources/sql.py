"""SQL databases: tables, a query or all there is, read as of one moment.

The dialects are in `pipelines/sources/dialects`; the URL's scheme names one.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipelines.base import Note, RawData, RawTable, Source
from pipelines.secrets import SecretName, resolve
from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from pipelines.settings import Settings
    from pipelines.sources.dialects.base import Budget, Database, SqlColumn, SqlTable
    from tabular.schema import Column, ForeignKey


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
        if shared := _shared([split_name(table) for table in self.tables]):
            message = f"two tables are called {', '.join(shared)}; read one of them by a `query`"
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
        from pipelines.sources.dialects.base import Budget

        budget = Budget(settings)
        skipped = _Skipped.of(self.skip, self.name if self.query is not None else None)
        with self._opened(settings) as database:
            if self.query is not None:
                found = [database.answer(self.query, self.name)]
            elif self.tables:
                found = [database.table(split_name(table)) for table in self.tables]
            else:
                found = _with_rows(database, self.schema_name)
            tables = {
                table.name: _read(database, skipped.left_of(table), budget) for table in found
            }
            foreign_keys = () if self.query is not None else database.foreign_keys(found)
        skipped.must_have_met()
        return RawData(tables, tuple(k for k in foreign_keys if _is_whole(k, tables)))

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


class _Skipped:
    """Columns that the owner leaves out, and which of them were met."""

    def __init__(self, names: frozenset[tuple[str, str]]) -> None:
        self._names = names
        self._tables: set[str] = set()
        self._met: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, skip: tuple[str, ...], only: str | None) -> _Skipped:
        """From `table.column` texts; of a query's `only` table the column is enough."""
        found = set()
        for text in skip:
            parts = split_name(text, where="source.skip", what="a column: write table.column")
            if only is not None and len(parts) == 1:
                parts = (only, *parts)
            if len(parts) == 1:
                raise ConfigurationError(
                    f"{text!r} does not say of which table", where="source.skip",
                    fix="Write table.column",
                )  # fmt: skip
            found.add((parts[-2], parts[-1]))
        return cls(frozenset(found))

    def left_of(self, table: SqlTable) -> SqlTable:
        """The table without what is skipped, and without the keys that this breaks."""
        from dataclasses import replace

        gone = {column for name, column in self._names if name == table.name}
        self._met |= {(table.name, c.name) for c in table.columns if c.name in gone}
        if not gone:
            return table
        return replace(
            table,
            columns=tuple(c for c in table.columns if c.name not in gone),
            primary_key=() if gone & set(table.primary_key) else table.primary_key,
            alternate_keys=tuple(key for key in table.alternate_keys if not gone & set(key)),
        )

    def must_have_met(self) -> None:
        """Refuse a column that is not there: it would be misspelt."""
        wrong = sorted(f"{t}.{c}" for t, c in self._names - self._met)
        if wrong:
            raise ConfigurationError(
                f"there is no column {', '.join(map(repr, wrong))} to skip", where="source.skip"
            )


def _with_rows(database: Database, schema: str | None) -> list[SqlTable]:
    """All tables of a database or of one schema; those without rows can't be learnt from."""
    names = database.names(schema)
    tables = [database.table(parts) for parts in names]
    found = [table for table in tables if database.holds_rows(table)]
    if not found:
        empty = " with rows" if tables else ""
        raise SourceError(
            f"the database holds no table{empty} that the user may read",
            where=f"schema {schema}" if schema else "source.url",
        )
    if shared := _shared([table.parts for table in found]):
        raise SourceError(
            f"two tables are called {', '.join(shared)}",
            where="source.url",
            fix="Name the `tables`, or one `schema_name`",
        )
    return found


def _shared(names: list[tuple[str, ...]]) -> list[str]:
    """Names that several tables have in different schemas."""
    last = [parts[-1] for parts in names]
    return sorted({name for name in last if last.count(name) > 1})


def _read(database: Database, table: SqlTable, budget: Budget) -> RawTable:
    """A table's rows, with all that the database declares of them."""
    from pipelines.sources.dialects.checks import told_by
    from pipelines.sources.files import keep_caps

    where = f"table {table.name}"
    keep_caps(budget.settings, where, columns=len(table.columns))
    if not table.columns:
        raise SourceError("there are no columns left", where=where, fix="Mend `skip`")
    for column in table.columns:
        if column.refused is not None:
            raise SourceError(
                f"there are {column.refused}, which no table of Waxwork holds",
                where=f"{where}, column {column.name!r}",
                fix="Leave it out with `skip`, or read the table by a `query` that casts it",
            )
    rows = database.rows(table, table.columns, budget)
    told = told_by(table.checks, rows.columns)
    columns = {
        column.name: _declared(column, rows.columns[column.name], told.get(column.name, {}))
        for column in table.columns
    }
    generated = [column.name for column in table.columns if column.generated]
    notes = [Note("the database computes it from other columns", name) for name in generated]
    return RawTable(
        rows.frame,
        columns,
        table.primary_key,
        table.alternate_keys,
        table.checks,
        (*rows.notes, *notes),
    )


def _declared(column: SqlColumn, known: Column, told: dict[str, object]) -> Column:
    """What is known of a column by its type, with what else is declared of it."""
    fields = known.model_dump(exclude_unset=True)
    fields |= told if fields.get("categories") is None else {}
    if column.nullable is not None:
        fields["nullable"] = column.nullable
    if column.comment:
        fields["description"] = column.comment
    if column.generated:
        fields["generated"] = True
    return type(known).model_validate(fields)


def _is_whole(key: ForeignKey, tables: dict[str, RawTable]) -> bool:
    """Whether all columns of a foreign key were read."""
    return all(
        name in tables and set(columns) <= set(tables[name].frame.columns)
        for name, columns in ((key.table, key.columns), (key.references, key.referenced))
    )


def offered(source: SqlSource, settings: Settings) -> SqlSource:
    """The source that names all its database holds: tables with rows, columns that can't be read.

    Args:
        source: A source without tables and query.
        settings: Where secrets are.

    Raises:
        SourceError: There are no tables, or the database does not answer.
    """
    with source._opened(settings) as database:  # noqa: SLF001  this module's own
        found = _with_rows(database, source.schema_name)
    skip = [
        f"{_quoted(table.name)}.{_quoted(column.name)}"
        for table in found
        for column in table.columns
        if column.refused is not None
    ]
    return source.model_copy(
        update={
            "tables": tuple(".".join(_quoted(part) for part in table.parts) for table in found),
            "schema_name": None,
            "skip": tuple(skip),
        }
    )


def _quoted(part: str) -> str:
    plain = part and "." not in part and not part.startswith('"') and "," not in part
    return part if plain else '"' + part.replace('"', '""') + '"'


def split_name(
    table: str, *, where: str = "source.tables", what: str = "the name of a table"
) -> tuple[str, ...]:
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
                f"{table!r} is not {what}",
                where=where,
                fix='Write schema.table, or "odd schema"."odd.table"',
            )
        if not after:
            return tuple(parts)
        rest = after[1:]
