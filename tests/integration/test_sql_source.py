"""Tables of a real PostgreSQL: keys and types from the catalog, and what can go wrong."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg
import pytest
from psycopg import sql

from pipelines.commands.init import init
from pipelines.config import load
from pipelines.init import source_from_text, write_config
from pipelines.secrets import SecretName
from pipelines.settings import Settings
from pipelines.sources.dialects import postgresql
from pipelines.sources.sql import SqlSource, offered
from tabular.errors import ConfigurationError, SourceError, SourceUnavailable
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.base import RawTable

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[tuple[Any, ...]]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _query(url: str, query: str, **settings: object) -> RawTable:
    source = SqlSource(url=url, query=query)
    return source.read(Settings.model_validate(settings)).tables["query"]


def test_keys_come_from_the_catalog(connection: Connection, space: str, postgres_url: str) -> None:
    connection.execute(
        """
        create table parent (
            a int, "b ""c"" d" text, code text not null unique, nick text unique,
            primary key (a, "b ""c"" d")
        );
        create table "Child 1" (
            id bigint generated always as identity primary key,
            pb text not null, pa int not null, boss bigint references "Child 1",
            foreign key (pa, pb) references parent
        );
        create table elsewhere (id int primary key, child bigint references "Child 1");
        insert into parent values (1, 'x', 'one', null);
        insert into "Child 1" (pb, pa, boss) values ('x', 1, 1);
        """
    )
    at = _quoted(space)
    raw = SqlSource(url=postgres_url, tables=(f'{at}."Child 1"', f"{at}.parent")).read(Settings())
    assert list(raw.tables) == ["Child 1", "parent"]
    child, parent = raw.tables["Child 1"], raw.tables["parent"]
    assert child.primary_key == ("id",)
    assert parent.primary_key == ("a", 'b "c" d')
    # A unique column that may be null is no key: several of its rows may be without it.
    assert parent.alternate_keys == (("code",),)
    assert not parent.columns["a"].nullable
    assert parent.columns["nick"].nullable
    assert set(raw.foreign_keys) == {
        ForeignKey(table="Child 1", columns=("boss",), references="Child 1", referenced=("id",)),
        ForeignKey(
            table="Child 1",
            columns=("pa", "pb"),
            references="parent",
            referenced=("a", 'b "c" d'),
        ),
    }


def test_an_enum_is_a_category_with_the_values_it_declares(
    connection: Connection, space: str, postgres_url: str
) -> None:
    connection.execute(
        "create type size as enum ('small', 'large', 'huge');"
        "create domain little as int check (value < 9);"
        "create table t (s size, d little); insert into t values ('large', 1), (null, 2)"
    )
    (table,) = (
        SqlSource(url=postgres_url, tables=(f"{_quoted(space)}.t",))
        .read(Settings())
        .tables.values()
    )
    assert table.columns["s"].categories == ("small", "large", "huge")
    assert table.frame["s"].cat.categories.tolist() == ["small", "large", "huge"]
    assert table.frame["s"].isna().tolist() == [False, True]
    assert table.columns["d"].dtype == "int32"


def test_empty_text_is_not_null(postgres_url: str) -> None:
    table = _query(
        postgres_url, "select * from (values (''), (null), ('NULL'), (E'\\\\.')) as v(x)"
    )
    cells = table.frame["x"]
    assert cells.isna().tolist() == [False, True, False, False]
    assert cells.dropna().tolist() == ["", "NULL", "\\."]


def test_moments_are_utc_whatever_the_server_s_zone(
    connection: Connection, space: str, postgres_url: str
) -> None:
    connection.execute("create table t as select timestamptz '2024-07-01 12:00+02' as x")
    url = f"{postgres_url}?options=-c%20timezone%3DAsia/Tokyo%20-c%20datestyle%3DGerman"
    (table,) = SqlSource(url=url, tables=(f"{_quoted(space)}.t",)).read(Settings()).tables.values()
    assert table.frame["x"][0] == pd.Timestamp("2024-07-01 10:00Z")


def test_numbers_without_a_declared_scale_get_the_one_they_need(postgres_url: str) -> None:
    table = _query(postgres_url, "select * from (values (1.5), (null), (-0.125)) as v(x)")
    assert table.columns["x"].decimals == 3
    assert [str(cell) for cell in table.frame["x"].dropna()] == ["1.500", "-0.125"]
    endless = _query(postgres_url, "select 'NaN'::numeric as x union all select 2.5")
    assert endless.columns["x"].dtype == "float64"
    with pytest.raises(SourceError, match="more than 38 digits"):
        _query(postgres_url, "select 10::numeric ^ 40 as x")


def test_a_query_s_table_has_the_name_it_is_given(postgres_url: str) -> None:
    source = SqlSource(url=postgres_url, query="select 1 as a -- one;\n;  ", name="ones")
    assert source.read(Settings()).tables["ones"].frame.to_dict("list") == {"a": [1]}


def test_all_tables_are_read_as_of_one_moment(
    connection: Connection, space: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("create table a as select 1 as x; create table b as select 1 as x")
    original = postgresql._cells

    def with_a_writer_between(*arguments: Any) -> object:
        cells = original(*arguments)
        connection.execute("insert into b values (2)")
        return cells

    # The world's edge: another session writes while the first table has been read.
    monkeypatch.setattr(postgresql, "_cells", with_a_writer_between)
    at = _quoted(space)
    raw = SqlSource(url=postgres_url, tables=(f"{at}.a", f"{at}.b")).read(Settings())
    assert len(raw.tables["b"].frame) == 1


def test_the_fingerprint_is_the_answer_to_the_version_query(
    connection: Connection, space: str, postgres_url: str
) -> None:
    connection.execute("create table t as select 1 as x")
    at = f"{_quoted(space)}.t"
    source = SqlSource(url=postgres_url, tables=(at,), version_query=f"select max(x) from {at};")  # noqa: S608
    first = source.fingerprint(Settings())
    assert source.fingerprint(Settings()) == first
    connection.execute("insert into t values (2)")
    assert source.fingerprint(Settings()) not in {first, None}
    assert SqlSource(url=postgres_url, tables=(at,)).fingerprint(Settings()) is None
    endless = SqlSource(
        url=postgres_url, tables=(at,), version_query="select generate_series(1, 10000)"
    )
    with pytest.raises(SourceError, match="larger than the cap"):
        endless.fingerprint(Settings(max_bytes=1000))


def test_many_columns_of_many_rows_with_line_ends_and_quotes(postgres_url: str) -> None:
    table = _query(
        postgres_url,
        """select g as id, E'a "quoted"\\nline, ' || g as s, repeat('x', g % 300) as pad
           from generate_series(1, 50000) as g""",
    )
    assert len(table.frame) == 50_000
    assert table.frame["id"].is_monotonic_increasing
    assert table.frame["s"].iloc[-1] == 'a "quoted"\nline, 50000'
    assert int(table.frame["pad"].str.len().sum()) == sum(g % 300 for g in range(1, 50_001))


BAD = {
    "an array": ("select array[1] as bad", "column 'bad': there are arrays"),
    "json": ("""select '{"a": 1}'::jsonb as bad""", "column 'bad': .*jsonb"),
    "bytes": ("select '\\x00'::bytea as bad", "column 'bad': .*bytea"),
    "an interval": ("select interval '1 day' as bad", "column 'bad': .*interval"),
    "an infinite moment": ("select 'infinity'::timestamp as bad", "column 'bad': .*can't be held"),
    "a date before Christ": ("select date '0044-03-15 BC' as bad", "column 'bad': .*can't be held"),
    "two columns of one name": ("select 1 as bad, 2 as bad", "more than once: 'bad'"),
    "no column": ("select", "no columns"),
    "no row": ("select 1 as x where false", "there are no rows"),
    "no statement": ("", "can't be parsed"),
    "a misspelt word": ("selekt 1", "can't be parsed"),
    "a table that is not there": ("select * from nowhere_at_all", "no such table"),
    "a column that is not there": ("select nothing from pg_class", "no such column"),
    "a failing cast": ("select 'quokka'::text::int as x", "SQLSTATE 22P02"),
    "a division by zero": ("select 1 / 0 as x", "SQLSTATE 22012"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_what_can_t_be_read_is_said_in_one_sentence(case: str, postgres_url: str) -> None:
    query, message = BAD[case]
    with pytest.raises(SourceError, match=message) as caught:
        _query(postgres_url, query)
    assert "\n" not in str(caught.value)
    assert "quokka" not in str(caught.value)


def test_reading_writes_nothing(connection: Connection, space: str, postgres_url: str) -> None:
    connection.execute("create table t as select 1 as x")
    connection.execute(
        "create function sly() returns int language sql set search_path from current"
        " as 'delete from t returning 1'"
    )
    with pytest.raises(SourceError, match="only reading is allowed"):
        _query(postgres_url, f"select {_quoted(space)}.sly() as x from {_quoted(space)}.t")  # noqa: S608
    assert connection.execute("select count(*) from t").fetchone() == (1,)


@pytest.mark.parametrize("row", [0, 1, 60_000])
def test_a_database_that_goes_away_is_an_error_that_may_pass(row: int, postgres_url: str) -> None:
    query = (
        f"select g, case when g = {row} then pg_terminate_backend(pg_backend_pid()) end as x"  # noqa: S608
        " from generate_series(0, 100000) as g"
    )
    with pytest.raises(SourceUnavailable, match="lost"):
        _query(postgres_url, query)


def test_a_server_that_does_not_answer_may_answer_later() -> None:
    source = SqlSource(url="postgresql://postgres@127.0.0.1:1/test", query="select 1")
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1.*does not answer"):
        source.read(Settings())


def test_a_database_that_is_not_there_will_not_be_later(postgres_url: str) -> None:
    source = SqlSource(url=postgres_url.rpartition("/")[0] + "/no_such", query="select 1")
    with pytest.raises(SourceError, match="does not exist") as caught:
        source.read(Settings())
    assert not isinstance(caught.value, SourceUnavailable)


def test_a_user_without_rights_is_told_which(
    connection: Connection, space: str, postgres_url: str
) -> None:
    connection.execute("create table t as select 1 as x")
    user = f"reader_{secrets.token_hex(4)}"
    connection.execute(sql.SQL("create role {} login").format(sql.Identifier(user)))
    try:
        url = postgres_url.replace("//postgres@", f"//{user}@")
        for query in (f"select * from {_quoted(space)}.t",):  # noqa: S608
            with pytest.raises(SourceError, match="may not read"):
                _query(url, query)
    finally:
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(user)))


def test_a_secret_s_value_is_in_no_error(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = postgres_url.rpartition("@")[2]
    wrong = {
        f"postgresql://postgres:hunter2canary@{base.replace(':5432', ':1')}",
        "mysql://root:hunter2canary@host/db",
        "postgresql://postgres:hunter2canary@[broken/db",
        "postgresql://postgres:hunter2canary@127.0.0.1:5432/test?nonsense=hunter2canary",
        "hunter2canary",
        "postgresql://postgres:hunter2/canary@host/db",
        "postgresql://hunter2canary/db",
    }
    source = SqlSource(url=SecretName(secret="warehouse"), query="select 1")  # noqa: S106
    for value in wrong:
        monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", value)
        with pytest.raises((SourceError, ConfigurationError)) as caught:
            source.read(Settings())
        assert "canary" not in f"{caught.value}{caught.value!r}{source!r}"
        chain: BaseException | None = caught.value
        while chain is not None:
            assert "canary" not in str(chain)
            chain = chain.__cause__
    monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", postgres_url)
    assert len(source.read(Settings()).tables["query"].frame) == 1


def test_the_tables_of_a_database_are_found(
    connection: Connection, space: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute(
        "create table people (id int primary key, sex text);"
        "insert into people select g, 'f' from generate_series(1, 30) as g;"
        'create table "a.b" as select 1 as x; create view seen as select 1 as x'
    )
    monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", postgres_url)
    everything = offered(SqlSource(url=postgres_url), Settings()).tables
    ours = [name for name in everything if name.startswith(_quoted(space))]
    assert ours == [f'{_quoted(space)}."a.b"', f"{_quoted(space)}.people"]
    source = source_from_text(f"secret:warehouse#{ours[1]}")
    text = write_config(source, Settings())
    assert "url: {secret: warehouse}" in text
    assert "primary_key: [id]  # the source declares it" in text
    assert "sex: {sdtype: categorical, role: sensitive}" in text
    assert isinstance(source_from_text(f"{postgres_url}#{ours[1]}"), SqlSource)


@pytest.fixture
def database(connection: Connection, postgres_url: str) -> Iterator[str]:
    """The URL of a database of the test's own."""
    name = f"source_{secrets.token_hex(6)}"
    connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        yield f"{postgres_url.rpartition('/')[0]}/{name}"
    finally:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def test_all_tables_of_a_database_are_meant_where_none_is_named(database: str) -> None:
    with pytest.raises(SourceError, match="holds no table"):
        source_from_text(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "create table person (id int primary key);"
            "create table visit (person int references person, at date, unique (person, at));"
            "insert into person select generate_series(1, 30);"
            "insert into visit select g, date '2024-01-01' + g from generate_series(1, 30) g"
        )
    source = source_from_text(database)
    assert source == SqlSource(url=database, tables=("public.person", "public.visit"))
    text = write_config(source, Settings())
    assert "foreign_keys:  # the source declares them" in text
    assert "{table: visit, columns: [person], references: person, referenced: [id]}" in text


def test_one_of_two_schemas_with_the_same_tables_can_be_named(
    database: str, tmp_path: Path
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for schema in ("old", 'Neu "2.0", ü'):
            connection.execute(
                sql.SQL(
                    "create schema {0}; create table {0}.person as"
                    " select g as id, g % 3 as kind from generate_series(1, 30) g"
                ).format(sql.Identifier(schema))
            )
    with pytest.raises(SourceError, match=r"called person, in the schemas .*--schema NAME"):
        source_from_text(database)
    out = tmp_path / "config.yaml"
    init(database, out, Settings(), schema='Neu "2.0", ü', update=False)
    source = load(out).source
    assert isinstance(source, SqlSource)
    assert source.tables == ('"Neu ""2.0"", ü".person',)
    assert list(source.read(Settings()).tables) == ["person"]
    assert source_from_text(f"{database}#{source.tables[0]}") == source
    with pytest.raises(SourceError, match="schema nowhere: the database holds no table"):
        source_from_text(database, "nowhere")
