"""Tables and datasets: frames that know their schema.

One table is the smallest dataset; related tables are the normal case. A table checks on creation
that its frame has exactly the schema's columns, in the schema's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tabular.errors import DataError
from tabular.relations import owners

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from tabular.schema import Schema, TableSchema


@dataclass(frozen=True, eq=False)
class Table:
    """One table's rows and schema.

    Args:
        name: The table's name.
        frame: Rows with a fresh RangeIndex and the schema's columns in order.
        schema: Its columns and keys.
        subject: Columns that identify the subject a row belongs to; empty: each row its own.
        owners: The subject of each row as a code from 0, shape (n_rows,), where no column tells:
            the subject's table is another one.

    Raises:
        DataError: Frame and schema don't have the same columns.
    """

    name: str
    frame: pd.DataFrame
    schema: TableSchema
    subject: tuple[str, ...] = ()
    owners: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if tuple(self.frame.columns) != self.schema.names:
            lost = [name for name in self.schema.names if name not in self.frame.columns]
            new = [str(name) for name in self.frame.columns if name not in self.schema.names]
            raise DataError(
                f"the columns differ from the schema's: missing {lost}, unexpected {new}"
                if lost or new
                else "the columns are not in the schema's order",
                where=f"table {self.name}",
            )

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def subject_codes(self) -> npt.NDArray[np.int64]:
        """The subject of each row as a code from 0, shape (n_rows,)."""
        import numpy as np

        if self.owners is not None:
            return self.owners
        if not self.subject:
            return np.arange(len(self.frame), dtype=np.int64)
        groups = self.frame.groupby(list(self.subject), sort=False, dropna=False, observed=True)
        return np.asarray(groups.ngroup(), dtype=np.int64)

    @property
    def shared_codes(self) -> npt.NDArray[np.int64] | None:
        """The subject of each row where subjects can have several, shape (n_rows,)."""
        return self.subject_codes if self.subject or self.owners is not None else None

    @property
    def n_subjects(self) -> int:
        """How many subjects the rows belong to."""
        codes = self.subject_codes
        return int(codes.max()) + 1 if len(codes) else 0

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Table:
        """The rows at these positions, or where this mask is true."""
        import pandas as pd

        picked = self.frame.loc[rows] if rows.dtype == bool else self.frame.iloc[rows]
        owners = None if self.owners is None else pd.factorize(self.owners[rows])[0]
        return self.with_frame(picked.reset_index(drop=True), owners)

    def with_frame(self, frame: pd.DataFrame, owners: npt.NDArray[np.int64] | None = None) -> Table:
        """The same table with other rows; `owners` says whose they are where no column does."""
        return Table(self.name, frame, self.schema, self.subject, owners)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Tables by name, and the schema that holds between them."""

    tables: Mapping[str, Table]
    schema: Schema

    @staticmethod
    def of(frames: Mapping[str, pd.DataFrame], schema: Schema) -> Dataset:
        """A dataset from frames whose columns the schema describes.

        Raises:
            DataError: A table of the schema has no frame.
        """
        if lost := sorted(set(schema.tables) - set(frames)):
            raise DataError(f"no rows for the tables {lost}")
        owned = owners(frames, schema) if schema.foreign_keys else {}
        return Dataset(
            {
                name: Table(
                    name, frames[name], table, schema.subject_columns(name), owned.get(name)
                )
                for name, table in schema.tables.items()
            },
            schema,
        )

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    @property
    def n_rows(self) -> int:
        """Rows in all tables together."""
        return sum(len(table) for table in self)

    @property
    def only(self) -> Table:
        """The one table of a dataset that has one.

        Raises:
            DataError: There are several tables, or none.
        """
        if len(self.tables) != 1:
            raise DataError(
                f"one table is needed, the dataset has {len(self.tables)}",
                fix="Name one table",
            )
        return next(iter(self.tables.values()))
