"""What PostgreSQL's catalog says of tables: columns, types, keys, checks, comments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.sources.dialects.base import SqlColumn, SqlTable
from tabular.errors import SourceError
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg import sql
    from psycopg.rows import TupleRow


def table(connection: psycopg.Connection[TupleRow], parts: tuple[str, ...]) -> SqlTable:
    """The table, view or foreign table of this name.

    Raises:
        SourceError: There is none.
    """
    from psycopg import sql

    oid = _oid(connection, parts)
    select = sql.SQL("select * from {}").format(sql.Identifier(*parts))
    facts = {
        name: (bool(not_null), str(comment or ""), bool(generated))
        for name, not_null, comment, generated in connection.execute(
            "select attname::text, attnotnull, pg_catalog.col_description(attrelid, attnum),"
            " attgenerated <> '' from pg_catalog.pg_attribute"
            " where attrelid = %s and attnum > 0 and not attisdropped",
            (oid,),
        )
    }
    columns = []
    for column in columns_of(connection, select, parts[-1]):
        not_null, comment, generated = facts[column.name]
        columns.append(replace(column, nullable=not not_null, comment=comment, generated=generated))
    primary, alternate = _keys(connection, oid)
    never_null = {column.name for column in columns if not column.nullable}
    return SqlTable(
        parts,
        select.as_string(connection),
        tuple(columns),
        primary,
        # A unique column that may be null is no key: several of its rows may be without it.
        tuple(key for key in alternate if never_null.issuperset(key)),
        _checks(connection, oid),
    )


def _oid(connection: psycopg.Connection[TupleRow], parts: tuple[str, ...]) -> int:
    from psycopg import sql

    row = connection.execute(
        "select c.oid from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass(%s)"
        " and c.relkind in ('r', 'p', 'v', 'm', 'f')",
        (sql.Identifier(*parts).as_string(connection),),
    ).fetchone()
    if row is None:
        raise no_such_table(parts)
    return int(row[0])


def no_such_table(parts: tuple[str, ...]) -> SourceError:
    """The error for a name that no table has."""
    return SourceError(
        "there is no such table",
        where=f"table {'.'.join(parts)}",
        fix="Check its name and its schema's, capitals included",
    )


def readable(
    connection: psycopg.Connection[TupleRow], schema: str | None
) -> tuple[tuple[str, str], ...]:
    """Schema and name of every table the user may read, the system's own left out."""
    rows = connection.execute(
        "select n.nspname::text, c.relname::text from pg_catalog.pg_class c"
        " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'"
        " and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%%'"
        " and n.nspname = coalesce(%s, n.nspname)"
        " and pg_catalog.has_table_privilege(c.oid, 'select') order by 1, 2",
        (schema,),
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
    check_names([column.name for column in described], f"table {table}")
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
        SqlColumn(
            column.name,
            *types[column.type_code],
            column.scale,
            refused=_refusal(*types[column.type_code]),
        )
        for column in described
    )


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse an answer without columns, or with two of one name.

    Raises:
        SourceError: That is so.
    """
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise SourceError(
            f"column names stand more than once: {', '.join(map(repr, repeated))}",
            where=where,
            fix="Give each column of the query a name of its own, with AS",
        )
    if not names:
        raise SourceError("there are no columns", where=where)


def _refusal(type_: str, labels: tuple[str, ...] | None) -> str | None:
    from pipelines.sources.dialects.postgresql import TYPES

    if labels is not None or type_ in TYPES:
        return None
    return "arrays" if type_.startswith("_") else f"values of type {type_}"


def _keys(
    connection: psycopg.Connection[TupleRow], oid: int
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The primary key and the unique constraints of a table."""
    primary: tuple[str, ...] = ()
    alternate = []
    for kind, names in connection.execute(
        "select k.contype::text,"
        " array(select a.attname::text from unnest(k.conkey) with ordinality as u(n, i)"
        "  join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n"
        "  order by u.i)"
        " from pg_catalog.pg_constraint k"
        " where k.conrelid = %s and k.contype in ('p', 'u') order by k.conname",
        (oid,),
    ):
        if kind == "p":
            primary = tuple(names)
        else:
            alternate.append(tuple(names))
    return primary, alternate


def _checks(connection: psycopg.Connection[TupleRow], oid: int) -> tuple[str, ...]:
    rows = connection.execute(
        "select pg_catalog.pg_get_expr(conbin, conrelid) from pg_catalog.pg_constraint"
        " where conrelid = %s and contype = 'c' order by conname",
        (oid,),
    ).fetchall()
    return tuple(str(text) for (text,) in rows)


def foreign_keys(
    connection: psycopg.Connection[TupleRow], tables: Sequence[SqlTable]
) -> tuple[ForeignKey, ...]:
    """The foreign keys between these tables."""
    names = {_oid(connection, table.parts): table.name for table in tables}
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
