"""Loaded tables keep their types, their keys and their links."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from waxwork_client import load
from waxwork_client.databases import load_postgresql, load_sqlite

_URL = os.environ.get("WAXWORK_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")


@pytest.fixture
def postgresql() -> Iterator[psycopg.Connection[Any]]:
    schema = f"waxwork_client_{os.getpid()}"
    try:
        connection = psycopg.connect(_URL, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        if os.environ.get("CI_REQUIRE_SERVERS"):
            raise
        pytest.skip("PostgreSQL does not answer")
    with connection:
        connection.execute(f"create schema {schema}")
        connection.execute(f"set search_path to {schema}")
        try:
            yield connection
        finally:
            connection.execute(f"drop schema {schema} cascade")


def test_sqlite_enforces_the_links(store: Path) -> None:
    connection = sqlite3.connect(":memory:")
    load_sqlite(load("shop"), connection)
    assert connection.execute("select count(*) from sale join shop using (shop)").fetchone() == (3,)
    with pytest.raises(sqlite3.IntegrityError), connection:
        connection.execute("insert into sale values (9, 'nowhere')")
    with pytest.raises(sqlite3.IntegrityError), connection:
        connection.execute("insert into shop values ('a')")


def test_sqlite_is_left_as_it_was_when_a_table_is_there_already(store: Path) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table sale (x)")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        load_sqlite(load("shop"), connection)
    tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    assert tables == [("sale",)]


def test_sqlite_holds_every_dtype(store: Path) -> None:
    connection = sqlite3.connect(":memory:")
    load_sqlite(load("example"), connection)
    row = connection.execute('select * from "every dtype" where id = 1').fetchone()
    assert row == (
        1,
        1,
        None,
        0.1,
        1,
        1,
        "2024-02-29 12:00:00.123456",
        "2024-05-31 22:00:00.000000Z",
        "2024-02-29",
        1.5,
        'a "quoted", name',
        "x",
        "a",
    )
    (big,) = connection.execute('select big from "every dtype" where id = 2').fetchone()
    assert big == 2**62


def test_postgresql_enforces_the_links(store: Path, postgresql: psycopg.Connection[Any]) -> None:
    load_postgresql(load("shop"), postgresql)
    found = postgresql.execute("select count(*) from sale join shop using (shop)").fetchone()
    assert found == (3,)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        postgresql.execute("insert into sale values (9, 'nowhere')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        postgresql.execute("insert into shop values ('a')")


def test_postgresql_holds_every_dtype_and_tells_empty_from_missing(
    store: Path, postgresql: psycopg.Connection[Any]
) -> None:
    load_postgresql(load("example"), postgresql)
    with postgresql.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        rows = cursor.execute('select * from "every dtype" order by id').fetchall()
    expected = load("example").arrow().to_pylist()
    for name in ("small", "big", "amount", "flag", "maybe", "day", "price", "name", "kind"):
        assert [row[name] for row in rows] == [row[name] for row in expected], name
    assert rows[0]["zoned"].timestamp() == expected[0]["zoned"].timestamp()
    assert rows[0]["moment"] == expected[0]["moment"].to_pydatetime()


def test_tables_may_point_at_each_other_and_at_themselves(
    store: Path, postgresql: psycopg.Connection[Any]
) -> None:
    dataset = load("circle")
    connection = sqlite3.connect(":memory:")
    load_sqlite(dataset, connection)
    load_postgresql(dataset, postgresql)
    question = "select count(*) from team t join person p on p.id = t.lead where p.boss is null"
    assert connection.execute(question).fetchone() == (1,)
    assert postgresql.execute(question).fetchone() == (1,)
