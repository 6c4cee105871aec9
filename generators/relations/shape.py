"""What makes each column of a related table: keys, links, a counter, a model, or made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from generators.encoding.table import TableEncoder
from generators.identifiers import Identifier
from generators.relations.links import Link
from generators.relations.offsets import Offset
from generators.relations.plan import TablePlan
from generators.relations.totals import Total
from tabular.dataset import Table
from tabular.errors import DataError
from tabular.schema import TableSchema

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.protection import Protection
    from tabular.schema import Column


class Shape(BaseModel):
    """How the columns of one table come to be.

    Args:
        plan: Owner and links.
        cells: Columns that a model draws.
        serial: Columns that count the children of a parent, and where each begins.
        identifiers: Columns that are made anew.
        links: What was learnt of each link.
        children: Children of a parent on average, where there are too few parents to learn more.
        alone: Rows that belong to no parent, for each row of the parent's table.
        selves: What was learnt of keys to the same table.
        offsets: Cells that are learnt as the difference to a column of the parent's.
        late: What was learnt of keys that close a circle.
        totals: Columns that are added up from the rows of another table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: TablePlan
    cells: tuple[str, ...] = ()
    serial: dict[str, int] = Field(default_factory=dict)
    identifiers: tuple[Identifier, ...] = ()
    links: tuple[Link, ...] = ()
    children: float | None = None
    alone: float = 0.0
    selves: tuple[SelfLink, ...] = ()
    offsets: tuple[Offset, ...] = ()
    late: tuple[LateKey, ...] = ()
    totals: tuple[Total, ...] = ()

    @classmethod
    def learn(
        cls,
        plan: TablePlan,
        table: Table,
        place: npt.NDArray[np.int64],
        protection: Protection,
    ) -> Self:
        """Tell the columns apart.

        Args:
            plan: Owner and links.
            table: The train rows.
            place: Each row's place among its siblings.
            protection: Which values may be held.
        """
        keys = {name for key in plan.keys for name in key.columns} | set(plan.grouped)
        single = {key[0] for key in table.schema.unique_keys if len(key) == 1}
        cells: list[str] = []
        serial: dict[str, int] = {}
        identifiers: list[Identifier] = []
        for column in table.schema.columns:
            if column.name in keys:
                continue
            own_key = column.name in single
            if plan.is_child and not own_key and (first := _counts(column, table, place)):
                serial[column.name] = first[0]
            elif column.is_modelled and not own_key and can_be_learnt(column, table, protection):
                cells.append(column.name)
            else:
                unique = any(column.name in names for names in table.schema.unique_keys)
                identifiers.append(Identifier.learn(column, table.frame[column.name], key=unique))
        if plan.grouped:
            identifiers += [
                Identifier.learn(table.schema[name], table.frame[name], key=True)
                for name in plan.grouped
            ]
        return cls(plan=plan, cells=tuple(cells), serial=serial, identifiers=tuple(identifiers))


class SelfLink(BaseModel):
    """A key to rows of the same table, which never makes a circle.

    Args:
        depth: Name of the column that holds how far a row is from a row without a parent.
        rooted: Rows without a parent point at themselves rather than at nothing.
        within: The parent belongs to the same owner.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    depth: str
    rooted: bool
    within: bool


class LateKey(BaseModel):
    """A key that closes a circle of tables.

    Args:
        missing: Share of rows that point at nothing.
        own: The row pointed at belongs to the row that points.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    missing: float
    own: bool


Shape.model_rebuild()


def depths(parents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many steps each row is from one without a parent; rows of a circle count from it.

    Args:
        parents: The place of each row's parent, -1 for none; its own place counts as none.
    """
    parents = np.where(parents == np.arange(len(parents)), -1, parents)
    out = np.zeros(len(parents), dtype=np.int64)
    at = parents.copy()
    for _ in range(len(parents)):
        going = at >= 0
        if not going.any() or out.max() > 1_000:  # noqa: PLR2004  a circle has no end
            break
        out[going] += 1
        at = np.where(going, np.append(parents, -1)[at], -1)
    return np.where(at >= 0, 0, out)


def _counts(column: Column, table: Table, place: npt.NDArray[np.int64]) -> tuple[int] | None:
    """Where a column begins that counts a parent's children, if it does."""
    cells = table.frame[column.name]
    if not column.dtype.lower().startswith(("int", "uint")) or cells.isna().any():
        return None
    first = cells.to_numpy(dtype=np.int64) - place
    moves = len(place) and place.max() > 0
    return (int(first[0]),) if moves and (first == first[0]).all() else None


def can_be_learnt(column: Column, table: Table, protection: Protection) -> bool:
    """Whether enough subjects share values of the column for a model to hold any."""
    alone = Table(
        table.name,
        table.frame[[column.name]],
        TableSchema(columns=(column,)),
        owners=table.owners,
    )
    try:
        TableEncoder.learn(alone, protection)
    except DataError:
        return False
    return True
