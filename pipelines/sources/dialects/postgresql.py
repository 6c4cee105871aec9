"""PostgreSQL: rows are copied out as csv, in one repeatable-read transaction."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from pipelines.sources.dialects.answer import Blocks, exact, framed, parsed
from pipelines.sources.dialects.base import Database, SqlRows, SqlTable
from pipelines.sources.files import keep_caps
from tabular.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    import pyarrow as pa
    from psycopg import sql
    from psycopg.rows import TupleRow

    from pipelines.secrets import SecretName
    from pipelines.settings import Settings
    from pipelines.sources.dialects.base import Budget, SqlColumn
    from tabular.schema import ForeignKey


class _Type(NamedTuple):
    """How a type of PostgreSQL is read."""

    arrow: str
    cast: str = ""


TYPES = {
    "int2": _Type("int16"),
    "int4": _Type("int32"),
    "int8": _Type("int64"),
    "oid": _Type("int64"),
    "float4": _Type("float32"),
    "float8": _Type("float64"),
    "numeric": _Type("decimal"),
    "bool": _Type("bool_"),
    "date": _Type("date32"),
    "timestamp": _Type("timestamp"),
    "timestamptz": _Type("timestamptz"),
    **dict.fromkeys(("text", "varchar", "name", "citext"), _Type("string")),
    **dict.fromkeys(
        ("bpchar", "char", "uuid", "time", "timetz", "inet", "cidr", "macaddr", "macaddr8"),
        _Type("string", "text"),
    ),
}


@contextmanager
def opened(url: str | SecretName, settings: Settings, *, where: str) -> Iterator[Database]:
    """A PostgreSQL database, open for reading.

    Raises:
        ConfigurationError: The secret is missing, or what it holds is not a URL of PostgreSQL.
        SourceError: The server refuses, or does not answer.
    """
    from pipelines.postgres import connected

    with connected(url, settings, where=where) as connection:
        yield PostgresqlDatabase(connection)


class PostgresqlDatabase(Database):
    """An open PostgreSQL database.

    Args:
        connection: In a repeatable-read, read-only transaction.
    """

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection

    def names(self, schema: str | None) -> tuple[tuple[str, ...], ...]:
        """Schema and name of every table the user may read, the system's own left out."""
        from pipelines.sources.dialects import postgresql_catalog as catalog

        return catalog.readable(self._connection, schema)

    def holds_rows(self, table: SqlTable) -> bool:
        """Whether a table has any row."""
        from psycopg import sql

        query = sql.SQL("select exists ({})").format(_plain(table.select))
        row = self._connection.execute(query).fetchone()
        return bool(row and row[0])

    def table(self, parts: tuple[str, ...]) -> SqlTable:
        """The table, view or foreign table of this name.

        Raises:
            SourceError: There is none.
        """
        from pipelines.sources.dialects import postgresql_catalog as catalog

        return catalog.table(self._connection, parts)

    def answer(self, query: str, name: str) -> SqlTable:
        """The answer to a SELECT as a table.

        Raises:
            SourceError: The statement fails, or two columns share a name.
        """
        from pipelines.sources.dialects import postgresql_catalog as catalog

        select = query.strip().rstrip(";")
        return SqlTable((name,), select, catalog.columns_of(self._connection, _plain(select), name))

    def rows(self, table: SqlTable, columns: Sequence[SqlColumn], budget: Budget) -> SqlRows:
        """All rows of these columns of a table, by COPY.

        Raises:
            SourceError: There are none, or more than the caps allow, or one of the values is none
                that a table holds.
        """
        where = f"table {table.name}"
        types = {column.name: _type(column) for column in columns}
        statement = _statement(table, types, budget)
        cells = _cells(self._connection, statement, types, budget, where)
        keep_caps(budget.settings, where, rows=cells.num_rows)
        for position, column in enumerate(columns):
            if types[column.name].arrow == "decimal":
                decimals = exact(cells[column.name], column, where)
                cells = cells.set_column(position, column.name, decimals)
        return SqlRows(*framed(cells, columns, where))

    def foreign_keys(self, tables: Sequence[SqlTable]) -> tuple[ForeignKey, ...]:
        """The foreign keys between these tables."""
        from pipelines.sources.dialects import postgresql_catalog as catalog

        return catalog.foreign_keys(self._connection, tables)

    def digest(self, query: str, max_bytes: int) -> str:
        """A digest of a statement's answer.

        Raises:
            SourceError: The statement fails, or its answer is larger than the cap.
        """
        from psycopg import sql

        copy = sql.SQL("copy ({}\n) to stdout (format csv)").format(_plain(query))
        whole = hashlib.sha256()
        size = 0
        with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
            for row in rows:
                size += len(row)
                if size > max_bytes:
                    raise too_large()
                whole.update(row)
        return whole.hexdigest()


def too_large() -> SourceError:
    """The error for a `version_query` whose answer is no version."""
    return SourceError(
        "the answer is larger than the cap on bytes",
        where="source.version_query",
        fix="It should be one small row, such as select max(updated_at) from ...",
    )


def _plain(query: str) -> sql.SQL:
    from psycopg import sql

    # The owner's own SQL, run in a read-only transaction.
    return sql.SQL(query.strip().rstrip(";"))


def _type(column: SqlColumn) -> _Type:
    return _Type("string", "text") if column.labels is not None else TYPES[column.type]


def _statement(table: SqlTable, types: Mapping[str, _Type], budget: Budget) -> sql.Composed:
    from psycopg import sql

    cells = [
        sql.SQL("q.{}::{}").format(sql.Identifier(name), sql.SQL(kind.cast))
        if kind.cast
        else sql.SQL("q.{}").format(sql.Identifier(name))
        for name, kind in types.items()
    ]
    # One row past the cap is enough to know that it is passed.
    return sql.SQL("copy (select {} from ({}\n) as q limit {}) to stdout (format csv)").format(
        sql.SQL(", ").join(cells), _plain(table.select), sql.Literal(budget.settings.max_rows + 1)
    )


def _cells(
    connection: psycopg.Connection[TupleRow],
    statement: sql.Composed,
    types: Mapping[str, _Type],
    budget: Budget,
    where: str,
) -> pa.Table:
    """The answer's cells."""
    kinds = {name: kind.arrow for name, kind in types.items()}
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        return parsed(Blocks(rows, budget, where), kinds, where)
