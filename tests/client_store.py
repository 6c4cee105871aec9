"""A store for the client's tests: `python -m tests.client_store FOLDER` publishes it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd

from pipelines.settings import Settings
from pipelines.sinks.parquet import ParquetSink
from pipelines.store import Store
from tabular.schema import Column, ForeignKey, Schema, TableSchema
from tests.example_release import example_release, related_tables


def _circle() -> tuple[dict[str, pd.DataFrame], Schema]:
    """Teams whose lead is a person, people who have a team and a boss."""
    frames = {
        "team": pd.DataFrame({"id": [1, 2], "lead": [10, 12]}),
        "person": pd.DataFrame(
            {
                "id": [10, 11, 12],
                "team": [1, 1, 2],
                "boss": pd.array([None, 10, 10], dtype="Int64"),
            }
        ),
    }

    def column(name: str, dtype: str = "int64") -> Column:
        return Column(name=name, dtype=dtype, nullable=dtype != "int64")

    def link(table: str, name: str, references: str) -> ForeignKey:
        return ForeignKey(table=table, columns=(name,), references=references, referenced=("id",))

    tables = {
        "team": TableSchema(columns=(column("id"), column("lead")), primary_key=("id",)),
        "person": TableSchema(
            columns=(column("id"), column("team"), column("boss", "Int64")), primary_key=("id",)
        ),
    }
    links = (
        link("team", "lead", "person"),
        link("person", "team", "team"),
        link("person", "boss", "person"),
    )
    return frames, Schema(tables=tables, foreign_keys=links)


def publish(folder: Path) -> None:
    """Publish every dtype, two versions of two related tables, a withdrawn release, a circle."""
    sink, settings = ParquetSink(path=folder), Settings()
    shop, circle = related_tables(), _circle()
    with tempfile.TemporaryDirectory() as work:
        sink.write(example_release(Path(work) / "example"), settings)
        for day, version in (("01", "v1"), ("02", "v2")):
            release = example_release(
                Path(work) / version,
                version=version,
                name="shop",
                created=f"2026-01-{day}T00:00:00+00:00",
                frames=shop[0],
                schema=shop[1],
            )
            sink.write(release, settings)
        sink.write(example_release(Path(work) / "gone", name="gone"), settings)
        Store(folder).withdraw("gone", "v1", "wrong unit")
        release = example_release(
            Path(work) / "circle", name="circle", frames=circle[0], schema=circle[1]
        )
        sink.write(release, settings)


if __name__ == "__main__":
    publish(Path(sys.argv[1]))
