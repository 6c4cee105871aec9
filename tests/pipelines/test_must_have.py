"""Rows that a release must hold: put in with their keys, or refused with the reason."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from pipelines.config import PipelineConfig
from pipelines.must_have import put_in
from tabular.dataset import Dataset, Table
from tabular.errors import ConfigurationError
from tabular.relations import pointed_at
from tabular.schema import Column, Schema, TableSchema
from tests.shops import shop


@pytest.fixture(scope="module")
def drawn() -> Dataset:
    return shop(60)


def _dangling(dataset: Dataset) -> int:
    lost = 0
    for key in dataset.schema.foreign_keys:
        child, parent = dataset[key.table].frame, dataset[key.references].frame
        there = child[list(key.columns)].notna().all(axis=1).to_numpy(dtype=bool)
        lost += int((there & (pointed_at(child, parent, key) < 0)).sum())
    return lost


def test_the_last_rows_have_the_cells_and_keep_their_others(drawn: Dataset) -> None:
    rows: list[dict[str, Any]] = [
        {"since": dt.date(2024, 2, 29), "rank": "plátina ✓"},
        {"inviter": None},
    ]
    made = put_in(drawn, {"customer": rows})["customer"].frame
    before = drawn["customer"].frame
    assert made["since"].iloc[-2] == pd.Timestamp("2024-02-29")
    assert made["rank"].iloc[-2] == "plátina ✓"
    assert pd.isna(made["inviter"].iloc[-1])
    assert made.dtypes.equals(before.dtypes)
    pd.testing.assert_frame_equal(made.iloc[:-2], before.iloc[:-2])
    assert made["customer"].equals(before["customer"])


def test_what_pointed_at_a_row_follows_its_new_key_down_to_the_last_table(drawn: Dataset) -> None:
    owner = int(drawn["customer"].frame["customer"].iloc[-1])
    orders = drawn["order"].frame
    wanted = {"customer": [{"customer": 999_999}], "order": [{"order": 888_888}]}
    made = put_in(drawn, wanted)
    assert _dangling(made) == 0
    assert (made["order"].frame["customer"] == 999_999).sum() == (orders["customer"] == owner).sum()
    last = int(orders["order"].iloc[-1])
    lines = (drawn["line"].frame["order"] == last).sum()
    assert (made["line"].frame["order"] == 888_888).sum() == lines > 0
    favourite = drawn["customer"].frame["favourite"].eq(last)
    assert made["customer"].frame["favourite"][favourite].eq(888_888).all()


def test_a_new_child_can_point_at_a_new_parent(drawn: Dataset) -> None:
    wanted = {
        "order": [{"customer": 999_999, "way": "web"}],
        "customer": [{"customer": 999_999, "rank": "gold"}],
    }
    made = put_in(drawn, wanted)
    assert made["order"].frame["customer"].iloc[-1] == 999_999
    assert _dangling(made) == 0


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"custommer": [{"rank": "gold"}]}, "no table 'custommer'"),
        ({"": [{"rank": "gold"}]}, "several tables"),
        ({"country": [{"zone": 3}]}, "reference table"),
        ({"customer": [{"ranks": "gold"}]}, "no column 'ranks'"),
        ({"customer": [{"rank": "gold"}] * 61}, "61 rows must be there, and 60 are drawn"),
        ({"customer": [{"since": "never"}]}, "no datetime64"),
        ({"customer": [{"customer": 1.5}]}, "customer"),
        ({"customer": [{"customer": 7}]}, r"row 1 repeats the key \(customer\)"),
        ({"order": [{"way": "web"}, {"customer": 5_000}]}, r"row 2 \(customer\) points at no row"),
        ({"order": [{"customer": None}]}, "never missing"),
    ],
)
def test_a_row_that_can_not_be_there_is_refused_with_its_place(
    drawn: Dataset, wanted: dict[str, list[dict[str, Any]]], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        put_in(drawn, wanted)
    assert "must_have" in str(caught.value)


def _people(**rules: object) -> Dataset:
    columns = (
        Column(name="age", sdtype="numerical", dtype="int64", minimum=0, maximum=120),
        Column(name="town", sdtype="categorical", dtype="category"),
    )
    schema = TableSchema.model_validate({"columns": columns, **rules})
    frame = pd.DataFrame({"age": range(20), "town": pd.Categorical(["Ulm", "Pau"] * 10)})
    return Dataset({"people": Table("people", frame, schema)}, Schema(tables={"people": schema}))


def test_the_only_table_needs_no_name_and_takes_boundaries_and_new_labels() -> None:
    made = put_in(_people(), {"": [{"age": 120}, {"age": 0, "town": "\u0130zmir"}]})
    assert made.only.frame.tail(2).to_dict("list") == {
        "age": [120, 0],
        "town": ["Ulm", "\u0130zmir"],
    }


def test_the_contract_and_its_rules_hold_for_them_too() -> None:
    with pytest.raises(ConfigurationError, match="row 2 breaks the rule"):
        put_in(_people(), {"": [{"age": 1}, {"age": 121}]})
    rules = ({"kind": "positive", "column": "age"},)
    with pytest.raises(ConfigurationError, match=r"row 1 breaks the rule positive\(age\)"):
        put_in(_people(rules=rules), {"": [{"age": 0}]})


def test_a_list_in_the_configuration_is_of_the_only_table() -> None:
    source = {"kind": "csv", "path": "people.csv"}
    rows = [{"born": dt.date(2024, 2, 29), "name": ""}, {"name": None}]
    config = PipelineConfig.model_validate({"name": "p", "source": source, "must_have": rows})
    assert config.must_have == {"": tuple(rows)}
    again = PipelineConfig.model_validate(config.model_dump(mode="json"))
    assert again.must_have[""][0]["born"] in {"2024-02-29", dt.date(2024, 2, 29)}
