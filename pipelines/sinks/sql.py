"""Tables in PostgreSQL, loaded beside the old ones and put in their place in one transaction.

Everything happens in one transaction: tables of other names are created and filled while readers
go on with the old ones, then old and new change names, and the old ones go. Whatever fails, and
whenever the process dies, the server rolls all of it back. The generation before is not kept: a
`parquet` sink keeps all of them.

A table is marked as Waxwork's by its comment. One that is not marked as this dataset's is refused,
and with `replace: true` renamed to `<table>_before_waxwork`, never dropped.
"""

from __future__ import annotations

import contextlib
import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator

from pipelines.base import Receipt, Sink
from pipelines.secrets import SecretName, resolve
from tabular.errors import ConfigurationError, ReleaseError, SinkUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg import sql
    from psycopg.rows import TupleRow

    from pipelines.postgres_tables import Existing
    from pipelines.releases import Release
    from pipelines.settings import Settings

_MARK = "waxwork synthetic"
_ASIDE = "_before_waxwork"
_CONNECT_SECONDS = 15


class SqlSink(Sink, frozen=True):
    """Tables in PostgreSQL, MariaDB or SQLite: of their own, or those that migrations made."""

    kind: Literal["sql"] = "sql"
    url: str | SecretName = Field(
        description="postgresql://user@host:port/database, mariadb://user@host:port/database, "
        "sqlite:///file.db (from the configuration's folder), or `{secret: NAME}` that holds it."
    )
    schema_name: str = Field(default="public", description="Schema of the tables; it exists.")
    existing: bool = Field(
        default=False,
        description="Fill tables that are there, made by migrations, instead of making tables: "
        "their constraints hold, computed columns are left out, sequences go on.",
    )
    replace: bool = Field(
        default=False,
        description="Take the place of a table that this dataset did not publish; that table is "
        "kept as `<table>_before_waxwork`. With `existing`, its rows are deleted.",
    )
    lock_seconds: float = Field(
        default=30, gt=0, le=3600, description="Longest wait for readers when tables are swapped."
    )

    @field_validator("url")
    @classmethod
    def _holds_no_password(cls, url: str | SecretName, info: ValidationInfo) -> str | SecretName:
        from pipelines.database_urls import EXAMPLES, check_plain_url

        if isinstance(url, str):
            dialect = check_plain_url(url, where="sinks.sql.url", among=tuple(EXAMPLES))
            folder = (info.context or {}).get("folder")
            if dialect == "sqlite" and folder is not None:
                from pipelines.sqlite import in_folder

                return in_folder(url, folder)
        return url

    def write(self, release: Release, settings: Settings) -> Receipt:
        """Load all tables and swap them in.

        Raises:
            ReleaseError: The database refuses, a table of another origin has the name, or
                something that can't follow a swap depends on the table.
            SinkUnavailable: The database does not answer, another publisher is at work, or readers
                hold the table.
            ConfigurationError: A secret is missing, or the URL is not one of PostgreSQL.
        """
        from pipelines.postgres_tables import check_names

        if self._is_loaded(settings):
            return self._load(release, settings)
        check_names(release.schema)
        with _connected(self.url, settings) as connection:
            info = connection.info
            where = f"postgresql://{info.host}:{info.port}/{info.dbname}, schema {self.schema_name}"
            with _translated(where):
                notes = self._publish(connection.cursor(), release)
                connection.commit()
        manifest = release.manifest
        return Receipt(
            sink=self.kind,
            location=where,
            version=manifest.version,
            rows={name: entry.rows for name, entry in manifest.tables.items()},
            notes=tuple(notes),
        )

    def refuse_early(self, dataset: str, tables: Sequence[str], settings: Settings) -> None:
        """Refuse tables of another origin before anything is learnt.

        A database that does not answer now may do so by the time of the publish.
        """
        from pipelines.postgres_tables import find

        if self._is_loaded(settings):
            self._refuse_loading(tables, settings)
            return
        with (
            contextlib.suppress(SinkUnavailable),
            _connected(self.url, settings) as connection,
            _translated(f"schema {self.schema_name}"),
        ):
            cursor = connection.cursor()
            for name in tables:
                self._must_give_way(name, find(cursor, self.schema_name, name), dataset)

    def still_holds(self, receipt: Receipt, settings: Settings) -> bool:
        """Whether the tables are still marked as of this version; true if nobody answers."""
        from pipelines import postgres_tables as tables

        if self._is_loaded(settings):
            return self._holds_loaded(receipt, settings)
        try:
            with _connected(self.url, settings) as connection, _translated(receipt.location):
                cursor = connection.cursor()
                found = [tables.find(cursor, self.schema_name, name) for name in receipt.rows]
        except SinkUnavailable:
            return True
        return all(
            table is not None and table.comment.startswith(f"{_MARK} ")
            and table.comment.split(" ")[3:4] == [receipt.version]
            for table in found
        )  # fmt: skip

    def _is_loaded(self, settings: Settings) -> bool:
        """Whether rows are loaded rather than tables swapped: all but PostgreSQL's own tables."""
        return self.existing or _dialect(self._text(settings)) in {"mariadb", "sqlite"}

    def _text(self, settings: Settings) -> str:
        return self.url if isinstance(self.url, str) else resolve(self.url, settings)

    def _place(self, settings: Settings) -> str | None:
        """The schema that is named; in MariaDB the URL's database is the one."""
        return self.schema_name if _dialect(self._text(settings)) == "postgresql" else None

    def _load(self, release: Release, settings: Settings) -> Receipt:
        from pipelines.sql_loading import fill_existing, loading
        from pipelines.sql_making import make_own

        put = fill_existing if self.existing else make_own
        with loading(self._text(settings), self._place(settings)) as into:
            notes = put(into, release, replace=self.replace)
        manifest = release.manifest
        return Receipt(
            sink=self.kind,
            location=into.place,
            version=manifest.version,
            rows={name: entry.rows for name, entry in manifest.tables.items()},
            notes=(f"of the dataset {manifest.name}", *notes),
        )

    def _refuse_loading(self, tables: Sequence[str], settings: Settings) -> None:
        from pipelines.sql_loading import loading, reflected

        with (
            contextlib.suppress(SinkUnavailable),
            loading(self._text(settings), self._place(settings)) as into,
        ):
            for name in tables if self.existing else ():
                reflected(into, name)

    def _holds_loaded(self, receipt: Receipt, settings: Settings) -> bool:
        from pipelines.sql_loading import loading

        dataset = receipt.notes[0].removeprefix("of the dataset ") if receipt.notes else ""
        try:
            with loading(self._text(settings), self._place(settings)) as into:
                return into.version(dataset) == receipt.version
        except SinkUnavailable:
            return True

    def _publish(self, cursor: psycopg.Cursor[TupleRow], release: Release) -> list[str]:
        from pipelines import postgres_tables as tables

        manifest = release.manifest
        self._prepare(cursor)
        mark = f"{_MARK} {manifest.name} {manifest.version} {manifest.data_digest[:16]}"
        old = {name: tables.find(cursor, self.schema_name, name) for name in release.files}
        if all(existing is not None and existing.comment == mark for existing in old.values()):
            return ["the tables had been published before"]
        notes = [
            note
            for name, existing in old.items()
            if (note := self._must_give_way(name, existing, manifest.name))
        ]
        token = hashlib.sha256(mark.encode()).hexdigest()[:16]
        staged: dict[str, sql.Identifier] = {}
        for number, (name, file) in enumerate(release.files.items()):
            staged[name] = self._identifier(f"waxwork_staging_{token}_{number}")
            schema = release.schema.tables[name]
            tables.create(cursor, staged[name], schema, file, manifest.tables[name].rows)
            tables.add_keys(cursor, staged[name], name, schema, token)
            tables.describe(cursor, staged[name], schema, mark)
        tables.add_foreign_keys(cursor, release.schema, staged, token)
        self._swap(cursor, staged, old, token, manifest.name)
        return notes

    def _prepare(self, cursor: psycopg.Cursor[TupleRow]) -> None:
        """Take the publishers' lock, which ends with the transaction."""
        cursor.execute(
            "select set_config('lock_timeout', %s, true), set_config('search_path', '', true)",
            (f"{self.lock_seconds:.3f}s",),
        )
        alone = cursor.execute(
            "select pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))",
            (f"waxwork {self.schema_name}",),
        ).fetchone()
        if alone != (True,):
            raise SinkUnavailable(
                "another publisher is at work here",
                where=f"schema {self.schema_name}",
                fix="Try again later",
            )

    def _must_give_way(self, name: str, existing: Existing | None, dataset: str) -> str:
        """Refuse to touch what is not ours; the note on what is set aside, or nothing."""
        where = f"table {self.schema_name}.{name}"
        if existing is None:
            return ""
        if existing.kind != "r":
            raise ReleaseError(
                "something that is no plain table has this name",
                where=where,
                fix="Choose another `schema_name` for the sink",
            )
        if _is_ours(existing, dataset):
            if existing.row_security:
                raise ReleaseError(
                    "the table has row-level security, which would be lost in a swap",
                    where=where,
                    fix="Grant rights on views instead, or choose another `schema_name`",
                )
            return ""
        if not self.replace:
            raise ReleaseError(
                "a table that this dataset did not publish has this name",
                where=where,
                fix="Choose another `schema_name` for the sink, rename the table, or set "
                f"`replace: true`, which keeps it as {name}{_ASIDE}",
            )
        return f"the table {name} that was there is kept as {name}{_ASIDE}"

    def _swap(
        self,
        cursor: psycopg.Cursor[TupleRow],
        staged: dict[str, sql.Identifier],
        old: dict[str, Existing | None],
        token: str,
        dataset: str,
    ) -> None:
        """Rename old and new, let owner, grants and views follow, and drop the old."""
        from psycopg import sql

        from pipelines import postgres_tables as tables

        rename = sql.SQL("alter table {} rename to {}")
        going: list[sql.Identifier] = []
        for number, (name, existing) in enumerate(old.items()):
            if existing is None:
                continue
            aside = f"waxwork_old_{token}_{number}"
            if _is_ours(existing, dataset):
                going.append(self._identifier(aside))
            else:
                aside = f"{name}{_ASIDE}"
            cursor.execute(rename.format(self._identifier(name), sql.Identifier(aside)))
        views = []
        for name, place in staged.items():
            cursor.execute(rename.format(place, sql.Identifier(name)))
            existing = old[name]
            if existing and _is_ours(existing, dataset):
                tables.hand_over(cursor, self._identifier(name), existing)
                views += [view for view in existing.views if view not in views]
        tables.rebind(cursor, views)
        if going:
            cursor.execute(sql.SQL("drop table {}").format(sql.SQL(", ").join(going)))

    def _identifier(self, name: str) -> sql.Identifier:
        from psycopg import sql

        return sql.Identifier(self.schema_name, name)


def _dialect(url: str) -> str | None:
    from pipelines.database_urls import dialect_of

    return dialect_of(url)


def _is_ours(existing: Existing, dataset: str) -> bool:
    return existing.comment.startswith(f"{_MARK} {dataset} ")


@contextmanager
def _connected(url: str | SecretName, settings: Settings) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection whose open transaction is rolled back at the end.

    Raises:
        ConfigurationError: The secret is missing, or the URL is not one of PostgreSQL.
        SinkUnavailable: The server does not answer or refuses.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    text = url if isinstance(url, str) else resolve(url, settings)
    text = text.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        # Nothing of the text may be shown: it can hold a password in any place.
        if not text.startswith(("postgresql://", "postgres://")):
            raise psycopg.ProgrammingError
        options = conninfo_to_dict(text)
    except psycopg.Error:
        raise ConfigurationError(
            "the URL is not one of PostgreSQL",
            where="sinks.sql.url",
            fix="Write postgresql://user@host:port/database",
        ) from None
    options = {"connect_timeout": _CONNECT_SECONDS, "application_name": "waxwork", **options}
    try:
        connection = psycopg.connect(**{**options, "client_encoding": "UTF8"})  # type: ignore[arg-type]
    except psycopg.Error:
        # Not chained: the driver's text can hold any part of the URL.
        raise SinkUnavailable(
            "the database can't be reached or refuses the connection",
            where=f"postgresql://{options.get('host', '')}:{options.get('port', 5432)}",
            fix="Check host, port, user and password",
        ) from None
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """Errors of the database as ours; texts that may quote a cell are left out."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if state in _MAY_PASS or not state or state[:2] in _GONE:
            passing, then = _MAY_PASS.get(state, _LOST)
            raise SinkUnavailable(passing, where=where, fix=then) from None
        if state in _MEANINGS:
            what, fix = _MEANINGS[state]
        elif state[:2] in _ABOUT_CELLS:
            what, fix = f"the rows don't fit the table (SQLSTATE {state})", None
        else:
            what, fix = error.diag.message_primary or f"SQLSTATE {state}", None
        raise ReleaseError(what, where=where, fix=fix) from None


_GONE = {"08", "53", "57"}
_LOST = ("the connection to the database was lost", "Nothing was changed; run again")
_MAY_PASS = {
    "40P01": ("another transaction stood in the way", "Nothing was changed; run again"),
    "53100": ("the database's disk is full", "Nothing was changed; make room, and run again"),
    "55P03": ("readers held the table too long", "Run again, or raise `lock_seconds`"),
    "57014": ("the server ended a statement that took too long", "Raise its `statement_timeout`"),
}
_ABOUT_CELLS = {"22", "23"}
_MEANINGS: dict[str, tuple[str, str | None]] = {
    "22021": ("a text holds a NUL character, which PostgreSQL can't store", None),
    "23505": ("a key that the schema declares unique is not", None),
    "23502": ("a column that the schema declares never missing has missing cells", None),
    "23503": ("a foreign key points at a row that is not there", None),
    "2BP01": (
        "other objects depend on the table and would be lost",
        "Drop what depends on it (a materialized view, foreign key, function), then run again",
    ),
    "3F000": ("the schema does not exist", "Create it and grant the sink's user CREATE on it"),
    "42501": ("the sink's user may not do this", "Grant it USAGE and CREATE on the schema"),
    "42P07": ("a table of that name is there already", "Rename it, and run again"),
    "42P16": ("a view that reads the table does not fit its new columns", "Drop the view"),
    "42703": ("a view that reads the table needs a column that is gone", "Drop the view"),
}
