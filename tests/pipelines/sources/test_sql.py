"""What a SQL source says before it asks a server; the rest is in tests/integration."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pipelines.sources.dialects.reading import split_name
from pipelines.sources.sql import SqlSource
from tabular.errors import ConfigurationError

URL = "postgresql://user@host:5432/db"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("wages", ("wages",)),
        ("public.wages", ("public", "wages")),
        ('"odd schema"."odd.table"', ("odd schema", "odd.table")),
        ('public."say ""hi"""', ("public", 'say "hi"')),
        ("Public.Wages", ("Public", "Wages")),
    ],
)
def test_a_table_s_name_is_taken_apart_at_its_point(name: str, parts: tuple[str, ...]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", "a.b.c", '"a', '"a"b', '""', 'a."b"c'])
def test_what_is_no_name_of_a_table_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"not the name of a table.*Write schema\.table"):
        split_name(name)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hunter2@host/db",
        "postgresql://user@host/db?password=hunter2",
        "postgresql+psycopg://user:hunter2@host/db",
        "postgresql://:hunter2@host/db",
        "postgresql://user@host/db?sslpassword=hunter2",
    ],
)
def test_a_password_in_a_configuration_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"password.*secret: NAME") as caught:
        SqlSource(url=url, query="select 1")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "oracle://host/db",
        "host/db",
        "postgresql//x",
        "http://[x",
        "",
        "postgresql://user:hunter/2@host/db",
        "postgresql://user:hunter2",
    ],
)
def test_what_is_no_url_of_a_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"URL.*Write postgresql://") as caught:
        SqlSource(url=url, query="select 1")
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"tables": ["a"], "query": "select 1"}, "one of `tables`, `schema_name` and `query`"),
        ({"tables": ["a"], "schema_name": "b"}, "one of `tables`, `schema_name` and `query`"),
        ({"tables": ["a.people", "b.people", "c"]}, "two tables are called people"),
        ({"query": "select 1", "name": ""}, "at least 1"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(fields: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        SqlSource.model_validate({"url": URL, **fields})


def test_a_secret_is_kept_by_its_name() -> None:
    source = SqlSource.model_validate({"url": {"secret": "warehouse"}, "tables": ["a"]})
    assert source.model_dump(exclude_defaults=True)["url"] == {"secret": "warehouse"}
    assert source.quick_fingerprint() is None
