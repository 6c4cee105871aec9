"""What PostgreSQL's catalog says of tables: columns, types, keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tabular.errors import SourceError
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg import sql
    from psycopg.rows import TupleRow


@dataclass(frozen=True)
class Found:
    """A table that is there."""

    oid: int
    name: str
    select: sql.Composed


@dataclass(frozen=True)
class SqlColumn:
    """A column of a statement's answer.

    Args:
        name: Its name.
        type: Its type in PostgreSQL, as `pg_type.typname` says it.
        labels: The values of an enum, in order.
        scale: Digits after the point of a `numeric` that declares them.
    """

    name: str
    type: str
    labels: tuple[str, ...] | None = None
    scale: int | None = None


@dataclass(frozen=True)
class Keys:
    """The keys that a table declares, all of them of columns that are never null."""

    primary: tuple[str, ...] = ()
    alternate: tuple[tuple[str, ...], ...] = ()
    not_null: frozenset[str] = field(default_factory=frozenset)


def find(connection: psycopg.Connection[TupleRow], parts: tuple[str, ...]) -> Found:
    """The table, view or foreign table of this name.

    Raises:
        SourceError: There is none.
    """
    from psycopg import sql

    identifier = sql.Identifier(*parts)
    row = connection.execute(
        "select c.oid from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass(%s)"
        " and c.relkind in ('r', 'p', 'v', 'm', 'f')",
        (identifier.as_string(connection),),
    ).fetchone()
    if row is None:
        raise SourceError(
            "there is no such table",
            where=f"table {'.'.join(parts)}",
            fix="Check its name and its schema's, capitals included",
        )
    select = sql.SQL("select * from {}").format(identifier)
    return Found(int(row[0]), parts[-1], select)


def readable(connection: psycopg.Connection[TupleRow]) -> tuple[tuple[str, str], ...]:
    """Schema and name of every table the user may read, the system's own left out."""
    rows = connection.execute(
        "select n.nspname::text, c.relname::text from pg_catalog.pg_class c"
        " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'"
        " and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%%'"
        " and pg_catalog.has_table_privilege(c.oid, 'select') order by 1, 2"
    ).fetchall()
    return tuple((str(schema), str(name)) for schema, name in rows)


def columns_of(
    connection: psycopg.Connection[TupleRow], query: sql.Composable, table: str
) -> tuple[SqlColumn, ...]:
    """The columns of a statement's answer; a domain counts as the type below it.

    Raises:
        SourceError: There are none, or two share a name.
    """
    from psycopg import sql

    empty = sql.SQL("select * from ({}\n) as q limit 0").format(query)
    with connection.cursor() as cursor:
        cursor.execute(empty)
        described = cursor.description or []
    names = [column.name for column in described]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise SourceError(
            f"column names stand more than once: {', '.join(map(repr, repeated))}",
            where=f"table {table}",
            fix="Give each column of the query a name of its own, with AS",
        )
    if not names:
        raise SourceError("there are no columns", where=f"table {table}")
    oids = sorted({column.type_code for column in described})
    types = {
        oid: (name, tuple(labels) if labels else None)
        for oid, name, labels in connection.execute(
            "select t.oid, t.typname,"
            " (select array_agg(e.enumlabel::text order by e.enumsortorder)"
            "  from pg_catalog.pg_enum e where e.enumtypid = t.oid)"
            " from pg_catalog.pg_type t where t.oid = any(%s)",
            (oids,),
        )
    }
    return tuple(
        SqlColumn(column.name, *types[column.type_code], column.scale) for column in described
    )


def keys(connection: psycopg.Connection[TupleRow], table: Found) -> Keys:
    """The primary and unique keys of a table, and its columns that are never null."""
    numbered: dict[int, str] = dict(
        connection.execute(
            "select attnum, attname::text from pg_catalog.pg_attribute"
            " where attrelid = %s and attnum > 0 and not attisdropped",
            (table.oid,),
        ).fetchall()
    )
    not_null = {
        name
        for (name,) in connection.execute(
            "select attname::text from pg_catalog.pg_attribute"
            " where attrelid = %s and attnum > 0 and not attisdropped and attnotnull",
            (table.oid,),
        )
    }
    primary: tuple[str, ...] = ()
    alternate = []
    for kind, numbers in connection.execute(
        "select contype::text, conkey from pg_catalog.pg_constraint"
        " where conrelid = %s and contype in ('p', 'u') order by conname",
        (table.oid,),
    ):
        names = tuple(numbered[number] for number in numbers)
        if kind == "p":
            primary = names
        elif not_null.issuperset(names):
            alternate.append(names)
    return Keys(primary, tuple(alternate), frozenset(not_null))


def foreign_keys(
    connection: psycopg.Connection[TupleRow], tables: Sequence[Found]
) -> tuple[ForeignKey, ...]:
    """The foreign keys between these tables."""
    names = {table.oid: table.name for table in tables}
    rows = connection.execute(
        "select k.conrelid, k.confrelid,"
        " array(select a.attname::text from unnest(k.conkey) with ordinality as u(n, i)"
        "  join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n"
        "  order by u.i),"
        " array(select a.attname::text from unnest(k.confkey) with ordinality as u(n, i)"
        "  join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n"
        "  order by u.i)"
        " from pg_catalog.pg_constraint k"
        " where k.contype = 'f' and k.conrelid = any(%s) and k.confrelid = any(%s)"
        " order by k.conrelid, k.conname",
        (list(names), list(names)),
    ).fetchall()
    return tuple(
        ForeignKey(
            table=names[child],
            columns=tuple(columns),
            references=names[parent],
            referenced=tuple(referenced),
        )
        for child, parent, columns, referenced in rows
    )
