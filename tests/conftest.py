"""What all tests share: how hard Hypothesis tries, and where real databases are."""

from __future__ import annotations

import os

import psycopg
import pymysql
import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=20, deadline=None)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The URL of a real PostgreSQL; tests make schemas of their own in it.

    Where none answers the test is skipped, unless `CI_REQUIRE_SERVERS` says that one must.
    """
    url = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        if os.environ.get("CI_REQUIRE_SERVERS"):
            raise
        pytest.skip(f"no PostgreSQL answers: {type(error).__name__}")
    return url


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """The URL of a real MariaDB, whose user may make databases of the tests' own.

    Where none answers the test is skipped, unless `CI_REQUIRE_SERVERS` says that one must.
    """
    from pipelines.mariadb import options_of

    url = os.environ.get("TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test")
    try:
        pymysql.connect(**options_of(url, where="TEST_MARIADB_URL"), connect_timeout=5).close()
    except pymysql.Error as error:
        if os.environ.get("CI_REQUIRE_SERVERS"):
            raise
        pytest.skip(f"no MariaDB answers: {type(error).__name__}")
    return url
