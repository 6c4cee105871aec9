"""From raw rows to a described dataset: source, profile and the owner's word, in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipelines.reshaping import refuse_unless_alone, with_roles
from tabular.dataset import Dataset
from tabular.errors import ConfigurationError, DataError
from tabular.schema import Column, ForeignKey, Schema, TableSchema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from pipelines.base import RawData, RawTable
    from pipelines.config import TableConfig, TableOptions


def describe(raw: RawData, config: TableConfig) -> Dataset:
    """Find out the schema: what the source says, what the rows show, and the owner's word last.

    Raises:
        ConfigurationError: The configuration names a table or column that is not there, or
            contradicts itself.
        DataError: The rows can't be used.
    """
    if unknown := sorted(set(config.tables) - set(raw.tables)):
        raise ConfigurationError(
            f"the configuration describes tables that the source does not have: {unknown}",
            where="tables",
            fix=f"The source has: {', '.join(sorted(raw.tables))}",
        )
    config = with_roles(config, raw.tables)
    foreign_keys = _kept_foreign_keys(raw, config)
    linked = _linked_columns(raw, config, foreign_keys)
    frames: dict[str, pd.DataFrame] = {}
    tables: dict[str, TableSchema] = {}
    for name, table in raw.tables.items():
        frames[name], tables[name] = _described(name, table, config, linked.get(name, set()))
    try:
        schema = Schema(
            tables=with_referenced_keys(tables, foreign_keys),
            foreign_keys=foreign_keys,
            subject=config.subject,
        )
    except ValidationError as error:
        raise ConfigurationError(_first_fault(error), where="configuration") from None
    _needs_a_subject(schema)
    if config.fairness:
        refuse_unless_alone(config.fairness, schema)
    return Dataset.of(frames, schema)


def _described(
    name: str, table: RawTable, config: TableConfig, linked: set[str]
) -> tuple[pd.DataFrame, TableSchema]:
    from pipelines.config import TableOptions as Options
    from tabular.profile import profile

    options = config.tables.get(name, Options())
    _must_be_there(name, (*options.exclude, *options.columns), table.frame)
    frame = table.frame.drop(columns=list(options.exclude))
    known = {column: spec for column, spec in table.columns.items() if column in frame.columns}
    for column, said in options.columns.items():
        if column in frame.columns:
            given = said.model_dump(exclude_unset=True, exclude_none=True)
            before = known[column].model_dump(exclude_unset=True) if column in known else {}
            known[column] = _column({**before, **given, "name": column}, name)
            frame[column], known[column] = _as_declared(frame[column], known[column], given, name)
    changes: dict[str, Any] = {
        "primary_key": options.primary_key
        if options.primary_key is not None
        else _kept_key(table.primary_key, frame),
        "alternate_keys": options.alternate_keys
        if options.alternate_keys is not None
        else tuple(key for key in table.alternate_keys if _kept_key(key, frame)),
        "sequence": options.sequence,
        "rules": options.rules,
        "reference": options.reference,
    }
    keys = (changes["primary_key"], *changes["alternate_keys"])
    entity = ((options.sequence.entity,),) if options.sequence else ()
    for key in (*keys, *entity):
        _must_be_there(name, key, frame)
        if len(key) == 1:
            _tells_apart(key[0], known, options)
    for column in linked & set(frame.columns):
        _tells_apart(column, known, options)
    found = profile(name, frame, known)
    try:
        schema = TableSchema.model_validate({**found.model_dump(), **changes})
    except ValidationError as error:
        raise ConfigurationError(_first_fault(error), where=f"tables.{name}") from None
    return frame, schema


def _kept_foreign_keys(raw: RawData, config: TableConfig) -> tuple[ForeignKey, ...]:
    """The owner's foreign keys, or those of the source whose columns were not left out."""
    if config.foreign_keys:
        return config.foreign_keys
    out = {name: set(options.exclude) for name, options in config.tables.items()}
    return tuple(
        key
        for key in raw.foreign_keys
        if not (
            out.get(key.table, set()) & set(key.columns)
            or out.get(key.references, set()) & set(key.referenced)
        )
    )


def _linked_columns(
    raw: RawData, config: TableConfig, foreign_keys: tuple[ForeignKey, ...]
) -> dict[str, set[str]]:
    """Columns that tell rows or subjects apart in their own table or in one they point at."""
    ids: set[tuple[str, str]] = set()
    for name, table in raw.tables.items():
        options = config.tables.get(name)
        primary = table.primary_key
        if options and options.primary_key is not None:
            primary = options.primary_key
        ids |= {(name, key[0]) for key in (primary, *table.alternate_keys) if len(key) == 1}
    if config.subject and len(config.subject.columns) == 1:
        ids.add((config.subject.table, config.subject.columns[0]))
    ids |= {(k.references, k.referenced[0]) for k in foreign_keys if len(k.referenced) == 1}
    grown = True
    while grown:
        found = {
            (key.table, own)
            for key in foreign_keys
            for own, theirs in zip(key.columns, key.referenced, strict=True)
            if (key.references, theirs) in ids
        }
        grown = not found <= ids
        ids |= found
    linked: dict[str, set[str]] = {}
    for name, column in ids:
        linked.setdefault(name, set()).add(column)
    return linked


def with_referenced_keys(
    tables: dict[str, TableSchema], foreign_keys: tuple[ForeignKey, ...]
) -> dict[str, TableSchema]:
    """Tables with a unique key wherever a foreign key points: it could not point at one row."""
    out = dict(tables)
    for key in foreign_keys:
        table = out.get(key.references)
        if table is None or any(set(k) == set(key.referenced) for k in table.unique_keys):
            continue
        if set(key.referenced) - set(table.names):
            continue  # the schema says so
        added = (
            {"primary_key": key.referenced}
            if not table.primary_key
            else {"alternate_keys": (*table.alternate_keys, key.referenced)}
        )
        out[key.references] = table.model_copy(update=added)
    return out


def _needs_a_subject(schema: Schema) -> None:
    """Refuse related tables of which nobody said whose they are.

    Raises:
        ConfigurationError: There are foreign keys between tables, and no subject.
    """
    private = {name for name, table in schema.tables.items() if not table.reference}
    joined = [
        k for k in schema.foreign_keys if {k.table, k.references} <= private
        and k.table != k.references
    ]  # fmt: skip
    if joined and schema.subject is None:
        raise ConfigurationError(
            "tables point at each other, and nobody said whose privacy counts",
            where="subject",
            fix="Add `subject: {table: TABLE, columns: [COLUMN]}`: the people behind the rows. "
            "Tables without people in them need no mention; public ones can be declared "
            "`reference: true`",
        )


def _tells_apart(name: str, known: dict[str, Column], options: TableOptions) -> None:
    """A column that alone is a key, or names the entity, is an id unless the owner says else."""
    said = options.columns.get(name)
    if said is None or said.sdtype is None:
        before = known[name].model_dump(exclude_unset=True) if name in known else {"name": name}
        known[name] = Column.model_validate({**before, "sdtype": "id"})


def _as_declared(
    cells: pd.Series, column: Column, given: dict[str, Any], table: str
) -> tuple[pd.Series, Column]:
    """Cells in the dtype that the owner's declaration asks for.

    Raises:
        DataError: A cell can't be read that way; it is named by its position.
    """
    import pandas as pd

    said = given.get("sdtype", "datetime" if "datetime_format" in given else None)
    if said == "datetime" and not _is_moment(cells):
        text = cells.astype("string").str.strip()
        moments = pd.to_datetime(text, format=column.datetime_format or "ISO8601", errors="coerce")
        wrong = moments.isna() & cells.notna()
        if wrong.any():
            raise DataError(
                f"{int(wrong.sum())} cells are not moments, the first in row "
                f"{int(wrong.to_numpy().argmax()) + 1}",
                where=f"table {table}, column {column.name}",
                fix="Set `datetime_format` to the format they have (strftime)",
            )
        return moments, column.model_copy(
            update={"dtype": str(moments.dtype), "sdtype": "datetime"}
        )
    if said == "numerical" and not pd.api.types.is_numeric_dtype(cells):
        if column.dtype == "decimal":
            return cells, column
        numbers = pd.to_numeric(cells, errors="coerce")
        wrong = numbers.isna() & cells.notna()
        if wrong.any():
            raise DataError(
                f"{int(wrong.sum())} cells are not numbers, the first in row "
                f"{int(wrong.to_numpy().argmax()) + 1}",
                where=f"table {table}, column {column.name}",
                fix="Declare the column as categorical, id or text",
            )
        numbers = numbers.astype("float64")
        return numbers, column.model_copy(update={"dtype": "float64"})
    return cells, column


def _is_moment(cells: pd.Series) -> bool:
    import datetime as dt

    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(cells):
        return True
    first = cells.dropna().head(1)
    return bool(len(first)) and isinstance(first.iloc[0], dt.date)


def _column(fields: dict[str, Any], table: str) -> Column:
    try:
        return Column.model_validate(fields)
    except ValidationError as error:
        raise ConfigurationError(
            _first_fault(error), where=f"tables.{table}.columns.{fields['name']}"
        ) from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _must_be_there(table: str, columns: Sequence[str], frame: pd.DataFrame) -> None:
    if unknown := [column for column in columns if column not in frame.columns]:
        raise ConfigurationError(
            f"the configuration names columns that are not there: {unknown}",
            where=f"tables.{table}",
            fix=f"The table has: {', '.join(map(str, frame.columns))}",
        )


def _kept_key(key: tuple[str, ...], frame: pd.DataFrame) -> tuple[str, ...]:
    """The source's key, unless a column of it was left out."""
    return key if all(column in frame.columns for column in key) else ()
