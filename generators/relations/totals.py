"""Columns that hold what the rows of a child table come to: an invoice's total, a basket's pieces.

Where a number of every train parent is the sum of one number of its children, it is not drawn but
added up, once all children are there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from generators.encoding.numerical import decimals
from generators.relations.assembly import as_declared
from generators.relations.world import targets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from generators.relations.learning import RelatedTable
    from generators.relations.world import World
    from tabular.schema import Column, ForeignKey, TableSchema

    Floats = npt.NDArray[np.float64]

_FEWEST = 20  # parents with children whose sums must agree


class Total(BaseModel):
    """A parent's column as the sum of one of its children's.

    Args:
        column: The parent's.
        key: The foreign key of the child table, as its place in the schema.
        part: The child's column; missing cells count nothing.
        childless: Whether a parent without children has 0, rather than no cell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    key: int
    part: str
    childless: bool


def learn_totals(related: Mapping[str, RelatedTable], world: World) -> dict[str, RelatedTable]:
    """The tables with the columns of theirs that are sums over another's rows."""
    found: dict[str, list[Total]] = {}
    for place, key in enumerate(world.schema.foreign_keys):
        parent = related.get(key.references)
        if parent is None or parent.shape.plan.copied or key.table == key.references:
            continue
        taken = {total.column for total in found.get(key.references, ())}
        sums = _sums_of(world, key)
        for name in parent.shape.cells:
            column = world.schema.tables[key.references][name]
            if name not in taken and _is_free(column, world.schema.tables[key.references]):
                total = _total(column, place, sums, world.frames[key.references])
                found.setdefault(key.references, []).extend([total] if total else [])
    return {
        name: replace(
            learnt,
            shape=learnt.shape.model_copy(update={"totals": tuple(found.get(name, ()))}),
        )
        for name, learnt in related.items()
    }


def fill_totals(related: Mapping[str, RelatedTable], world: World) -> None:
    """Add up the children, those of the last tables first: a total may be part of another."""
    for name, learnt in reversed(list(related.items())):
        for total in learnt.shape.totals:
            key = world.schema.foreign_keys[total.key]
            sums, has = _sum(world, key, total.part)
            values = np.where(has | total.childless, sums, np.nan)
            column = world.schema.tables[name][total.column]
            world.frames[name][total.column] = as_declared(_cells(values, column), column)


def _sums_of(world: World, key: ForeignKey) -> dict[str, tuple[Floats, npt.NDArray[np.bool_]]]:
    """Sums of each number of the child table, and which parents have children."""
    child = world.schema.tables[key.table]
    names = [c.name for c in child.columns if c.sdtype == "numerical" and c.name not in key.columns]
    return {name: _sum(world, key, name) for name in names}


def _sum(world: World, key: ForeignKey, part: str) -> tuple[Floats, npt.NDArray[np.bool_]]:
    frame, n = world.frames[key.table], len(world.frames[key.references])
    rows = targets_of(world, frame, key)
    there = rows >= 0
    values = np.nan_to_num(_floats(frame[part]))
    sums = np.bincount(rows[there], weights=values[there], minlength=n)
    return sums.astype(np.float64), np.bincount(rows[there], minlength=n) > 0


def _floats(cells: pd.Series) -> Floats:
    numbers = pd.to_numeric(cells).astype("Float64")
    return np.asarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _is_free(column: Column, schema: TableSchema) -> bool:
    """Whether a column may be put in after all others: a number that no rule ties to them."""
    tied = {name for rule in schema.rules for name in rule.used}
    return column.sdtype == "numerical" and column.name not in tied


def _total(
    column: Column,
    key: int,
    sums: Mapping[str, tuple[Floats, npt.NDArray[np.bool_]]],
    frame: pd.DataFrame,
) -> Total | None:
    """The first sum that the column is in every row, if there is one."""
    cells = _floats(frame[column.name])
    slack = 0.5 * 10.0**-column.decimals if column.decimals is not None else 0.0
    for part, (added, has) in sums.items():
        if has.sum() < _FEWEST or len(np.unique(added[has])) == 1:
            continue
        off = np.abs(cells[has] - added[has])
        if not (off <= slack * 1.001 + 1e-9 * np.abs(added[has])).all():
            continue
        without = cells[~has]
        childless = bool((without == 0).all())
        if childless or np.isnan(without).all():
            return Total(column=column.name, key=key, part=part, childless=childless)
    return None


def _cells(values: Floats, column: Column) -> pd.Series:
    """Sums as cells of the column's kind, rounded to its digits."""
    digits = column.decimals or 0
    if column.dtype == "decimal":
        exact = decimals(np.rint(np.nan_to_num(values) * 10.0**digits).astype(np.int64), 0, digits)
        exact[np.isnan(values)] = None
        return pd.Series(exact, dtype=object)
    if column.dtype.lower().startswith(("int", "uint")):
        return pd.Series(np.rint(values)).astype("Int64")
    return pd.Series(values if column.decimals is None else np.round(values, digits))
