"""A release in a real PostgreSQL: loaded, swapped, never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg
import pytest
from psycopg import sql

from pipelines.postgres_tables import check_names
from pipelines.secrets import SecretName
from pipelines.settings import Settings
from pipelines.sinks.sql import SqlSink
from tabular.errors import ConfigurationError, ReleaseError, SinkUnavailable
from tabular.schema import Column, Schema, TableSchema
from tests.example_release import every_dtype, example_release, related_tables

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.releases import Release

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def sink(postgres_url: str, space: str) -> SqlSink:
    return SqlSink(url=postgres_url, schema_name=space, lock_seconds=0.3)


def _numbers(folder: Path, version: str, cells: list[int | None], **given: Any) -> Release:
    frame = pd.DataFrame({"n": pd.array(cells, dtype="Int64")})
    schema = Schema(tables={"numbers": TableSchema(columns=(Column(name="n", dtype="Int64"),))})
    frames = {"numbers": frame}
    return example_release(folder, version=version, frames=frames, schema=schema, **given)


def _keyed(folder: Path, version: str, cells: list[int]) -> Release:
    frame = pd.DataFrame({"n": cells})
    column = Column(name="n", dtype="int64", nullable=False)
    schema = Schema(tables={"numbers": TableSchema(columns=(column,), primary_key=("n",))})
    return example_release(folder, version=version, frames={"numbers": frame}, schema=schema)


def _all(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def test_every_dtype_arrives_with_its_type_and_its_cells(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    release = example_release(tmp_path)
    receipt = sink.write(release, Settings())
    assert receipt.rows == {"every dtype": 5}
    assert receipt.version == "v1"
    types = dict(
        _all(
            connection,
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = '\"every dtype\"'::regclass and attnum > 0",
        )
    )
    assert types == {
        "id": "bigint",
        "small": "smallint",
        "big": "bigint",
        "amount": "double precision",
        "flag": "boolean",
        "maybe": "boolean",
        "moment": "timestamp without time zone",
        "zoned": "timestamp with time zone",
        "day": "date",
        "price": "numeric(38,2)",
        "name": "text",
        "kind": "text",
        "odd\n\"';--": "text",
    }
    found = _all(connection, 'select * from "every dtype" order by id')
    frame, _ = every_dtype()
    for name, cells in zip(types, zip(*found, strict=True), strict=True):
        wanted = [None if pd.isna(cell) else cell for cell in frame[name].tolist()]
        assert list(cells) == wanted, name


def test_an_empty_text_is_not_a_missing_one(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    sink.write(example_release(tmp_path), Settings())
    assert _all(connection, "select id from \"every dtype\" where name = ''") == [(3,)]
    assert _all(connection, 'select id from "every dtype" where name is null') == [(2,)]


def test_keys_and_not_null_are_kept_by_the_database(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    sink.write(_keyed(tmp_path, "v1", [1, 2]), Settings())
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("insert into numbers values (1)")
    with pytest.raises(psycopg.errors.NotNullViolation):
        connection.execute("insert into numbers values (null)")


def test_related_tables_keep_their_foreign_key_through_a_second_release(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    frames, schema = related_tables()
    for version in ("v1", "v2"):
        release = example_release(tmp_path, version=version, frames=frames, schema=schema)
        sink.write(release, Settings())
    assert _all(connection, "select count(*) from sale join shop using (shop)") == [(3,)]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.execute("insert into sale values (4, 'nowhere')")


def test_a_second_release_takes_the_place_of_the_first_and_leaves_nothing_else(
    sink: SqlSink, connection: Connection, space: str, tmp_path: Path
) -> None:
    sink.write(_numbers(tmp_path, "v1", [1, None]), Settings())
    sink.write(_numbers(tmp_path, "v2", [7]), Settings())
    assert _all(connection, "select n from numbers") == [(7,)]
    tables = connection.execute(
        "select tablename from pg_tables where schemaname = %s", (space,)
    ).fetchall()
    assert tables == [("numbers",)]
    (comment,) = _all(connection, "select obj_description('numbers'::regclass)")[0]
    assert comment.startswith("waxwork synthetic example v2 ")


def test_publishing_the_same_release_again_changes_nothing(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    release = _numbers(tmp_path, "v1", [1])
    sink.write(release, Settings())
    before = _all(connection, "select 'numbers'::regclass::oid")
    receipt = sink.write(release, Settings())
    assert receipt.notes == ("the tables had been published before",)
    assert _all(connection, "select 'numbers'::regclass::oid") == before


@pytest.mark.parametrize(
    "comment",
    [None, "the real thing", "waxwork synthetic example-two v1 abc"],
    ids=["no comment", "a foreign comment", "another dataset's"],
)
def test_a_table_of_another_origin_is_refused_and_untouched(
    sink: SqlSink, connection: Connection, tmp_path: Path, comment: str | None
) -> None:
    connection.execute("create table numbers as select 42 as n")
    if comment:
        connection.execute(sql.SQL("comment on table numbers is {}").format(comment))
    with pytest.raises(ReleaseError, match="did not publish") as caught:
        sink.write(_numbers(tmp_path, "v1", [1]), Settings())
    assert "replace: true" in str(caught.value)
    assert _all(connection, "select n from numbers") == [(42,)]


def test_with_replace_a_table_of_another_origin_is_kept_under_another_name(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    connection.execute("create table numbers as select 42 as n")
    replacing = sink.model_copy(update={"replace": True})
    receipt = replacing.write(_numbers(tmp_path, "v1", [1]), Settings())
    assert receipt.notes == ("the table numbers that was there is kept as numbers_before_waxwork",)
    assert _all(connection, "select n from numbers_before_waxwork") == [(42,)]
    assert _all(connection, "select n from numbers") == [(1,)]
    # A second stranger finds the place taken; neither is lost.
    connection.execute("drop table numbers")
    connection.execute("create table numbers as select 43 as n")
    with pytest.raises(ReleaseError, match="there already"):
        replacing.write(_numbers(tmp_path, "v2", [2]), Settings())
    assert _all(connection, "select n from numbers") == [(43,)]
    assert _all(connection, "select n from numbers_before_waxwork") == [(42,)]


def test_a_view_of_that_name_is_never_replaced(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    connection.execute("create view numbers as select 42 as n")
    with pytest.raises(ReleaseError, match="no plain table"):
        sink.model_copy(update={"replace": True}).write(_numbers(tmp_path, "v1", [1]), Settings())


def test_rows_that_break_a_key_leave_the_old_table_and_no_trace(
    sink: SqlSink, connection: Connection, space: str, tmp_path: Path
) -> None:
    sink.write(_keyed(tmp_path, "v1", [1]), Settings())
    with pytest.raises(ReleaseError, match="unique") as caught:
        sink.write(_keyed(tmp_path, "v2", [98765, 98765]), Settings())
    assert "98765" not in str(caught.value)
    assert _all(connection, "select n from numbers") == [(1,)]
    count = connection.execute(
        "select count(*) from pg_tables where schemaname = %s", (space,)
    ).fetchone()
    assert count == (1,)


def test_a_text_with_a_nul_is_refused_in_plain_words(sink: SqlSink, tmp_path: Path) -> None:
    schema = Schema(tables={"texts": TableSchema(columns=(Column(name="t"),))})
    frame = pd.DataFrame({"t": pd.array(["a\0b"], dtype="string")})
    with pytest.raises(ReleaseError, match="NUL"):
        sink.write(example_release(tmp_path, frames={"texts": frame}, schema=schema), Settings())


def test_readers_see_the_old_table_until_the_swap_and_can_outlast_the_sink(
    sink: SqlSink, connection: Connection, postgres_url: str, space: str, tmp_path: Path
) -> None:
    sink.write(_numbers(tmp_path, "v1", [1]), Settings())
    with psycopg.connect(postgres_url) as reader:
        reader.execute(sql.SQL("select n from {}").format(sql.Identifier(space, "numbers")))
        with pytest.raises(SinkUnavailable, match="held the table too long"):
            sink.write(_numbers(tmp_path, "v2", [2]), Settings())
    assert _all(connection, "select n from numbers") == [(1,)]
    sink.write(_numbers(tmp_path, "v2", [2]), Settings())
    assert _all(connection, "select n from numbers") == [(2,)]


def test_of_two_publishers_one_is_told_to_come_back(
    sink: SqlSink, connection: Connection, postgres_url: str, space: str, tmp_path: Path
) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"waxwork {space}",)
        )
        with pytest.raises(SinkUnavailable, match="another publisher"):
            sink.write(_numbers(tmp_path, "v1", [1]), Settings())
    sink.write(_numbers(tmp_path, "v1", [1]), Settings())
    assert _all(connection, "select n from numbers") == [(1,)]


def test_a_server_that_ends_the_connection_in_the_middle_leaves_the_old_table(
    sink: SqlSink,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sink.write(_numbers(tmp_path, "v1", [1]), Settings())
    from pipelines import postgres_tables

    real = postgres_tables.add_keys

    def cut(cursor: psycopg.Cursor[Any], *rest: Any) -> None:
        connection.execute("select pg_terminate_backend(%s)", (cursor.connection.info.backend_pid,))
        real(cursor, *rest)

    monkeypatch.setattr(postgres_tables, "add_keys", cut)
    with pytest.raises(SinkUnavailable, match="connection to the database was lost"):
        sink.write(_numbers(tmp_path, "v2", [2]), Settings())
    monkeypatch.undo()
    assert _all(connection, "select n from numbers") == [(1,)]
    sink.write(_numbers(tmp_path, "v2", [2]), Settings())
    assert _all(connection, "select n from numbers") == [(2,)]


def test_grants_and_views_follow_the_new_table(
    sink: SqlSink, connection: Connection, space: str, tmp_path: Path
) -> None:
    sink.write(_numbers(tmp_path, "v1", [1]), Settings())
    connection.execute("grant select on numbers to public")
    connection.execute(
        "create view doubled with (security_barrier=true) as select n * 2 as m from numbers"
    )
    connection.execute("create view again as select m from doubled")
    sink.write(_numbers(tmp_path, "v2", [21]), Settings())
    assert _all(connection, "select m from again") == [(42,)]
    (options,) = _all(
        connection, "select reloptions from pg_class where oid = 'doubled'::regclass"
    )[0]
    assert options == ["security_barrier=true"]
    grants = connection.execute(
        "select grantee, privilege_type from information_schema.role_table_grants "
        "where table_schema = %s and table_name = 'numbers' and grantee = 'PUBLIC'",
        (space,),
    ).fetchall()
    assert grants == [("PUBLIC", "SELECT")]


def test_what_can_not_follow_a_swap_stops_it(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    sink.write(_keyed(tmp_path, "v1", [1]), Settings())
    connection.execute("create table pointing (n bigint references numbers)")
    with pytest.raises(ReleaseError, match="depend on the table"):
        sink.write(_keyed(tmp_path, "v2", [2]), Settings())
    connection.execute("drop table pointing")
    connection.execute("alter table numbers enable row level security")
    with pytest.raises(ReleaseError, match="row-level security"):
        sink.write(_keyed(tmp_path, "v2", [2]), Settings())
    assert _all(connection, "select n from numbers") == [(1,)]


def test_a_view_that_no_longer_fits_stops_the_swap(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    sink.write(_numbers(tmp_path, "v1", [1]), Settings())
    connection.execute("create view reading as select n from numbers")
    schema = Schema(tables={"numbers": TableSchema(columns=(Column(name="other"),))})
    frame = pd.DataFrame({"other": pd.array(["a"], dtype="string")})
    release = example_release(tmp_path, version="v2", frames={"numbers": frame}, schema=schema)
    with pytest.raises(ReleaseError, match="needs a column that is gone"):
        sink.write(release, Settings())
    assert _all(connection, "select n from reading") == [(1,)]


def test_a_schema_that_is_not_there_is_named(postgres_url: str, tmp_path: Path) -> None:
    sink = SqlSink(url=postgres_url, schema_name="nowhere_at_all")
    with pytest.raises(ReleaseError, match="nowhere_at_all: the schema does not exist"):
        sink.write(_numbers(tmp_path, "v1", [1]), Settings())


def test_the_url_can_be_a_secret_and_is_in_no_message(
    postgres_url: str,
    space: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", postgres_url)
    sink = SqlSink(url=SecretName(secret="warehouse"), schema_name=space)  # noqa: S106
    release = _numbers(tmp_path, "v1", [1])
    receipt = sink.write(release, Settings())
    assert "secret" not in receipt.model_dump_json()
    for wrong in ("sesame", "oracle://u:sesame@h/d", "postgresql://h/d?sesame=1"):
        monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", wrong)
        with pytest.raises(ConfigurationError, match="not one of PostgreSQL") as caught:
            sink.write(release, Settings())
        assert "sesame" not in str(caught.value)
    monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", "postgresql://u:sesame@127.0.0.1:1/d")
    with pytest.raises(SinkUnavailable, match="can't be reached") as refused:
        sink.write(release, Settings())
    assert "sesame" not in str(refused.value)


def test_names_that_postgresql_would_cut_are_refused_before_anything_is_done() -> None:
    for table, column in (("t" * 64, "c"), ("t", "ü" * 32)):
        schema = Schema(tables={table: TableSchema(columns=(Column(name=column),))})
        with pytest.raises(ReleaseError, match="1 to 63 bytes"):
            check_names(schema)
    check_names(Schema(tables={"t" * 63: TableSchema(columns=(Column(name="ü" * 31),))}))


def test_a_receipt_is_good_as_long_as_its_tables_are_there(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    first = sink.write(_numbers(tmp_path, "v1", [1]), Settings())
    assert sink.still_holds(first, Settings())
    second = sink.write(_numbers(tmp_path, "v2", [2]), Settings())
    assert not sink.still_holds(first, Settings())
    assert sink.still_holds(second, Settings())
    connection.execute("drop table numbers")
    assert not sink.still_holds(second, Settings())
    away = sink.model_copy(update={"url": "postgresql://nobody@127.0.0.1:1/nothing"})
    assert away.still_holds(second, Settings())


def test_a_password_has_no_place_in_a_configuration() -> None:
    with pytest.raises(ConfigurationError, match="there is a password") as caught:
        SqlSink(url="postgresql://user:sesame@127.0.0.1/test")
    assert "sesame" not in str(caught.value)


def test_a_foreign_table_is_refused_before_anything_is_learnt(
    sink: SqlSink, connection: Connection, tmp_path: Path
) -> None:
    sink.refuse_early("example", ["numbers"], Settings())
    sink.write(_numbers(tmp_path, "v1", [1, 2]), Settings())
    sink.refuse_early("example", ["numbers"], Settings())
    connection.execute("create table people (a int)")
    with pytest.raises(ReleaseError, match="a table that this dataset did not publish"):
        sink.refuse_early("example", ["numbers", "people"], Settings())
