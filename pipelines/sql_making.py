"""Tables of a release's own making in SQLite and MariaDB: columns, keys and rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pipelines.sql_loading import insert_rows, point_late, steps_of
from tabular.errors import ReleaseError, SinkUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa

    from pipelines.releases import Release
    from pipelines.sql_loading import Loading
    from tabular.schema import Column, ForeignKey, Schema

_ASIDE = "_before_waxwork"
_KEY_LENGTH = 255
"""Longest text that MariaDB can hold in a key of several columns."""


def make_own(into: Loading, release: Release, *, replace: bool) -> list[str]:
    """Make the release's tables and put them in the place of the version before.

    Raises:
        ReleaseError: A table that this dataset did not publish has the name, or the rows don't fit.
        SinkUnavailable: Another publisher is at work.
    """
    manifest = release.manifest
    before = into.version(manifest.name)
    if before == manifest.version:
        return ["the tables had been published before"]
    there = _there(into, release)
    foreign = there if before is None else []
    if foreign and not replace:
        raise ReleaseError(
            f"tables that this dataset did not publish have the names: {', '.join(foreign)}",
            where=into.place,
            fix="Name another database or schema, rename them, or set `replace: true`, which "
            f"keeps them as <table>{_ASIDE}",
        )
    if into.dialect == "mariadb":
        _swap_in(into, release, there, foreign)
    else:
        _make_in_place(into, release, there, foreign)
    return [f"the table {name} that was there is kept as {name}{_ASIDE}" for name in foreign]


def _there(into: Loading, release: Release) -> list[str]:
    import sqlalchemy as sa

    inspector = sa.inspect(into.connection)
    return [n for n in release.files if inspector.has_table(n, schema=into.schema)]


def _make_in_place(into: Loading, release: Release, there: list[str], foreign: list[str]) -> None:
    """SQLite: all of it is one transaction."""
    import sqlalchemy as sa

    quote = into.connection.dialect.identifier_preparer.quote
    steps = steps_of(release)
    for name, _ in reversed(steps):
        if name in foreign:
            into.connection.exec_driver_sql(
                f"alter table {quote(name)} rename to {quote(name + _ASIDE)}"
            )
        elif name in there:
            into.connection.exec_driver_sql(f"drop table {quote(name)}")
    tables = defined(release, dict.fromkeys(release.files), into)
    for name, _ in steps:
        into.connection.execute(sa.schema.CreateTable(tables[name]))
    _fill(into, release, tables)
    into.note(release.manifest.name, release.manifest.version)


def _swap_in(into: Loading, release: Release, there: list[str], foreign: list[str]) -> None:
    """MariaDB: under other names first, then one `RENAME TABLE` puts all in place."""
    import sqlalchemy as sa

    manifest, connection = release.manifest, into.connection
    lock = f"waxwork {into.schema or ''}"[:64]
    if connection.execute(sa.select(sa.func.get_lock(lock, 0))).scalar() != 1:
        raise SinkUnavailable(
            "another publisher is at work here", where=into.place, fix="Try again later"
        )
    token = hashlib.sha256(f"{manifest.name} {manifest.version}".encode()).hexdigest()[:12]
    places = {name: f"waxwork_new_{token}_{i}" for i, name in enumerate(release.files)}
    aside = {
        name: f"{name}{_ASIDE}" if name in foreign else f"waxwork_old_{token}_{i}"
        for i, name in enumerate(there)
    }
    tables = defined(release, places, into)
    whole = connection.dialect.identifier_preparer.format_table
    metadata = sa.MetaData()

    def named(name: str) -> str:
        known = metadata.tables.get(name if into.schema is None else f"{into.schema}.{name}")
        return whole(sa.Table(name, metadata, schema=into.schema) if known is None else known)

    try:
        _drop(into, [named(place) for place in places.values()])
        # Tables of a circle point at some that are not there yet; rows are checked all the same.
        connection.exec_driver_sql("set foreign_key_checks = 0")
        for table in tables.values():
            connection.execute(sa.schema.CreateTable(table))
        connection.exec_driver_sql("set foreign_key_checks = 1")
        _fill(into, release, tables)
        connection.commit()
        moves = [f"{named(name)} to {named(place)}" for name, place in aside.items()]
        moves += [f"{named(place)} to {named(name)}" for name, place in places.items()]
        connection.exec_driver_sql(f"rename table {', '.join(moves)}")
        into.note(manifest.name, manifest.version)
        connection.commit()
    except BaseException:
        connection.rollback()
        _drop(into, [named(place) for place in places.values()])
        raise
    finally:
        connection.execute(sa.select(sa.func.release_lock(lock)))
    _drop(into, [named(place) for name, place in aside.items() if name not in foreign])


def _drop(into: Loading, tables: list[str]) -> None:
    into.connection.exec_driver_sql("set foreign_key_checks = 0")
    for table in tables:
        into.connection.exec_driver_sql(f"drop table if exists {table}")
    into.connection.exec_driver_sql("set foreign_key_checks = 1")


def _fill(into: Loading, release: Release, tables: Mapping[str, sa.Table]) -> None:
    steps = steps_of(release)
    for name, late in steps:
        columns = list(release.schema.tables[name].names)
        insert_rows(into, release, name, tables[name], columns, late)
    for name, late in steps:
        point_late(into, release, name, tables[name], late)


def defined(
    release: Release, places: Mapping[str, str | None], into: Loading
) -> dict[str, sa.Table]:
    """The release's tables as SQLAlchemy describes them.

    Args:
        release: Schema and files.
        places: What each table is called in the database; `None` for its own name.
        into: Dialect and schema.
    """
    import sqlalchemy as sa
    from pyarrow import parquet

    metadata = sa.MetaData()
    schema = release.schema
    keyed = _keyed(schema)
    out = {}
    for name, table in schema.tables.items():
        stored = parquet.read_schema(release.files[name])
        columns = [
            sa.Column(
                column.name,
                _type(column, stored.field(column.name).type, into, key=column.name in keyed[name]),
                nullable=column.nullable and column.name not in table.primary_key,
                autoincrement=False,
            )
            for column in table.columns
        ]
        constraints: list[sa.Constraint] = []
        if table.primary_key:
            constraints.append(sa.PrimaryKeyConstraint(*table.primary_key))
        constraints += [sa.UniqueConstraint(*key) for key in table.alternate_keys]
        for key in schema.foreign_keys:
            if key.table == name and _points_at_key(key, schema):
                target = places[key.references] or key.references
                prefix = f"{into.schema}.{target}" if into.schema else target
                constraints.append(
                    sa.ForeignKeyConstraint(
                        key.columns, [f"{prefix}.{c}" for c in key.referenced], use_alter=False
                    )
                )
        out[name] = sa.Table(
            places[name] or name, metadata, *columns, *constraints, schema=into.schema,
            mysql_engine="InnoDB", mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin",
        )  # fmt: skip
    return out


def _keyed(schema: Schema) -> dict[str, set[str]]:
    """Columns that are part of a key, own or foreign, by table."""
    out = {
        name: {c for key in table.unique_keys for c in key} for name, table in schema.tables.items()
    }
    for key in schema.foreign_keys:
        out[key.table] |= set(key.columns)
        out[key.references] |= set(key.referenced)
    return out


def _points_at_key(key: ForeignKey, schema: Schema) -> bool:
    keys = schema.tables[key.references].unique_keys
    return any(set(key.referenced) == set(known) for known in keys)


def _type(column: Column, stored: Any, into: Loading, *, key: bool) -> Any:  # noqa: ANN401, PLR0911
    """A column's type; a category has that of its values in the file."""
    import pyarrow as pa
    import sqlalchemy as sa
    from sqlalchemy.dialects import mysql

    dtype = column.dtype.lower()
    if dtype.startswith("datetime64"):
        return mysql.DATETIME(fsp=6) if into.dialect == "mariadb" else sa.DateTime()
    if dtype == "date":
        return sa.Date()
    if dtype == "decimal":
        return sa.Numeric(38, column.decimals or 0)
    if dtype.startswith("bool") or pa.types.is_boolean(stored):
        return sa.Boolean()
    if dtype == "uint64":
        return sa.Numeric(20, 0)
    if dtype.startswith(("int", "uint")) or pa.types.is_integer(stored):
        return sa.BigInteger()
    if dtype.startswith("float") or pa.types.is_floating(stored):
        return sa.Double()
    if into.dialect == "mariadb":
        return sa.String(_KEY_LENGTH) if key else mysql.LONGTEXT()
    return sa.Text()
