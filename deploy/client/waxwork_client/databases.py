"""A dataset in a database, its keys and foreign keys declared and enforced.

Foreign keys are checked at the end of the transaction, so that tables may point at each other and
at themselves, whatever order they are loaded in.
"""

from __future__ import annotations

import io
import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import psycopg
    import pyarrow as pa

    from waxwork_client.datasets import Dataset


def load_sqlite(dataset: Dataset, connection: sqlite3.Connection) -> None:
    """Create the dataset's tables in a SQLite database and fill them, in one transaction.

    Args:
        dataset: What to load.
        connection: No transaction is open; foreign keys are enforced on it from now on.

    Raises:
        sqlite3.Error: A table is there already, or a constraint is broken; nothing is left behind.
    """
    connection.execute("pragma foreign_keys = on")
    # The module's own transactions don't span `create table`.
    isolation, connection.isolation_level = connection.isolation_level, None
    connection.execute("begin")
    try:
        for statement in _create(dataset, _sqlite_type, _foreign_keys(dataset)):
            connection.execute(statement)
        for name in dataset.tables:
            table = dataset.arrow(name)
            marks = ", ".join("?" * table.num_columns)
            columns = [_sqlite_values(column) for column in table.columns]
            connection.executemany(
                f"insert into {_quoted(name)} values ({marks})",  # noqa: S608  quoted
                zip(*columns, strict=True),
            )
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise
    finally:
        connection.isolation_level = isolation


def load_postgresql(dataset: Dataset, connection: psycopg.Connection[Any]) -> None:
    """Create the dataset's tables in a PostgreSQL database and fill them, in one transaction.

    Args:
        dataset: What to load.
        connection: Tables are made in the first schema of its search path.

    Raises:
        psycopg.Error: A table is there already, or a constraint is broken; nothing is left behind.
    """
    from pyarrow import csv

    with connection.transaction(), connection.cursor() as cursor:
        for statement in _create(dataset, _postgresql_type, {}):
            cursor.execute(statement.encode())
        for name in dataset.tables:
            text = io.BytesIO()
            # With every value in quotes, an empty text and a missing cell differ.
            options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
            csv.write_csv(_plain(dataset.arrow(name)), text, options)
            with cursor.copy(f"copy {_quoted(name)} from stdin (format csv)".encode()) as copy:
                copy.write(text.getvalue())
        # Declared last, they may point in circles, and each is checked once for all rows.
        for name, clauses in _foreign_keys(dataset).items():
            for clause in clauses:
                cursor.execute(f"alter table {_quoted(name)} add {clause}".encode())


def _create(
    dataset: Dataset, type_of: Callable[[pa.DataType], str], foreign: Mapping[str, list[str]]
) -> Iterator[str]:
    """A statement for each table, with its keys and with what `foreign` adds to it."""
    described: Mapping[str, Any] = dataset.schema["tables"]
    pointed_at = dataset.schema.get("foreign_keys", [])
    for name in dataset.tables:
        schema, table = described[name], dataset.arrow(name)
        required = {c["name"] for c in schema["columns"] if not c.get("nullable", True)}
        parts = [
            f"{_quoted(f.name)} {type_of(f.type)}{' not null' if f.name in required else ''}"
            for f in table.schema
        ]
        primary = list(schema.get("primary_key", []))
        if primary:
            parts.append(f"primary key ({_list(primary)})")
        unique = [list(key) for key in schema.get("alternate_keys", [])]
        unique += [list(key["referenced"]) for key in pointed_at if key["references"] == name]
        # A foreign key may point at any unique columns; most point at the primary key.
        parts += dict.fromkeys(f"unique ({_list(key)})" for key in unique if key != primary)
        yield f"create table {_quoted(name)} ({', '.join([*parts, *foreign.get(name, [])])})"


def _foreign_keys(dataset: Dataset) -> Mapping[str, list[str]]:
    """The foreign keys of each table, as SQL says them."""
    found: dict[str, list[str]] = {}
    for key in dataset.schema.get("foreign_keys", []):
        found.setdefault(key["table"], []).append(
            f"foreign key ({_list(key['columns'])}) references "
            f"{_quoted(key['references'])} ({_list(key['referenced'])}) "
            "deferrable initially deferred"
        )
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _list(names: list[str]) -> str:
    return ", ".join(_quoted(name) for name in names)


def _plain(table: pa.Table) -> pa.Table:
    """The table without dictionaries and with moments in microseconds, as databases keep them."""
    import pyarrow as pa

    fields = []
    for field in table.schema:
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_timestamp(kind):
            kind = pa.timestamp("us", tz="UTC" if kind.tz else None)
        if pa.types.is_decimal(kind):
            kind = pa.string()
        fields.append(pa.field(field.name, kind))
    return table.cast(pa.schema(fields), safe=False)


def _sqlite_values(column: pa.ChunkedArray) -> list[Any]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", tz="UTC" if kind.tz else None), safe=False)
        text = column.cast(pa.string())
    elif pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        text = column.cast(pa.string())
    elif pa.types.is_boolean(kind):
        text = column.cast(pa.int8())
    else:
        text = column
    values: list[Any] = text.to_pylist()
    return values


def _sqlite_type(kind: pa.DataType) -> str:
    import pyarrow as pa

    types = pa.types
    if types.is_integer(kind) or types.is_boolean(kind):
        return "integer"
    if types.is_floating(kind):
        return "real"
    if types.is_decimal(kind):
        return "numeric"
    return "blob" if types.is_binary(kind) else "text"


def _postgresql_type(kind: pa.DataType) -> str:
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        return _postgresql_type(kind.value_type)
    if types.is_integer(kind):
        if types.is_uint64(kind):
            return "numeric(20)"
        signed = kind.bit_width * (1 if types.is_signed_integer(kind) else 2)
        return {8: "smallint", 16: "smallint", 32: "integer", 64: "bigint"}[signed]
    if types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    named = {
        "boolean": types.is_boolean,
        "double precision": types.is_floating,
        "date": types.is_date,
        "time": types.is_time,
        "bytea": types.is_binary,
        "numeric": types.is_decimal,
    }
    return next((name for name, test in named.items() if test(kind)), "text")
