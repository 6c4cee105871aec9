"""What the Parquet sink gives to readers who know nothing of Waxwork."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from pyarrow import parquet

from pipelines.frames import SYNTHETIC_MARK
from pipelines.settings import Settings
from pipelines.sinks.parquet import ParquetSink
from tabular.schema import Column, Schema, TableSchema
from tests.example_release import every_dtype, example_release


def _published(folder: Path) -> Path:
    sink = ParquetSink(path=folder / "store")
    return Path(sink.write(example_release(folder / "work"), Settings()).location)


def test_the_published_file_is_marked_synthetic(tmp_path: Path) -> None:
    file = _published(tmp_path) / "data" / "every%20dtype" / "part-00000.parquet"
    metadata = parquet.read_metadata(file).metadata
    assert SYNTHETIC_MARK.items() <= metadata.items()


def test_the_schema_of_a_release_reads_back(tmp_path: Path) -> None:
    text = (_published(tmp_path) / "schema.json").read_text()
    assert Schema.model_validate_json(text).tables["every dtype"] == every_dtype()[1]


def test_the_card_names_the_data_files_for_the_hub_and_claims_no_anonymity(tmp_path: Path) -> None:
    card = (_published(tmp_path) / "README.md").read_text()
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front)["configs"] == [
        {
            "config_name": "every dtype",
            "data_files": "data/every%20dtype/part-00000.parquet",
            "default": True,
        }
    ]
    assert "no proof of anonymity" in body
    # The file's own name holds a percent sign, which a link has to escape once more.
    assert "](data/every%2520dtype/part-00000.parquet)" in body
    assert "| `price` | unknown | decimal, may be missing | feature | What it costs. |" in body
    assert "all &lt;checks> passed" in body


def test_names_can_not_break_out_of_the_card_s_tables(tmp_path: Path) -> None:
    frame, _ = every_dtype()
    evil = "a|b\n# head <script>[x](y)"
    columns = (Column(name=evil, dtype="int64", description="`|\n<img>"),)
    release = example_release(
        tmp_path / "work",
        frames={"t": frame[["id"]].rename(columns={"id": evil})},
        schema=Schema(tables={"t": TableSchema(columns=columns)}),
    )
    folder = Path(ParquetSink(path=tmp_path / "store").write(release, Settings()).location)
    card = (folder / "README.md").read_text()
    assert "<script>" not in card
    assert "<img>" not in card
    row = next(line for line in card.splitlines() if "script" in line)
    assert row.replace("\\|", "").count("|") == 6


def test_the_manifest_lists_a_digest_of_every_file(tmp_path: Path) -> None:
    folder = _published(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = {entry["file"] for entry in manifest["tables"].values()} | set(manifest["documents"])
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert listed | {"manifest.json"} == there
