"""The fixtures in somebody else's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_URL = os.environ.get("WAXWORK_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")

_TESTS = """
import sqlite3
import pytest

def test_a_dataset(waxwork_dataset):
    assert waxwork_dataset("shop").arrow("sale").num_rows == 3

def test_a_database_of_my_own(waxwork_database):
    shop = waxwork_database("shop")
    assert shop.execute("select count(*) from sale").fetchone() == (3,)
    with pytest.raises(sqlite3.IntegrityError), shop:
        shop.execute("insert into sale values (9, 'nowhere')")
"""


def test_the_fixtures_work_from_the_environment(pytester: pytest.Pytester, store: Path) -> None:
    pytester.makepyfile(_TESTS)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_the_store_can_stand_in_the_configuration_and_the_cache_serves_offline(
    pytester: pytest.Pytester, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAXWORK_STORE")
    pytester.makeini(f"[pytest]\nwaxwork_store = {store}\n")
    pytester.makepyfile(_TESTS)
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
    store.rename(store.with_name("away"))
    pytester.runpytest_subprocess("--waxwork-offline").assert_outcomes(passed=2)


def test_a_schema_in_postgresql_is_dropped_after_the_test(
    pytester: pytest.Pytester, store: Path
) -> None:
    pytester.makepyfile(
        f"""
        import psycopg, pytest
        URL = {_URL!r}
        SCHEMAS = "select count(*) from information_schema.schemata where schema_name = %s"
        made = []

        def test_it_is_there(waxwork_database):
            shop = waxwork_database("shop", url=URL)
            made.append(shop.execute("select current_schema()").fetchone()[0])
            assert shop.execute("select count(*) from sale").fetchone() == (3,)

        def test_it_is_gone():
            with psycopg.connect(URL) as connection:
                assert connection.execute(SCHEMAS, made).fetchone() == (0,)
        """
    )
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=2)
