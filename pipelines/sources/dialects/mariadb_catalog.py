"""What MariaDB and MySQL declare of tables: columns, types, keys, checks, comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipelines.sources.dialects.base import SqlColumn, SqlTable
from pipelines.sources.dialects.postgresql_catalog import no_such_table
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pymysql
    from pymysql.cursors import Cursor

_SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
_LABEL = re.compile(r"'((?:[^']|'')*)'")
_JSON = re.compile(r"json_valid\(`((?:[^`]|``)+)`\)", re.IGNORECASE)
_TYPES = {
    **dict.fromkeys(("varchar", "text", "tinytext", "mediumtext", "longtext"), "text"),
    **dict.fromkeys(("char", "uuid", "inet4", "inet6", "time", "set"), "text"),
    **dict.fromkeys(("date", "datetime", "timestamp", "year", "float", "double"), ""),
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "bit", "decimal"), ""),
}
"""Types that a table holds, and the other name that they are read by."""


def quoted(*parts: str) -> str:
    """A name as an identifier."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def fetched(
    connection: pymysql.Connection[Cursor], query: str, *arguments: object
) -> list[tuple[object, ...]]:
    """All rows of a small answer."""
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return list(cursor.fetchall())


def names(
    connection: pymysql.Connection[Cursor], schema: str | None
) -> tuple[tuple[str, ...], ...]:
    """All tables of a schema, of the URL's database, or else of all schemas but the system's."""
    rows = fetched(
        connection,
        "select table_schema, table_name, database() from information_schema.tables"
        " where table_type in ('BASE TABLE', 'SYSTEM VERSIONED')"
        " and table_schema not in %s"
        " and table_schema = coalesce(%s, database(), table_schema) order by 1, 2",
        _SYSTEM,
        schema,
    )
    return tuple(
        (str(name),) if where == own else (str(where), str(name)) for where, name, own in rows
    )


def table(connection: pymysql.Connection[Cursor], parts: tuple[str, ...]) -> SqlTable:
    """The table or view of this name.

    Raises:
        SourceError: There is none.
    """
    found = fetched(
        connection,
        "select table_schema, table_name from information_schema.tables"
        " where table_schema = coalesce(%s, database()) and table_name = %s",
        parts[0] if len(parts) > 1 else None,
        parts[-1],
    )
    if not found:
        raise no_such_table(parts)
    place = tuple(str(part) for part in found[0])
    checks = _checks(connection, place)
    documents = {match[1].replace("``", "`") for c in checks for match in _JSON.finditer(c)}
    columns = tuple(
        _column(row, documents)
        for row in fetched(
            connection,
            "select column_name, data_type, column_type, is_nullable, numeric_scale,"
            " column_comment, extra from information_schema.columns"
            " where table_schema = %s and table_name = %s order by ordinal_position",
            *place,
        )
    )
    primary, alternate = _keys(connection, place)
    never_null = {column.name for column in columns if column.nullable is False}
    return SqlTable(
        (*parts[:-1], place[-1]),
        f"select * from {quoted(*place)}",  # noqa: S608  quoted
        columns,
        primary,
        # A unique column that may be null is no key: several of its rows may be without it.
        tuple(key for key in alternate if never_null.issuperset(key)),
        tuple(check for check in checks if not _JSON.fullmatch(check)),
    )


def _column(row: tuple[object, ...], documents: set[str]) -> SqlColumn:
    name, kind, full, is_nullable, scale, comment, extra = (
        part.decode() if isinstance(part, bytes) else part for part in row
    )
    kind, full = str(kind).lower(), str(full)
    labels = None
    if kind == "enum":
        labels = labels_of(full)
    refused = None
    if str(name) in documents or kind == "json":
        refused = "JSON documents"
    elif kind not in _TYPES and labels is None:
        refused = f"values of type {kind}"
    return SqlColumn(
        str(name),
        type_of(kind, full),
        labels,
        scale=int(str(scale)) if kind == "decimal" else None,
        nullable=is_nullable == "YES",
        comment=str(comment or ""),
        generated="GENERATED" in str(extra).upper().replace("DEFAULT_GENERATED", ""),
        refused=refused,
    )


def labels_of(full: str) -> tuple[str, ...]:
    """The values of an enum from its declaration, `enum('a','it''s')`."""
    return tuple(label.replace("''", "'") for label in _LABEL.findall(full))


def type_of(kind: str, full: str) -> str:
    """The name a type is read by: `int unsigned`, `boolean` for tinyint(1), `bit(1)`."""
    if kind == "tinyint" and full.lower().startswith("tinyint(1)"):
        return "boolean"
    if kind == "bit":
        return "bit(1)" if full.lower() == "bit(1)" else "bit"
    return (_TYPES.get(kind) or kind) + (" unsigned" if "unsigned" in full.lower() else "")


def _keys(
    connection: pymysql.Connection[Cursor], place: tuple[str, ...]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The primary key and the unique ones; one over the beginning of a text is none."""
    keys: dict[str, list[str]] = {}
    partial: set[str] = set()
    for index, column, length in fetched(
        connection,
        "select index_name, column_name, sub_part from information_schema.statistics"
        " where table_schema = %s and table_name = %s and non_unique = 0"
        " order by index_name, seq_in_index",
        *place,
    ):
        keys.setdefault(str(index), []).append(str(column))
        if length is not None or column is None:
            partial.add(str(index))
    primary = tuple(keys.pop("PRIMARY", ()))
    return primary, [tuple(key) for index, key in keys.items() if index not in partial]


def _checks(connection: pymysql.Connection[Cursor], place: tuple[str, ...]) -> tuple[str, ...]:
    is_mariadb = "mariadb" in str(fetched(connection, "select version()")[0][0]).lower()
    # In MySQL a constraint's name is its schema's own; in MariaDB it is its table's.
    query = (
        "select check_clause from information_schema.check_constraints"
        " where constraint_schema = %s and table_name = %s order by constraint_name"
        if is_mariadb
        else "select c.check_clause from information_schema.check_constraints c"
        " join information_schema.table_constraints t using (constraint_schema, constraint_name)"
        " where t.constraint_schema = %s and t.table_name = %s order by constraint_name"
    )
    return tuple(
        text.decode() if isinstance(text, bytes) else str(text)
        for (text,) in fetched(connection, query, *place)
    )


def foreign_keys(
    connection: pymysql.Connection[Cursor], tables: Sequence[SqlTable]
) -> tuple[ForeignKey, ...]:
    """The foreign keys between these tables."""
    own = str(fetched(connection, "select coalesce(database(), '')")[0][0])
    by_place = {(*([own] if len(t.parts) == 1 else []), *t.parts): t.name for t in tables}
    groups: dict[tuple[object, ...], list[tuple[str, str]]] = {}
    for *key, column, referenced in fetched(
        connection,
        "select table_schema, table_name, constraint_name, referenced_table_schema,"
        " referenced_table_name, column_name, referenced_column_name"
        " from information_schema.key_column_usage where referenced_table_name is not null"
        " order by table_schema, table_name, constraint_name, ordinal_position",
    ):
        groups.setdefault(tuple(key), []).append((str(column), str(referenced)))
    return tuple(
        ForeignKey(
            table=by_place[child],
            columns=tuple(column for column, _ in pairs),
            references=by_place[parent],
            referenced=tuple(referenced for _, referenced in pairs),
        )
        for key, pairs in groups.items()
        if (child := tuple(map(str, key[:2]))) in by_place
        and (parent := tuple(map(str, key[3:]))) in by_place
    )
