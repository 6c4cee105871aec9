"""What comes back of each type from each source, as a table.

    python -m tests.round_trip > docs/tables/sources.md

`tests/integration/test_round_trip.py` compares the page with what comes back. A type is written by
each source's own means, with a missing cell beside it, and read by Waxwork.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import psycopg
import pyarrow as pa
import pymysql
from pyarrow import parquet

from pipelines.base import Source
from pipelines.mariadb import options_of
from pipelines.settings import Settings
from pipelines.source_text import source_of_file
from pipelines.sources.duckdb import DuckdbSource
from pipelines.sources.sql import SqlSource
from tabular.errors import SourceError

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
MARIADB = os.environ.get("TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test")
UTC = dt.UTC
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
MOMENT = dt.datetime(2024, 2, 29, 10, 11, 12)  # noqa: DTZ001
FINE = MOMENT.replace(microsecond=123456)

VALUES: dict[str, object] = {
    "boolean": True,
    "integer": -42,
    "integer of 64 bits without a sign": 2**64 - 1,
    "integer of 31 digits": 10**30,
    "float": 0.1,
    "decimal": Decimal("12.50"),
    "text": 'say "ü",\n',
    "empty text": "",
    "digits with a leading zero": "00123",
    "one of a list": "b",
    "uuid": ID,
    "day": dt.date(2024, 2, 29),
    "day of the year 1": dt.date(1, 1, 1),
    "moment": MOMENT,
    "moment to the microsecond": FINE,
    "moment with a zone": MOMENT.replace(tzinfo=UTC),
    "time of day": dt.time(10, 11, 12),
    "bytes": b"\x00\xff",
    "array": [1, 2],
    "document": {"a": {"b": 1}},
}
"""One value of each type."""

Sql = dict[str, tuple[str, str]]
TEXT = "'say \"ü\",\n'"
COMMON: Sql = {
    "boolean": ("boolean", "true"),
    "integer": ("bigint", "-42"),
    "integer of 31 digits": ("numeric(38)", "1" + "0" * 30),
    "float": ("double precision", "0.1"),
    "decimal": ("numeric(10, 2)", "12.50"),
    "text": ("varchar(99)", TEXT),
    "empty text": ("varchar(9)", "''"),
    "digits with a leading zero": ("varchar(9)", "'00123'"),
    "uuid": ("uuid", f"'{ID}'"),
    "day": ("date", "'2024-02-29'"),
    "day of the year 1": ("date", "'0001-01-01'"),
    "moment": ("timestamp", "'2024-02-29 10:11:12'"),
    "moment to the microsecond": ("timestamp(6)", "'2024-02-29 10:11:12.123456'"),
    "moment with a zone": ("timestamptz", "'2024-02-29 12:11:12+02'"),
    "time of day": ("time", "'10:11:12'"),
}
SQL: dict[str, Sql] = {
    "PostgreSQL": {
        **COMMON,
        "integer of 64 bits without a sign": ("numeric(20)", str(2**64 - 1)),
        "one of a list": ("waxwork_mood", "'b'"),
        "bytes": ("bytea", "'\\x00ff'"),
        "array": ("int[]", "'{1,2}'"),
        "document": ("jsonb", """'{"a": {"b": 1}}'"""),
    },
    "MariaDB": {
        **COMMON,
        "integer of 64 bits without a sign": ("bigint unsigned", str(2**64 - 1)),
        "one of a list": ("enum('a', 'b')", "'b'"),
        "moment": ("datetime", "'2024-02-29 10:11:12'"),
        "moment to the microsecond": ("datetime(6)", "'2024-02-29 10:11:12.123456'"),
        "moment with a zone": ("timestamp null", "'2024-02-29 10:11:12'"),
        "bytes": ("blob", "x'00ff'"),
        "document": ("json", """'{"a": {"b": 1}}'"""),
    },
    "SQLite": {
        **{name: entry for name, entry in COMMON.items() if name != "uuid"},
        "bytes": ("blob", "x'00ff'"),
        "document": ("json", """'{"a": {"b": 1}}'"""),
    },
    "DuckDB": {
        **COMMON,
        "integer of 64 bits without a sign": ("ubigint", str(2**64 - 1)),
        "integer of 31 digits": ("hugeint", "1" + "0" * 30),
        "one of a list": ("enum('a', 'b')", "'b'"),
        "moment to the microsecond": ("timestamp", "'2024-02-29 10:11:12.123456'"),
        "bytes": ("blob", "'\\x00\\xFF'"),
        "array": ("int[]", "[1, 2]"),
        "document": ("struct(a struct(b int))", "{'a': {'b': 1}}"),
    },
}
del SQL["SQLite"]["moment with a zone"]
"""The declared type and the literal of each type in each dialect that has it."""


def _csv(value: object, folder: Path) -> Source | None:
    if isinstance(value, bytes | list | dict):
        return None
    text = str(value).replace('"', '""')
    (folder / "x.csv").write_text(f'x,y\n"{text}",1\n,2\n', encoding="utf-8")
    return source_of_file(folder / "x.csv")


def _jsonl(value: object, folder: Path) -> Source | None:
    if isinstance(value, bytes | uuid.UUID | Decimal):
        return None
    rows = [{"x": value}, {"x": None}]
    lines = [json.dumps(row, default=lambda moment: moment.isoformat()) for row in rows]
    (folder / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return source_of_file(folder / "x.jsonl")


def _excel(value: object, folder: Path) -> Source | None:
    if isinstance(value, bytes | list | dict | uuid.UUID) or (
        isinstance(value, dt.date) and (value.year == 1 or getattr(value, "tzinfo", None))
    ):
        return None
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["x", "y"], [value, 1], [None, 2]):
        book.active.append(row)
    book.save(folder / "x.xlsx")
    return source_of_file(folder / "x.xlsx")


def _arrow(value: object) -> pa.Array:
    if isinstance(value, uuid.UUID):
        return pa.array([value.bytes, None], pa.uuid())
    if value == 10**30:
        return pa.array([Decimal(10**30), None], pa.decimal128(38, 0))
    if value == VALUES["one of a list"]:
        return pa.array([value, None]).dictionary_encode()
    kind = pa.uint64() if value == 2**64 - 1 else None
    return pa.array([value, None], kind)


def _parquet(value: object, folder: Path) -> Source:
    parquet.write_table(pa.table({"x": _arrow(value)}), folder / "x.parquet")
    return source_of_file(folder / "x.parquet")


def _lake(value: object, folder: Path) -> Source:
    _parquet(value, folder)
    return DuckdbSource(files={"x": f"file://{folder}/x.parquet"})


def _script(dialect: str, name: str) -> list[str] | None:
    if name not in SQL[dialect]:
        return None
    kind, literal = SQL[dialect][name]
    return [f"create table waxwork_trip (x {kind})",
            f"insert into waxwork_trip values ({literal}), (null)"]  # fmt: skip  # noqa: S608


def _read(dialect: str, name: str, folder: Path) -> tuple[pd.DataFrame, str] | None:
    """What comes back from a database, which is as it was after."""
    script = _script(dialect, name)
    if script is None:
        return None
    if dialect == "SQLite":
        with sqlite3.connect(folder / "x.db") as file:
            for statement in script:
                file.execute(statement)
        file.close()
        return _only(SqlSource(url=f"sqlite:///{folder}/x.db"))
    if dialect == "DuckDB":
        with duckdb.connect(str(folder / "x.duckdb")) as lake:
            for statement in script:
                lake.execute(statement)
        return _only(DuckdbSource(database=folder / "x.duckdb"))
    if dialect == "PostgreSQL":
        with psycopg.connect(POSTGRES, autocommit=True) as server:
            server.execute("drop type if exists waxwork_mood cascade")
            server.execute("drop table if exists waxwork_trip")
            server.execute("create type waxwork_mood as enum ('a', 'b')")
            try:
                for statement in script:
                    server.execute(statement.encode())
                return _only(SqlSource(url=POSTGRES, tables=("waxwork_trip",)))
            finally:
                server.execute("drop table if exists waxwork_trip")
                server.execute("drop type waxwork_mood")
    with pymysql.connect(**options_of(MARIADB, where=""), autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute("set time_zone = '+00:00'")
        cursor.execute("drop table if exists waxwork_trip")
        try:
            for statement in script:
                cursor.execute(statement)
            return _only(SqlSource(url=MARIADB, tables=("waxwork_trip",)))
        finally:
            cursor.execute("drop table if exists waxwork_trip")


def _only(source: Source) -> tuple[pd.DataFrame, str]:
    (table,) = source.read(Settings()).tables.values()
    return table.frame, table.columns["x"].dtype


FILES: dict[str, Callable[[object, Path], Source | None]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "Excel": _excel,
    "Parquet": _parquet,
    "lake": _lake,
}


def outcome(kind: str, name: str, folder: Path) -> tuple[str, str | None]:
    """What comes back of a type: a word for the table, and the sentence of a refusal."""
    value = VALUES[name]
    try:
        if kind in SQL:
            found = _read(kind, name, folder)
        else:
            source = FILES[kind](value, folder)
            found = _only(source) if source else None
    except SourceError as error:
        return "refused", f"{error.what}. {error.fix}"
    if found is None:
        return "-", None
    frame, dtype = found
    if "x" not in frame:
        return "flattened", None
    cell = frame["x"].iloc[0]
    if dtype == "string" and not isinstance(value, str):
        return "as text", None
    if value == "" and pd.isna(cell):
        return "missing", None
    is_day = isinstance(value, dt.date) and pd.Timestamp(cell) == pd.Timestamp(value)
    return f"{'' if cell == value or is_day else 'rounded: '}`{dtype}`", None


def page() -> str:
    """The table, and the sentences of what is refused."""
    kinds = [*FILES, *SQL]
    lines = [
        "# Sources and types: what comes back",
        "",
        "Made by `python -m tests.round_trip > docs/tables/sources.md`. A cell with a dtype says",
        "that the very value came back in it, beside a missing cell; `-` that the source has no",
        "such type; *rounded* that the file itself holds no more of it. *lake* is Parquet through",
        "fsspec and DuckDB. What a database or a lake holds and we don't is left out with `skip`,",
        "which `waxwork init` on a whole database writes by itself. csv, jsonl, Excel and Parquet",
        "files may lie in an object store too. MySQL is read by MariaDB's dialect and untested:",
        "Debian offers no MySQL server to test with.",
        "",
        f"| type | {' | '.join(kinds)} |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    said: dict[str, set[str]] = {}
    for name in VALUES:
        cells = []
        for kind in kinds:
            with tempfile.TemporaryDirectory() as folder:
                word, sentence = outcome(kind, name, Path(folder))
            cells.append(word)
            if sentence:
                said.setdefault(sentence, set()).add(kind)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "Refusals:", ""]
    lines += [f"- {', '.join(k for k in kinds if k in by)}: {text}" for text, by in said.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
