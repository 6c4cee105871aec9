from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from pipelines.base import RawData, RawTable
from pipelines.config import PipelineConfig, load, validate
from pipelines.description import describe
from pipelines.init import source_from_text, write_config
from pipelines.settings import Settings
from pipelines.sources.csv import CsvSource
from pipelines.sources.parquet import ParquetSource
from pipelines.sources.sample import SampleSource
from pipelines.sources.sql import SqlSource
from tabular.errors import ConfigurationError
from tabular.schema import ForeignKey, Subject

N = 60
CANARIES = ("kumquat", "durian", "quokka", "31415", "2718.25", "1987-06-05")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Rows with a key, personal data, sensitive attributes and values that nobody may repeat."""
    frame = pd.DataFrame(
        {
            "customer_id": np.arange(N) * 31415 + 31415,
            "email": [f"quokka{i}@example.org" for i in range(N)],
            "Sex": ["m", "f"] * (N // 2),
            "postcode": [f"{31415 + i % 7}" for i in range(N)],
            "fruit": ["kumquat", "durian"] * (N // 2),
            "income": np.arange(N) % 9 + 2718.25,
            "joined": ["1987-06-05"] * N,
            "remark: of\nmany # lines": [
                f"the {i}th kumquat was eaten by a durian" for i in range(N)
            ],
        }
    )
    path = tmp_path / "Our People.csv.gz"
    frame.to_csv(path, index=False)
    return path


def _parsed(text: str) -> PipelineConfig:
    return validate(PipelineConfig, yaml.safe_load(text), Path("waxwork.yaml"))


def test_a_configuration_says_what_was_found_with_its_reason(people: Path) -> None:
    text = write_config(source_from_text(str(people)), Settings())
    assert "name: our_people" in text
    assert "primary_key: [customer_id]  # it is named like a key, and no two rows" in text
    assert "email: {sdtype: text, pii: email}  # string; email: 100% are e-mail addresses" in text
    assert "Sex: {sdtype: categorical, role: sensitive}" in text
    assert "sensitive: named like sex or gender" in text
    assert "postcode: {sdtype: numerical, role: quasi_identifier}" in text
    assert r'"remark: of\nmany # lines": {sdtype: text}' in text
    assert "made anew, never learnt" in text


def test_a_configuration_holds_no_cell(people: Path) -> None:
    text = write_config(source_from_text(str(people)), Settings())
    assert [canary for canary in CANARIES if canary in text] == []


def test_a_configuration_is_valid_and_describes_the_rows_it_was_made_of(people: Path) -> None:
    source = source_from_text(str(people))
    config = _parsed(write_config(source, Settings()))
    assert config.source == source
    (table,) = describe(source.read(Settings()), config)
    assert table.schema.primary_key == ("customer_id",)
    assert table.schema["email"].pii == "email"
    assert table.schema["Sex"].role == "sensitive"
    assert table.schema["remark: of\nmany # lines"].sdtype == "unknown"


def test_each_line_of_comment_stays_a_comment(people: Path) -> None:
    text = write_config(source_from_text(str(people)), Settings())
    assert set(yaml.safe_load(text)) == {
        "name", "source", "tables", "split", "protect", "generator", "rows", "seed",
        "quarantine", "gate", "sinks",
    }  # fmt: skip
    assert len(text.splitlines()) == text.count("\n")


def test_without_people_the_largest_table_that_others_point_at_is_the_subject(
    tmp_path: Path,
) -> None:
    path = tmp_path / "parts.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table machine (id integer primary key, power integer)")
        connection.execute(
            "create table part (id integer primary key, machine integer references machine (id),"
            " weight integer)"
        )
        connection.executemany("insert into machine values (?, ?)", ((i, i % 9) for i in range(90)))
        rows = ((i, i % 90, i % 7) for i in range(300))
        connection.executemany("insert into part values (?, ?, ?)", rows)
    text = write_config(source_from_text(f"sqlite:///{path}"), Settings())
    assert "subject: {table: machine, columns: [id]}  # no table is named like people" in text


def test_rules_that_the_rows_keep_are_proposed_as_comments(tmp_path: Path) -> None:
    rows = [f"{i % 50},{i % 7},{i % 50 + i % 7},{'ab'[i % 2]}" for i in range(300)]
    path = tmp_path / "sums.csv"
    path.write_text("\n".join(["base,extra,total,side", *rows]))
    text = write_config(source_from_text(str(path)), Settings())
    (line,) = [line for line in text.splitlines() if "kind: sum" in line]
    assert line.startswith("    #   - {kind: sum, total: total, parts: [base, extra]")
    assert "all 300 rows keep it" in line
    # Without their marks the lines are part of the configuration.
    live = text.replace("    # rules:", "    rules:").replace("    #   - {kind", "      - {kind")
    path.with_suffix(".yaml").write_text(live)
    rules = load(path.with_suffix(".yaml")).tables["sums"].rules
    assert "total = base + extra" in [rule.text for rule in rules]


def test_a_panel_gets_its_sequence_and_subject() -> None:
    text = write_config(SampleSource(name="wagepan"), Settings())
    found = yaml.safe_load(text)
    assert found["tables"]["wagepan"]["primary_key"] == ["nr", "year"]
    assert found["tables"]["wagepan"]["sequence"]["entity"] == "nr"
    assert found["tables"]["wagepan"]["columns"]["nr"] == {"sdtype": "id"}
    assert found["tables"]["wagepan"]["columns"]["black"] == {
        "sdtype": "categorical",
        "role": "sensitive",
    }
    assert found["subject"] == {"table": "wagepan", "columns": ["nr"]}
    assert found["generator"] == {"kind": "trees"}


def test_options_of_a_source_are_written_too(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a^b\n1^-9\n2^x\n")
    source = CsvSource(path=path, delimiter="^", missing=("-9", "yes"))
    config = _parsed(write_config(source, Settings()))
    assert config.source == source


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Übung 3.csv", "bung_3"),
        ("---.csv", "dataset"),
        ("data-.csv", "data"),
        (f"{'x' * 99}.csv", "x" * 63),
    ],
)
def test_a_dataset_s_name_is_made_of_its_table_s(tmp_path: Path, name: str, slug: str) -> None:
    (tmp_path / name).write_text("a,b\n1,2\n")
    assert _parsed(write_config(CsvSource(path=tmp_path / name), Settings())).name == slug


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("data.csv", CsvSource),
        ("data.TSV", CsvSource),
        ("data.txt.zst", CsvSource),
        ("data.csv.gz", CsvSource),
        ("data.parquet", ParquetSource),
        ("data/*.pq", ParquetSource),
        ("sample:happiness", SampleSource),
        ("postgresql://user@host/db#public.wages, other", SqlSource),
        ("secret:warehouse#wages", SqlSource),
    ],
)
def test_a_source_is_told_by_its_text(text: str, kind: type) -> None:
    assert isinstance(source_from_text(text), kind)


def test_tables_of_a_database_follow_its_url() -> None:
    source = source_from_text("postgresql://user@host/db#public.wages, other")
    assert source == SqlSource(url="postgresql://user@host/db", tables=("public.wages", "other"))


@pytest.mark.parametrize(
    ("content", "kind"), [(b"PAR1....", ParquetSource), (b"a,b\n1,2\n", CsvSource)]
)
def test_a_file_without_a_known_suffix_is_told_by_its_first_bytes(
    tmp_path: Path, content: bytes, kind: type
) -> None:
    (tmp_path / "data.dat").write_bytes(content)
    assert isinstance(source_from_text(str(tmp_path / "data.dat")), kind)
    assert isinstance(source_from_text(str(tmp_path)), ParquetSource)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sample:../x", "should match pattern"),
        ("postgresql://user:hunter2@host/db#t", "there is a password in the URL"),
        ("oracle://host/db#t", "not one of a database"),
        ("postgresql://user@host/db#a..b", "not the name of a table"),
        ("secret:no such name#t", "should match pattern"),
    ],
)
def test_a_text_that_means_no_source_is_an_error_of_usage(text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault) as caught:
        source_from_text(text)
    assert "hunter2" not in str(caught.value)


def test_a_database_s_tables_keys_and_subjects_are_written(tmp_path: Path) -> None:
    """The source is a stand-in for the world's edge; a real database is in tests/integration."""
    orders = pd.DataFrame({"order_id": np.arange(N), "customer_id": np.arange(N) % 20})
    people = pd.DataFrame({"customer_id": np.arange(20), "code": np.arange(20) + 100})
    visits = pd.DataFrame({"patient_id": np.arange(N) % 20, "ward": ["a", "b"] * (N // 2)})

    class TwoTables(CsvSource, frozen=True):
        def read(self, settings: Settings) -> RawData:  # noqa: ARG002  the contract's
            return RawData(
                {
                    "orders": RawTable(orders, primary_key=("order_id",)),
                    "people": RawTable(
                        people, primary_key=("customer_id",), alternate_keys=(("code",),)
                    ),
                    "visits": RawTable(visits),
                },
                (
                    ForeignKey(
                        table="orders",
                        columns=("customer_id",),
                        references="people",
                        referenced=("customer_id",),
                    ),
                ),
            )

    text = write_config(TwoTables(path=tmp_path / "shop"), Settings())
    config = _parsed(text)
    assert config.name == "shop"
    assert config.tables["people"].alternate_keys == (("code",),)
    assert config.foreign_keys[0].references == "people"
    assert config.subject == Subject(table="people", columns=("customer_id",))
    assert config.tables["orders"].columns["customer_id"].sdtype == "id"
    assert "it points at 'customer_id' of 'people'" in text
    assert "# or: {table: visits, columns: [patient_id]}" in text


def test_a_database_with_awkward_names_is_described_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "shop 1.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(
            """
            create table "Customers & Co" (
                "no" integer primary key, "e-mail: of" text not null unique, "geb.datum" text);
            create table "order" (
                "select" integer primary key, "from" integer not null
                    references "Customers & Co" ("no"), "Größe #1" real check ("Größe #1" > 0));
            """
        )
        for i in range(N):
            database.execute(
                'insert into "Customers & Co" values (?, ?, ?)',
                (i + 1, f"quokka{i}@example.org", f"1987-06-{1 + i % 28:02d}"),
            )
            database.execute('insert into "order" values (?, ?, ?)', (i, 1 + i % 9, i + 0.5))
    database.close()
    source = source_from_text(f"sqlite:///{path}")
    text = write_config(source, Settings())
    config = _parsed(text)
    described = describe(source.read(Settings()), config)
    assert config.name == "shop_1"
    assert config.subject == Subject(table="Customers & Co", columns=("no",))
    assert described.schema.tables["Customers & Co"]["e-mail: of"].pii == "email"
    assert described.schema.tables["order"]["from"].sdtype == "id"
    assert 'the source checks: "Größe #1" > 0' in text
    assert [canary for canary in CANARIES if canary in text] == []


@pytest.mark.parametrize("name", ["train.csv", "data.csv.gz", "Test.tsv"])
def test_a_file_whose_name_says_nothing_is_called_like_its_folder(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "Census 1990"
    folder.mkdir()
    pd.DataFrame({"a": [1, 2], "b": [2, 3]}).to_csv(folder / name, index=False)
    config = _parsed(write_config(source_from_text(str(folder / name)), Settings()))
    assert config.name == "census_1990"


def test_a_misspelt_kind_of_personal_data_is_refused(people: Path) -> None:
    text = write_config(source_from_text(str(people)), Settings())
    with pytest.raises(ConfigurationError, match=r"email.pii: .*none of address, card, .*, other"):
        _parsed(text.replace("pii: email", "pii: emial"))
