"""DuckDB, which runs inside our process and is held to what the configuration names.

No file is opened but the database itself, read-only; no extension is loaded or installed; threads
and memory are limited, nothing spills to the disk, and a query can change none of it.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.sources.dialects.answer import exact, framed
from pipelines.sources.dialects.base import Database, SqlColumn, SqlRows, SqlTable
from pipelines.sources.dialects.postgresql import too_large
from pipelines.sources.dialects.postgresql_catalog import check_names, no_such_table
from pipelines.sources.dialects.sqlite_catalog import quoted
from pipelines.sources.files import keep_caps
from tabular.errors import SourceError, SourceUnavailable
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from pipelines.settings import Settings
    from pipelines.sources.dialects.base import Budget

_ROWS = 100_000
_REFUSED = ("BLOB", "BIT", "INTERVAL", "GEOMETRY", "VARIANT", "JSON", "BIGNUM", "UNION")
_NESTED = ("[", "STRUCT", "MAP", "UNION")


@contextmanager
def opened(
    path: Path | None, settings: Settings, *, memory: str, scans: Mapping[str, object]
) -> Iterator[Database]:
    """A database of DuckDB, open for reading.

    Args:
        path: Its file; none for one that holds only `scans`.
        settings: The threads.
        memory: The most memory it may take, as `2GB`.
        scans: Further tables, as Arrow holds them.

    Raises:
        SourceError: It is not there, no database, or its memory is not enough.
    """
    import duckdb

    where = str(path) if path else "source.files"
    try:
        connection = duckdb.connect(
            str(path) if path else ":memory:",
            read_only=path is not None,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "allow_persistent_secrets": "false",
                "python_enable_replacements": "false",
                "temp_directory": "",
                "threads": str(settings.threads),
                "memory_limit": memory,
            },
        )
    except duckdb.Error as error:
        raise translated(error, where) from None
    try:
        for name, scan in scans.items():
            connection.register(name, scan)
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set lock_configuration = true")
        connection.execute("begin")
        yield DuckdbDatabase(connection, frozenset(scans))
    except duckdb.Error as error:
        # The library's text can quote cells and the statement.
        raise translated(error, where) from None
    finally:
        connection.close()


def translated(error: duckdb.Error, place: str) -> SourceError:
    """An error of DuckDB as ours, by its kind alone."""
    import duckdb

    meanings: dict[type[Exception], tuple[str, str | None]] = {
        duckdb.ParserException: ("the query can't be parsed", "Check it in DuckDB"),
        duckdb.SyntaxException: ("the query can't be parsed", "Check it in DuckDB"),
        duckdb.CatalogException: ("there is no such table or function", "Check the query"),
        duckdb.BinderException: (
            "there is no such column, or types don't match",
            "Check the query",
        ),
        duckdb.PermissionException: (
            "the query would open what the configuration does not name",
            "Name the files in `files`, and the tables by those names",
        ),
        duckdb.OutOfMemoryException: ("the query needs more memory", "Raise `source.memory`"),
        duckdb.InvalidInputException: (
            "the query would write or set something, and only reading is allowed",
            "Make it a SELECT",
        ),
        duckdb.SerializationException: ("the database is damaged or of another version", None),
    }
    for kind, (what, fix) in meanings.items():
        if isinstance(error, kind):
            return SourceError(what, where=place, fix=fix)
    if isinstance(error, duckdb.IOException):
        if "lock" in str(error).lower():
            return SourceUnavailable(
                "another program holds the database locked",
                where=place,
                fix="Run again when it is done",
            )
        return SourceError("it is no database of DuckDB that can be read", where=place)
    return SourceError(
        f"the database reports an error ({type(error).__name__})",
        where=place,
        fix="Run the statement in DuckDB to see its own words",
    )


class DuckdbDatabase(Database):
    """An open database of DuckDB.

    Args:
        connection: In a transaction.
        scans: Names of tables that are not in its file.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, scans: frozenset[str]) -> None:
        self._connection = connection
        self._scans = scans

    def names(self, schema: str | None) -> tuple[tuple[str, ...], ...]:
        """The tables of the file, and those that were named beside it."""
        rows = self._connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal"
            " and not temporary and schema_name = coalesce(?, schema_name) order by 1, 2",
            [schema],
        ).fetchall()
        here = tuple((name,) if where == "main" else (where, name) for where, name in rows)
        return (*here, *((name,) for name in sorted(self._scans) if schema is None))

    def holds_rows(self, table: SqlTable) -> bool:
        """Whether a table has any row."""
        # All of an answer is fetched, or it would stay open under the next one.
        rows = self._connection.execute(f"select exists ({table.select})").fetchall()
        return bool(rows[0][0])

    def table(self, parts: tuple[str, ...]) -> SqlTable:
        """The table or view of this name.

        Raises:
            SourceError: There is none.
        """
        select = f"select * from {'.'.join(map(quoted, parts))}"  # noqa: S608  quoted
        if parts[-1] in self._scans and len(parts) == 1:
            return SqlTable(parts, select, self._columns(select))
        schema = parts[0] if len(parts) > 1 else "main"
        found = self._connection.execute(
            "select column_name, is_nullable, comment, is_generated from duckdb_columns()"
            " where not internal and schema_name = ? and table_name = ? order by column_index",
            [schema, parts[-1]],
        ).fetchall()
        if not found:
            raise no_such_table(parts)
        facts = {name: rest for name, *rest in found}
        columns = []
        for column in self._columns(select):
            nullable, comment, generated = facts[column.name]
            columns.append(
                SqlColumn(
                    column.name,
                    column.type,
                    column.labels,
                    nullable=bool(nullable),
                    comment=str(comment or ""),
                    generated=bool(generated),
                    refused=column.refused,
                )
            )
        keys = self._connection.execute(
            "select constraint_type, constraint_column_names, expression from duckdb_constraints()"
            " where schema_name = ? and table_name = ? order by constraint_index",
            [schema, parts[-1]],
        ).fetchall()
        never_null = {column.name for column in columns if column.nullable is False}
        unique = [tuple(names) for kind, names, _ in keys if kind == "UNIQUE"]
        return SqlTable(
            parts,
            select,
            tuple(columns),
            next((tuple(names) for kind, names, _ in keys if kind == "PRIMARY KEY"), ()),
            tuple(key for key in unique if never_null.issuperset(key)),
            tuple(str(text) for kind, _, text in keys if kind == "CHECK"),
        )

    def answer(self, query: str, name: str) -> SqlTable:
        """The answer to a SELECT as a table.

        Raises:
            SourceError: The statement fails, or two columns share a name.
        """
        select = query.strip().rstrip(";")
        # Anything but a SELECT is no subquery; one that is tells its columns' own names by itself.
        self._columns(f"select * from ({select}\n) as q")  # noqa: S608  the owner's own
        columns = self._columns(select)
        check_names([column.name for column in columns], f"table {name}")
        return SqlTable((name,), select, columns)

    def _columns(self, select: str) -> tuple[SqlColumn, ...]:
        described = self._connection.execute(f"describe {select}").fetchall()
        return tuple(_column(str(name), str(kind)) for name, kind, *_ in described)

    def rows(self, table: SqlTable, columns: Sequence[SqlColumn], budget: Budget) -> SqlRows:
        """All rows of these columns of a table.

        Raises:
            SourceError: There are none, or more than the caps allow.
        """
        import pyarrow as pa

        where = f"table {table.name}"
        listed = ", ".join(_cell(column) for column in columns)
        # One row past the cap is enough to know that it is passed.
        statement = (
            f"select {listed} from ({table.select}\n) as q limit {budget.settings.max_rows + 1}"  # noqa: S608
        )
        reader = self._connection.sql(statement).to_arrow_reader(_ROWS)
        batches: list[pa.RecordBatch] = []
        n_rows = 0
        for batch in reader:
            n_rows += batch.num_rows
            keep_caps(budget.settings, where, rows=n_rows)
            budget.spend(batch.nbytes, where)
            batches.append(batch)
        cells = pa.Table.from_batches(batches, reader.schema)
        for position, column in enumerate(columns):
            if column.type in {"HUGEINT", "UHUGEINT"} and cells.num_rows:
                whole = _whole(cells[column.name], column, where)
                cells = cells.set_column(position, column.name, whole)
        return SqlRows(*framed(_plain(cells), columns, where))

    def foreign_keys(self, tables: Sequence[SqlTable]) -> tuple[ForeignKey, ...]:
        """The foreign keys between these tables."""
        here = {(t.parts[0] if len(t.parts) > 1 else "main", t.name) for t in tables}
        rows = self._connection.execute(
            "select schema_name, table_name, constraint_column_names, referenced_table,"
            " referenced_column_names from duckdb_constraints()"
            " where constraint_type = 'FOREIGN KEY' order by all"
        ).fetchall()
        return tuple(
            ForeignKey(
                table=table, columns=tuple(own), references=parent, referenced=tuple(referenced)
            )
            for schema, table, own, parent, referenced in rows
            if (schema, table) in here and (schema, parent) in here
        )

    def digest(self, query: str, max_bytes: int) -> str:
        """A digest of a statement's answer.

        Raises:
            SourceError: The statement fails, or its answer is larger than the cap.
        """
        whole = hashlib.sha256()
        size = 0
        answer = self._connection.execute(query.strip().rstrip(";"))
        while row := answer.fetchone():
            text = repr(row).encode()
            size += len(text)
            if size > max_bytes:
                raise too_large()
            whole.update(text)
        return whole.hexdigest()


def _column(name: str, kind: str) -> SqlColumn:
    labels = None
    if kind.startswith("ENUM("):
        from pipelines.sources.dialects.mariadb_catalog import labels_of

        labels = labels_of(kind)
    elif kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]"):
        return SqlColumn(name, kind, refused="nested values")
    elif kind.startswith(_REFUSED):
        return SqlColumn(name, kind, refused=f"values of type {kind.lower()}")
    return SqlColumn(name, kind, labels)


def _cell(column: SqlColumn) -> str:
    """How a column is read: an integer of 128 bits by its digits, for Arrow has none."""
    name = f"q.{quoted(column.name)}"
    if column.type in {"HUGEINT", "UHUGEINT"}:
        return f"{name}::varchar as {quoted(column.name)}"
    return name


def _whole(cells: pa.ChunkedArray, column: SqlColumn, where: str) -> pa.ChunkedArray:
    """Integers of 128 bits, such as sums are, as those of 64 where they all fit."""
    import pyarrow as pa

    try:
        return cells.cast(pa.int64())
    except pa.ArrowInvalid:
        return exact(cells, column, where)


def _plain(cells: pa.Table) -> pa.Table:
    """Cells with moments to the microsecond at most, and texts that are not dictionaries."""
    import pyarrow as pa
    from pyarrow import types

    for position, field in enumerate(cells.schema):
        kind = field.type
        if types.is_timestamp(kind) and kind.tz is not None:
            wanted = pa.timestamp(kind.unit, "UTC")
            cells = cells.set_column(position, field.name, cells[field.name].cast(wanted))
        elif types.is_string(kind):
            wanted = pa.large_string()
            cells = cells.set_column(position, field.name, cells[field.name].cast(wanted))
    return cells
