"""What is learnt of one related table: how many children, which rows they point at, their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.base import GENERATORS
from generators.relations.conditional import Conditional
from generators.relations.context import Context, numbered
from generators.relations.links import Link, are_stepwise, learn_link, steps
from generators.relations.offsets import Offset, find_offsets
from generators.relations.shape import SelfLink, Shape, depths
from generators.relations.siblings import places, sibling_order
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
        count: Number of children of a parent; `None` where the shape tells all that is known.
        links: Codes of the rows that a row points at; `None` where any row of its group will do.
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
    targets = [targets_of(world, table.frame, key) for key in plan.links]
    order = sibling_order(plan, table, owner_rows, targets)
    frame = table.frame.iloc[order].reset_index(drop=True)
    owners, owner_rows, targets = owners[order], owner_rows[order], [t[order] for t in targets]
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
        number = counted(plan, world, owner_rows, n_owners)
        alone = float((owner_rows < 0).sum()) / max(n_owners, 1)
        shape = shape.model_copy(update={"alone": alone})
        if too_few(number.subject_codes, protection):
            shape = shape.model_copy(update={"children": mean_children(number, protection)})
        else:
            count = fit(structure, number, world.above(plan, np.arange(n_owners)), "count")
    plain = Context.of(frame, (table.schema[name] for name in shape.cells), "")
    links = _learn_links(plan, table, world, owner_rows, targets, above.beside(plain), n_owners,
                         protection, seed)  # fmt: skip
    selves, deep = _selves(plan, frame, owner_rows)
    shape = shape.model_copy(update={"links": links, "selves": selves})
    codes = [
        link.codes(rows, world.groups(link, plan, n_owners)[0], world.contexts[link.key.references])
        for link, rows in zip(links, targets, strict=True)
    ]
    links = tuple(
        link.model_copy(update={"stepwise": link.style == "rank" and are_stepwise(code, place)})
        for link, code in zip(links, codes, strict=True)
    )
    pointed = attributes(world, links, targets)
    offsets = find_offsets(table, shape.cells, above.beside(*pointed), protection)
    shape = shape.model_copy(update={"links": links, "offsets": offsets})
    rows = cell_table(table, shape, deep, owners, above.beside(*pointed))
    around = above
    if plan.is_child:
        before = np.where(place > 0, np.arange(len(place)) - 1, -1)
        cells = with_differences(plain, offsets, rows.frame)
        rest = []
        for link, code in zip(links, codes, strict=True):
            if link.stepwise:
                theirs, mine = world.groups(link, plan, n_owners)
                size = np.append(np.bincount(theirs, minlength=1), 0)[mine[owner_rows]]
                rest.append(room(link, size, np.append(code, -1)[before], siblings - place))
        around = above.beside(
            numbered(place=place.astype(float), siblings=siblings.astype(float)),
            *rest,
            earlier(cells, links, codes).beside(so_far(cells, place)).take(before),
        )
    link_model = cell_model = None
    if links and not too_few(owners, protection):
        learnt = [
            steps(code, place) if link.stepwise else code
            for link, code in zip(links, codes, strict=True)
        ]
        link_model = fit(structure, coded(links, learnt, owners), around, "links")
    if shape.cells or selves:
        cell_model = fit(generator, rows, around.beside(*pointed), "cells")
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


def counted(
    plan: TablePlan, world: World, owner_rows: npt.NDArray[np.int64], n_owners: int
) -> Table:
    """The number of children of each owner, as a table."""
    import pandas as pd

    number = np.bincount(owner_rows[owner_rows >= 0], minlength=n_owners).astype(np.int64)
    everyone = np.arange(n_owners)
    subjects = world.subjects_of(plan, everyone)
    # Nobody's rows are each their own.
    subjects = np.where(subjects >= 0, subjects, subjects.max(initial=-1) + 1 + everyone)
    column = Column(name="number", sdtype="numerical", dtype="int64", nullable=False)
    schema = TableSchema(columns=(column,))
    return Table("number of children", pd.DataFrame({"number": number}), schema, owners=subjects)


def too_few(subjects: npt.NDArray[np.int64], protection: Protection) -> bool:
    """Whether fewer than 2k subjects stand behind rows, so that no number of theirs is held."""
    return len(np.unique(subjects)) < 2 * protection.k


def mean_children(number: Table, protection: Protection) -> float:
    """The mean number of children of too few parents for more to be learnt.

    Rounded to two digits, and to a power of two where fewer than k subjects stand behind it, so
    that the number of no single one can be read off.
    """
    if not len(number):
        return 0.0
    mean = float(number.frame["number"].mean())
    if mean > 0 and len(np.unique(number.subject_codes)) < protection.k:
        return float(2.0 ** np.rint(np.log2(mean)))
    return float(f"{mean:.2g}")


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


def with_differences(cells: Context, offsets: tuple[Offset, ...], frame: pd.DataFrame) -> Context:
    """The learnt cells as context, with the differences that some are learnt as."""
    found = {f"{o.name} less {o.base}": frame[o.name].to_numpy(dtype=np.float64) for o in offsets}
    return cells.beside(Context(cells.n_rows, found, {}))


def room(
    link: Link,
    sizes: npt.NDArray[np.int64],
    before: npt.NDArray[np.int64],
    siblings_left: npt.NDArray[np.int64],
) -> Context:
    """How many targets a row and its later siblings can leave out.

    Args:
        link: A stepwise link.
        sizes: Targets in each row's group.
        before: Rank of the sibling before, -1 for none.
        siblings_left: The row and its later siblings.
    """
    left = sizes - 1 - before
    return Context(
        len(sizes),
        {
            f"left {link.name}": left.astype(np.float64),
            f"room {link.name}": (left - siblings_left).astype(np.float64),
        },
        {},
    )


def so_far(cells: Context, place: npt.NDArray[np.int64]) -> Context:
    """The mean of each number over a row and its earlier siblings, which stand before it."""
    if not len(place):
        return Context(0, {f"so far {name}": c for name, c in cells.numbers.items()}, {})
    first = np.arange(len(place)) - place
    out = {}
    for name, values in cells.numbers.items():
        there = ~np.isnan(values)
        total = np.concatenate([[0.0], np.cumsum(np.where(there, values, 0.0))])
        count = np.concatenate([[0], np.cumsum(there)])
        n = count[1:] - count[first]
        mean = (total[1:] - total[first]) / np.maximum(n, 1)
        out[f"so far {name}"] = np.where(n > 0, mean, np.nan)
    return Context(cells.n_rows, out, {})


def attributes(
    world: World, links: tuple[Link, ...], targets: list[npt.NDArray[np.int64]]
) -> list[Context]:
    """What is known of the rows that are pointed at."""
    return [
        world.contexts[link.key.references].take(rows).renamed(f"{link.name}>")
        for link, rows in zip(links, targets, strict=True)
    ]


def cell_table(
    table: Table,
    shape: Shape,
    deep: list[npt.NDArray[np.int64]],
    owners: npt.NDArray[np.int64],
    around: Context,
) -> Table:
    """The columns that a model draws, with the depths of links to the same table."""
    frame = table.frame[list(shape.cells)].copy()
    offsets = {offset.name: offset for offset in shape.offsets}
    for name, offset in offsets.items():
        frame[name] = offset.of(frame[name], around)
    columns = [
        offsets[name].column if name in offsets else table.schema[name] for name in shape.cells
    ]
    for self_link, depth in zip(shape.selves, deep, strict=True):
        frame[self_link.depth] = depth
        levels = tuple(range(int(depth.max(initial=0)) + 1))
        columns.append(
            Column(name=self_link.depth, sdtype="ordinal", dtype="int64", nullable=False,
                   categories=levels)
        )  # fmt: skip
    # Rules about other columns are kept when all of them are there.
    own = set(shape.cells)
    rules = tuple(rule for rule in table.schema.rules if own.issuperset(rule.used))
    schema = TableSchema(columns=tuple(columns), rules=rules)
    return Table(table.name, frame, schema, owners=owners)


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
