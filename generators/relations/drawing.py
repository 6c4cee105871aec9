"""The rows of one related table, drawn sibling after sibling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generators.relations.assembly import Drawn, assembled, distinct, number_children, point_at_own
from generators.relations.context import Context, nothing, numbered
from generators.relations.learning import (
    attributes,
    earlier,
    room,
    so_far,
    subjects_of,
    with_differences,
)
from generators.relations.links import Chooser, Link
from generators.relations.siblings import places

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.relations.learning import RelatedTable
    from generators.relations.offsets import Offset
    from generators.relations.plan import TablePlan
    from generators.relations.world import World
    from tabular.schema import TableSchema
    from tabular.seeding import Seed

_ONE_BY_ONE, _TRIES = 48, 6


def draw_table(learnt: RelatedTable, world: World, n: int, seed: Seed) -> None:
    """Draw one table, and add it to the world.

    Args:
        learnt: The table.
        world: The tables before it.
        n: Rows of a table that stands alone; subjects of one whose rows are grouped by subject;
            without meaning for the children of another table.
        seed: Where every random number comes from.
    """
    shape, plan = learnt.shape, learnt.shape.plan
    schema = world.schema.tables[plan.name]
    owner_rows, n_owners = _owners(learnt, world, n, seed.child("count"))
    if plan.is_child:
        drawn = _children(learnt, world, owner_rows, n_owners, seed)
    else:
        drawn = _alone(learnt, world, n, seed)
    drawn = _without_gaps(drawn, shape.links, schema)
    drawn = drawn.take(np.lexsort((drawn.place, drawn.owner_rows)))
    frame = assembled(learnt, world, drawn, n_owners, seed.child("made"))
    kept = distinct(frame, schema, plan)
    if not kept.all():
        rows = np.flatnonzero(kept)
        frame, drawn = frame.iloc[rows].reset_index(drop=True), drawn.take(rows)
        number_children(frame, shape, drawn.owner_rows)
    point_at_own(learnt, frame, schema, drawn, seed.child("selves"))
    own = drawn.owner_rows if plan.grouped else np.arange(len(frame))
    world.finish(
        plan,
        frame,
        (*shape.cells, *shape.serial),
        drawn.owner_rows,
        subjects_of(plan, world, drawn.owner_rows, own),
        [
            (link.name, link.key, rows)
            for link, rows in zip(shape.links, drawn.targets, strict=True)
        ],
    )


def _owners(
    learnt: RelatedTable, world: World, n: int, seed: Seed
) -> tuple[npt.NDArray[np.int64], int]:
    """The owner of each row to draw, those without one last, and how many owners there are."""
    plan = learnt.shape.plan
    if not plan.is_child:
        return np.full(n, -1, dtype=np.int64), 0
    n_owners = n if plan.owner is None else len(world.frames[plan.owner.references])
    if learnt.count is None:
        number = seed.generator().poisson(learnt.shape.children or 0.0, n_owners)
    else:
        above = world.above(plan, np.arange(n_owners))
        number = learnt.count.draw(above, seed)["number"].to_numpy(dtype=np.int64)
    alone = round(learnt.shape.alone * n_owners)
    rows = np.repeat(np.arange(n_owners), np.maximum(number, 0))
    return np.concatenate([rows, np.full(alone, -1, dtype=np.int64)]), n_owners


def _children(
    learnt: RelatedTable,
    world: World,
    owner_rows: npt.NDArray[np.int64],
    n_owners: int,
    seed: Seed,
) -> Drawn:
    import pandas as pd

    shape, plan = learnt.shape, learnt.shape.plan
    place, siblings = places(owner_rows)
    choosers = _choosers(learnt, world, n_owners, len(owner_rows), seed.child("links"))
    groups = [world.groups(link, plan, n_owners)[1] for link in shape.links]
    seen = _Seen(plan, shape.links, world.schema.tables[plan.name])
    parts: list[Drawn] = []
    latest = np.full(n_owners + 1, -1, dtype=np.int64)
    past: Context | None = None
    past_codes = [np.zeros(0, dtype=np.int64) for _ in shape.links]
    running = _Running(n_owners)
    for number, (start, stop) in enumerate(_stretches(int(place.max(initial=-1)) + 1)):
        rows = np.flatnonzero((place >= start) & (place < stop))
        mine = owner_rows[rows]
        if past is None:
            past = _blank(learnt, world)
        back = np.where(mine >= 0, latest[mine], -1)
        before = [np.append(code, -1)[back] for code in past_codes]
        around = world.above(plan, mine).beside(
            numbered(place=place[rows].astype(float), siblings=siblings[rows].astype(float)),
            *(
                room(link, chooser.sizes[group[mine]], code, siblings[rows] - place[rows])
                for link, chooser, group, code in zip(
                    shape.links, choosers, groups, before, strict=True
                )
                if link.stepwise
            ),
        )
        around = around.beside(past.take(back))
        stream = seed.child("rows", str(number))
        part = _rows(
            learnt, world, mine, place[rows], around, before, choosers, groups, seen, stream
        )
        parts.append(part)
        latest[:] = -1
        there = part.owner_rows >= 0
        latest[part.owner_rows[there]] = np.flatnonzero(there)
        past, past_codes = _past(learnt, world, part, running), part.codes
    if not parts:
        none = place.astype(float)
        around = world.above(plan, owner_rows).beside(numbered(place=none, siblings=none))
        return _rows(
            learnt, world, owner_rows, place, around, past_codes, choosers, groups, seen, seed
        )
    return Drawn(
        np.concatenate([part.owner_rows for part in parts]),
        np.concatenate([part.place for part in parts]),
        [np.concatenate(t) for t in zip(*(part.targets for part in parts), strict=True)],
        [np.concatenate(c) for c in zip(*(part.codes for part in parts), strict=True)],
        pd.concat([part.cells for part in parts], ignore_index=True),
    )


def _alone(learnt: RelatedTable, world: World, n: int, seed: Seed) -> Drawn:
    """Rows of a table that no other owns."""
    plan = learnt.shape.plan
    choosers = _choosers(learnt, world, 0, n, seed.child("links"))
    groups = [world.groups(link, plan, 0)[1] for link in learnt.shape.links]
    seen = _Seen(plan, learnt.shape.links, world.schema.tables[plan.name])
    nobody = np.full(n, -1, dtype=np.int64)
    none = [nobody for _ in groups]
    stream = seed.child("rows")
    return _rows(
        learnt, world, nobody, np.arange(n), nothing(n), none, choosers, groups, seen, stream
    )


def _stretches(most: int) -> list[tuple[int, int]]:
    """Places that are drawn at once: one after the other, then more and more."""
    out = []
    start = 0
    while start < most:
        size = 1 if start < _ONE_BY_ONE else max(start // 8, 1)
        out.append((start, min(start + size, most)))
        start += size
    return out


def _choosers(
    learnt: RelatedTable, world: World, n_owners: int, n_rows: int, seed: Seed
) -> list[Chooser]:
    return [
        Chooser(
            link,
            world.groups(link, learnt.shape.plan, n_owners)[0],
            world.contexts[link.key.references],
            n_rows,
            seed.child(link.name),
        )
        for link in learnt.shape.links
    ]


def _rows(
    learnt: RelatedTable,
    world: World,
    owner_rows: npt.NDArray[np.int64],
    place: npt.NDArray[np.int64],
    around: Context,
    before: list[npt.NDArray[np.int64]],
    choosers: list[Chooser],
    groups: list[npt.NDArray[np.int64]],
    seen: _Seen,
    seed: Seed,
) -> Drawn:
    """Rows for these owners: first what they point at, then their cells."""
    import pandas as pd

    links = learnt.shape.links
    targets: list[npt.NDArray[np.int64]] = []
    codes: list[npt.NDArray[np.int64]] = []
    if links and len(owner_rows):
        in_group = [group[owner_rows] for group in groups]
        targets, codes = _point(learnt, around, before, choosers, in_group, seed.child("codes"))
        again = seen.repeats(owner_rows, targets)
        for attempt in range(_TRIES):
            rows = np.flatnonzero(again)
            if not len(rows):
                break
            mine = [group[rows] for group in in_group]
            if attempt < _TRIES // 2:
                stream = seed.child("again", str(attempt))
                earlier_codes = [code[rows] for code in before]
                new, other = _point(
                    learnt, around.take(rows), earlier_codes, choosers, mine, stream
                )
            else:
                new = [c.anything(g) for c, g in zip(choosers, mine, strict=True)]
                other = [code[rows] for code in codes]
            for link, (target, code) in enumerate(zip(new, other, strict=True)):
                targets[link][rows], codes[link][rows] = target, code
            again = seen.repeats(owner_rows, targets)
        kept = np.flatnonzero(~again)
        owner_rows, place, around = owner_rows[kept], place[kept], around.take(kept)
        targets, codes = [t[kept] for t in targets], [c[kept] for c in codes]
        seen.add(owner_rows, targets)
    elif links:
        targets = [np.zeros(0, dtype=np.int64) for _ in links]
        codes = [np.zeros(0, dtype=np.int64) for _ in links]
    cells = pd.DataFrame(index=pd.RangeIndex(len(owner_rows)))
    if learnt.cells is not None:
        given = around.beside(*attributes(world, links, targets))
        if len(owner_rows):
            cells = learnt.cells.draw(given, seed.child("cells"))
            schema = world.schema.tables[learnt.shape.plan.name]
            for offset in learnt.shape.offsets:
                column, less = schema[offset.name], cells[offset.name]
                cells[offset.name] = offset.back(less, given, column)
                cells[_less(offset)] = less
        else:
            cells = _no_cells(learnt)
    return Drawn(owner_rows, place, targets, codes, cells)


def _point(
    learnt: RelatedTable,
    around: Context,
    before: list[npt.NDArray[np.int64]],
    choosers: list[Chooser],
    groups: list[npt.NDArray[np.int64]],
    seed: Seed,
) -> tuple[list[npt.NDArray[np.int64]], list[npt.NDArray[np.int64]]]:
    if learnt.links is None:
        targets = [c.anything(g) for c, g in zip(choosers, groups, strict=True)]
        codes = [
            np.append(chooser.codes, -1)[target]
            for chooser, target in zip(choosers, targets, strict=True)
        ]
        return targets, codes
    table = learnt.links.draw(around, seed)
    codes = [
        np.asarray(table[link.name].astype("Int64").fillna(-1), dtype=np.int64)
        for link in learnt.shape.links
    ]
    for i, link in enumerate(learnt.shape.links):
        if link.stepwise:
            # Whoever would step over the end takes the last.
            last = choosers[i].sizes[groups[i]] - 1
            codes[i] = np.minimum(before[i] + 1 + np.maximum(codes[i], 0), np.maximum(last, 0))
    targets = [
        chooser.choose(code, group)
        for chooser, code, group in zip(choosers, codes, groups, strict=True)
    ]
    return targets, codes


class _Seen:
    """Pairs of owner and targets that there may be only once: unique keys made of foreign keys."""

    def __init__(self, plan: TablePlan, links: tuple[Link, ...], schema: TableSchema) -> None:
        own = set(plan.owner.columns if plan.owner else plan.grouped)
        self._sets: list[tuple[bool, tuple[int, ...]]] = []
        for key in schema.unique_keys:
            columns = own.union(*(link.key.columns for link in links))
            if not set(key) <= columns:
                continue
            used = tuple(
                i for i, link in enumerate(links) if set(key) & (set(link.key.columns) - own)
            )
            self._sets.append((bool(set(key) & own), used))
        self._known: list[list[npt.NDArray[np.int64]]] = [[] for _ in self._sets]

    def repeats(
        self, owner_rows: npt.NDArray[np.int64], targets: list[npt.NDArray[np.int64]]
    ) -> npt.NDArray[np.bool_]:
        """Rows that repeat an earlier one, shape (n_rows,)."""
        out = np.zeros(len(owner_rows), dtype=bool)
        for (with_owner, used), known in zip(self._sets, self._known, strict=True):
            mine = self._code(owner_rows, targets, with_owner, used)
            first = np.zeros(len(mine), dtype=bool)
            first[np.unique(mine, return_index=True)[1]] = True
            out |= ~first
            if known:
                out |= np.isin(mine, np.concatenate(known))
        return out

    def add(self, owner_rows: npt.NDArray[np.int64], targets: list[npt.NDArray[np.int64]]) -> None:
        """Remember rows."""
        for (with_owner, used), known in zip(self._sets, self._known, strict=True):
            known.append(self._code(owner_rows, targets, with_owner, used))

    @staticmethod
    def _code(
        owner_rows: npt.NDArray[np.int64],
        targets: list[npt.NDArray[np.int64]],
        with_owner: bool,  # noqa: FBT001  private
        used: tuple[int, ...],
    ) -> npt.NDArray[np.int64]:
        code = owner_rows + 1 if with_owner else np.zeros_like(owner_rows)
        for i in used:
            code = code * (1 << 24) + targets[i] + 1
        return code


class _Running:
    """Means over the siblings drawn so far, by owner."""

    def __init__(self, n_owners: int) -> None:
        self._n_owners = self.nobody = n_owners
        self._total: dict[str, npt.NDArray[np.float64]] = {}
        self._count: dict[str, npt.NDArray[np.int64]] = {}

    def after(self, cells: Context, owner_rows: npt.NDArray[np.int64]) -> Context:
        """The means with these rows among them, for each of them."""
        out = {}
        for name, values in cells.numbers.items():
            total = self._total.setdefault(name, np.zeros(self._n_owners + 1))
            count = self._count.setdefault(name, np.zeros(self._n_owners + 1, dtype=np.int64))
            there = ~np.isnan(values)
            total += np.bincount(owner_rows[there], values[there], self._n_owners + 1)
            count += np.bincount(owner_rows[there], minlength=self._n_owners + 1)
            n = count[owner_rows]
            mean = total[owner_rows] / np.maximum(n, 1)
            out[f"so far {name}"] = np.where(n > 0, mean, np.nan)
        return Context(cells.n_rows, out, {})


def _blank(learnt: RelatedTable, world: World) -> Context:
    """No earlier sibling: columns without a cell."""
    links = learnt.shape.links
    none = np.zeros(0, dtype=np.int64)
    cells = _cell_context(learnt, world, _no_cells(learnt))
    return earlier(cells, links, [none for _ in links]).beside(so_far(cells, none))


def _past(learnt: RelatedTable, world: World, part: Drawn, running: _Running) -> Context:
    cells = _cell_context(learnt, world, part.cells)
    # Rows without an owner have no siblings; their means are of no use to anyone.
    owners = np.where(part.owner_rows >= 0, part.owner_rows, running.nobody)
    return earlier(cells, learnt.shape.links, part.codes).beside(running.after(cells, owners))


def _cell_context(learnt: RelatedTable, world: World, cells: pd.DataFrame) -> Context:
    schema = world.schema.tables[learnt.shape.plan.name]
    plain = Context.of(cells, (schema[name] for name in learnt.shape.cells), "")
    offsets = learnt.shape.offsets
    less = cells[[_less(o) for o in offsets]].set_axis([o.name for o in offsets], axis=1)
    return with_differences(plain, offsets, less)


def _less(offset: Offset) -> str:
    """Where the difference itself stands among the drawn cells: no column of the table."""
    return f"{offset.name} less {offset.base}"


def _no_cells(learnt: RelatedTable) -> pd.DataFrame:
    import pandas as pd

    names = [*learnt.shape.cells, *map(_less, learnt.shape.offsets)]
    return pd.DataFrame({name: [] for name in names})


def _without_gaps(drawn: Drawn, links: tuple[Link, ...], schema: TableSchema) -> Drawn:
    """Rows that point at nothing where the column must not be missing are left out."""
    keep = np.ones(len(drawn.owner_rows), dtype=bool)
    for link, rows in zip(links, drawn.targets, strict=True):
        if not any(schema[name].nullable for name in link.key.columns):
            keep &= rows >= 0
    return drawn if keep.all() else drawn.take(np.flatnonzero(keep))
