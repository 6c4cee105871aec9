"""Fixtures for pytest: a released dataset, and a database that holds one.

Set the store once, in the environment (`WAXWORK_STORE`) or in pytest's configuration:

    [tool.pytest.ini_options]
    waxwork_store = "https://releases.example.com"
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from waxwork_client.databases import load_postgresql, load_sqlite
from waxwork_client.datasets import Dataset, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_numbers = itertools.count()


class LoadDataset(Protocol):
    """What the fixture `waxwork_dataset` is: a function that loads a dataset."""

    def __call__(self, name: str, version: str = "latest", **options: Any) -> Dataset:  # noqa: ANN401
        """As `waxwork_client.load`."""
        ...


class LoadDatabase(Protocol):
    """What the fixture `waxwork_database` is: a function that fills a database."""

    def __call__(self, name: str, version: str = "latest", *, url: str | None = None) -> Any:  # noqa: ANN401
        """A connection to a database that holds the dataset."""
        ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the command line and of the configuration file."""
    group = parser.getgroup("waxwork")
    group.addoption(
        "--waxwork-offline",
        action="store_true",
        help="Take datasets from the cache alone, as it was filled before.",
    )
    parser.addini("waxwork_store", "Folder or URL of the store of released datasets.")


@pytest.fixture(scope="session")
def waxwork_dataset(pytestconfig: pytest.Config) -> LoadDataset:
    """`waxwork_dataset("census")`: the released dataset, verified, from cache where it can be."""
    store = pytestconfig.getini("waxwork_store") or None
    offline = True if pytestconfig.getoption("--waxwork-offline") else None

    def loaded(name: str, version: str = "latest", **options: Any) -> Dataset:  # noqa: ANN401
        return load(name, version, **{"store": store, "offline": offline, **options})

    return loaded


@pytest.fixture
def waxwork_database(waxwork_dataset: LoadDataset, tmp_path: Path) -> Iterator[LoadDatabase]:
    """`waxwork_database("shop")`: a connection to a database that holds the dataset's tables.

    Without `url` it is a SQLite file of the test's own; `url="postgresql://..."` makes a schema of
    the test's own there, which is dropped afterwards. Keys and foreign keys are enforced.
    """
    with contextlib.ExitStack() as undo:

        def filled(name: str, version: str = "latest", *, url: str | None = None) -> Any:  # noqa: ANN401
            dataset = waxwork_dataset(name, version)
            if url is None:
                connection = sqlite3.connect(tmp_path / f"{name}-{next(_numbers)}.sqlite")
                undo.callback(connection.close)
                load_sqlite(dataset, connection)
                return connection
            return undo.enter_context(_postgresql(dataset, url))

        yield filled


@contextlib.contextmanager
def _postgresql(dataset: Dataset, url: str) -> Iterator[Any]:
    import psycopg
    from psycopg import sql

    schema = sql.Identifier(f"waxwork_{os.getpid()}_{next(_numbers)}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create schema {}").format(schema))
        try:
            connection.execute(sql.SQL("set search_path to {}").format(schema))
            load_postgresql(dataset, connection)
            yield connection
        finally:
            connection.rollback()
            connection.execute(sql.SQL("drop schema {} cascade").format(schema))
