"""From a PostgreSQL table into a PostgreSQL table, by the command that people use."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from tests.tables import unrelated_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration


@pytest.fixture
def spaces(postgres_url: str) -> Iterator[tuple[str, str]]:
    """Two schemas of the test's own: real rows in the first, room for synthetic in the second."""
    names = [f"waxwork_{side}_{secrets.token_hex(4)}" for side in ("real", "synthetic")]
    frame = unrelated_columns()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
        people = sql.Identifier(names[0], "people")
        connection.execute(
            sql.SQL(
                "create table {} (id serial primary key, height int not null, visits smallint, "
                'region text, "group" char(1), score int)'
            ).format(people)
        )
        with connection.cursor().copy(
            sql.SQL('copy {} (height, visits, region, "group", score) from stdin csv').format(
                people
            )
        ) as copy:
            copy.write(frame.to_csv(index=False, header=False))
        try:
            yield names[0], names[1]
        finally:
            for name in names:
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(name)))


def _waxwork(folder: Path, url: str, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "waxwork"), *words],
        cwd=folder,
        env={
            **os.environ,
            "WAXWORK_HOME": str(folder / "home"),
            "WAXWORK_SECRET_WAREHOUSE": url,
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_a_table_becomes_a_synthetic_table_and_is_then_up_to_date(
    postgres_url: str, spaces: tuple[str, str], tmp_path: Path
) -> None:
    real, synthetic = spaces
    config: dict[str, Any] = {
        "name": "people",
        "source": {
            "kind": "sql",
            "url": {"secret": "warehouse"},
            "tables": [f"{real}.people"],
            "version_query": f"select count(*) from {real}.people",  # noqa: S608
        },
        "generator": {"kind": "independent"},
        "sinks": [
            {"kind": "parquet", "path": "store"},
            {"kind": "sql", "url": {"secret": "warehouse"}, "schema_name": synthetic},
        ],
    }
    (tmp_path / "people.yaml").write_text(json.dumps(config))
    code, said = _waxwork(tmp_path, postgres_url, "run", "people.yaml")
    assert code == 0, said

    version = (tmp_path / "store" / "people" / "LATEST").read_text().strip()
    with psycopg.connect(postgres_url) as connection:
        (comment,) = connection.execute(
            "select obj_description(%s::regclass)", (f"{synthetic}.people",)
        ).fetchone() or ("",)
        assert comment.startswith(f"waxwork synthetic people {version} ")
        counts = connection.execute(
            sql.SQL("select count(*), count(distinct id), min(height) >= 152 from {}").format(
                sql.Identifier(synthetic, "people")
            )
        ).fetchone()
        assert counts == (16000, 16000, True)
        types = connection.execute(
            "select column_name, data_type, is_nullable from information_schema.columns "
            "where table_schema = %s order by ordinal_position",
            (synthetic,),
        ).fetchall()
    assert types[:3] == [
        ("id", "integer", "NO"),
        ("height", "integer", "NO"),
        ("visits", "smallint", "YES"),
    ]

    code, said = _waxwork(tmp_path, postgres_url, "refresh", "people.yaml")
    assert (code, "Up to date" in said) == (0, True), said
    password_like = postgres_url.partition("//")[2]
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert password_like.encode() not in path.read_bytes(), path
