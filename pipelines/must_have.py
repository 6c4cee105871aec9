"""Rows that a release must hold: edge cases, put in place of rows that were drawn.

The last rows of a table take the cells that are asked for, and keep the others as they were drawn;
where a key changes, what points at it follows. All of it is put in after the checks have looked at
the drawn rows, and is held to everything that rows must keep: types, keys, references, rules, and
the contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tabular.dataset import Dataset, Table
from tabular.errors import ConfigurationError
from tabular.relations import pointed_at

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from tabular.schema import Column, Schema, TableSchema

Rows = Sequence[Mapping[str, Any]]


def put_in(drawn: Dataset, wanted: Mapping[str, Rows]) -> Dataset:
    """The dataset with these rows in place of the last ones.

    Args:
        drawn: As the generator drew it.
        wanted: Cells of each row by table; the table "" is the only one there is.

    Raises:
        ConfigurationError: A row can't be there, with its place and why.
    """
    wanted = named(wanted, drawn.schema)
    frames = {table.name: table.frame for table in drawn}
    for name, rows in wanted.items():
        before = frames[name]
        frames[name] = _with(before, rows, drawn.schema.tables[name], name)
        changed = np.arange(len(before) - len(rows), len(before))
        _follow(frames, drawn.schema, name, before, changed)
    whole = Dataset.of(frames, drawn.schema)
    for name, rows in wanted.items():
        _require_kept(whole, name, len(rows))
    return whole


def named(wanted: Mapping[str, Rows], schema: Schema) -> dict[str, Rows]:
    """The rows by the tables' real names, without tables of which none is asked for.

    Raises:
        ConfigurationError: There is no such table, or it is kept as it is.
    """
    out: dict[str, Rows] = {}
    for name, rows in wanted.items():
        if not name and len(schema.tables) > 1:
            raise ConfigurationError(
                "there are several tables", where="must_have", fix="Give a list for each by name"
            )
        own = name or next(iter(schema.tables))
        if own not in schema.tables:
            raise ConfigurationError(
                f"there is no table {own!r}",
                where="must_have",
                fix=f"Known: {', '.join(schema.tables)}",
            )
        if schema.tables[own].reference:
            raise ConfigurationError(
                "a reference table is published as it is", where=f"must_have.{own}"
            )
        if rows:
            out[own] = rows
    return out


def _with(frame: pd.DataFrame, rows: Rows, schema: TableSchema, table: str) -> pd.DataFrame:
    """A frame whose last rows have these cells."""
    where = f"must_have.{table}"
    if len(rows) > len(frame):
        raise ConfigurationError(
            f"{len(rows)} rows must be there, and {len(frame)} are drawn",
            where=where,
            fix="Ask for more `rows`",
        )
    out = frame.copy()
    begin = len(frame) - len(rows)
    for name in dict.fromkeys(name for row in rows for name in row):
        if name not in schema.names:
            raise ConfigurationError(
                f"there is no column {name!r}", where=where, fix=f"Known: {', '.join(schema.names)}"
            )
        at = [i for i, row in enumerate(rows) if name in row]
        cells = _cells([rows[i][name] for i in at], schema[name], out[name], where)
        out[name] = _replaced(out[name], [begin + i for i in at], cells)
    return out


def _cells(values: list[Any], column: Column, drawn: pd.Series, where: str) -> pd.Series:
    """Values as cells of a column's dtype."""
    import datetime as dt
    from decimal import Decimal

    import pandas as pd

    place = f"{where}, column {column.name}"
    if not column.nullable and any(value is None for value in values):
        raise ConfigurationError("the column is never missing", where=place)
    try:
        if column.dtype == "decimal":
            exact = [None if v is None else Decimal(str(v)) for v in values]
            return pd.Series(exact, dtype=object)
        if column.dtype == "date":
            days = [dt.date.fromisoformat(v) if isinstance(v, str) else v for v in values]
            return pd.Series(days, dtype=object)
        if column.sdtype == "datetime":
            return pd.to_datetime(pd.Series(values)).astype(drawn.dtype)
        if isinstance(drawn.dtype, pd.CategoricalDtype):
            return pd.Series(values, dtype=object)
        made = pd.Series(values, dtype=object).astype(drawn.dtype)
    except (ValueError, TypeError, ArithmeticError) as error:
        what = f"there is a value that is no {column.dtype}"
        raise ConfigurationError(what, where=place) from error
    pairs = zip(values, made, strict=True)
    same = [value is None or value in (cell, str(cell)) for value, cell in pairs]
    if not all(same):
        raise ConfigurationError(
            f"there is a value that the dtype {column.dtype} does not hold", where=place
        )
    return made


def _replaced(column: pd.Series, at: list[int], cells: pd.Series) -> pd.Series:
    import pandas as pd

    out = column.copy()
    if isinstance(out.dtype, pd.CategoricalDtype):
        new = [v for v in dict.fromkeys(cells.dropna()) if v not in out.cat.categories]
        out = out.cat.add_categories(new)
    out.iloc[at] = cells.to_numpy(dtype=object) if out.dtype == object else cells.array
    return out


def _follow(
    frames: dict[str, pd.DataFrame],
    schema: Schema,
    table: str,
    before: pd.DataFrame,
    changed: npt.NDArray[np.intp],
) -> None:
    """Let what pointed at changed rows of a table point at them again."""
    after = frames[table]
    for key in schema.foreign_keys:
        if key.references != table:
            continue
        pairs = list(zip(key.columns, key.referenced, strict=True))
        if all(before[theirs].equals(after[theirs]) for _, theirs in pairs):
            continue
        child = frames[key.table]
        places = pointed_at(child, before, key)
        moved = np.flatnonzero(np.isin(places, changed))
        if not len(moved):
            continue
        out = child.copy()
        for own, theirs in pairs:
            cells = after[theirs].iloc[places[moved]].astype(out[own].dtype)
            out[own] = _replaced(out[own], moved.tolist(), cells.reset_index(drop=True))
        frames[key.table] = out
        _follow(frames, schema, key.table, child, moved)


def _require_kept(whole: Dataset, name: str, n: int) -> None:
    """Raise unless the last rows of a table keep keys, references, rules and contract."""
    from validation.expectations import judge

    table = whole[name]
    where = f"must_have.{name}"
    last = np.arange(len(table) - n, len(table))
    for columns in table.schema.unique_keys:
        repeated = table.frame.duplicated(subset=list(columns), keep=False).to_numpy()[last]
        if repeated.any():
            raise _refused(f"repeats the key ({', '.join(columns)})", repeated, where)
    for key in whole.schema.foreign_keys:
        if key.table == name:
            there = table.frame[list(key.columns)].notna().all(axis=1).to_numpy(dtype=bool)
            lost = (there & (pointed_at(table.frame, whole[key.references].frame, key) < 0))[last]
            if lost.any():
                what = f"({', '.join(key.columns)}) points at no row of {key.references}"
                raise _refused(what, lost, where)
    for rule in judge(_alone(table, last)).failed:
        if rule.severity == "blocking":
            bad = np.zeros(n, dtype=bool)
            bad[np.arange(n) if rule.rows is None else rule.rows] = True
            raise _refused(f"breaks the rule {rule.rule.removeprefix('rule:')}", bad, where)


def _alone(table: Table, rows: npt.NDArray[np.intp]) -> Table:
    """Rows of a table by themselves, whoever's they are."""
    frame = table.frame.iloc[rows].reset_index(drop=True)
    return Table(table.name, frame, table.schema)


def _refused(what: str, bad: npt.NDArray[np.bool_], where: str) -> ConfigurationError:
    first = int(np.flatnonzero(bad)[0]) + 1
    return ConfigurationError(
        f"row {first} {what}", where=where, fix="Give other cells, or more of the row's"
    )
