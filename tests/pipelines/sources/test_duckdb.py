"""Files, folders, stores and databases through DuckDB, and what a query must not reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import fsspec
import pandas as pd
import pytest

from pipelines.config import PipelineConfig, validate
from pipelines.init import source_from_text
from pipelines.settings import Settings
from pipelines.sources.duckdb import DuckdbSource
from tabular.errors import ConfigurationError, SourceError
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.base import RawData


def read(**options: object) -> RawData:
    return DuckdbSource.model_validate(options).read(Settings())


@pytest.fixture
def partitioned(tmp_path: Path) -> Path:
    """Sales by year and shop; the shop's number begins with a zero."""
    for year, shop, amounts in ((2023, "01", [1, 2]), (2024, "01", [3]), (2024, "02", [4])):
        folder = tmp_path / "sales" / f"year={year}" / f"shop={shop}"
        folder.mkdir(parents=True)
        pd.DataFrame({"amount": amounts}).to_parquet(folder / "part-0.parquet")
    (tmp_path / "sales" / "_SUCCESS").touch()
    return tmp_path / "sales"


def test_partitions_are_columns_that_keep_their_zeros(partitioned: Path) -> None:
    frame = read(files={"sales": str(partitioned)}).tables["sales"].frame
    assert frame.to_dict("list") == {
        "amount": [1, 2, 3, 4], "year": [2023, 2023, 2024, 2024], "shop": ["01", "01", "01", "02"],
    }  # fmt: skip
    some = read(files={"sales": f"{partitioned}/year=2024/**/*.parquet"}).tables["sales"].frame
    assert some["amount"].tolist() == [3, 4]


def test_a_query_joins_files_of_several_kinds_by_their_own_types(partitioned: Path) -> None:
    shops = partitioned.parent / "shops.csv"
    shops.write_text("shop;zip\n01;01234\n02;99999\n")
    table = read(
        files={"sales": str(partitioned), "shops": str(shops)},
        query="select zip, sum(amount) as total from sales join shops using (shop)"
        " group by zip order by zip;",
        name="totals",
    ).tables["totals"]
    assert table.frame.to_dict("list") == {"zip": ["01234", "99999"], "total": [6, 4]}


def test_an_object_store_is_read_through_fsspec(partitioned: Path) -> None:
    store = fsspec.filesystem("memory")
    for file in partitioned.rglob("*.parquet"):
        store.pipe(f"/bucket/{file.relative_to(partitioned)}", file.read_bytes())
    try:
        source = source_from_text("memory://bucket")
        assert source == DuckdbSource(files={"bucket": "memory://bucket"})
        assert source.read(Settings()).tables["bucket"].frame["amount"].tolist() == [1, 2, 3, 4]
        first = source.fingerprint(Settings())
        store.pipe("/bucket/year=2023/shop=01/part-0.parquet", b"something else")
        assert source.fingerprint(Settings()) != first
        with pytest.raises(SourceError, match="no Parquet file"):
            source.read(Settings())
    finally:
        store.rm("/bucket", recursive=True)
    url = f"file://{partitioned}"
    assert len(read(files={"sales": url}).tables["sales"].frame) == 4


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://bucket/x", "no package is installed that reads s3://"),
        ("memory://user:hunter2@bucket/x", "user or a password in the URL"),
        ("nonsense://x", "no package is installed"),
    ],
)
def test_a_url_that_can_t_be_read_says_what_is_missing(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        read(files={"x": url})
    assert "hunter2" not in str(caught.value)


DATABASE = """
create type mood as enum ('glad', 'it''s');
create table person (
    id int primary key, m mood, price decimal(10, 2) check (price >= 0), big hugeint,
    code text not null unique, seen timestamptz, twice int generated always as (id * 2), tags text[]
);
comment on column person.code is 'what they are called';
create table visit (person int references person (id), n int, primary key (person, n));
create table empty (a int);
insert into person values
    (1, 'it''s', 1.5, 12345678901234567890, 'a', '2024-07-01 12:00+02', ['x']),
    (2, null, null, 1, 'b', null, null);
insert into visit values (1, 1);
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "people.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(DATABASE)
    return path


def test_a_database_is_read_with_what_it_declares(database: Path) -> None:
    raw = read(database=str(database), skip=["person.tags"])
    assert list(raw.tables) == ["person", "visit"]
    person = raw.tables["person"]
    assert person.primary_key == ("id",)
    assert person.alternate_keys == (("code",),)
    assert person.columns["m"].categories == ("glad", "it's")
    assert person.columns["price"].minimum == 0
    assert person.columns["code"].description == "what they are called"
    assert person.columns["twice"].generated
    assert [str(cell) for cell in person.frame["big"]] == ["12345678901234567890", "1"]
    assert person.frame["seen"][0] == pd.Timestamp("2024-07-01 10:00Z")
    assert raw.foreign_keys == (
        ForeignKey(table="visit", columns=("person",), references="person", referenced=("id",)),
    )
    with pytest.raises(SourceError, match="column 'tags': there are nested values"):
        read(database=str(database))
    assert isinstance(source_from_text(str(database)), DuckdbSource)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * from read_csv('/etc/passwd')", "would open what"),
        ("select * from '/etc/passwd'", "no such table"),
        ("select * from read_text('/etc/passwd')", "would open what"),
        ("select * from glob('/etc/*')", "would open what"),
        ("copy person to '/tmp/stolen.csv'", "can't be parsed"),
        ("attach '/tmp/other.db'", r"can't be parsed|would"),
        ("install httpfs", "no such table"),
        ("set threads = 64", r"can't be parsed|would write"),
        ("delete from visit", r"can't be parsed|would write"),
        ("selekt", r"can't be parsed|no such"),
        ("select nothing from person", "no such column"),
        ("select cast(code as int) as x from person", r"reports an error|no such"),
        ("select 1 as a, 2 as a", "more than once: 'a'"),
        ("select [1] as a", "nested values"),
        ("select 1 as a where false", "no rows"),
        ("", "can't be parsed"),
    ],
)
def test_a_query_reads_what_is_named_and_nothing_else(
    database: Path, query: str, message: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        read(database=str(database), query=query)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert [file.name for file in database.parent.iterdir()] == ["people.duckdb"]


def test_memory_is_limited(database: Path) -> None:
    query = "select count(*) as n from range(100000000) t(i) group by i % 10000000"
    with pytest.raises(SourceError, match=r"more memory.*source\.memory"):
        read(database=str(database), query=query, memory="100MB")


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    path.write_bytes(b"something else" * 999)
    with pytest.raises(SourceError, match="no database of DuckDB"):
        read(database=str(path))
    with pytest.raises(SourceError, match="no such file"):
        read(database=str(tmp_path / "y.duckdb"))


def test_paths_are_taken_from_the_configuration_s_folder(partitioned: Path) -> None:
    content = {
        "name": "sales",
        "source": {"kind": "duckdb", "files": {"sales": "sales", "m": "memory://x"}},
    }
    config = validate(PipelineConfig, content, partitioned.parent / "sales.yaml")
    assert isinstance(config.source, DuckdbSource)
    assert config.source.files == {"sales": str(partitioned), "m": "memory://x"}
