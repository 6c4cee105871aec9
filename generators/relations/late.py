"""Keys that close a circle of tables: filled in when all rows are there.

A customer's favourite address is one of the customer's own: where that held for all train rows, it
is kept. Which of the possible rows it is, is not learnt.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from generators.relations.assembly import any_of, as_declared, pointing
from generators.relations.shape import LateKey
from generators.relations.world import targets_of
from tabular.errors import SampleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generators.relations.learning import RelatedTable
    from generators.relations.world import World
    from tabular.schema import ForeignKey
    from tabular.seeding import Seed


def learn_late(related: Mapping[str, RelatedTable], world: World) -> dict[str, RelatedTable]:
    """The tables with what was found out of their late keys."""
    out = {}
    for name, learnt in related.items():
        late = tuple(_late(name, key, world) for key in learnt.shape.plan.late)
        out[name] = replace(learnt, shape=learnt.shape.model_copy(update={"late": late}))
    return out


def _late(name: str, key: ForeignKey, world: World) -> LateKey:
    rows = targets_of(world, world.frames[name], key)
    there = rows >= 0
    owner = world.owner_keys.get(key.references)
    own = (
        bool(there.any())
        and owner is not None
        and owner.references == name
        and bool((world.parents[key.references][rows[there]] == np.flatnonzero(there)).all())
    )
    # Two digits are what the share needs; more would be a statistic of the rows.
    return LateKey(missing=round(float((~there).mean()), 2), own=own)


def fill_late(related: Mapping[str, RelatedTable], world: World, seed: Seed) -> None:
    """Point the late keys at rows.

    Raises:
        SampleError: A column that must not be missing has no row to point at.
    """
    for name, learnt in related.items():
        frame = world.frames[name]
        for key, late in zip(learnt.shape.plan.late, learnt.shape.late, strict=True):
            rng = seed.child(name, *key.columns).generator()
            n, target = len(frame), world.frames[key.references]
            if late.own:
                chosen = any_of(world.parents[key.references], np.arange(n), rng)
            else:
                nowhere = np.zeros(len(target), dtype=np.int64)
                chosen = any_of(nowhere, np.zeros(n, dtype=np.int64), rng)
            chosen = np.where(rng.random(n) < late.missing, -1, chosen)
            columns = [world.schema.tables[name][c] for c in key.columns]
            if (chosen < 0).any() and not any(column.nullable for column in columns):
                raise SampleError(
                    "rows have nothing to point at, and the column must not be missing",
                    where=f"table {name}, column {key.columns[0]}",
                    fix="Declare the column as nullable, or leave the key out",
                )
            for column, theirs in zip(columns, key.referenced, strict=True):
                frame[column.name] = as_declared(pointing(target[theirs], chosen), column)
