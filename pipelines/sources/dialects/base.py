"""What the `sql` source asks of a database; one module per dialect answers.

To add one, write `pipelines/sources/dialects/<name>.py` with a class that derives from `Database`
and a function `opened`, and name its schemes in `pipelines/database_urls.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.sources.files import keep_caps

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from pipelines.base import Note
    from pipelines.settings import Settings
    from tabular.schema import Column, ForeignKey


@dataclass(frozen=True)
class SqlColumn:
    """A column of a table, or of a statement's answer, as the database declares it.

    Args:
        name: Its name.
        type: Its type, in the dialect's own words.
        labels: The values of an enum, in order.
        scale: Digits after the point of a decimal that declares them.
        nullable: Whether it may hold nulls; `None` where the database doesn't say.
        comment: What the database's owner wrote about it.
        generated: Whether the database computes it from other columns.
        refused: Why no table of Waxwork holds its values, if none does.
    """

    name: str
    type: str
    labels: tuple[str, ...] | None = None
    scale: int | None = None
    nullable: bool | None = None
    comment: str = ""
    generated: bool = False
    refused: str | None = None


@dataclass(frozen=True)
class SqlTable:
    """A table or a statement's answer that is there, as the database declares it.

    Args:
        parts: Its name, with the schema where one was given.
        select: The statement that reads all of it.
        columns: Its columns in order.
        primary_key: Its primary key.
        alternate_keys: Unique keys of columns that are never null.
        checks: Its check constraints, as the database words them.
    """

    parts: tuple[str, ...]
    select: str
    columns: tuple[SqlColumn, ...]
    primary_key: tuple[str, ...] = ()
    alternate_keys: tuple[tuple[str, ...], ...] = ()
    checks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the table is called in a dataset."""
        return self.parts[-1]


@dataclass
class Budget:
    """Bytes that may still be read of the source, over all its tables."""

    settings: Settings
    n_bytes: int = 0

    def spend(self, n_bytes: int, where: str) -> None:
        """Count bytes; `SourceError` above the cap."""
        self.n_bytes += n_bytes
        keep_caps(self.settings, where, n_bytes=self.n_bytes)


@dataclass(frozen=True)
class SqlRows:
    """What was read of a table: rows, what their types say, what its owner should know."""

    frame: pd.DataFrame
    columns: dict[str, Column]
    notes: tuple[Note, ...] = field(default=())


class Database(ABC):
    """A database that is open for reading, as of one moment."""

    @abstractmethod
    def names(self, schema: str | None) -> tuple[tuple[str, ...], ...]:
        """The tables the user may read, the system's own left out; of one schema or of all."""

    @abstractmethod
    def holds_rows(self, table: SqlTable) -> bool:
        """Whether a table has any row."""

    @abstractmethod
    def table(self, parts: tuple[str, ...]) -> SqlTable:
        """The table or view of this name.

        Raises:
            SourceError: There is none.
        """

    @abstractmethod
    def answer(self, query: str, name: str) -> SqlTable:
        """The answer to a SELECT as a table.

        Raises:
            SourceError: The statement fails, or two columns share a name.
        """

    @abstractmethod
    def rows(self, table: SqlTable, columns: Sequence[SqlColumn], budget: Budget) -> SqlRows:
        """All rows of these columns of a table.

        Raises:
            SourceError: There are none, or more than the caps allow, or one of the values is none
                that a table holds.
        """

    @abstractmethod
    def foreign_keys(self, tables: Sequence[SqlTable]) -> tuple[ForeignKey, ...]:
        """The foreign keys between these tables."""

    @abstractmethod
    def digest(self, query: str, max_bytes: int) -> str:
        """A digest of a statement's answer.

        Raises:
            SourceError: The statement fails, or its answer is larger than the cap.
        """
