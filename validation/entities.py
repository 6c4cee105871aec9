"""Sequences as whole entities: one row each, of what its rows come to.

An entity is a row like any other, with evidence of its own: the checks of single tables look at it
as they look at those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from validation.features import FeatureSpace, is_numeric, numbers, space_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from validation.base import Evidence

    Floats = npt.NDArray[np.float64]

_MOST_COLUMNS = 40
LAST = "last "
"""Before the name of a column that is the row before's."""


@dataclass(frozen=True)
class Entities:
    """Rows of a table by entity, in the order of its index.

    Args:
        order: Positions of the rows, shape (n_rows,).
        entity: The entity of each row in that order, from 0, ascending, shape (n_rows,).
        lengths: Rows of each entity, shape (n_entities,).
        owners: The subject of each entity, shape (n_entities,).
    """

    order: npt.NDArray[np.int64]
    entity: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64]

    @staticmethod
    def of(table: Table) -> Entities:
        """The entities of a table of sequences."""
        sequence = table.schema.sequence
        assert sequence is not None  # noqa: S101  the checks require one
        groups = table.frame.groupby(sequence.entity, sort=False, dropna=False)
        entity = np.asarray(groups.ngroup(), dtype=np.int64)
        order = np.lexsort((numbers(table.frame[sequence.index]), entity))
        lengths = np.bincount(entity).astype(np.int64)
        first = order[np.cumsum(lengths) - lengths]
        return Entities(order, entity[order], lengths, table.subject_codes[first])

    @property
    def first(self) -> npt.NDArray[np.bool_]:
        """Which rows, in their order, begin an entity, shape (n_rows,)."""
        return np.asarray(np.diff(self.entity, prepend=-1) != 0)

    @property
    def place(self) -> npt.NDArray[np.int64]:
        """Number of each row within its entity, from 0, shape (n_rows,)."""
        begin = np.cumsum(self.lengths) - self.lengths
        return np.arange(len(self.entity)) - begin[self.entity]

    def means(self, values: Floats) -> Floats:
        """Mean of the values of each entity, NaN where there is none, shape (n_entities,)."""
        there = ~np.isnan(values)
        n = len(self.lengths)
        count = np.bincount(self.entity[there], minlength=n)
        total = np.bincount(self.entity[there], values[there], n)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / np.where(count, count, np.nan))

    def extremes(self, values: Floats) -> tuple[Floats, Floats]:
        """Least and greatest value of each entity, NaN where there is none."""
        begin = np.cumsum(self.lengths) - self.lengths
        low = np.fmin.reduceat(values, begin)
        return low, np.fmax.reduceat(values, begin)


def steps(entities: Entities, values: Floats) -> Floats:
    """What changed since the entity's row before, NaN in its first, shape (n_rows,).

    Args:
        entities: The rows.
        values: A figure for each row, in their order.
    """
    change = np.diff(values, prepend=np.nan)
    change[entities.first] = np.nan
    return np.asarray(change)


def of_entities(evidence: Evidence) -> Evidence:
    """Evidence of whole entities: each side's rows summed up by entity."""
    fixed = constant_columns(evidence.train, space_of(evidence))
    return derived(evidence, lambda table, space: whole_entities(table, space, fixed))


def constant_columns(table: Table, space: FeatureSpace) -> frozenset[str]:
    """Columns that never change within an entity, by name."""
    entities = Entities.of(table)
    rows = space.ordinal(table)[entities.order]
    return frozenset(
        name
        for name, column in zip(space.names, rows.T, strict=True)
        if not _changes(column)[~entities.first].any()
    )


def whole_entities(table: Table, space: FeatureSpace, fixed: frozenset[str]) -> Table:
    """A row for each entity.

    How many rows it has; its columns that never change; of other numbers the mean, spread, least,
    greatest, first and last value and the mean size of steps; of other categories the first and the
    last, the share of the commonest, and how often it changes.

    Args:
        table: The rows.
        space: The columns to look at, as train has them.
        fixed: Names of the columns that never change within an entity, in train.
    """
    import pandas as pd

    entities = Entities.of(table)
    begin = np.cumsum(entities.lengths) - entities.lengths
    end = begin + entities.lengths - 1
    ordered = table.frame.iloc[entities.order].reset_index(drop=True)
    rows = space.ordinal(table)[entities.order]
    cells: dict[str, pd.Series] = {}
    columns: list[Column] = []

    def add(name: str, column: Column, values: pd.Series) -> None:
        # Texts and categories stay what they are; nothing else of the column holds here.
        cells[name] = values.reset_index(drop=True)
        columns.append(column.model_copy(update={"name": name, "nullable": True}))

    def figure(name: str, values: Floats) -> None:
        column = Column(name=name, sdtype="numerical", dtype="float64")
        add(name, column, pd.Series(np.asarray(values, dtype=np.float64)))

    figure("number of rows", entities.lengths.astype(np.float64))
    for column, values in zip(space.columns[:_MOST_COLUMNS], rows.T, strict=False):
        name, frame = column.name, ordered[column.name]
        if name in fixed:
            add(name, column, frame.iloc[begin])
            continue
        if is_numeric(column):
            mean = entities.means(values)
            low, high = entities.extremes(values)
            figure(f"mean {name}", mean)
            figure(
                f"spread of {name}", np.sqrt(entities.means((values - mean[entities.entity]) ** 2))
            )
            figure(f"least {name}", low)
            figure(f"greatest {name}", high)
            figure(f"first {name}", values[begin])
            figure(f"last {name}", values[end])
            figure(f"mean step of {name}", entities.means(np.abs(steps(entities, values))))
        else:
            add(f"first {name}", column, frame.iloc[begin])
            add(f"last {name}", column, frame.iloc[end])
            figure(f"commonest {name}", entities.means((values == 0).astype(np.float64)))
            changes = np.where(entities.first, np.nan, _changes(values))
            figure(f"changes of {name}", entities.means(changes))
    made = pd.DataFrame(cells, index=pd.RangeIndex(len(begin)))
    return Table(table.name, made, TableSchema(columns=tuple(columns)), owners=entities.owners)


def _changes(values: Floats) -> npt.NDArray[np.bool_]:
    """Which values differ from the one before, shape (n_rows,)."""
    before = np.concatenate([values[:1], values[:-1]])
    return np.asarray((values != before) & ~(np.isnan(values) & np.isnan(before)))


def derived(evidence: Evidence, make: Callable[[Table, FeatureSpace], Table]) -> Evidence:
    """Evidence of another table made of each side by itself."""
    space = space_of(evidence)
    return replace(
        evidence,
        train=make(evidence.train, space),
        synthetic=make(evidence.synthetic, space),
        holdout=make(evidence.holdout, space) if evidence.holdout else None,
        reference=make(evidence.reference, space) if evidence.reference else None,
        model=None,
        related=None,
        cache={},
    )


def with_lengths(table: Table, space: FeatureSpace) -> Table:
    """How many rows each entity has, a row for each entity."""
    del space
    entities = Entities.of(table)
    cells = {"number of rows": entities.lengths.astype(np.float64)}
    return _figures(table, cells, entities.owners)


def starts(table: Table, space: FeatureSpace) -> Table:
    """Each entity's first row."""
    entities = Entities.of(table)
    first = entities.order[entities.first]
    frame = table.frame.loc[:, list(space.names)].iloc[first].reset_index(drop=True)
    return Table(table.name, frame, TableSchema(columns=space.columns), owners=entities.owners)


def with_steps(table: Table, space: FeatureSpace) -> Table:
    """What changed in each row but an entity's first: numbers by how much, categories whether."""
    entities = Entities.of(table)
    rows = space.steps(table)[entities.order][~entities.first]
    cells = {f"step of {name}": rows[:, i] for i, name in enumerate(space.names)}
    return _figures(table, cells, entities.owners[entities.entity[~entities.first]])


def with_runs(table: Table, space: FeatureSpace) -> Table:
    """How many rows the run has in which each row's value stays the same, by column."""
    entities = Entities.of(table)
    rows = space.ordinal(table)[entities.order]
    cells = {}
    for name, column in zip(space.names, rows.T, strict=True):
        run = np.cumsum(entities.first | _changes(column)) - 1
        cells[f"run of {name}"] = np.bincount(run)[run].astype(np.float64)
    return _figures(table, cells, entities.owners[entities.entity])


def with_last(table: Table, space: FeatureSpace) -> Table:
    """Rows but an entity's first, beside the row before."""
    entities = Entities.of(table)
    now = entities.order[~entities.first]
    last = np.concatenate([entities.order[:1], entities.order[:-1]])[~entities.first]
    frame = table.frame.loc[:, list(space.names)].iloc[now].reset_index(drop=True)
    columns = list(space.columns)
    for column in space.columns:
        name = f"{LAST}{column.name}"
        frame[name] = table.frame[column.name].iloc[last].array
        columns.append(column.model_copy(update={"name": name}))
    owners = entities.owners[entities.entity[~entities.first]]
    return Table(table.name, frame, TableSchema(columns=tuple(columns)), owners=owners)


def _figures(table: Table, cells: dict[str, Floats], owners: npt.NDArray[np.int64]) -> Table:
    import pandas as pd

    columns = tuple(Column(name=name, sdtype="numerical", dtype="float64") for name in cells)
    frame = pd.DataFrame(cells, index=pd.RangeIndex(len(owners)))
    return Table(table.name, frame, TableSchema(columns=columns), owners=owners)
