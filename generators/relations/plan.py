"""In which order related tables are made, and what makes each of their columns.

Each table has at most one owner key: its rows are drawn as the children of one parent row, as many
as that row calls for. Its other foreign keys are links: which row they point at is chosen, by
fitted affinity, among rows that are there already. A key that points back at its own table, or
that closes a circle of tables, is filled in when all rows are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from tabular.relations import following
from tabular.schema import ForeignKey, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping


class TablePlan(BaseModel):
    """How one table is made.

    Args:
        name: The table.
        owner: The key to the rows its rows are children of; `None` for a table that stands alone.
        grouped: The subject's columns, where one subject has several rows of this table: its rows
            are then the children of subjects.
        links: Keys whose row is chosen before the other cells.
        selves: Keys that point at rows of the same table.
        late: Keys that are filled in when all tables are there.
        copied: A reference table, which is kept as it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    owner: ForeignKey | None = None
    grouped: tuple[str, ...] = ()
    links: tuple[ForeignKey, ...] = ()
    selves: tuple[ForeignKey, ...] = ()
    late: tuple[ForeignKey, ...] = ()
    copied: bool = False

    @property
    def is_child(self) -> bool:
        """Whether rows come as the children of something."""
        return self.owner is not None or bool(self.grouped)

    @property
    def keys(self) -> tuple[ForeignKey, ...]:
        """All foreign keys of the table."""
        own = () if self.owner is None else (self.owner,)
        return (*own, *self.links, *self.selves, *self.late)


def plan(schema: Schema, sizes: Mapping[str, int], *, least: int = 0) -> tuple[TablePlan, ...]:
    """The plan of each table, in the order they are made.

    Args:
        schema: Tables and keys.
        sizes: Rows of each table.
        least: Rows that a table needs for others to be made as its children, unless these follow
            the subject: how many children each of fewer rows has can't be learnt.
    """
    owners = _owners(schema, sizes, least)
    made: list[str] = []
    out: list[TablePlan] = []
    waiting = sorted(schema.tables, key=lambda name: not schema.tables[name].reference)
    while waiting:
        name = next((n for n in waiting if _is_ready(n, schema, made)), None)
        if name is None:
            # A circle: the table is made first whose owner is there and whose keys can wait.
            able = [n for n in waiting if n not in owners or owners[n].references in made]
            name = min(able or waiting, key=lambda n: _unready(n, schema, made))
        waiting.remove(name)
        out.append(_table(name, schema, owners, made))
        made.append(name)
    return tuple(out)


def _table(
    name: str, schema: Schema, owners: Mapping[str, ForeignKey], made: list[str]
) -> TablePlan:
    table, subject = schema.tables[name], schema.subject
    if table.reference:
        return TablePlan(name=name, copied=True)
    own = [key for key in schema.foreign_keys if key.table == name]
    owner = owners.get(name)
    if owner is not None and owner.references not in made:
        owner = None
    grouped: tuple[str, ...] = ()
    if subject and subject.table == name:
        single = any(set(key) <= set(subject.columns) for key in table.unique_keys)
        grouped = () if single else subject.columns
    others = [key for key in own if key != owner]
    return TablePlan(
        name=name,
        owner=owner,
        grouped=grouped,
        links=tuple(key for key in others if key.references in made),
        selves=tuple(key for key in others if key.references == name),
        late=tuple(key for key in others if key.references not in (*made, name)),
    )


def _owners(schema: Schema, sizes: Mapping[str, int], least: int) -> dict[str, ForeignKey]:
    """The owner key of each table that has one.

    Tables that follow the subject: the way to it. Others: the key to the largest table, since the
    fewer children a row has the more it says about each; keys that may be missing come last.
    """
    follow = following(schema)
    out = dict(follow.owner) if schema.subject else {}
    for name, table in schema.tables.items():
        if name in out or table.reference or (schema.subject and name in follow):
            continue
        able = [
            key
            for key in schema.foreign_keys
            if key.table == name
            and key.references != name
            and not schema.tables[key.references].reference
            and sizes[key.references] >= least
        ]
        if able:
            out[name] = max(
                able,
                key=lambda key: (
                    not any(schema.tables[key.table][c].nullable for c in key.columns),
                    sizes[key.references],
                ),
            )
    return out


def _unready(name: str, schema: Schema, made: list[str]) -> int:
    return sum(
        key.table == name and key.references not in (*made, name) for key in schema.foreign_keys
    )


def _is_ready(name: str, schema: Schema, made: list[str]) -> bool:
    return schema.tables[name].reference or not _unready(name, schema, made)
