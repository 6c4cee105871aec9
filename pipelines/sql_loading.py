"""Tables of a release in SQLite and MariaDB, and in existing schemas of these and PostgreSQL.

Two ways. *Our own tables* are made with the release's keys and put in the place of those of the
version before: in SQLite within one transaction, in MariaDB, where each DDL statement ends one,
under other names that one `RENAME TABLE` puts in place. An *existing schema*, made by somebody's
migrations, keeps its tables: rows of the version before are deleted and new ones inserted in the
order of the foreign keys, in one transaction, with all of the database's constraints on; columns
that the database computes are left to it, and sequences go on after the last key.

`waxwork_releases` in the same schema says which version of which dataset the tables hold. Rows
that it does not account for are never touched unless the sink is told to replace them.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.database_urls import dialect_of
from tabular.errors import ConfigurationError, ReleaseError, SinkUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

    from pipelines.releases import Release
    from tabular.schema import ForeignKey

LEDGER = "waxwork_releases"
_BATCH = 5_000


@dataclass(frozen=True)
class Loading:
    """A connection, and where the tables are.

    Args:
        connection: In a transaction where the database has one for what is done.
        dialect: postgresql, mariadb or sqlite.
        schema: The tables' schema; `None` for the connection's own.
        place: What to call the database in messages.
    """

    connection: sa.Connection
    dialect: str
    schema: str | None
    place: str

    def version(self, dataset: str) -> str | None:
        """The version that the tables of a dataset hold; `None` where none was loaded."""
        import sqlalchemy as sa

        if not sa.inspect(self.connection).has_table(LEDGER, schema=self.schema):
            return None
        ledger = _ledger(sa.MetaData(), self.schema)
        found = self.connection.execute(
            sa.select(ledger.c.version).where(ledger.c.dataset == dataset)
        ).scalar()
        return None if found is None else str(found)

    def note(self, dataset: str, version: str) -> None:
        """Write down which version the tables hold."""
        import sqlalchemy as sa

        ledger = _ledger(sa.MetaData(), self.schema)
        self.connection.execute(sa.delete(ledger).where(ledger.c.dataset == dataset))
        self.connection.execute(sa.insert(ledger).values(dataset=dataset, version=version))

    def prepare(self) -> None:
        """Make the ledger, before a transaction that DDL would end."""
        import sqlalchemy as sa

        _ledger(sa.MetaData(), self.schema).create(self.connection, checkfirst=True)


@contextmanager
def loading(url: str, schema: str | None) -> Iterator[Loading]:
    """A connection to a database that is written to; nothing is left of what fails.

    Args:
        url: Of PostgreSQL, MariaDB or SQLite.
        schema: Of the tables; SQLite has none.

    Raises:
        ConfigurationError: The URL is of no such database.
        SinkUnavailable: It does not answer.
        ReleaseError: It refuses.
    """
    import sqlalchemy as sa

    dialect = dialect_of(url)
    if dialect is None:
        raise ConfigurationError("the URL is of no database that can be written", where="sinks.sql")
    target = sa.engine.make_url(url)
    driver = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql", "sqlite": "sqlite"}
    target = target.set(drivername=driver[dialect])
    place = f"{dialect}://{target.host or ''}/{(target.database or '').rpartition('/')[2]}"
    levels = {"postgresql": "READ COMMITTED", "mariadb": "REPEATABLE READ", "sqlite": "AUTOCOMMIT"}
    engine = sa.create_engine(target, isolation_level=levels[dialect])
    try:
        with engine.connect() as connection:
            where = Loading(connection, dialect, None if dialect == "sqlite" else schema, place)
            if dialect == "sqlite":
                with _one_transaction(connection):
                    where.prepare()
                    yield where
            else:
                where.prepare()
                connection.commit()
                yield where
                connection.commit()
    except sa.exc.SQLAlchemyError as error:
        raise _translated(error, place) from None
    finally:
        engine.dispose()


@contextmanager
def _one_transaction(connection: sa.Connection) -> Iterator[None]:
    """SQLite's own transaction, which holds DDL too; keys are checked at its end."""
    connection.exec_driver_sql("pragma foreign_keys = on")
    connection.exec_driver_sql("begin immediate")
    connection.exec_driver_sql("pragma defer_foreign_keys = on")
    try:
        yield
        connection.exec_driver_sql("commit")
    except BaseException:
        connection.exec_driver_sql("rollback")
        raise


def fill_existing(into: Loading, release: Release, *, replace: bool) -> list[str]:
    """Put a release's rows into tables that are there.

    Raises:
        ReleaseError: A table or column is missing, a column of the table is neither in the release
            nor filled by the database, rows of another origin are there, or the rows break a
            constraint.
    """
    manifest = release.manifest
    before = into.version(manifest.name)
    if before == manifest.version:
        return ["the tables had been filled with this version before"]
    steps = steps_of(release)
    tables = {name: reflected(into, name) for name, _ in steps}
    columns = {name: _columns(into, release, table) for name, table in tables.items()}
    for name, _ in reversed(steps):
        if before is None and not replace:
            _must_be_empty(into, tables[name])
        _empty(into, release, tables[name])
    for name, late in steps:
        insert_rows(into, release, name, tables[name], columns[name], late)
    for name, late in steps:
        point_late(into, release, name, tables[name], late)
    if into.dialect == "postgresql":
        for name, table in tables.items():
            _advance(into, table, columns[name])
    into.note(manifest.name, manifest.version)
    return []


def _must_be_empty(into: Loading, table: sa.Table) -> None:
    import sqlalchemy as sa

    rows = sa.select(sa.func.count()).select_from(table)
    if into.connection.execute(rows).scalar():
        raise ReleaseError(
            "the table holds rows that this dataset did not publish",
            where=f"{into.place}, table {table.name}",
            fix="Empty it, or set `replace: true`, which deletes them",
        )


def _empty(into: Loading, release: Release, table: sa.Table) -> None:
    """Delete all rows; those that point at each other can't be deleted one by one."""
    import sqlalchemy as sa

    for key in release.schema.foreign_keys:
        described = release.schema.tables[table.name]
        may_miss = all(described[c].nullable for c in key.columns if key.table == table.name)
        if key.table == key.references == table.name and may_miss:
            nothing: dict[str, Any] = dict.fromkeys(key.columns)
            into.connection.execute(sa.update(table).values(nothing))
    into.connection.execute(sa.delete(table))


def reflected(into: Loading, name: str) -> sa.Table:
    """A table as the database describes it.

    Raises:
        ReleaseError: It is not there.
    """
    import warnings

    import sqlalchemy as sa

    try:
        with warnings.catch_warnings():
            # Types that SQLAlchemy does not know are written as they come.
            warnings.simplefilter("ignore", sa.exc.SAWarning)
            return sa.Table(
                name, sa.MetaData(), schema=into.schema, autoload_with=into.connection,
                resolve_fks=False,
            )  # fmt: skip
    except sa.exc.NoSuchTableError:
        raise ReleaseError(
            "there is no such table",
            where=f"{into.place}, table {name}",
            fix="Run the migrations first, or leave `existing` out to have tables made",
        ) from None


def _columns(into: Loading, release: Release, table: sa.Table) -> list[str]:
    """The columns that are written: those of the release that the database does not compute."""
    ours = release.schema.tables[table.name].names
    where = f"{into.place}, table {table.name}"
    there = {str(column.name): column for column in table.columns}
    if lost := [name for name in ours if name not in there]:
        raise ReleaseError(f"columns are missing: {', '.join(lost)}", where=where)
    needed = [
        name
        for name, column in there.items()
        if name not in ours
        and not column.nullable
        and column.server_default is None
        and column.computed is None
        and column.identity is None
        and not (column.primary_key and column.autoincrement)
    ]
    if needed:
        raise ReleaseError(
            f"columns that must not be missing have no value: {', '.join(needed)}",
            where=where,
            fix="Read them from the source too, or give them a default",
        )
    return [name for name in ours if there[name].computed is None]


def steps_of(release: Release) -> list[tuple[str, tuple[ForeignKey, ...]]]:
    """Tables, those that are pointed at first, and the keys of each that must wait."""
    from generators.relations.plan import plan

    sizes = {name: entry.rows for name, entry in release.manifest.tables.items()}
    return [(step.name, step.late) for step in plan(release.schema, sizes)]


def _of_itself(release: Release, name: str) -> list[ForeignKey]:
    keys = release.schema.foreign_keys
    return [key for key in keys if key.table == key.references == name]


def insert_rows(
    into: Loading,
    release: Release,
    name: str,
    table: sa.Table,
    columns: Sequence[str],
    late: tuple[ForeignKey, ...],
) -> None:
    """Insert all rows, those that others of the table point at first."""
    import numpy as np
    import sqlalchemy as sa

    from generators.relations.shape import depths
    from tabular.relations import pointed_at

    frame = release.frame(name)
    for key in _of_itself(release, name):
        depth = depths(pointed_at(frame, frame, key))
        frame = frame.iloc[np.argsort(depth, kind="stable")].reset_index(drop=True)
    waiting = {name for key in late for name in key.columns}
    cells = {
        c: [None] * len(frame) if c in waiting else plain_cells(frame[c], into.dialect)
        for c in columns
    }
    statement = sa.insert(table)
    for start in range(0, len(frame), _BATCH):
        part = [cells[c][start : start + _BATCH] for c in columns]
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*part, strict=True)]
        into.connection.execute(statement, rows)


def point_late(
    into: Loading,
    release: Release,
    name: str,
    table: sa.Table,
    late: tuple[ForeignKey, ...],
) -> None:
    """Fill in the keys that close a circle of tables, now that all rows are there."""
    import sqlalchemy as sa

    if not late:
        return
    frame = release.frame(name)
    identity = release.schema.tables[name].primary_key
    if not identity:
        raise ReleaseError(
            "a key that closes a circle of tables needs a primary key to be filled in by",
            where=f"{into.place}, table {name}",
        )
    moved = [name for key in late for name in key.columns]
    statement = (
        sa.update(table)
        .where(*(table.c[c] == sa.bindparam(f"is_{c}") for c in identity))
        .values({c: sa.bindparam(f"to_{c}") for c in moved})
    )
    cells = {f"is_{n}": plain_cells(frame[n], into.dialect) for n in identity}
    cells |= {f"to_{n}": plain_cells(frame[n], into.dialect) for n in moved}
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    for start in range(0, len(rows), _BATCH):
        into.connection.execute(statement, rows[start : start + _BATCH])


def _advance(into: Loading, table: sa.Table, columns: Sequence[str]) -> None:
    """Let PostgreSQL's sequences go on after the greatest key."""
    import sqlalchemy as sa

    quoted = into.connection.dialect.identifier_preparer.format_table(table)
    for name in columns:
        sequence = into.connection.execute(
            sa.select(sa.func.pg_get_serial_sequence(quoted, name))
        ).scalar()
        if sequence:
            greatest = sa.select(sa.func.coalesce(sa.func.max(table.c[name]), 0) + 1)
            following = into.connection.execute(greatest).scalar()
            into.connection.execute(sa.select(sa.func.setval(sequence, following, False)))  # noqa: FBT003  SQL's own


def plain_cells(cells: Any, dialect: str) -> list[Any]:  # noqa: ANN401  a column
    """A column's cells as what drivers take: `None` for missing, moments without a zone as UTC."""
    import pandas as pd

    if isinstance(cells.dtype, pd.DatetimeTZDtype) and dialect != "postgresql":
        cells = cells.dt.tz_convert("UTC").dt.tz_localize(None)
    if pd.api.types.is_datetime64_any_dtype(cells):
        moments = pd.DatetimeIndex(cells).to_pydatetime()
        return [None if gone else m for gone, m in zip(cells.isna(), moments, strict=True)]
    plain = cells.astype(object)
    values: list[Any] = plain.where(plain.notna(), None).tolist()
    if dialect == "sqlite" and any(hasattr(value, "as_tuple") for value in values[:1000]):
        # SQLite has no decimals; a number with as many digits is what its own tools write.
        values = [None if value is None else float(value) for value in values]
    return values


def _ledger(metadata: sa.MetaData, schema: str | None) -> sa.Table:
    import sqlalchemy as sa

    return sa.Table(
        LEDGER,
        metadata,
        sa.Column("dataset", sa.String(100), primary_key=True),
        sa.Column("version", sa.String(120), nullable=False),
        schema=schema,
    )


_MARIADB_ABOUT_ROWS = {1048, 1062, 1264, 1265, 1364, 1366, 1406, 1451, 1452, 3819, 4025}
"""Missing, repeated, out of range, cut, not of the type, without a parent, against a check."""


def _translated(error: sa.exc.SQLAlchemyError, place: str) -> ReleaseError:
    """An error of the database as ours: its text can quote cells and is left out."""
    import sqlalchemy as sa

    original = getattr(error, "orig", None)
    first = original.args[0] if original is not None and original.args else None
    number = first if isinstance(first, int) else None
    about_rows = isinstance(error, sa.exc.IntegrityError | sa.exc.DataError)
    if about_rows or number in _MARIADB_ABOUT_ROWS:
        state = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
        said = state or number or "unknown"
        return ReleaseError(
            f"the rows break a constraint of the database, or don't fit a column ({said})",
            where=place,
            fix="Nothing was changed; read the schema from the same database, so that its "
            "constraints are known",
        )
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return SinkUnavailable(
            "the database can't be reached, is locked, or refuses the connection",
            where=place,
            fix="Nothing was changed; check host, port, user and password, and run again",
        )
    return ReleaseError(
        f"the database refuses: {type(error).__name__}", where=place, fix="Nothing was changed"
    )
