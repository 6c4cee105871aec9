"""Tables joined along their foreign keys, so that what is measured on one table is measured across.

A join is a table like any other, with evidence of its own: the checks of single tables look at it
as they look at those.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tabular.dataset import Table
from tabular.relations import following, pointed_at
from tabular.schema import Column, TableSchema
from validation.features import feature_columns, is_numeric, labels, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from tabular.dataset import Dataset
    from tabular.schema import ForeignKey, Schema
    from tabular.seeding import Seed
    from validation.base import Evidence

_MOST_COLUMNS = 8  # of a child that are summed up


def owner_key(schema: Schema, table: str) -> ForeignKey | None:
    """The key along which a table's rows belong to other rows; `None` where they don't."""
    follow = following(schema)
    if table in follow.owner:
        return follow.owner[table]
    if schema.subject and table in follow:
        return None
    keys = [k for k in schema.foreign_keys if k.table == table and k.references != table]
    return keys[0] if keys else None


def children_of(schema: Schema, table: str) -> tuple[ForeignKey, ...]:
    """The keys of all tables whose rows belong to rows of this one."""
    found = (owner_key(schema, name) for name in schema.tables)
    return tuple(key for key in found if key is not None and key.references == table)


def joined(evidence: Evidence, join: Callable[[Dataset], Table]) -> Evidence:
    """Evidence of a join: each side joined by itself."""
    related = evidence.related
    assert related is not None  # noqa: S101  the check requires it
    fresh = evidence.holdout is not None
    return replace(
        evidence,
        train=join(related.train),
        synthetic=join(related.synthetic),
        holdout=join(related.holdout) if fresh and related.holdout else None,
        reference=join(related.reference) if fresh and related.reference else None,
        model=None,
        cache={},
    )


def with_counts(dataset: Dataset, table: str) -> Table:
    """How many children each row has, one column for each table of them."""
    parent = dataset[table]
    cells = {}
    for key in children_of(dataset.schema, table):
        rows = pointed_at(dataset[key.table].frame, parent.frame, key)
        count = np.bincount(rows[rows >= 0], minlength=len(parent))
        cells[f"number of {key.table}"] = count.astype(np.float64)
    return _table(parent, cells, {})


def with_children(dataset: Dataset, table: str, common: dict[str, dict[str, str]]) -> Table:
    """Rows beside what their children come to: how many, and sums of their columns.

    Args:
        dataset: All tables.
        table: The parents.
        common: For each table of children the commonest category of each column, in train.
    """
    parent = dataset[table]
    cells = {
        str(name): count.to_numpy(dtype=np.float64)
        for name, count in with_counts(dataset, table).frame.items()
    }
    for key in children_of(dataset.schema, table):
        child = dataset[key.table]
        rows = pointed_at(child.frame, parent.frame, key)
        there = rows >= 0
        for column in feature_columns(child.schema)[:_MOST_COLUMNS]:
            name = f"{key.table}.{column.name}"
            if is_numeric(column):
                values = numbers(child.frame[column.name])
                for word, figure in _summed(values[there], rows[there], len(parent)).items():
                    cells[f"{word} {name}"] = figure
            else:
                most = common.get(key.table, {}).get(column.name, "")
                hit = labels(child.frame[column.name]).eq(most)
                share = np.asarray(hit.fillna(value=False), dtype=np.float64)
                cells[f"commonest {name}"] = _summed(share[there], rows[there], len(parent))["mean"]
    kept = {c.name: c for c in feature_columns(parent.schema)}
    return _table(parent, cells, kept)


def commonest(dataset: Dataset, table: str) -> dict[str, dict[str, str]]:
    """The commonest category of each column of the children."""
    out: dict[str, dict[str, str]] = {}
    for key in children_of(dataset.schema, table):
        child = dataset[key.table]
        found = out.setdefault(key.table, {})
        for column in feature_columns(child.schema):
            counts = labels(child.frame[column.name]).value_counts()
            if not is_numeric(column) and len(counts):
                found[column.name] = str(counts.index[0])
    return out


def with_parent(dataset: Dataset, key: ForeignKey) -> Table:
    """Rows beside the row they belong to; rows that belong to none are left out."""
    child, parent = dataset[key.table], dataset[key.references]
    rows = pointed_at(child.frame, parent.frame, key)
    there = np.flatnonzero(rows >= 0)
    above = parent.frame.iloc[rows[there]].reset_index(drop=True)
    return _beside(child.take(there), above, feature_columns(parent.schema), "parent's ")


def with_sibling(dataset: Dataset, key: ForeignKey, seed: Seed) -> Table:
    """Rows beside another row of the same parent, drawn at random; only children have none."""
    child = dataset[key.table]
    rows = pointed_at(child.frame, dataset[key.references].frame, key)
    rng = seed.generator()
    order = np.lexsort((rng.random(len(rows)), rows))
    sorted_rows = rows[order]
    # In a random order, the next row of the same parent; the last one's next is the first.
    starts = np.flatnonzero(np.diff(sorted_rows, prepend=-2))
    sizes = np.diff(np.append(starts, len(rows)))
    place = np.arange(len(rows)) - np.repeat(starts, sizes)
    following_one = np.repeat(starts, sizes) + (place + 1) % np.repeat(sizes, sizes)
    several = (np.repeat(sizes, sizes) > 1) & (sorted_rows >= 0)
    mine, other = order[several], order[following_one[several]]
    beside = child.frame.iloc[other].reset_index(drop=True)
    return _beside(child.take(mine), beside, feature_columns(child.schema), "sibling's ")


def _beside(rows: Table, other: pd.DataFrame, columns: tuple[Column, ...], prefix: str) -> Table:
    own = {column.name: column for column in feature_columns(rows.schema)}
    frame = rows.frame[list(own)].copy()
    schema = list(own.values())
    for column in columns:
        name = prefix + column.name
        frame[name] = other[column.name].array
        schema.append(column.model_copy(update={"name": name}))
    return Table(rows.name, frame, TableSchema(columns=tuple(schema)), owners=rows.subject_codes)


def _table(
    rows: Table, numbers_by_name: dict[str, npt.NDArray[np.float64]], kept: dict[str, Column]
) -> Table:
    import pandas as pd

    cells = {name: rows.frame[name] for name in kept}
    cells.update({name: pd.Series(figure) for name, figure in numbers_by_name.items()})
    columns = [
        *kept.values(),
        *(Column(name=n, sdtype="numerical", dtype="float64") for n in numbers_by_name),
    ]
    frame = pd.DataFrame(cells, index=pd.RangeIndex(len(rows)))
    schema = TableSchema(columns=tuple(columns))
    return Table(rows.name, frame, schema, owners=rows.subject_codes)


def _summed(
    values: npt.NDArray[np.float64], rows: npt.NDArray[np.int64], n: int
) -> dict[str, npt.NDArray[np.float64]]:
    """Mean, least and greatest value of each parent's children, NaN where there is none."""
    there = ~np.isnan(values)
    values, rows = values[there], rows[there]
    count = np.bincount(rows, minlength=n)
    mean = np.bincount(rows, values, n) / np.maximum(count, 1)
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, rows, values)
    np.maximum.at(high, rows, values)
    none = count == 0
    return {
        word: np.where(none, np.nan, figure)
        for word, figure in (("mean", mean), ("least", low), ("greatest", high))
    }
