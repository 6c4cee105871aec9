"""Related tables in real databases, with all constraints on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from pipelines.releases import Release
from pipelines.settings import Settings
from pipelines.sinks.sql import SqlSink
from tabular.errors import ReleaseError
from tests.example_release import example_release
from tests.integration.servers import Server, opened
from tests.shops import shop


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Each database, empty."""
    with opened(request, tmp_path / "shop.db") as made:
        yield made


def release(folder: Path, version: str = "1", n: int = 40, **changes: Any) -> Release:
    dataset = shop(n, seed=int(version))
    frames = {table.name: table.frame for table in dataset} | changes
    return example_release(
        folder, version=version, frames=frames, schema=dataset.schema, name="shop"
    )


def sink(server: Server, **options: Any) -> SqlSink:
    place = {"schema_name": server.schema} if server.schema else {}
    return SqlSink.model_validate({"url": server.url, **place, **options})


def same(server: Server, published: Release) -> None:
    """Every table holds the release's rows."""
    for name in published.files:
        wanted = published.frame(name)
        keys = list(published.schema.tables[name].primary_key)
        found = server.read(name)[list(wanted.columns)].sort_values(keys)
        wanted = wanted.sort_values(keys)
        for column in wanted.columns:
            left, right = (
                found[column].reset_index(drop=True),
                wanted[column].reset_index(drop=True),
            )
            if str(right.dtype).startswith("datetime"):
                assert (pd.to_datetime(left) == right).all(), (name, column)
            elif pd.api.types.is_numeric_dtype(right):
                gap = left.astype("Float64") - right.astype("Float64")
                assert (gap.fillna(0).abs() < 1e-6).all(), (name, column)
                assert (left.isna() == right.isna()).all(), (name, column)
            else:
                assert (left.astype("string") == right.astype("string")).all(), (name, column)


def test_an_existing_schema_is_filled_and_filled_again(server: Server, tmp_path: Path) -> None:
    server.migrate()
    first = release(tmp_path)
    receipt = sink(server, existing=True).write(first, Settings())
    assert receipt.rows["customer"] == 40
    same(server, first)
    assert set(server.read("customer")["note"]) == {"none"}
    gross = server.read("product")
    assert (gross["gross"].astype(float) - gross["price"].astype(float) * 1.19).abs().max() < 0.006
    second = release(tmp_path, "2", n=50)
    receipt = sink(server, existing=True).write(second, Settings())
    same(server, second)
    assert sink(server, existing=True).still_holds(receipt, Settings())
    if server.engine.dialect.name == "postgresql":
        with server.engine.begin() as connection:
            table = sa.Table(
                "customer", sa.MetaData(), schema=server.schema, autoload_with=connection
            )
            row = {"rank": "basic", "country": "DE", "since": dt.datetime(2024, 1, 1)}  # noqa: DTZ001
            new = connection.execute(
                sa.insert(table).values(row).returning(table.c.customer)
            ).scalar()
        assert new == 51


def test_rows_that_break_a_constraint_change_nothing(server: Server, tmp_path: Path) -> None:
    server.migrate()
    first = release(tmp_path)
    sink(server, existing=True).write(first, Settings())
    lines = shop(40, seed=2)["line"].frame.assign(pieces=0)
    with pytest.raises(ReleaseError, match="break a constraint"):
        sink(server, existing=True).write(release(tmp_path, "2", line=lines), Settings())
    same(server, first)


def test_rows_of_another_origin_are_refused(server: Server, tmp_path: Path) -> None:
    server.migrate()
    with server.engine.begin() as connection:
        table = sa.Table("country", sa.MetaData(), schema=server.schema, autoload_with=connection)
        connection.execute(sa.insert(table).values(code="XX", zone=1))
    with pytest.raises(ReleaseError, match="did not publish"):
        sink(server, existing=True).write(release(tmp_path), Settings())
    assert server.read("country")["code"].tolist() == ["XX"]
    published = release(tmp_path)
    sink(server, existing=True, replace=True).write(published, Settings())
    same(server, published)


def test_a_schema_that_is_not_there_is_refused_early(server: Server) -> None:
    with pytest.raises(ReleaseError, match="there is no such table"):
        sink(server, existing=True).refuse_early("shop", ["customer"], Settings())


def test_own_tables_take_the_place_of_the_version_before(server: Server, tmp_path: Path) -> None:
    first, second = release(tmp_path), release(tmp_path, "2", n=50)
    sink(server).write(first, Settings())
    same(server, first)
    before = server.names()
    receipt = sink(server).write(second, Settings())
    same(server, second)
    assert server.names() == before
    assert sink(server).still_holds(receipt, Settings())
    keys = sa.inspect(server.engine).get_foreign_keys("line", schema=server.schema)
    assert {key["referred_table"] for key in keys} == {"order", "product"}
