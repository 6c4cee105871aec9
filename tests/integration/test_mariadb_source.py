"""Tables of a real MariaDB: keys and types from its catalog, and what can go wrong."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pandas as pd
import pymysql
import pytest

from pipelines.init import source_from_text, write_config
from pipelines.mariadb import options_of
from pipelines.secrets import SecretName
from pipelines.settings import Settings
from pipelines.sources.dialects import answer, mariadb
from pipelines.sources.sql import SqlSource
from tabular.errors import ConfigurationError, SourceError, SourceUnavailable
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

    from pipelines.base import RawTable

pytestmark = pytest.mark.integration


@pytest.fixture
def cursor(mariadb_url: str) -> Iterator[Cursor]:
    """A cursor in a database of the test's own, whose name needs quotes."""
    name = f"Waxwork.`{secrets.token_hex(4)}"
    quoted = "`" + name.replace("`", "``") + "`"
    with pymysql.connect(**options_of(mariadb_url, where=""), autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute(f"create database {quoted}")
        cursor.execute(f"use {quoted}")
        try:
            yield cursor
        finally:
            cursor.execute(f"drop database {quoted}")


@pytest.fixture
def url(cursor: Cursor, mariadb_url: str) -> str:
    """The URL of that database."""
    cursor.execute("select database()")
    ((name,),) = cursor.fetchall()
    return f"{mariadb_url.rpartition('/')[0]}/{name.replace('`', '%60')}"


def query(url: str, text: str, **settings: object) -> RawTable:
    source = SqlSource(url=url, query=text)
    return source.read(Settings.model_validate(settings)).tables["query"]


def test_all_tables_with_rows_are_read_with_what_they_declare(cursor: Cursor, url: str) -> None:
    cursor.execute(
        """create table parent (
            a int, `b ``c`` d` varchar(20), code varchar(9) not null unique, nick int unique,
            age int check (age between 0 and 120), twice int generated always as (age * 2) stored,
            sex enum('f', 'it''s') comment 'as "they" said', head varchar(99) not null,
            primary key (a, `b ``c`` d`), unique (head(3)))"""
    )
    cursor.execute(
        """create table `Child 1` (
            id bigint unsigned auto_increment primary key, pb varchar(20), pa int,
            boss bigint unsigned references `Child 1` (id),
            foreign key (pa, pb) references parent (a, `b ``c`` d`))"""
    )
    cursor.execute("create table empty (a int)")
    cursor.execute(
        "insert into parent (a, `b ``c`` d`, code, age, sex, head)"
        " values (1, 'x', 'one', 4, 'it''s', 'h')"
    )
    cursor.execute("insert into `Child 1` (pb, pa, boss) values ('x', 1, 1), (null, null, null)")
    raw = SqlSource(url=url).read(Settings())
    assert list(raw.tables) == ["Child 1", "parent"]
    child, parent = raw.tables["Child 1"], raw.tables["parent"]
    assert child.primary_key == ("id",)
    assert parent.primary_key == ("a", "b `c` d")
    # Neither a key whose column may be null is one, nor one over the beginning of a text.
    assert parent.alternate_keys == (("code",),)
    assert (parent.columns["age"].minimum, parent.columns["age"].maximum) == (0, 120)
    assert parent.columns["twice"].generated
    assert parent.columns["sex"].categories == ("f", "it's")
    assert parent.columns["sex"].description == 'as "they" said'
    assert not parent.columns["a"].nullable
    assert parent.columns["nick"].nullable
    assert set(raw.foreign_keys) == {
        ForeignKey(table="Child 1", columns=("boss",), references="Child 1", referenced=("id",)),
        ForeignKey(
            table="Child 1", columns=("pa", "pb"), references="parent", referenced=("a", "b `c` d")
        ),
    }


def test_zero_dates_are_missing_and_half_dates_refused(cursor: Cursor, url: str) -> None:
    cursor.execute("set sql_mode = ''")
    cursor.execute("create table t (d date, m datetime, y year)")
    cursor.execute("insert into t values (0, 0, 0), ('2024-02-29', '2024-02-29 12:00', 2024)")
    table = query(url, "select * from t order by y")
    assert table.frame.isna().to_numpy().tolist() == [[True] * 3, [False] * 3]
    assert ["0000" in note.says and "1 of" in note.says for note in table.notes] == [True] * 3
    cursor.execute("insert into t values ('2024-05-00', null, null)")
    with pytest.raises(SourceError, match="column 'd': there is a date without a day"):
        query(url, "select * from t")


def test_text_comes_as_it_is_whatever_its_character_set(cursor: Cursor, url: str) -> None:
    cursor.execute(
        "create table t (a text character set latin1, b text character set utf8mb3"
        " collate utf8mb3_bin, c text collate utf8mb4_german2_ci, d varchar(9) character set utf16)"
    )
    row = ("é\\n", 'say "ü",\n', "\U0001f980", "")
    cursor.execute("insert into t values (%s, %s, %s, %s)", row)
    assert tuple(query(url, "select * from t").frame.iloc[0]) == row


def test_a_small_integer_that_counts_is_no_boolean(cursor: Cursor, url: str) -> None:
    cursor.execute("create table t (a tinyint(1), b bit(9))")
    cursor.execute("insert into t values (5, b'100000001'), (1, null)")
    # A query's own order is lost where the server takes it for a table's.
    frame = query(url, "select * from t").frame.sort_values("a")
    assert frame["a"].tolist() == [1, 5]
    assert frame["b"].tolist() == [pd.NA, 257]


def test_all_tables_are_read_as_of_one_moment(
    cursor: Cursor, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor.execute("create table a as select 1 as x")
    cursor.execute("create table b as select 1 as x")
    original = answer.parsed

    def with_a_writer_between(*arguments: object) -> object:
        cells = original(*arguments)  # type: ignore[arg-type]
        cursor.execute("insert into b values (2)")
        return cells

    # The world's edge: another session writes while the first table has been read.
    monkeypatch.setattr(mariadb, "parsed", with_a_writer_between)
    raw = SqlSource(url=url, tables=("a", "b")).read(Settings())
    assert len(raw.tables["b"].frame) == 1


def test_init_names_the_tables_and_skips_what_no_table_holds(cursor: Cursor, url: str) -> None:
    cursor.execute("create table t (id int primary key, j json, b blob, p point)")
    cursor.execute("insert into t (id, j, b) values (1, '{}', 'x'), (2, null, null)")
    source = source_from_text(url)
    assert source == SqlSource(url=url, tables=("t",), skip=("t.j", "t.b", "t.p"))
    text = write_config(source, Settings())
    assert "skip: [t.j, t.b, t.p]" in text
    assert "primary_key: [id]  # the source declares it" in text


def test_the_fingerprint_is_the_answer_to_the_version_query(cursor: Cursor, url: str) -> None:
    cursor.execute("create table t as select 1 as x")
    source = SqlSource(url=url, version_query="select max(x) from t;")
    first = source.fingerprint(Settings())
    assert source.fingerprint(Settings()) == first
    cursor.execute("insert into t values (2)")
    assert source.fingerprint(Settings()) not in {first, None}
    assert SqlSource(url=url).fingerprint(Settings()) is None
    endless = SqlSource(url=url, version_query="select seq from seq_1_to_10000")
    with pytest.raises(SourceError, match="larger than the cap"):
        endless.fingerprint(Settings(max_bytes=1000))


BAD = {
    "bytes": ("select x'00' as bad", "column 'bad': there are bytes"),
    "a geometry": ("select point(1, 2) as bad", "column 'bad': there are geometries"),
    "two columns of one name": ("select 1 as bad, 2 as bad", "more than once"),
    "too many digits": (f"select cast('1{'0' * 40}' as decimal(65)) as bad", "more than 38 digits"),
    "no row": ("select 1 as x where false", "there are no rows"),
    "no statement": ("", "can't be parsed"),
    "a misspelt word": ("selekt 1", "can't be parsed"),
    "two statements": ("select 1; select 2", "can't be parsed"),
    "a statement that writes": ("delete from nowhere", "can't be parsed"),
    "a table that is not there": ("select * from nowhere_at_all", "no such table"),
    "a column that is not there": ("select nothing from information_schema.tables", "no such col"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(BAD))
def test_what_can_t_be_read_is_said_in_one_sentence(case: str, mariadb_url: str) -> None:
    text, message = BAD[case]
    with pytest.raises(SourceError, match=message) as caught:
        query(mariadb_url, text)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_reading_writes_nothing(cursor: Cursor, url: str) -> None:
    cursor.execute("create table t as select 1 as x")
    cursor.execute(
        "create function sly() returns int deterministic begin delete from t; return 1; end"
    )
    with pytest.raises(SourceError, match="only reading is allowed"):
        query(url, "select sly() as x from t")
    cursor.execute("select count(*) from t")
    assert cursor.fetchall() == ((1,),)


def test_a_killed_connection_is_an_error_that_may_pass(
    cursor: Cursor, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor.execute("create table t as select seq as x, repeat('x', 200) as pad from seq_1_to_60000")
    original = mariadb.MariadbDatabase._lines

    def killed_on_the_way(self: mariadb.MariadbDatabase, *arguments: str) -> Iterator[bytes]:
        lines = original(self, *arguments)
        yield next(lines)
        cursor.execute(f"kill {self._connection.thread_id()}")  # type: ignore[no-untyped-call]
        yield from lines

    # The world's edge: somebody stops the session while rows are on their way.
    monkeypatch.setattr(mariadb.MariadbDatabase, "_lines", killed_on_the_way)
    with pytest.raises(SourceUnavailable, match="lost"):
        query(url, "select * from t")


def test_a_cap_that_is_passed_ends_the_reading(cursor: Cursor, url: str) -> None:
    cursor.execute("create table t as select seq as x, repeat('x', 200) as pad from seq_1_to_60000")
    with pytest.raises(SourceError, match="WAXWORK_MAX_BYTES"):
        query(url, "select * from t", max_bytes=100_000)


def test_servers_and_databases_that_are_not_there() -> None:
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1.*does not answer"):
        query("mariadb://root@127.0.0.1:1/test", "select 1")


def test_a_database_or_a_user_that_is_not_there_will_not_be_later(mariadb_url: str) -> None:
    with pytest.raises(SourceError, match="does not exist") as caught:
        query(mariadb_url.rpartition("/")[0] + "/no_such", "select 1")
    assert not isinstance(caught.value, SourceUnavailable)
    stranger = mariadb_url.replace("//root@", f"//nobody_{secrets.token_hex(4)}@")
    with pytest.raises(SourceError, match="refuses the user"):
        query(stranger, "select 1")


def test_a_user_without_rights_is_told_which(cursor: Cursor, url: str) -> None:
    cursor.execute("create table t as select 1 as x")
    user = f"reader_{secrets.token_hex(4)}"
    cursor.execute(f"create user {user}@'127.0.0.1'")
    try:
        cursor.execute("select database()")
        ((name,),) = cursor.fetchall()
        quoted = "`" + name.replace("`", "``") + "`"
        with pytest.raises(SourceError, match=r"may not read|refuses the user"):
            query(url.replace("//root@", f"//{user}@").rpartition("/")[0],
                  f"select * from {quoted}.t")  # fmt: skip  # noqa: S608
    finally:
        cursor.execute(f"drop user {user}@'127.0.0.1'")


def test_a_secret_s_value_is_in_no_error(mariadb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = SqlSource(url=SecretName(secret="warehouse"), query="select 1 as x")  # noqa: S106
    for value in (
        "mysql://root:hunter2canary@127.0.0.1:1/test",
        "mariadb://root:hunter2canary@[broken/db",
        "mariadb://root:hunter2canary@127.0.0.1:3306/test?nonsense=hunter2canary",
        "mariadb://root:hunter2/canary@host/db",
        "mariadb://hunter2canary/db",
        "hunter2canary",
    ):
        monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", value)
        with pytest.raises((SourceError, ConfigurationError)) as caught:
            source.read(Settings())
        chain: BaseException | None = caught.value
        while chain is not None:
            assert "canary" not in f"{chain}{chain!r}"
            chain = chain.__cause__
    monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", mariadb_url)
    assert len(source.read(Settings()).tables["query"].frame) == 1
