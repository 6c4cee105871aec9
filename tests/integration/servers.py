"""Databases of a test's own, and the tables of a shop as migrations would make them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

MIGRATION = """
create table {s}country (code varchar(2) primary key, zone integer not null);
create table {s}product (product integer primary key,
    kind varchar(10) not null check (kind in ('food', 'tool')), price numeric(8, 2) not null,
    gross numeric(8, 2) generated always as (price * 1.19) stored);
create table {s}customer (customer {serial}, {q}rank{q} varchar(10) not null,
    country varchar(2) not null references {s}country (code), since {moment} not null,
    inviter integer references {s}customer (customer), favourite integer,
    note varchar(20) default 'none');
create table {s}{q}order{q} ({q}order{q} integer primary key,
    customer integer not null references {s}customer (customer), day {moment} not null,
    way varchar(10) not null);
create table {s}line ({q}order{q} integer not null references {s}{q}order{q} ({q}order{q}),
    {q}line{q} integer not null, product integer not null references {s}product (product),
    pieces integer not null check (pieces > 0), primary key ({q}order{q}, {q}line{q}),
    unique ({q}order{q}, product));
create table {s}passport (customer integer primary key references {s}customer (customer),
    years integer not null)
"""


@dataclass(frozen=True)
class Server:
    """A database of the test's own."""

    url: str
    schema: str | None
    engine: sa.Engine

    def migrate(self) -> None:
        dialect = self.engine.dialect.name
        names = {
            "s": f"{self.schema}." if self.schema else "",
            "q": "`" if dialect in {"mysql", "mariadb"} else '"',
            "serial": "serial primary key" if dialect == "postgresql" else "integer primary key",
            "moment": "timestamp" if dialect == "postgresql" else "datetime",
        }
        with self.engine.begin() as connection:
            for statement in MIGRATION.split(";"):
                connection.exec_driver_sql(statement.format(**names))

    def read(self, table: str) -> pd.DataFrame:
        with self.engine.connect() as connection:
            found = sa.Table(table, sa.MetaData(), schema=self.schema, autoload_with=connection)
            return pd.read_sql(sa.select(found), connection)

    def names(self) -> list[str]:
        return sorted(sa.inspect(self.engine).get_table_names(schema=self.schema))


@contextmanager
def opened(request: pytest.FixtureRequest, file: Path) -> Iterator[Server]:
    """An empty schema or database of the kind in the fixture's parameter, dropped at the end.

    Args:
        request: Of a fixture whose parameter is `sqlite`, `postgresql` or `mariadb`.
        file: SQLite's.
    """
    if request.param == "sqlite":
        url = f"sqlite:///{file}"
        engine = sa.create_engine(url)
        yield Server(url, None, engine)
        engine.dispose()
        return
    name = f"waxwork_{secrets.token_hex(4)}"
    base = request.getfixturevalue(
        f"{'postgres' if request.param == 'postgresql' else 'mariadb'}_url"
    )
    driver = "postgresql+psycopg" if request.param == "postgresql" else "mariadb+pymysql"
    admin = sa.create_engine(sa.engine.make_url(base).set(drivername=driver))
    with admin.begin() as connection:
        connection.exec_driver_sql(f"create schema {name}")
    try:
        if request.param == "postgresql":
            yield Server(base, name, admin)
        else:
            own = sa.engine.make_url(base).set(database=name)
            engine = sa.create_engine(own.set(drivername=driver))
            yield Server(own.render_as_string(hide_password=False), None, engine)
            engine.dispose()
    finally:
        with admin.begin() as connection:
            cascade = " cascade" if request.param == "postgresql" else ""
            connection.exec_driver_sql(f"drop schema {name}{cascade}")
        admin.dispose()
