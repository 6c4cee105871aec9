"""Rows of one parent: in which order they follow each other, and which place each has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generators.relations.context import as_numbers

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.relations.plan import TablePlan
    from tabular.dataset import Table


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


def sibling_order(
    plan: TablePlan,
    table: Table,
    owner_rows: npt.NDArray[np.int64],
    targets: list[npt.NDArray[np.int64]],
) -> npt.NDArray[np.int64]:
    """Rows of one owner together, in the order they follow each other.

    By a column that counts them, the sequence's index, a link that is part of a key, a moment, a
    key, or as they stand.
    """
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
    counters = [name for name in numbers if _counts_children(frame[name], owner_rows)]
    if counters:
        by = as_numbers(frame[counters[0]])
    elif schema.sequence:
        by = as_numbers(frame[schema.sequence.index])
    elif linked:
        by = linked[0].astype(np.float64)
    elif moments:
        by = as_numbers(frame[moments[0]])
    elif numbers:
        by = as_numbers(frame[numbers[-1]])
    return np.lexsort((by, owner_rows)) if plan.is_child else np.arange(len(frame))


def _counts_children(cells: pd.Series, owner_rows: npt.NDArray[np.int64]) -> bool:
    """Whether a column numbers the children of each parent from one number on."""
    values = cells.to_numpy(dtype=np.int64, na_value=-1)
    order = np.lexsort((values, owner_rows))
    first = values[order] - places(owner_rows[order])[0]
    return bool(len(first) and (first == first[0]).all())
