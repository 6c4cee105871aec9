"""Files as tables, for the commands that take files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.base import RawData, RawTable
from pipelines.description import describe
from tabular.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.config import TableConfig
    from pipelines.settings import Settings
    from tabular.dataset import Table


def table_name(path: Path, config: TableConfig) -> str:
    """The one table the configuration names, or else the file's name without suffixes."""
    if len(config.tables) == 1:
        return next(iter(config.tables))
    return path.name.split(".")[0] or path.name


def read_raw(path: Path, settings: Settings) -> RawTable:
    """The one table in a file.

    Raises:
        SourceError: The file can't be read.
        DataError: It holds several tables.
    """
    from pipelines.init import source_from_text

    raw = source_from_text(str(path)).read(settings)
    if len(raw.tables) != 1:
        raise DataError(f"one table is needed, there are {len(raw.tables)}", where=str(path))
    return next(iter(raw.tables.values()))


def read_table(path: Path, config: TableConfig, settings: Settings) -> Table:
    """A file as a described table."""
    raw = read_raw(path, settings)
    return describe(RawData({table_name(path, config): raw}), config).only
