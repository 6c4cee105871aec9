"""What goes between tasks: references to what stages made, never frames or models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from pipelines.base import RawData, RawTable, Receipt
from pipelines.frames import read_parquet, write_parquet
from pipelines.workspace import Artifact, Workspace
from tabular.dataset import Dataset, Table
from tabular.schema import Column, ForeignKey, Schema, TableSchema
from validation.report import Report

if TYPE_CHECKING:
    import pandas as pd


class Reference(BaseModel):
    """What a stage made, as the next task is given it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RawRef(Reference):
    """Raw tables, as the source gave them."""

    tables: dict[str, Artifact]
    dtypes: dict[str, dict[str, str]]
    columns: dict[str, dict[str, Column]]
    primary_keys: dict[str, tuple[str, ...]]
    alternate_keys: dict[str, tuple[tuple[str, ...], ...]]
    foreign_keys: tuple[ForeignKey, ...]
    fingerprint: str | None
    quick_fingerprint: str | None


class DatasetRef(Reference):
    """Described tables."""

    dataset_schema: Schema
    tables: dict[str, Artifact]
    set_aside: dict[str, dict[str, int]] = {}
    judged: dict[str, Artifact] | None = None
    """The tables as the checks see them, where rows were put in after."""
    must_have: dict[str, int] = {}
    """How many rows were put in at the end of each table."""


class DriftRef(Reference):
    """What changed in the source since the last release."""

    found: Artifact


class SplitRef(Reference):
    """The three parts of a dataset."""

    dataset_schema: Schema
    train: dict[str, Artifact]
    holdout: dict[str, Artifact]
    reference: dict[str, Artifact]
    subjects: dict[str, int]
    rows: dict[str, int]


class ModelRef(Reference):
    """A fitted model."""

    model: Artifact


class ReportRef(Reference):
    """A full report."""

    report: Artifact
    data_digest: str


class Outcome(Reference):
    """What a run came to; `waxwork run` prints it."""

    verdict: str
    reasons: tuple[str, ...]
    report_json: Path
    report_html: Path
    receipts: tuple[Receipt, ...] = ()
    set_aside: dict[str, dict[str, int]] = {}
    drift: tuple[str, ...] = ()


def digests(tables: dict[str, Artifact]) -> dict[str, str]:
    """Digest of each table's file."""
    return {name: artifact.sha256 for name, artifact in tables.items()}


def put_table(table: Table, workspace: Workspace, *, synthetic: bool = False) -> Artifact:
    """Store one table's rows in the workspace; a reference table's are not synthetic."""
    synthetic = synthetic and not table.schema.reference
    return workspace.put(
        lambda path: write_parquet(table.frame, path, schema=table.schema, synthetic=synthetic),
        rows=len(table),
    )


def store_dataset(dataset: Dataset, workspace: Workspace, *, synthetic: bool = False) -> DatasetRef:
    """Store all tables of a dataset."""
    return DatasetRef(
        dataset_schema=dataset.schema,
        tables={t.name: put_table(t, workspace, synthetic=synthetic) for t in dataset},
    )


def load_dataset(ref: DatasetRef) -> Dataset:
    """The dataset behind a reference."""
    frames = {
        name: read_parquet(artifact.path, ref.dataset_schema.tables[name])
        for name, artifact in ref.tables.items()
    }
    return Dataset.of(frames, ref.dataset_schema)


def load_judged(ref: DatasetRef) -> Dataset:
    """The rows that the checks look at: those that were drawn."""
    return load_dataset(ref.model_copy(update={"tables": ref.judged or ref.tables}))


def load_part(ref: SplitRef, side: Literal["train", "holdout", "reference"]) -> Dataset:
    """One side of a split."""
    tables: dict[str, Artifact] = getattr(ref, side)
    return load_dataset(DatasetRef(dataset_schema=ref.dataset_schema, tables=tables))


def load_report(ref: ReportRef) -> Report:
    """The full report behind a reference."""
    return Report.model_validate_json(ref.report.path.read_bytes())


def store_raw(
    raw: RawData, workspace: Workspace, fingerprint: str | None, quick: str | None
) -> RawRef:
    """Store what a source read."""
    from tabular.profile import dtype_name

    def put(frame: pd.DataFrame) -> Artifact:
        return workspace.put(lambda path: write_parquet(frame, path), rows=len(frame))

    return RawRef(
        tables={name: put(table.frame) for name, table in raw.tables.items()},
        dtypes={
            name: {str(c): dtype_name(table.frame[c]) for c in table.frame.columns}
            for name, table in raw.tables.items()
        },
        columns={name: dict(table.columns) for name, table in raw.tables.items()},
        primary_keys={name: table.primary_key for name, table in raw.tables.items()},
        alternate_keys={name: table.alternate_keys for name, table in raw.tables.items()},
        foreign_keys=raw.foreign_keys,
        fingerprint=fingerprint,
        quick_fingerprint=quick,
    )


def load_raw(ref: RawRef) -> RawData:
    """What a source read."""

    def frame(name: str) -> pd.DataFrame:
        columns = tuple(Column(name=c, dtype=d) for c, d in ref.dtypes[name].items())
        return read_parquet(ref.tables[name].path, TableSchema(columns=columns))

    return RawData(
        {
            name: RawTable(
                frame(name), ref.columns[name], ref.primary_keys[name], ref.alternate_keys[name]
            )
            for name in ref.tables
        },
        ref.foreign_keys,
    )
