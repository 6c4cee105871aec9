"""Train, holdout and reference, by subject.

A subject's side is a keyed hash of its identity, so that it stays on its side from night to night
while other rows come and go. Where rows have no identity the hash is of the whole row and of how
many equal rows stand before it, so that duplicates fall on either side like any other rows: a
baseline of exact copies would otherwise be zero by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabular.dataset import Dataset
from tabular.errors import DataError
from tabular.relations import following, pointed_at

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from tabular.dataset import Table
    from tabular.seeding import Seed


@dataclass(frozen=True)
class Split:
    """Three disjoint sets of rows that together are the dataset.

    Tables that don't follow the subject are whole in each of them. `train` is what a generator
    learns from. Nothing before the checks opens `holdout` (fresh rows to compare with) or
    `reference` (fresh rows that calibrate attacks).
    """

    train: Dataset
    holdout: Dataset
    reference: Dataset


def split(dataset: Dataset, *, holdout: float, seed: Seed) -> Split:
    """Divide a dataset by subject.

    Rows of other tables than the subject's go with the row that owns them.

    Args:
        dataset: All rows.
        holdout: Share of subjects kept away from the generator, in (0, 1); half of them become
            the reference.
        seed: Keys the hash.

    Raises:
        DataError: A part would be empty.
    """
    places = _places(dataset, seed)
    sides = {
        "train": {name: place >= holdout for name, place in places.items()},
        "holdout": {
            name: (place < holdout) & (place >= holdout / 2) for name, place in places.items()
        },
        "reference": {name: place < holdout / 2 for name, place in places.items()},
    }
    subject = dataset.schema.subject
    for name in [subject.table] if subject else places:
        if not all(side[name].any() for side in sides.values()):
            table = dataset[name]
            raise DataError(
                f"{len(table)} rows of {table.n_subjects} subjects are too few for "
                f"train, holdout and reference",
                where=f"table {name}",
                fix="More rows are needed, or a larger `split.holdout`",
            )
    return Split(**{side: _part(dataset, masks) for side, masks in sides.items()})


def _part(dataset: Dataset, masks: dict[str, npt.NDArray[np.bool_]]) -> Dataset:
    tables = {t.name: t.take(masks[t.name]) if t.name in masks else t for t in dataset}
    return Dataset(tables, dataset.schema)


def _places(dataset: Dataset, seed: Seed) -> dict[str, npt.NDArray[np.float64]]:
    """A number in [0, 1) for each row of every table that follows the subject."""
    follow = following(dataset.schema)
    out: dict[str, npt.NDArray[np.float64]] = {}
    for name in follow.order:
        out[name] = _unit_hash(dataset[name], seed)
        if name in follow.owner:
            key = follow.owner[name]
            rows = pointed_at(dataset[name].frame, dataset[key.references].frame, key)
            out[name] = np.where(rows >= 0, np.append(out[key.references], 0.0)[rows], out[name])
    return out


def halves(table: Table, seed: Seed) -> tuple[Table, Table]:
    """Two disjoint halves of a table, by subject."""
    first = _unit_hash(table, seed) < 0.5  # noqa: PLR2004  one half
    return table.take(first), table.take(~first)


def _unit_hash(table: Table, seed: Seed) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each row, equal for the rows of one subject. Shape (n_rows,)."""
    import pandas as pd

    identity = list(table.subject or table.schema.primary_key)
    frame = table.frame[identity] if identity else table.frame
    hashed = np.zeros(len(frame), dtype=np.uint64)
    for name in frame.columns:
        hashed = _mix(hashed ^ _hash_column(frame[name]))
    if not identity:
        earlier = np.asarray(pd.Series(hashed).groupby(hashed).cumcount(), dtype=np.uint64)
        hashed = _mix(hashed ^ _mix(earlier + np.uint64(1)))
    low, high = np.frombuffer(seed.key(), dtype="<u8").astype(np.uint64)
    keyed = _mix(_mix(hashed ^ low) ^ high)
    return (keyed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _hash_column(column: pd.Series) -> npt.NDArray[np.uint64]:
    """Hashes that don't change when a column turns nullable, or an int column to float."""
    import pandas as pd
    from pandas.api import types

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype if column.notna().all() else object)
    if types.is_numeric_dtype(column):
        return _hash_numbers(column)
    if types.is_datetime64_any_dtype(column):
        # Instants, whatever their zone and unit.
        return _hash_array(np.asarray(column.dt.as_unit("us").astype("int64")))
    return _hash_array(np.asarray(column.astype("string").astype(object)))


def _hash_numbers(column: pd.Series) -> npt.NDArray[np.uint64]:
    """Whole numbers by their integer, to the last digit; others by their float."""
    from pandas.api import types

    gone = column.isna().to_numpy(dtype=bool)
    if not types.is_float_dtype(column):
        kind = np.uint64 if types.is_unsigned_integer_dtype(column) else np.int64
        # Only columns that can hold a missing cell know what to put in its place.
        cells = column.to_numpy(kind, na_value=0) if gone.any() else column.to_numpy(kind)
        hashed = _hash_array(cells)
    else:
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        whole = (np.abs(numbers) < 2.0**63) & (numbers == np.floor(numbers))
        integers = np.where(whole, numbers, 0).astype(np.int64)
        hashed = np.where(whole, _hash_array(integers), _hash_array(numbers))
    hashed[gone] = 0
    return hashed


def _hash_array(cells: npt.NDArray[np.generic]) -> npt.NDArray[np.uint64]:
    import pandas as pd

    return np.asarray(pd.util.hash_array(cells), dtype=np.uint64)


def _mix(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit moves every other."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
