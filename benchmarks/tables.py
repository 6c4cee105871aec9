"""Tables to measure on: a folder each, with train and holdout rows and what the scorer must know.

    <data>/<name>/train.csv[.gz]  holdout.csv[.gz]  meta.json
    meta.json: {"target": ..., "task": "classification" | "regression",
                "categorical": [columns], "numeric": [columns]}

Generators get the train file through Waxwork's own csv source, with the categorical columns
declared as the owner would (a number that names a category can't be told from a count). Scores are
worked out from the text that the generator's rows are written as, and from nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tabular.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.config import TableConfig
    from tabular.dataset import Table

_SUFFIXES = (".csv.gz", ".csv")


@dataclass(frozen=True)
class Meta:
    """What the scorer must know of a table."""

    target: str
    task: Literal["classification", "regression"]
    categorical: tuple[str, ...]
    numeric: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are scored, categories first."""
        return (*self.categorical, *self.numeric)

    @staticmethod
    def of(fields: dict[str, Any]) -> Meta:
        """From JSON."""
        return Meta(
            fields["target"],
            fields["task"],
            tuple(fields["categorical"]),
            tuple(fields["numeric"]),
        )


@dataclass(frozen=True)
class BenchmarkTable:
    """One table: its files and its meta data."""

    name: str
    train: Path
    holdout: Path
    meta: Meta

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return {
            "name": self.name,
            "train": str(self.train),
            "holdout": str(self.holdout),
            "meta": asdict(self.meta),
        }

    @staticmethod
    def of(fields: dict[str, Any]) -> BenchmarkTable:
        """From another process."""
        return BenchmarkTable(
            fields["name"],
            Path(fields["train"]),
            Path(fields["holdout"]),
            Meta.of(fields["meta"]),
        )


def find_tables(data: Path, names: tuple[str, ...] = ()) -> tuple[BenchmarkTable, ...]:
    """The tables in a folder, or those of them that are named, in that order.

    Raises:
        ConfigurationError: A named table is not there, or there is none at all.
    """
    if not data.is_dir():
        raise ConfigurationError("there is no such folder", where=str(data))
    found = {
        folder.name: (folder, train, holdout)
        for folder in sorted(data.iterdir())
        if (folder / "meta.json").is_file()
        and (train := _file(folder, "train"))
        and (holdout := _file(folder, "holdout"))
    }
    if unknown := [name for name in names if name not in found]:
        raise ConfigurationError(
            f"no such tables: {', '.join(unknown)}",
            where=str(data),
            fix=f"There are: {', '.join(found) or 'none'}",
        )
    if not found:
        raise ConfigurationError(
            "no table is there",
            where=str(data),
            fix="Each is a folder with train.csv, holdout.csv (or .csv.gz) and meta.json",
        )
    return tuple(BenchmarkTable(name, *_parts(*found[name])) for name in names or found)


def _file(folder: Path, part: str) -> Path | None:
    return next((p for s in _SUFFIXES if (p := folder / f"{part}{s}").is_file()), None)


def _parts(folder: Path, train: Path, holdout: Path) -> tuple[Path, Path, Meta]:
    path = folder / "meta.json"
    try:
        return train, holdout, Meta.of(json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, ValueError, TypeError):
        raise ConfigurationError(
            "this must be an object with target, task, categorical and numeric", where=str(path)
        ) from None


def table_config(path: Path, meta: Meta) -> TableConfig:
    """The owner's word on the file at `path`: which columns are categories, and the target."""
    from pipelines.config import TableConfig

    return TableConfig.model_validate(config_fields(path, meta))


def config_fields(path: Path, meta: Meta) -> dict[str, Any]:
    """The fields of `table_config`, for a YAML file."""
    columns: dict[str, dict[str, str]] = {c: {"sdtype": "categorical"} for c in meta.categorical}
    columns.setdefault(meta.target, {})["role"] = "target"
    return {"tables": {path.name.split(".")[0]: {"columns": columns}}}


def product_table(path: Path, meta: Meta) -> Table:
    """A file as Waxwork reads it."""
    from pipelines.commands.files import read_table
    from pipelines.settings import Settings

    return read_table(path, table_config(path, meta), Settings())


def scored_rows(path: Path, meta: Meta) -> pd.DataFrame:
    """A csv file's rows as the scorer sees them: categories as text, numbers as float64.

    A missing category is a category of its own.

    Raises:
        DataError: A column is not there.
    """
    import pandas as pd

    rows = pd.read_csv(path)
    if lost := [name for name in meta.columns if name not in rows.columns]:
        raise DataError(f"columns are missing: {', '.join(lost)}", where=str(path))
    rows = rows[list(meta.columns)].copy()
    for name in meta.categorical:
        cells = rows[name].astype(object)
        rows[name] = cells.where(rows[name].notna(), "__nan__").astype(str).str.strip()
    for name in meta.numeric:
        rows[name] = pd.to_numeric(rows[name], errors="coerce").astype(float)
    return rows
