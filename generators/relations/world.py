"""The tables that are there already, and how a row finds its way in them.

The same while learning, where they are the train rows, and while drawing, where they are synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from generators.relations.context import Context, nothing
from tabular.relations import common_codes, pointed_at

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.relations.links import Link
    from generators.relations.plan import TablePlan
    from tabular.schema import ForeignKey, Schema

_LEAST_AGREEING = 20


@dataclass
class World:
    """Finished tables.

    Args:
        schema: Of all tables.
        frames: Rows by table.
        contexts: What is known of each row, by table.
        subjects: The subject of each row, -1 for nobody's, by table.
        parents: The row's place among what owns it, -1 for none, by table.
        owner_keys: The owner key of each finished table that has one.
    """

    schema: Schema
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)
    subjects: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    parents: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    owner_keys: dict[str, ForeignKey] = field(default_factory=dict)

    def above(self, plan: TablePlan, rows: npt.NDArray[np.int64]) -> Context:
        """What is known of the parents at these places."""
        if plan.owner is None:
            return nothing(len(rows))
        return self.contexts[plan.owner.references].take(rows)

    def subjects_of(self, plan: TablePlan, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The subject of rows whose parents are at these places, -1 for nobody's."""
        if plan.owner is None:
            return rows if plan.grouped else np.full(len(rows), -1, dtype=np.int64)
        return np.append(self.subjects[plan.owner.references], -1)[rows]

    def finish(
        self,
        plan: TablePlan,
        frame: pd.DataFrame,
        cells: tuple[str, ...],
        owner_rows: npt.NDArray[np.int64],
        subjects: npt.NDArray[np.int64],
        targets: list[tuple[str, ForeignKey, npt.NDArray[np.int64]]],
    ) -> None:
        """Add a table, and tell its parents how many children they have."""
        name = plan.name
        self.frames[name] = frame
        self.parents[name], self.subjects[name] = owner_rows, subjects
        table = self.schema.tables[name]
        own = Context.of(frame, (table[c] for c in cells), f"{name}.")
        linked = [
            self.contexts[key.references].take(rows).renamed(f"{link}>")
            for link, key, rows in targets
        ]
        self.contexts[name] = own.beside(*linked, self.above(plan, owner_rows))
        if plan.owner is not None:
            self.owner_keys[name] = plan.owner
            parent = plan.owner.references
            there = owner_rows[owner_rows >= 0]
            counts = np.bincount(there, minlength=len(self.frames[parent])).astype(np.float64)
            number = Context(len(counts), {f"number of {name}": counts}, {})
            self.contexts[parent] = self.contexts[parent].beside(number)

    def copy_reference(self, name: str, frame: pd.DataFrame) -> None:
        """Add a reference table, which is public."""
        table = self.schema.tables[name]
        shown = [column.name for column in table.columns if column.is_modelled]
        nobody = np.full(len(frame), -1, dtype=np.int64)
        self.frames[name], self.parents[name], self.subjects[name] = frame, nobody, nobody
        self.contexts[name] = Context.of(frame, (table[c] for c in shown), f"{name}.")

    def groups(
        self, link: Link, plan: TablePlan, n_owners: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The group of each target row, and the group that the rows of each owner choose in.

        Returns:
            Shapes (n_targets,) and (n_owners + 1,), the last for rows without an owner: -1, which
            no target has, or 0 where all targets are one group.
        """
        target = link.key.references
        n_targets = len(self.frames[target])
        if link.by == "nothing":
            return np.zeros(n_targets, dtype=np.int64), np.zeros(n_owners + 1, dtype=np.int64)
        if link.by == "owner":
            theirs, own = self.parents[target], np.arange(n_owners, dtype=np.int64)
        elif link.by == "subject":
            theirs = self.subjects[target]
            own = self.subjects_of(plan, np.arange(n_owners, dtype=np.int64))
        else:
            assert plan.owner is not None  # noqa: S101  only children share columns
            up = dict(zip(plan.owner.columns, plan.owner.referenced, strict=True))
            theirs, own = common_codes(
                self.frames[target],
                [theirs for _, theirs in link.pairs],
                self.frames[plan.owner.references],
                [up[own] for own, _ in link.pairs],
            )
        size = int(theirs.max(initial=-1)) + 1
        # Targets that nobody can choose stand in a group of their own.
        theirs = np.where(theirs < 0, size, theirs)
        known = np.zeros(size + 1, dtype=bool)
        known[theirs] = True
        own = np.where((own >= 0) & (own < size), own, -1)
        own = np.where((own >= 0) & known[own], own, -1)
        return theirs, np.append(own, -1)

    def agreement(
        self,
        plan: TablePlan,
        key: ForeignKey,
        rows: npt.NDArray[np.int64],
        targets: npt.NDArray[np.int64],
    ) -> dict[str, object]:
        """What every row and its target agree in: fields of a `Link`.

        Args:
            plan: Of the table.
            key: The link's foreign key.
            rows: The place of each row's owner, -1 for none.
            targets: The place of each row's target, -1 for none.
        """
        if plan.owner is None:
            return {}
        both = (rows >= 0) & (targets >= 0)
        if both.sum() < _LEAST_AGREEING:
            return {}
        owner, target = rows[both], targets[both]
        parent, other = plan.owner.references, key.references
        up = dict(zip(plan.owner.columns, plan.owner.referenced, strict=True))
        shared = {
            own: theirs
            for own, theirs in (
                *((name, name) for name in up if name in self.frames[other].columns),
                *zip(key.columns, key.referenced, strict=True),
            )
            if own in up
        }
        pairs = []
        for own, theirs in shared.items():
            one, two = common_codes(
                self.frames[parent].iloc[owner], [up[own]], self.frames[other].iloc[target],
                [theirs],
            )  # fmt: skip
            if (one == two).all():
                pairs.append((own, theirs))
        if pairs:
            return {"by": "columns", "pairs": tuple(pairs)}
        subject = np.append(self.subjects[other], -1)[target]
        mine = self.subjects_of(plan, owner)
        if parent != other and self._same_owner(plan, other, owner, target):
            return {"by": "owner"}
        if (subject >= 0).all() and (subject == mine).all():
            return {"by": "subject"}
        return {}

    def _same_owner(
        self,
        plan: TablePlan,
        other: str,
        owner: npt.NDArray[np.int64],
        target: npt.NDArray[np.int64],
    ) -> bool:
        assert plan.owner is not None  # noqa: S101  the caller looked
        key = self.owner_keys.get(other)
        if key is None or key.references != plan.owner.references:
            return False
        return bool((self.parents[other][target] == owner).all())


def targets_of(world: World, frame: pd.DataFrame, key: ForeignKey) -> npt.NDArray[np.int64]:
    """The place of the row that each row points at, -1 for none."""
    return pointed_at(frame, world.frames[key.references], key)
