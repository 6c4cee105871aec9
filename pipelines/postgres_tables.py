"""Synthetic tables in PostgreSQL: created, filled, keyed and put in the place of older ones.

Everything here runs in the caller's one transaction and commits nothing. Identifiers are always
quoted. The old table's grants, owner and views are carried over to the new one, since a swap that
took away the readers' rights would be no better than no table; its indexes beyond the keys, its
triggers and its comments are not.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from psycopg import sql

from tabular.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import psycopg
    import pyarrow as pa
    from psycopg.rows import TupleRow

    from tabular.schema import Column, ForeignKey, Schema, TableSchema

_LONGEST_NAME = 63
_ROWS_AT_ONCE = 50_000
_TYPES: dict[str, LiteralString] = {
    "int8": "smallint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "integer",
    "uint32": "bigint",
    "uint64": "numeric(20, 0)",
    "float16": "real",
    "float32": "real",
    "float64": "double precision",
    "bool": "boolean",
    "boolean": "boolean",
    "date": "date",
    "string": "text",
}
_PRIVILEGES: dict[str, LiteralString] = {
    "SELECT": "SELECT",
    "INSERT": "INSERT",
    "UPDATE": "UPDATE",
    "DELETE": "DELETE",
    "TRUNCATE": "TRUNCATE",
    "REFERENCES": "REFERENCES",
    "TRIGGER": "TRIGGER",
    "MAINTAIN": "MAINTAIN",
}


@dataclass(frozen=True)
class View:
    """A view that reads an older table, as it was defined by name."""

    schema: str
    name: str
    definition: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Existing:
    """A relation that has the name a synthetic table is to get.

    Args:
        kind: One letter, as `pg_class.relkind` has it: `r` is a table.
        owner: Its role.
        comment: The table's own.
        row_security: Whether policies say who sees which rows.
        grants: Role (`None`: everybody), privilege, and whether it may be passed on.
        views: Those that read it.
    """

    kind: str
    owner: str
    comment: str
    row_security: bool
    grants: tuple[TupleRow, ...]
    views: tuple[View, ...]


def check_names(schema: Schema) -> None:
    """Refuse names that PostgreSQL would cut, and so might confuse.

    Raises:
        ReleaseError: A table's or column's name is too long.
    """
    for table, described in schema.tables.items():
        for name in (table, *described.names):
            if len(name.encode()) > _LONGEST_NAME or "\0" in name or not name:
                raise ReleaseError(
                    f"PostgreSQL takes names of 1 to {_LONGEST_NAME} bytes; this one has "
                    f"{len(name.encode())}",
                    where=f"table {table}, name {name!r}",
                    fix="Rename it in the source, or publish it to a `parquet` sink",
                )


def find(cursor: psycopg.Cursor[TupleRow], schema: str, name: str) -> Existing | None:
    """What has this name already, with what a swap must carry over."""
    found = cursor.execute(
        """
        select c.oid::bigint, c.relkind::text, pg_get_userbyid(c.relowner)::text,
               coalesce(obj_description(c.oid, 'pg_class'), ''), c.relrowsecurity
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = %s and c.relname = %s
        """,
        (schema, name),
    ).fetchone()
    if found is None:
        return None
    oid, kind, owner, comment, row_security = found
    grants = cursor.execute(
        """
        select case when a.grantee = 0 then null else pg_get_userbyid(a.grantee)::text end,
               a.privilege_type, a.is_grantable
        from pg_class c, aclexplode(c.relacl) a where c.oid = %s
        """,
        (oid,),
    ).fetchall()
    views = cursor.execute(
        """
        select distinct n.nspname::text, v.relname::text, pg_get_viewdef(v.oid),
               coalesce(v.reloptions, array[]::text[])
        from pg_depend d
        join pg_rewrite r on r.oid = d.objid
        join pg_class v on v.oid = r.ev_class
        join pg_namespace n on n.oid = v.relnamespace
        where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
          and d.refobjid = %s and v.relkind = 'v'
        order by 1, 2
        """,
        (oid,),
    ).fetchall()
    return Existing(
        kind=kind,
        owner=owner,
        comment=comment,
        row_security=row_security,
        grants=tuple(grants),
        views=tuple(
            View(space, view, text.rstrip().rstrip(";"), tuple(options))
            for space, view, text, options in views
        ),
    )


def create(
    cursor: psycopg.Cursor[TupleRow],
    place: sql.Identifier,
    schema: TableSchema,
    file: Path,
    rows: int,
) -> None:
    """Create a table and fill it from a Parquet file, in bounded memory.

    Raises:
        ReleaseError: Not all rows arrived.
    """
    from pyarrow import csv, parquet

    source = parquet.ParquetFile(file)
    lines = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name),
            _type(column, source.schema_arrow.field(column.name).type),
            sql.SQL("" if column.nullable else " not null"),
        )
        for column in schema.columns
    ]
    cursor.execute(sql.SQL("create table {} ({})").format(place, sql.SQL(", ").join(lines)))
    # Every cell that is there is quoted and every missing one is not, so that "" stays a text.
    options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
    names = list(schema.names)
    with cursor.copy(
        sql.SQL("copy {} ({}) from stdin (format csv)").format(
            place, sql.SQL(", ").join(map(sql.Identifier, names))
        )
    ) as copy:
        for batch in source.iter_batches(batch_size=_ROWS_AT_ONCE, columns=names):
            text = io.BytesIO()
            csv.write_csv(batch.select(names), text, options)
            copy.write(text.getvalue())
    if cursor.rowcount != rows:
        raise ReleaseError(f"{cursor.rowcount} of {rows} rows arrived")


def add_keys(
    cursor: psycopg.Cursor[TupleRow],
    place: sql.Identifier,
    name: str,
    schema: TableSchema,
    token: str,
) -> None:
    """Add the primary key and the other unique keys, and gather statistics."""
    for number, key in enumerate(schema.unique_keys):
        cursor.execute(
            sql.SQL("alter table {} add constraint {} {} ({})").format(
                place,
                _constraint(name, token, f"key{number}"),
                sql.SQL("primary key" if key == schema.primary_key else "unique"),
                sql.SQL(", ").join(map(sql.Identifier, key)),
            )
        )
    cursor.execute(sql.SQL("analyze {}").format(place))


def add_foreign_keys(
    cursor: psycopg.Cursor[TupleRow],
    schema: Schema,
    places: dict[str, sql.Identifier],
    token: str,
) -> None:
    """Add the foreign keys that point at a unique key; others PostgreSQL can't hold."""
    for number, key in enumerate(schema.foreign_keys):
        if _points_at_key(key, schema):
            cursor.execute(
                sql.SQL("alter table {} add constraint {} foreign key ({}) references {} ({})")
                .format(
                    places[key.table],
                    _constraint(key.table, token, f"ref{number}"),
                    sql.SQL(", ").join(map(sql.Identifier, key.columns)),
                    places[key.references],
                    sql.SQL(", ").join(map(sql.Identifier, key.referenced)),
                )
            )  # fmt: skip


def describe(
    cursor: psycopg.Cursor[TupleRow],
    place: sql.Identifier,
    schema: TableSchema,
    comment: str,
) -> None:
    """Comment the table, which marks it, and those of its columns that have a description."""
    cursor.execute(sql.SQL("comment on table {} is {}").format(place, sql.Literal(comment)))
    for column in schema.columns:
        if column.description:
            cursor.execute(
                sql.SQL("comment on column {}.{} is {}").format(
                    place, sql.Identifier(column.name), sql.Literal(column.description)
                )
            )


def hand_over(cursor: psycopg.Cursor[TupleRow], place: sql.Identifier, old: Existing) -> None:
    """Give a table the owner and the grants of the one whose place it took."""
    for who, privilege, grantable in old.grants:
        if privilege in _PRIVILEGES:
            cursor.execute(
                sql.SQL("grant {} on table {} to {}{}").format(
                    sql.SQL(_PRIVILEGES[privilege]),
                    place,
                    sql.SQL("public") if who is None else sql.Identifier(who),
                    sql.SQL(" with grant option" if grantable else ""),
                )
            )
    cursor.execute(sql.SQL("alter table {} owner to {}").format(place, sql.Identifier(old.owner)))


def rebind(cursor: psycopg.Cursor[TupleRow], views: Sequence[View]) -> None:
    """Define views again by the names they read, so that they read the new tables."""
    for view in views:
        options = [option.partition("=") for option in view.options]
        cursor.execute(
            sql.SQL("create or replace view {} {} as {}").format(
                sql.Identifier(view.schema, view.name),
                sql.SQL("with ({})").format(
                    sql.SQL(", ").join(
                        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
                        for name, _, value in options
                    )
                )
                if options
                else sql.SQL(""),
                # The server's own text of a view that is already there.
                sql.SQL(view.definition),
            )
        )


def _type(column: Column, stored: pa.DataType) -> sql.Composable:
    """The PostgreSQL type of a column; a category has the type of its values in the file."""
    import pyarrow as pa

    dtype = column.dtype.lower()
    if dtype.startswith("datetime64"):
        return sql.SQL("timestamp with time zone" if "," in dtype else "timestamp")
    if dtype == "decimal":
        return sql.SQL("numeric(38, {})").format(sql.Literal(column.decimals or 0))
    if dtype in _TYPES:
        return sql.SQL(_TYPES[dtype])
    if pa.types.is_integer(stored):
        return sql.SQL("bigint")
    if pa.types.is_floating(stored):
        return sql.SQL("double precision")
    return sql.SQL("boolean" if pa.types.is_boolean(stored) else "text")


def _constraint(table: str, token: str, what: str) -> sql.Identifier:
    """A name that no constraint of an earlier version has; it is unique in the schema."""
    digest = hashlib.sha256(f"{table} {token}".encode()).hexdigest()[:10]
    start = table.encode()[:40].decode(errors="ignore")
    return sql.Identifier(f"{start}_{digest}_{what}")


def _points_at_key(key: ForeignKey, schema: Schema) -> bool:
    keys = schema.tables[key.references].unique_keys
    return any(set(key.referenced) == set(known) for known in keys)
