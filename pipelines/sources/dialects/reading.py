"""From an open database to tables: what every dialect is asked in the same order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.base import Note, RawData, RawTable
from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.sources.dialects.base import Database, SqlColumn, SqlTable
    from tabular.schema import Column, ForeignKey

from pipelines.sources.dialects.base import Budget


def read_database(
    database: Database,
    settings: Settings,
    *,
    tables: tuple[str, ...],
    schema: str | None,
    query: str | None,
    name: str,
    skip: tuple[str, ...],
) -> RawData:
    """The tables of an open database, with all that it declares of them.

    Args:
        database: The database.
        settings: The caps.
        tables: Names of tables; without them and a query, all that hold rows.
        schema: The schema whose tables are meant where none is named.
        query: A SELECT, instead.
        name: What the query's table is called.
        skip: Columns to leave out, as `table.column`.

    Raises:
        SourceError: A table is not there or empty, a column is of a type that no table holds, or
            they are above the caps.
        ConfigurationError: A name can't be read, or a column to skip is not there.
    """
    budget = Budget(settings)
    skipped = _Skipped.of(skip, name if query is not None else None)
    if query is not None:
        found = [database.answer(query, name)]
    elif tables:
        found = [database.table(split_name(table)) for table in tables]
    else:
        found = with_rows(database, schema)
    read = {table.name: _read(database, skipped.left_of(table), budget) for table in found}
    foreign_keys = () if query is not None else database.foreign_keys(found)
    skipped.must_have_met()
    return RawData(read, tuple(key for key in foreign_keys if _is_whole(key, read)))


class _Skipped:
    """Columns that the owner leaves out, and which of them were met."""

    def __init__(self, names: frozenset[tuple[str, str]]) -> None:
        self._names = names
        self._tables: set[str] = set()
        self._met: set[tuple[str, str]] = set()

    @classmethod
    def of(cls, skip: tuple[str, ...], only: str | None) -> _Skipped:
        """From `table.column` texts; of a query's `only` table the column is enough."""
        found = set()
        for text in skip:
            parts = split_name(text, where="source.skip", what="a column: write table.column")
            if only is not None and len(parts) == 1:
                parts = (only, *parts)
            if len(parts) == 1:
                raise ConfigurationError(
                    f"{text!r} does not say of which table", where="source.skip",
                    fix="Write table.column",
                )  # fmt: skip
            found.add((parts[-2], parts[-1]))
        return cls(frozenset(found))

    def left_of(self, table: SqlTable) -> SqlTable:
        """The table without what is skipped, and without the keys that this breaks."""
        gone = {column for name, column in self._names if name == table.name}
        self._met |= {(table.name, c.name) for c in table.columns if c.name in gone}
        if not gone:
            return table
        return replace(
            table,
            columns=tuple(c for c in table.columns if c.name not in gone),
            primary_key=() if gone & set(table.primary_key) else table.primary_key,
            alternate_keys=tuple(key for key in table.alternate_keys if not gone & set(key)),
        )

    def must_have_met(self) -> None:
        """Refuse a column that is not there: it would be misspelt."""
        wrong = sorted(f"{t}.{c}" for t, c in self._names - self._met)
        if wrong:
            raise ConfigurationError(
                f"there is no column {', '.join(map(repr, wrong))} to skip", where="source.skip"
            )


def with_rows(database: Database, schema: str | None) -> list[SqlTable]:
    """All tables of a database or of one schema; those without rows can't be learnt from."""
    names = database.names(schema)
    tables = [database.table(parts) for parts in names]
    found = [table for table in tables if database.holds_rows(table)]
    if not found:
        raise SourceError(
            "there are no rows in any table"
            if tables
            else "the database holds no table that the user may read",
            where=f"schema {schema}" if schema else "source",
        )
    if twice := shared([table.parts for table in found]):
        schemas = sorted({table.parts[0] for table in found if table.name in twice})
        raise SourceError(
            f"two tables are called {', '.join(twice)}, in the schemas "
            f"{', '.join(map(quoted, schemas))}",
            where="source.url",
            fix="Name the `tables`, or one `schema_name` (`waxwork init --schema NAME`)",
        )
    return found


def shared(names: list[tuple[str, ...]]) -> list[str]:
    """Names that several tables have in different schemas."""
    last = [parts[-1] for parts in names]
    return sorted({name for name in last if last.count(name) > 1})


def _read(database: Database, table: SqlTable, budget: Budget) -> RawTable:
    """A table's rows, with all that the database declares of them."""
    from pipelines.sources.dialects.checks import told_by
    from pipelines.sources.files import keep_caps

    where = f"table {table.name}"
    keep_caps(budget.settings, where, columns=len(table.columns))
    if not table.columns:
        raise SourceError("there are no columns left", where=where, fix="Mend `skip`")
    for column in table.columns:
        if column.refused is not None:
            raise SourceError(
                f"there are {column.refused}, which no table of Waxwork holds",
                where=f"{where}, column {column.name!r}",
                fix="Leave it out with `skip`, or read the table by a `query` that casts it",
            )
    rows = database.rows(table, table.columns, budget)
    told = told_by(table.checks, rows.columns)
    columns = {
        column.name: _declared(column, rows.columns[column.name], told.get(column.name, {}))
        for column in table.columns
    }
    generated = [column.name for column in table.columns if column.generated]
    notes = [Note("the database computes it from other columns", name) for name in generated]
    return RawTable(
        rows.frame,
        columns,
        table.primary_key,
        table.alternate_keys,
        table.checks,
        (*rows.notes, *notes),
    )


def _declared(column: SqlColumn, known: Column, told: dict[str, object]) -> Column:
    """What is known of a column by its type, with what else is declared of it."""
    fields = known.model_dump(exclude_unset=True)
    fields |= told if fields.get("categories") is None else {}
    if column.nullable is not None:
        fields["nullable"] = column.nullable
    if column.comment:
        fields["description"] = column.comment
    if column.generated:
        fields["generated"] = True
    return type(known).model_validate(fields)


def refused(tables: list[SqlTable]) -> tuple[str, ...]:
    """The columns of tables that no table of Waxwork holds, as `skip` names them."""
    return tuple(
        f"{quoted(table.name)}.{quoted(column.name)}"
        for table in tables
        for column in table.columns
        if column.refused is not None
    )


def _is_whole(key: ForeignKey, tables: dict[str, RawTable]) -> bool:
    """Whether all columns of a foreign key were read."""
    return all(
        name in tables and set(columns) <= set(tables[name].frame.columns)
        for name, columns in ((key.table, key.columns), (key.references, key.referenced))
    )


def quoted(part: str) -> str:
    """A name as `split_name` reads it."""
    plain = part and "." not in part and not part.startswith('"') and "," not in part
    return part if plain else '"' + part.replace('"', '""') + '"'


def split_name(
    table: str, *, where: str = "source.tables", what: str = "the name of a table"
) -> tuple[str, ...]:
    """The parts of `schema.table`; a part in double quotes may hold points.

    Raises:
        ConfigurationError: It is no such name.
    """
    parts: list[str] = []
    rest = table
    while True:
        if rest.startswith('"'):
            end = rest.find('"', 1)
            while end >= 0 and rest[end : end + 2] == '""':
                end = rest.find('"', end + 2)
            part, after = rest[1:end].replace('""', '"'), rest[end + 1 :] if end >= 0 else "?"
        else:
            part, point, after = rest.partition(".")
            after = point + after
        parts.append(part)
        if not part or (after and not after.startswith(".")) or len(parts) > 2:  # noqa: PLR2004
            raise ConfigurationError(
                f"{table!r} is not {what}",
                where=where,
                fix='Write schema.table, or "odd schema"."odd.table"',
            )
        if not after:
            return tuple(parts)
        rest = after[1:]
