"""Where the rows of each kind of source are, for tests: written, changed and taken away."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import psycopg
import pymysql

from pipelines.base import SOURCES, Source
from pipelines.mariadb import options_of
from pipelines.text_types import to_text
from tabular.profile import profile
from tests.cases import DIALECT_CASES, SOURCE_CASES

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
