"""What is learnt of one related table: how many children, which rows they point at, their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.base import GENERATORS
from generators.relations.conditional import Conditional
from generators.relations.context import Context, numbered
from generators.relations.links import Link, learn_link
from generators.relations.shape import SelfLink, Shape, depths
from generators.relations.world import targets_of
from tabular.dataset import Table
from tabular.model import silent
from tabular.relations import pointed_at
from tabular.schema import Column, TableSchema

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.base import Generator
    from generators.protection import Protection
    from generators.relations.plan import TablePlan
    from generators.relations.world import World
    from tabular.model import Progress
    from tabular.seeding import Seed


@dataclass(frozen=True)
class RelatedTable:
    """One learnt table.

    Args:
        shape: What makes each column.
        count: Number of children of a parent.
        links: Codes of the rows that a row points at.
        cells: All other learnt cells.
    """

    shape: Shape
    count: Conditional | None = None
    links: Conditional | None = None
    cells: Conditional | None = None


def learn_table(
    plan: TablePlan,
    table: Table,
    world: World,
    generator: Generator,
    *,
    protection: Protection,
    seed: Seed,
    progress: Progress = silent,
) -> RelatedTable:
    """Learn one table, and add it to the world.

    Args:
        plan: Owner and links.
        table: The train rows.
        world: The tables before it.
        generator: What the cells are learnt with; links and counts are always learnt with trees.
        protection: Rare values and extremes.
        seed: Where every random number comes from.
        progress: Told how far the fit is.
    """
    structure = GENERATORS["trees"].model_validate({})
    owners = table.subject_codes
    owner_rows, n_owners = owner_places(plan, table, world)
    frame = table.frame
    targets = [targets_of(world, frame, key) for key in plan.links]
    order = _sibling_order(plan, table, owner_rows, targets)
    frame = frame.iloc[order].reset_index(drop=True)
    owners, owner_rows = owners[order], owner_rows[order]
    targets = [rows[order] for rows in targets]
    table = Table(table.name, frame, table.schema, owners=owners)
    place, siblings = places(owner_rows)
    shape = Shape.learn(plan, table, place, protection)
    above = world.above(plan, owner_rows)

    def fit(model: Generator, rows: Table, context: Context, name: str) -> Conditional:
        return Conditional.learn(
            model, rows, context, protection=protection, seed=seed.child(name), progress=progress
        )

    count = None
    if plan.is_child:
        there = owner_rows[owner_rows >= 0]
        number = np.bincount(there, minlength=n_owners).astype(np.int64)
        everyone = np.arange(n_owners)
        mine = world.subjects_of(plan, everyone)
        mine = np.where(mine >= 0, mine, mine.max(initial=-1) + 1 + everyone)
        count = fit(structure, counted(number, mine), world.above(plan, everyone), "count")
        shape = shape.model_copy(update={"alone": float((owner_rows < 0).sum()) / max(n_owners, 1)})
    cells = context_of_cells(table, shape.cells)
    links = _learn_links(plan, table, world, owner_rows, targets, above.beside(cells), n_owners,
                         protection, seed)  # fmt: skip
    selves, deep = _selves(plan, frame, owner_rows)
    shape = shape.model_copy(update={"links": links, "selves": selves})
    codes = [
        link.codes(rows, world.groups(link, plan, n_owners)[0], world.contexts[link.key.references])
        for link, rows in zip(links, targets, strict=True)
    ]
    before = np.where(place > 0, np.arange(len(place)) - 1, -1)
    around = above
    if plan.is_child:
        around = above.beside(
            numbered(place=place.astype(float), siblings=siblings.astype(float)),
            earlier(cells, links, codes).take(before),
        )
    link_model = None
    if links:
        link_model = fit(structure, coded(links, codes, owners), around, "links")
        around = around.beside(*attributes(world, links, targets))
    cell_model = None
    if shape.cells or selves:
        rows = cell_table(table, shape, deep, owners)
        cell_model = fit(generator, rows, around, "cells")
    world.finish(
        plan,
        frame,
        (*shape.cells, *shape.serial),
        owner_rows,
        subjects_of(plan, world, owner_rows, owners),
        [(link.name, link.key, rows) for link, rows in zip(links, targets, strict=True)],
    )
    return RelatedTable(shape, count, link_model, cell_model)


def subjects_of(
    plan: TablePlan,
    world: World,
    owner_rows: npt.NDArray[np.int64],
    own: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """The subject of each row: its own in the subject's table, else its owner's, else -1."""
    subject = world.schema.subject
    if subject is not None and subject.table == plan.name:
        return own
    return world.subjects_of(plan, owner_rows)


def owner_places(plan: TablePlan, table: Table, world: World) -> tuple[npt.NDArray[np.int64], int]:
    """The place of each row's owner, -1 for none, and how many owners there are."""
    if plan.grouped:
        return table.subject_codes, table.n_subjects
    if plan.owner is None:
        return np.full(len(table), -1, dtype=np.int64), 0
    parent = world.frames[plan.owner.references]
    return pointed_at(table.frame, parent, plan.owner), len(parent)


def places(
    owner_rows: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each row's place among its siblings, which stand together, and how many there are."""
    n = len(owner_rows)
    alone = owner_rows < 0
    new = np.ones(n, dtype=bool)
    new[1:] = (owner_rows[1:] != owner_rows[:-1]) | alone[1:]
    group = np.cumsum(new) - 1
    sizes = np.bincount(group) if n else np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(new)
    return np.arange(n) - starts[group], sizes[group]


def counted(number: npt.NDArray[np.int64], owners: npt.NDArray[np.int64]) -> Table:
    """Numbers of children as a table."""
    import pandas as pd

    column = Column(name="number", sdtype="numerical", dtype="int64", nullable=False)
    frame = pd.DataFrame({"number": number})
    return Table("number of children", frame, TableSchema(columns=(column,)), owners=owners)


def coded(
    links: tuple[Link, ...],
    codes: list[npt.NDArray[np.int64]],
    owners: npt.NDArray[np.int64],
) -> Table:
    """Codes of links as a table."""
    import pandas as pd

    columns, cells = [], {}
    for link, code in zip(links, codes, strict=True):
        # The order of ranks means something, that of clusters nothing.
        kind = "ordinal" if link.style == "rank" else "categorical"
        columns.append(Column.model_validate({"name": link.name, "sdtype": kind, "dtype": "Int64"}))
        cells[link.name] = pd.Series(code, dtype="Int64").mask(pd.Series(code < 0))
    return Table("links", pd.DataFrame(cells), TableSchema(columns=tuple(columns)), owners=owners)


def earlier(cells: Context, links: tuple[Link, ...], codes: list[npt.NDArray[np.int64]]) -> Context:
    """What is known of a row when its next sibling is drawn."""
    numbers = {}
    words = {}
    for link, code in zip(links, codes, strict=True):
        if link.style == "rank":
            numbers[link.name] = np.where(code < 0, np.nan, code.astype(float))
        else:
            labels = np.asarray([str(i) for i in range(int(code.max(initial=0)) + 1)], dtype=object)
            words[link.name] = (code, labels)
    return Context(cells.n_rows, numbers, words).beside(cells).renamed("before ")


def attributes(
    world: World, links: tuple[Link, ...], targets: list[npt.NDArray[np.int64]]
) -> list[Context]:
    """What is known of the rows that are pointed at."""
    return [
        world.contexts[link.key.references].take(rows).renamed(f"{link.name}>")
        for link, rows in zip(links, targets, strict=True)
    ]


def context_of_cells(table: Table, cells: tuple[str, ...]) -> Context:
    """The learnt cells as context."""
    return Context.of(table.frame, (table.schema[name] for name in cells), "")


def cell_table(
    table: Table,
    shape: Shape,
    deep: list[npt.NDArray[np.int64]],
    owners: npt.NDArray[np.int64],
) -> Table:
    """The columns that a model draws, with the depths of links to the same table."""
    frame = table.frame[list(shape.cells)].copy()
    columns = [table.schema[name] for name in shape.cells]
    for self_link, depth in zip(shape.selves, deep, strict=True):
        frame[self_link.depth] = depth
        columns.append(
            Column(name=self_link.depth, sdtype="ordinal", dtype="int64", nullable=False,
                   categories=tuple(range(int(depth.max(initial=0)) + 1)))
        )  # fmt: skip
    # Rules about other columns are kept when all of them are there.
    own = set(shape.cells)
    rules = tuple(rule for rule in table.schema.rules if own.issuperset(rule.used))
    schema = TableSchema(columns=tuple(columns), rules=rules)
    return Table(table.name, frame, schema, owners=owners)


def _sibling_order(
    plan: TablePlan,
    table: Table,
    owner_rows: npt.NDArray[np.int64],
    targets: list[npt.NDArray[np.int64]],
) -> npt.NDArray[np.int64]:
    """Rows of one owner together, in the order they follow each other.

    By the sequence's index, a link that is part of a key, a moment, a key, or as they stand.
    """
    from generators.relations.context import as_numbers

    schema, frame = table.schema, table.frame
    by = np.arange(len(frame), dtype=np.float64)
    moments = [c.name for c in schema.columns if c.sdtype == "datetime" and not c.nullable]
    in_key = {name for key in schema.unique_keys for name in key}
    linked = [
        rows for key, rows in zip(plan.links, targets, strict=True) if in_key & set(key.columns)
    ]
    numbers = [
        name for name in schema.primary_key
        if schema[name].dtype.lower().startswith(("int", "uint"))
        and not any(name in key.columns for key in plan.keys)
    ]  # fmt: skip
    if schema.sequence:
        by = as_numbers(frame[schema.sequence.index])
    elif linked:
        by = linked[0].astype(np.float64)
    elif moments:
        by = as_numbers(frame[moments[0]])
    elif numbers:
        by = as_numbers(frame[numbers[-1]])
    return np.lexsort((by, owner_rows)) if plan.is_child else np.arange(len(frame))


def _learn_links(
    plan: TablePlan,
    table: Table,
    world: World,
    owner_rows: npt.NDArray[np.int64],
    targets: list[npt.NDArray[np.int64]],
    around: Context,
    n_owners: int,
    protection: Protection,
    seed: Seed,
) -> tuple[Link, ...]:
    out = []
    for key, rows in zip(plan.links, targets, strict=True):
        unique = any(set(names) <= set(key.columns) for names in table.schema.unique_keys)
        found = world.agreement(plan, key, owner_rows, rows)
        link = Link.model_validate({"key": key, "style": "cluster", "unique": unique, **found})
        target = key.references
        theirs = world.subjects[target]
        out.append(
            learn_link(
                link,
                rows,
                world.groups(link, plan, n_owners)[0],
                context=world.contexts[target],
                owners=np.where(
                    theirs >= 0, theirs, theirs.max(initial=0) + np.arange(len(theirs))
                ),
                around=around,
                public=world.schema.tables[target].reference,
                backing=protection.k,
                seed=seed.child("link", link.name),
            )
        )
    return tuple(out)


def _selves(
    plan: TablePlan, frame: pd.DataFrame, owner_rows: npt.NDArray[np.int64]
) -> tuple[tuple[SelfLink, ...], list[npt.NDArray[np.int64]]]:
    links, deep = [], []
    for key in plan.selves:
        rows = pointed_at(frame, frame, key)
        own = rows == np.arange(len(rows))
        there = (rows >= 0) & ~own
        within = bool(
            there.any() and (owner_rows[there] == np.append(owner_rows, -1)[rows[there]]).all()
        )
        name = f"depth of {'+'.join(key.columns)}"
        links.append(SelfLink(depth=name, rooted=bool(own.any()), within=within and plan.is_child))
        deep.append(depths(rows))
    return tuple(links), deep
