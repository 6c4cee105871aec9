"""From what was drawn to a table's columns: keys copied, counters counted, identifiers made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.encoding.base import cast, holds_missing
from generators.relations.siblings import places
from tabular.rules import Unique, broken

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.relations.learning import RelatedTable
    from generators.relations.plan import TablePlan
    from generators.relations.shape import Shape
    from generators.relations.world import World
    from tabular.schema import Column, TableSchema
    from tabular.seeding import Seed


@dataclass
class Drawn:
    """Rows in the order they were drawn."""

    owner_rows: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    targets: list[npt.NDArray[np.int64]]
    codes: list[npt.NDArray[np.int64]]
    cells: pd.DataFrame

    def take(self, rows: npt.NDArray[np.int64]) -> Drawn:
        """The rows at these positions."""
        return Drawn(
            self.owner_rows[rows],
            self.place[rows],
            [target[rows] for target in self.targets],
            [code[rows] for code in self.codes],
            self.cells.iloc[rows].reset_index(drop=True),
        )


def assembled(
    learnt: RelatedTable, world: World, drawn: Drawn, n_owners: int, seed: Seed
) -> pd.DataFrame:
    """All columns of the table; those of keys that wait are missing."""
    import pandas as pd

    shape, plan = learnt.shape, learnt.shape.plan
    schema = world.schema.tables[plan.name]
    n = len(drawn.owner_rows)
    cells: dict[str, pd.Series] = {}
    for link, rows in zip(shape.links, drawn.targets, strict=True):
        for own, theirs in zip(link.key.columns, link.key.referenced, strict=True):
            cells[own] = pointing(world.frames[link.key.references][theirs], rows)
    if plan.owner is not None:
        for own, theirs in zip(plan.owner.columns, plan.owner.referenced, strict=True):
            cells[own] = pointing(world.frames[plan.owner.references][theirs], drawn.owner_rows)
    for name in shape.cells:
        cells[name] = drawn.cells[name].reset_index(drop=True)
    place, _ = places(drawn.owner_rows)
    for name, first in shape.serial.items():
        cells[name] = pd.Series(place + first)
    rng = seed.generator()
    for identifier in shape.identifiers:
        if identifier.name in plan.grouped:
            made = identifier.make(n_owners, rng=rng)
            cells[identifier.name] = made.iloc[drawn.owner_rows].reset_index(drop=True)
        else:
            cells[identifier.name] = identifier.make(n, rng=rng)
    waiting = {name for key in (*plan.selves, *plan.late) for name in key.columns} - set(cells)
    for name in waiting:
        cells[name] = pd.Series([None] * n, dtype=object)
    return pd.DataFrame({c.name: as_declared(cells[c.name], c) for c in schema.columns})


def pointing(cells: pd.Series, rows: npt.NDArray[np.int64]) -> pd.Series:
    """The cells at these positions, missing where the position is -1."""
    if (rows >= 0).all():
        return cells.iloc[rows].reset_index(drop=True)
    return cells.astype(object).reset_index(drop=True).reindex(rows).reset_index(drop=True)


def as_declared(cells: pd.Series, column: Column) -> pd.Series:
    """Cells in the column's dtype; one that can't miss a cell waits for it as an object."""
    if column.dtype in {"date", "decimal", "object"} or str(cells.dtype) == column.dtype:
        return cells
    if cells.isna().any():
        if not holds_missing(column.dtype):
            return cells.astype(object)
        if column.dtype.startswith("float"):
            cells = cells.astype("Float64")
    return cast(cells, column.dtype)


def number_children(frame: pd.DataFrame, shape: Shape, owner_rows: npt.NDArray[np.int64]) -> None:
    """Count the children of each parent anew, where some of them fell away."""
    place, _ = places(owner_rows)
    for name, first in shape.serial.items():
        frame[name] = (place + first).astype(frame[name].dtype.name)


def distinct(frame: pd.DataFrame, schema: TableSchema, plan: TablePlan) -> npt.NDArray[np.bool_]:
    """Rows that repeat no key of an earlier row and break no rule.

    A key with a missing cell repeats nothing.
    """
    waiting = {name for key in (*plan.selves, *plan.late) for name in key.columns}
    rules = [rule for rule in schema.rules if not waiting & set(rule.used)]
    keep = ~broken([rule for rule in rules if not isinstance(rule, Unique)], frame)
    unique = [rule.columns for rule in rules if isinstance(rule, Unique)]
    for key in (*schema.unique_keys, *unique):
        if waiting & set(key):
            continue
        there = frame[list(key)].notna().all(axis=1).to_numpy(dtype=bool)
        keep &= ~(frame.duplicated(subset=list(key)).to_numpy(dtype=bool) & there)
    return keep


def point_at_own(
    learnt: RelatedTable, frame: pd.DataFrame, schema: TableSchema, drawn: Drawn, seed: Seed
) -> None:
    """Fill in the keys to rows of the same table: always one of the depth above, so no circle."""
    for self_link, key in zip(learnt.shape.selves, learnt.shape.plan.selves, strict=True):
        rng = seed.child(self_link.depth).generator()
        depth = drawn.cells[self_link.depth].to_numpy(dtype=np.int64).copy()
        group = drawn.owner_rows if self_link.within else np.zeros(len(depth), dtype=np.int64)
        parent = np.full(len(depth), -1, dtype=np.int64)
        for level in range(1, int(depth.max(initial=0)) + 1):
            rows = np.flatnonzero(depth == level)
            above = np.flatnonzero(depth == level - 1)
            # A row whose owner has none above it is a root of its own.
            chosen = any_of(group[above], group[rows], rng)
            found = chosen >= 0
            parent[rows[found]] = above[chosen[found]]
            depth[rows[~found]] = 0
        if self_link.rooted:
            parent = np.where(parent < 0, np.arange(len(parent)), parent)
        for own, theirs in zip(key.columns, key.referenced, strict=True):
            frame[own] = as_declared(pointing(frame[theirs], parent), schema[own])


def any_of(
    keys: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The position of a random row with each wanted key, -1 where there is none."""
    order = np.argsort(keys, kind="stable")
    low = np.searchsorted(keys[order], wanted, side="left")
    high = np.searchsorted(keys[order], wanted, side="right")
    picked = low + np.floor(rng.random(len(wanted)) * (high - low)).astype(np.int64)
    return np.where(high > low, np.append(order, -1)[np.minimum(picked, len(order))], -1)
