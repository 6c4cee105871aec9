"""Files of SQLite: what they declare, held against what is in them."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from pipelines.config import PipelineConfig, validate
from pipelines.init import source_from_text, write_config
from pipelines.settings import Settings
from pipelines.sources.sql import SqlSource
from tabular.errors import ConfigurationError, SourceError, SourceUnavailable, WaxworkError
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.base import RawData, RawTable

SHOP = """
create table customer (
    id integer primary key,
    age int check (age >= 0 and age <= 120),
    sex text check (sex in ('f', 'm')),
    zip text not null,
    code varchar(4) not null unique,
    nick text unique,
    twice int generated always as (age * 2) stored
);
create table "order line" (
    customer references customer,
    "no." int,
    price decimal(10, 2) check ("price" between 0 and 999.5),
    primary key (customer, "no.")
) without rowid;
create table empty (a int);
create view seen as select id, zip from customer;
insert into customer (id, age, sex, zip, code) values (1, 30, 'f', '01234', 'a'),
    (2, null, 'm', '99', 'b');
insert into "order line" values (1, 1, 9.99), (2, 1, 5);
"""


def made(folder: Path, script: str) -> Path:
    path = folder / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def read(path: Path, **options: object) -> RawData:
    source = SqlSource.model_validate({"url": f"sqlite:///{path}", **options})
    return source.read(Settings())


def column(folder: Path, declared: str, *cells: str) -> RawTable:
    values = ", ".join(f"({cell})" for cell in cells)
    path = made(folder, f"create table t (x {declared}); insert into t values {values};")  # noqa: S608
    return read(path).tables["t"]


def test_all_tables_with_rows_are_read_with_what_they_declare(tmp_path: Path) -> None:
    raw = read(made(tmp_path, SHOP))
    assert list(raw.tables) == ["customer", "order line"]
    customer, line = raw.tables["customer"], raw.tables["order line"]
    assert customer.primary_key == ("id",)
    # A unique column that may be null is no key: several of its rows may be without it.
    assert customer.alternate_keys == (("code",),)
    assert (customer.columns["age"].minimum, customer.columns["age"].maximum) == (0, 120)
    assert customer.columns["sex"].categories == ("f", "m")
    assert not customer.columns["zip"].nullable
    assert customer.columns["nick"].nullable
    assert customer.columns["twice"].generated
    assert customer.frame["twice"].tolist() == [60, pd.NA]
    assert customer.frame["zip"].tolist() == ["01234", "99"]
    assert line.primary_key == ("customer", "no.")
    assert not line.columns["no."].nullable
    assert [str(cell) for cell in line.frame["price"]] == ["9.99", "5.00"]
    assert line.columns["price"].maximum == 999.5
    assert raw.foreign_keys == (
        ForeignKey(
            table="order line", columns=("customer",), references="customer", referenced=("id",)
        ),
    )


def test_a_view_and_a_query_are_tables_too(tmp_path: Path) -> None:
    path = made(tmp_path, SHOP)
    assert read(path, tables=["seen"]).tables["seen"].frame["id"].tolist() == [1, 2]
    query = read(path, query="select zip, count(*) as n from seen group by zip order by 1;")
    assert query.tables["query"].frame.to_dict("list") == {"zip": ["01234", "99"], "n": [1, 1]}


@pytest.mark.parametrize(
    ("declared", "cells", "dtype", "note"),
    [
        ("int", ["1", "null", "3"], "Int64", None),
        ("int", ["1", "2.5"], "float64", None),
        ("int", ["1", "'NA'", "3"], "Int64", "several types"),
        ("int", ["1", "'x'"], "string", "several types"),
        ("text", ["1", "2"], "string", None),
        ("boolean", ["1", "0"], "bool", None),
        ("boolean", ["1", "2"], "int64", None),
        ("numeric", ["1", "2"], "int64", None),
        ("decimal(9, 2)", ["1", "2.25"], "decimal", None),
        ("decimal(9, 2)", ["1", "2.255"], "float64", None),
        ("date", ["'2024-02-29'", "null"], "date", None),
        ("date", ["19000"], "int64", "kept as numbers"),
        ("date", ["'soon'"], "string", "stays text"),
        ("timestamp", ["'2024-02-29 10:00'"], "datetime64[ns]", None),
        ("", ["1", "'a'"], "string", "several types"),
        ("", ["9223372036854775807", "0.5"], "float64", "several types"),
        ("real", ["null", "null"], "float64", None),
        ("int", ["null", "null"], "Int64", None),
        ("varchar(9)", ["null", "null"], "string", None),
    ],
)
def test_a_type_is_what_declaration_and_cells_agree_on(
    tmp_path: Path, declared: str, cells: list[str], dtype: str, note: str | None
) -> None:
    table = column(tmp_path, declared, *cells)
    assert table.columns["x"].dtype == dtype
    assert len(table.frame) == len(cells)
    assert [note in each.says for each in table.notes] == [True] if note else not table.notes


def test_bytes_and_documents_are_refused_until_they_are_skipped(tmp_path: Path) -> None:
    script = "create table t (id int, b blob, j json); insert into t values (1, x'00', '{}');"
    path = made(tmp_path, script)
    with pytest.raises(SourceError, match=r"column 'j': there are JSON documents.*`skip`"):
        read(path)
    with pytest.raises(SourceError, match=r"column 'b': there are bytes.*`skip`"):
        read(path, skip=["t.j"])
    assert list(read(path, skip=["t.j", "t.b"]).tables["t"].frame) == ["id"]
    with pytest.raises(ConfigurationError, match=r"no column 't\.x' to skip"):
        read(path, skip=["t.j", "t.b", "t.x"])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select 1 as a, 2 as a", "more than once: 'a'"),
        ("select nowhere from customer", "no such column"),
        ("select * from nowhere", "no such table"),
        ("select from where", "can't be parsed"),
        ("delete from customer", "can't be parsed"),
        ("select 1; select 2", "can't be parsed"),
        ("select 1 as x where 0", "no rows"),
        ("select cast(x'636166e9' as text) as x", "not UTF-8"),
        ("select x'00' as x", "bytes"),
    ],
)
def test_what_a_query_can_t_do_is_said_in_one_sentence(
    tmp_path: Path, query: str, message: str
) -> None:
    path = made(tmp_path, SHOP)
    with pytest.raises(SourceError, match=message) as caught:
        read(path, query=query)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert [file.name for file in tmp_path.iterdir()] == ["shop.db"]


def test_a_write_ahead_log_is_read_and_nothing_is_left(tmp_path: Path) -> None:
    path = made(tmp_path, "pragma journal_mode = wal; create table t (x); insert into t values (1)")
    assert len(read(path).tables["t"].frame) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["shop.db"]
    source = SqlSource(url=f"sqlite:///{path}")
    before = source.fingerprint(Settings())
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("insert into t values (2)")
    assert len(read(path).tables["t"].frame) == 2
    assert source.fingerprint(Settings()) != before
    writer.close()


def test_tables_are_read_as_of_one_moment(tmp_path: Path) -> None:
    script = """
    pragma journal_mode = wal; create table a (x); create table b (x);
    insert into a values (1); insert into b values (1);
    """
    path = made(tmp_path, script)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("insert into a values (2)")  # so that there is a log
    from pipelines.sources.dialects import sqlite

    with sqlite.opened(f"sqlite:///{path}", Settings(), where="") as database:
        writer.execute("insert into b values (2)")
        rows = database._connection.execute("select * from b").fetchall()  # type: ignore[attr-defined]
    assert rows == [(1,)]
    writer.close()


def test_a_locked_database_may_be_free_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sqlite._BUSY_SECONDS", 0)
    path = made(tmp_path, SHOP)
    done, held = threading.Event(), threading.Event()

    def hold() -> None:
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("begin exclusive")
        held.set()
        done.wait(30)
        writer.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        held.wait(30)
        with pytest.raises(SourceUnavailable, match="locked"):
            read(path)
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///x.db?mode=rwc"]
)
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="names no file of SQLite"):
        SqlSource(url=url).read(Settings())


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"something else" * 99)
    with pytest.raises(SourceError, match="no database of SQLite"):
        read(path)
    with pytest.raises(SourceError, match="no such file"):
        read(tmp_path / "y.db")
    big = made(tmp_path, SHOP)
    whole = big.read_bytes()
    big.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WaxworkError, match=r"damaged|error"):
        read(big)


def test_a_relative_file_is_taken_from_the_configuration_s_folder(tmp_path: Path) -> None:
    made(tmp_path, SHOP)
    content = {"name": "shop", "source": {"kind": "sql", "url": "sqlite:///shop.db"}}
    config = validate(PipelineConfig, content, tmp_path / "shop.yaml")
    assert list(config.source.read(Settings()).tables) == ["customer", "order line"]


def test_init_names_the_tables_and_skips_what_no_table_holds(tmp_path: Path) -> None:
    documents = "create table doc (id int, j json); insert into doc values (1, 2);"
    path = made(tmp_path, f"{SHOP}{documents}")
    source = source_from_text(str(path))
    assert source == SqlSource(
        url=f"sqlite:///{path}", tables=("customer", "doc", "order line"), skip=("doc.j",)
    )
    text = write_config(source, Settings())
    assert 'tables: [customer, doc, "order line"]' in text
    assert "skip: [doc.j]" in text
