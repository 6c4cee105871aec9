"""How tables hang together: whose rows are whose, and which row a foreign key points at.

A table *follows* the subject if a chain of foreign keys leads from its rows to the subject's
table; the first key of that chain is its owner key. Every other table is whole on every side of a
split: nobody's privacy hangs on which side its rows are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from tabular.schema import ForeignKey, Schema


@dataclass(frozen=True)
class Following:
    """The tables that follow the subject.

    Args:
        order: The subject's table first, owners before those they own.
        owner: The owner key of each of them; the subject's table has none.
    """

    order: tuple[str, ...]
    owner: Mapping[str, ForeignKey]

    def __contains__(self, table: str) -> bool:
        return table in self.order


def following(schema: Schema) -> Following:
    """Which tables follow the subject, and by which key.

    Keys that can't be missing are followed first, so that as few rows as can be are nobody's;
    among them the shortest way counts. Where no subject is declared, each table's rows are their
    own and every table that is no reference follows itself.
    """
    if schema.subject is None:
        return Following(tuple(n for n, t in schema.tables.items() if not t.reference), {})
    found = [schema.subject.table]
    owner: dict[str, ForeignKey] = {}
    for nullable_too in (False, True):
        grown = True
        while grown:
            grown = False
            level = tuple(found)
            for key in schema.foreign_keys:
                child = schema.tables[key.table]
                if key.table in found or key.references not in level or child.reference:
                    continue
                if nullable_too or not any(child[name].nullable for name in key.columns):
                    found.append(key.table)
                    owner[key.table] = key
                    grown = True
    return Following(tuple(found), owner)


def pointed_at(child: pd.DataFrame, parent: pd.DataFrame, key: ForeignKey) -> npt.NDArray[np.int64]:
    """Position of the parent row that each child row points at, shape (n_child_rows,).

    -1 where a column of the key is missing, or no parent row has these values.
    """
    theirs, own = common_codes(parent, key.referenced, child, key.columns)
    place = np.full(int(max(theirs.max(initial=0), own.max(initial=0))) + 1, -1, dtype=np.int64)
    there = np.flatnonzero(theirs >= 0)
    place[theirs[there]] = there
    return np.where(own >= 0, place[own], -1)


def common_codes(
    first: pd.DataFrame,
    first_columns: Sequence[str],
    second: pd.DataFrame,
    second_columns: Sequence[str],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Codes of two frames' rows that are equal where the columns are; -1 where one is missing.

    Args:
        first: Rows.
        first_columns: The columns that count.
        second: Other rows.
        second_columns: As many columns, in the same order.

    Returns:
        Shapes (n_first,) and (n_second,).
    """
    import pandas as pd

    n = len(first)
    codes = np.zeros(n + len(second), dtype=np.int64)
    gone = np.zeros(n + len(second), dtype=bool)
    for one, other in zip(first_columns, second_columns, strict=True):
        cells = [first[one], second[other]]
        if cells[0].dtype != cells[1].dtype:
            cells = _alike(*cells)
        part, labels = pd.factorize(pd.concat(cells, ignore_index=True))
        gone |= part < 0
        codes = np.unique(codes * (len(labels) + 1) + part + 1, return_inverse=True)[1]
    codes[gone] = -1
    return codes[:n], codes[n:]


def _alike(first: pd.Series, second: pd.Series) -> list[pd.Series]:
    """Two columns in one dtype: numbers as numbers, all else as text."""
    from pandas.api import types

    if types.is_numeric_dtype(first) and types.is_numeric_dtype(second):
        if types.is_float_dtype(first) or types.is_float_dtype(second):
            return [first.astype("Float64"), second.astype("Float64")]
        return [first.astype("Int64"), second.astype("Int64")]
    return [first.astype("string"), second.astype("string")]


def owners(frames: Mapping[str, pd.DataFrame], schema: Schema) -> dict[str, npt.NDArray[np.int64]]:
    """The subject of each row of every table that follows one, as codes from 0.

    Rows that belong to nobody, since their key is missing or leads nowhere, are each their own.
    """
    import pandas as pd

    if schema.subject is None:
        return {}
    follow = following(schema)
    root = frames[schema.subject.table]
    groups = root.groupby(list(schema.subject.columns), sort=False, dropna=False, observed=True)
    out = {schema.subject.table: np.asarray(groups.ngroup(), dtype=np.int64)}
    for name in follow.order[1:]:
        key = follow.owner[name]
        rows = pointed_at(frames[name], frames[key.references], key)
        codes = np.where(rows >= 0, np.append(out[key.references], 0)[rows], -1)
        # Nobody's rows get codes of their own behind all others.
        alone = codes < 0
        codes[alone] = out[key.references].max(initial=-1) + 1 + np.arange(alone.sum())
        out[name] = pd.factorize(codes)[0].astype(np.int64) if len(codes) else codes
    return out
