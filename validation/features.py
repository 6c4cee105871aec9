"""Rows as numeric matrices, by what the train rows look like.

Two forms of the same columns: `ordinal` for tree models (numbers as they are, categories as
codes), `scaled` for distances and linear models (numbers as ranks in [0, 1], categories as
one-hot columns). Both are learnt on the train rows and take any other rows: a category never seen
in train has a code of its own. Identifiers, personal data and free text are left out, since they
are made anew and say nothing about likeness.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt
    import pandas as pd

    from tabular.dataset import Table
    from tabular.schema import Column, TableSchema
    from validation.base import Evidence

Side = Literal["train", "synthetic", "holdout", "reference", "fresh"]
Form = Literal["ordinal", "scaled"]

_KNOTS = 1000
_SECONDS = 1e6


def feature_columns(schema: TableSchema) -> tuple[Column, ...]:
    """The columns that say something about likeness: no identifier, key, entity or free text."""
    single = {key[0] for key in schema.unique_keys if len(key) == 1}
    if schema.sequence:
        single.add(schema.sequence.entity)
    return tuple(c for c in schema.columns if c.is_modelled and c.name not in single)


def is_numeric(column: Column) -> bool:
    """Whether a column's values are numbers or moments rather than categories."""
    return column.sdtype in {"numerical", "datetime"}


def numbers(cells: pd.Series) -> npt.NDArray[np.float64]:
    """Numbers or moments (in seconds since 1970) as float64, NaN for missing, shape (n_rows,).

    Infinities become NaN: the contract reports them, a distance can't use them.
    """
    import pandas as pd

    missing = cells.isna().to_numpy(dtype=bool)
    if pd.api.types.is_datetime64_any_dtype(cells):
        zone = cells.dt.tz
        naive = cells.dt.tz_convert("UTC").dt.tz_localize(None) if zone is not None else cells
        moments = naive.to_numpy(dtype="datetime64[us]").astype(np.int64)
        out = moments.astype(np.float64) / _SECONDS
    elif cells.dtype == object and pd.api.types.infer_dtype(cells, skipna=True) in {
        "date",
        "datetime",
    }:
        plain = [None if gone else cell for cell, gone in zip(cells, missing, strict=True)]
        moments = np.array(plain, dtype="datetime64[us]").astype(np.int64)
        out = moments.astype(np.float64) / _SECONDS
    else:
        # Text that is no number counts as missing here; the contract names it.
        out = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        out = np.array(out, dtype=np.float64)
    out[missing | ~np.isfinite(out)] = np.nan
    return out


def labels(cells: pd.Series) -> pd.Series:
    """Categories as text that does not depend on the dtype: `1`, `1.0` and `True` agree."""
    import pandas as pd

    if isinstance(cells.dtype, pd.StringDtype):
        return cells
    if isinstance(cells.dtype, pd.CategoricalDtype):
        names = labels(cells.cat.categories.to_series()).array
        return pd.Series(names.take(cells.cat.codes.to_numpy(), allow_fill=True))
    if pd.api.types.is_bool_dtype(cells) or pd.api.types.is_numeric_dtype(cells):
        cells = cells.astype("Float64")
    return cells.astype("string")


@dataclass(frozen=True)
class Levels:
    """The categories of one column, as train has them.

    Args:
        names: Labels, most frequent first.
    """

    names: tuple[str, ...]

    @staticmethod
    def learn(cells: pd.Series) -> Levels:
        """The categories of a train column."""
        import pandas as pd

        place, found = pd.factorize(labels(cells))
        counts = np.bincount(place[place >= 0], minlength=len(found))
        # Ties by label, so that the codes don't depend on the order of the rows.
        ordered = sorted(zip(-counts, map(str, found), strict=True))
        return Levels(tuple(name for _, name in ordered))

    @property
    def missing(self) -> int:
        """The code of a missing cell."""
        return len(self.names)

    @property
    def unseen(self) -> int:
        """The code of every label that train does not have."""
        return len(self.names) + 1

    def codes(self, cells: pd.Series) -> npt.NDArray[np.int64]:
        """Codes of the cells, shape (n_rows,)."""
        import pandas as pd

        text = labels(cells)
        place, uniques = pd.factorize(text)
        known = pd.Index(self.names, dtype=object).get_indexer(pd.Index(uniques, dtype=object))
        known = np.where(known < 0, self.unseen, known).astype(np.int64)
        return np.append(known, self.missing)[place]


@dataclass(frozen=True)
class Knots:
    """The ranks of one column of numbers, as train has them.

    Args:
        values: Distinct quantiles of the train values, ascending; empty if all are missing.
        ranks: Mid-rank share of each, in [0, 1].
        missing: Whether train has missing cells.
    """

    values: npt.NDArray[np.float64]
    ranks: npt.NDArray[np.float64]
    missing: bool

    @staticmethod
    def learn(column: npt.NDArray[np.float64]) -> Knots:
        """The knots of a train column."""
        present = np.sort(column[~np.isnan(column)])
        if len(present) > _KNOTS:
            picked = np.linspace(0, len(present) - 1, _KNOTS).astype(np.int64)
            values = np.unique(present[picked])
        else:
            values = np.unique(present)
        low = np.searchsorted(present, values, "left")
        high = np.searchsorted(present, values, "right")
        ranks = (low + high) / 2 / max(len(present), 1)
        return Knots(values, ranks, bool(np.isnan(column).any()))

    def rank(self, column: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Mid-rank shares, one half for missing, shape (n_rows,)."""
        if not len(self.values):
            return np.full(len(column), 0.5)
        ranks = np.interp(column, self.values, self.ranks)
        return np.where(np.isnan(column), 0.5, ranks)


@dataclass(frozen=True)
class FeatureSpace:
    """What was learnt of train's columns; turns rows of the same schema into matrices.

    Args:
        columns: The columns that are used, in order.
        levels: The categories of the categorical ones, by name.
        knots: The ranks of the numeric ones, by name.
    """

    columns: tuple[Column, ...]
    levels: dict[str, Levels]
    knots: dict[str, Knots]
    _known: WeakKeyDictionary[Table, npt.NDArray[np.float64]] = field(
        default_factory=WeakKeyDictionary, init=False, compare=False, repr=False
    )

    @staticmethod
    def learn(train: Table, leave_out: tuple[str, ...] = ()) -> FeatureSpace:
        """The space of a table's train rows.

        Args:
            train: The rows whose categories and ranks count.
            leave_out: Columns not to use, such as a target.
        """
        columns = tuple(c for c in feature_columns(train.schema) if c.name not in leave_out)
        levels: dict[str, Levels] = {}
        knots: dict[str, Knots] = {}
        for column in columns:
            cells = train.frame[column.name]
            if is_numeric(column):
                knots[column.name] = Knots.learn(numbers(cells))
            else:
                levels[column.name] = Levels.learn(cells)
        return FeatureSpace(columns, levels, knots)

    def only(self, names: Collection[str]) -> FeatureSpace:
        """The same space with some of its columns."""
        return replace(self, columns=tuple(c for c in self.columns if c.name in names))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the ordinal matrix."""
        return tuple(column.name for column in self.columns)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the categorical columns in the ordinal matrix."""
        return tuple(i for i, column in enumerate(self.columns) if column.name in self.levels)

    def ordinal(self, table: Table) -> npt.NDArray[np.float64]:
        """Numbers as they are with NaN for missing, categories as codes from 0.

        Worked out once for each table, as long as there is the table; not to be written to.

        Returns:
            Shape (n_rows, n_columns).
        """
        before = self._known.get(table)
        if before is not None:
            return before
        out = np.empty((len(table), len(self.columns)))
        for i, column in enumerate(self.columns):
            cells = table.frame[column.name]
            known = self.levels.get(column.name)
            out[:, i] = numbers(cells) if known is None else known.codes(cells)
        out.setflags(write=False)
        self._known[table] = out
        return out

    def binned(self, table: Table, bins: int) -> npt.NDArray[np.int64]:
        """Categories by code, numbers by bins of equal shares of train, missing ones the last.

        Returns:
            Shape (n_rows, n_columns).
        """
        ordinal = self.ordinal(table)
        out = np.empty(ordinal.shape, dtype=np.int64)
        for i, name in enumerate(self.names):
            column = ordinal[:, i]
            if name in self.levels:
                out[:, i] = column.astype(np.int64)
            else:
                place = (self.knots[name].rank(column) * bins).astype(np.int64)
                out[:, i] = np.where(np.isnan(column), bins, np.minimum(place, bins - 1))
        return out

    def cardinality(self, bins: int) -> tuple[int, ...]:
        """How many codes `binned` has for each column."""
        return tuple(
            len(self.levels[name].names) + 2 if name in self.levels else bins + 1
            for name in self.names
        )

    def steps(self, table: Table) -> npt.NDArray[np.float64]:
        """What changed since the entity's row before, by the order of the sequence's index.

        Numbers: by how much. Categories: 1 if another, else 0. NaN in an entity's first row, and
        where either number is missing. A last column counts the entity's rows. No columns where
        the table is no sequence.

        Returns:
            Shape (n_rows, n_columns + 1) or (n_rows, 0).
        """
        sequence = table.schema.sequence
        if sequence is None or not len(table):
            return np.zeros((len(table), 0))
        entity = table.frame.groupby(sequence.entity, sort=False, dropna=False).ngroup().to_numpy()
        order = np.lexsort((numbers(table.frame[sequence.index]), entity))
        rows = self.ordinal(table)[order]
        change = np.full((len(rows), len(self.columns) + 1), np.nan)
        change[1:, :-1] = np.diff(rows, axis=0)
        labelled = list(self.categorical)
        change[:, labelled] = np.where(
            np.isnan(change[:, labelled]), np.nan, change[:, labelled] != 0
        )
        change[np.flatnonzero(np.diff(entity[order], prepend=-1)), :-1] = np.nan
        change[:, -1] = np.bincount(entity)[entity[order]]
        out = np.empty_like(change)
        out[order] = change
        return out

    def scaled(self, table: Table) -> npt.NDArray[np.float32]:
        """Ranks in [0, 1] for numbers, one-hot columns of height sqrt(1/2) for categories.

        Two rows that differ in a category are then 1 apart in it, as far as the smallest number
        from the largest. A missing number has rank one half and a column that says so.

        Returns:
            Shape (n_rows, n_features).
        """
        blocks: list[npt.NDArray[np.float32]] = []
        for column in self.columns:
            cells = table.frame[column.name]
            if column.name in self.knots:
                values = numbers(cells)
                block = np.empty((len(table), 2), dtype=np.float32)
                block[:, 0] = self.knots[column.name].rank(values)
                block[:, 1] = np.isnan(values)
            else:
                known = self.levels[column.name]
                block = np.zeros((len(table), len(known.names) + 2), dtype=np.float32)
                block[np.arange(len(table)), known.codes(cells)] = np.sqrt(0.5)
            blocks.append(block)
        return np.hstack(blocks) if blocks else np.zeros((len(table), 0), dtype=np.float32)


def space_of(evidence: Evidence) -> FeatureSpace:
    """The space learnt on the evidence's train rows, once for all checks."""
    space = evidence.cache.get("features/space")
    if not isinstance(space, FeatureSpace):
        space = FeatureSpace.learn(evidence.train)
        evidence.cache["features/space"] = space
    return space


def ordinal(evidence: Evidence, side: Side) -> npt.NDArray[np.float64]:
    """The ordinal matrix of one side, once for all checks. Shape (n_rows, n_columns)."""
    return space_of(evidence).ordinal(_table(evidence, side))


def scaled(evidence: Evidence, side: Side) -> npt.NDArray[np.float32]:
    """The scaled matrix of one side, once for all checks. Shape (n_rows, n_features)."""
    name = f"features/scaled/{side}"
    if name not in evidence.cache:
        evidence.cache[name] = space_of(evidence).scaled(_table(evidence, side))
    matrix: npt.NDArray[np.float32] = evidence.cache[name]
    return matrix


def _table(evidence: Evidence, side: Side) -> Table:
    table: Table | None = getattr(evidence, side)
    if table is None:
        message = f"the evidence has no {side} rows"
        raise ValueError(message)
    return table
