"""Files in object stores, read by the sources of their kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fsspec
import pandas as pd
import pytest

from pipelines.config import load
from pipelines.init import source_from_text, write_config
from pipelines.settings import Settings
from pipelines.sources.csv import CsvSource
from pipelines.sources.duckdb import DuckdbSource
from pipelines.sources.excel import ExcelSource
from pipelines.sources.jsonl import JsonlSource
from pipelines.sources.parquet import ParquetSource
from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fsspec.implementations.memory import MemoryFileSystem

    from pipelines.base import Source

ROWS = pd.DataFrame({"zip": ["01234", "99999", "00001"], "n": [1, 2, 3]})
KINDS: dict[str, type[Source]] = {
    "csv": CsvSource,
    "csv.gz": CsvSource,
    "jsonl": JsonlSource,
    "xlsx": ExcelSource,
    "parquet": ParquetSource,
}


def written(folder: Path, ending: str) -> Path:
    path = folder / f"shops.{ending}"
    if ending == "xlsx":
        ROWS.to_excel(path, index=False)
    elif ending == "parquet":
        ROWS.to_parquet(path, index=False)
    elif ending == "jsonl":
        ROWS.to_json(path, orient="records", lines=True)
    else:
        ROWS.to_csv(path, index=False)
    return path


@pytest.fixture
def store() -> Iterator[MemoryFileSystem]:
    """A store in memory with nothing in it; what a test leaves there goes."""
    system = fsspec.filesystem("memory")
    try:
        yield system
    finally:
        if system.exists("/bucket"):
            system.rm("/bucket", recursive=True)


def of(ending: str, url: str) -> Source:
    return KINDS[ending].model_validate({"path": url})


@pytest.mark.parametrize("ending", KINDS)
def test_a_stored_file_is_read_as_a_local_one_is(
    ending: str, tmp_path: Path, store: MemoryFileSystem
) -> None:
    path = written(tmp_path, ending)
    store.pipe(f"/bucket/shops.{ending}", path.read_bytes())
    here = KINDS[ending].model_validate({"path": path}).read(Settings()).tables["shops"]
    for url in (f"memory://bucket/shops.{ending}", path.as_uri()):
        there = of(ending, url).read(Settings()).tables["shops"]
        pd.testing.assert_frame_equal(there.frame, here.frame)
        assert there.columns == here.columns


@pytest.mark.parametrize("ending", KINDS)
def test_a_changed_object_has_another_fingerprint(
    ending: str, tmp_path: Path, store: MemoryFileSystem
) -> None:
    url = f"memory://bucket/shops.{ending}"
    content = written(tmp_path, ending).read_bytes()
    store.pipe(f"/bucket/shops.{ending}", content)
    source = of(ending, url)
    first = source.fingerprint(Settings()), source.quick_fingerprint()
    assert (source.fingerprint(Settings()), source.quick_fingerprint()) == first
    store.pipe(f"/bucket/shops.{ending}", content + b" ")
    assert source.fingerprint(Settings()) != first[0]
    assert source.quick_fingerprint() != first[1]


def test_lines_of_several_objects_are_one_table(store: MemoryFileSystem) -> None:
    for day in ("b", "a"):
        store.pipe(f"/bucket/log-{day}.jsonl", f'{{"day": "{day}"}}\n'.encode())
    store.pipe("/bucket/log-c.txt", b"no json")
    (table,) = JsonlSource(path="memory://bucket/log-*.jsonl").read(Settings()).tables.values()
    assert table.frame["day"].tolist() == ["a", "b"]
    store.pipe("/bucket/_old.jsonl", b'{"day": "hidden"}\n')
    (table,) = JsonlSource(path="memory://bucket").read(Settings()).tables.values()
    assert table.frame["day"].tolist() == ["a", "b"]


def test_a_query_sees_a_stored_text_file_by_its_own_source_s_rules(
    tmp_path: Path, store: MemoryFileSystem
) -> None:
    store.pipe("/bucket/shops.csv", written(tmp_path, "csv").read_bytes())
    source = DuckdbSource(
        files={"shops": "memory://bucket/shops.csv"}, query="select zip from shops where n > 1"
    )
    assert source.read(Settings()).tables["query"].frame["zip"].tolist() == ["99999", "00001"]


def test_the_caps_hold_for_what_an_object_unfolds_to(
    tmp_path: Path, store: MemoryFileSystem
) -> None:
    path = tmp_path / "wide.csv.gz"
    pd.DataFrame({"x": ["a" * 100] * 5000}).to_csv(path, index=False)
    store.pipe("/bucket/wide.csv.gz", path.read_bytes())
    source = CsvSource(path="memory://bucket/wide.csv.gz")
    with pytest.raises(SourceError, match="more than 100,000 bytes"):
        source.read(Settings(max_bytes=100_000))
    with pytest.raises(SourceError, match="more than 10 rows"):
        source.read(Settings(max_rows=10))


@pytest.mark.parametrize("kind", [CsvSource, JsonlSource, ExcelSource, ParquetSource])
@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("memory://user:hunter2@bucket/x", "user or a password in the URL"),
        ("memory://bucket/x::file:///etc/hunter2", "one URL stands behind another"),
    ],
)
def test_a_url_that_would_say_more_than_a_place_is_refused(
    kind: type[Source], url: str, fault: str
) -> None:
    with pytest.raises(ConfigurationError, match=fault) as caught:
        kind.model_validate({"path": url})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("s3://bucket/x.csv", "reads s3:// URLs.*s3fs"),
        ("gs://bucket/x.csv", "reads gs:// URLs.*gcsfs"),
        ("nonsense://x.csv", "reads nonsense:// URLs"),
    ],
)
def test_a_store_that_no_installed_package_reads_names_the_package(url: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        CsvSource(path=url).read(Settings())


def test_an_object_that_is_not_there_is_an_error_of_one_sentence() -> None:
    with pytest.raises(SourceError, match=r"memory://bucket/x\.csv: there is no such file"):
        CsvSource(path="memory://bucket/x.csv").read(Settings())


def test_init_writes_the_url_and_what_it_writes_loads(
    tmp_path: Path, store: MemoryFileSystem
) -> None:
    store.pipe("/bucket/shops.csv", written(tmp_path, "csv").read_bytes())
    source = source_from_text("memory://bucket/shops.csv")
    assert source == CsvSource(path="memory://bucket/shops.csv")
    out = tmp_path / "config.yaml"
    out.write_text(write_config(source, Settings(), folder=tmp_path))
    assert load(out).source == source
