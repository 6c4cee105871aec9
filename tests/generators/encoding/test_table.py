"""Whole tables to arrays and back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from generators.encoding.table import TableEncoder, new_keys
from generators.protection import Protection
from tabular.dataset import Table
from tabular.errors import DataError
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed
from tests.tables import mixed_table, panel_table, plain_table

EVERYTHING = Protection(k=1)


def test_a_table_comes_back_but_for_what_is_made_anew() -> None:
    table = mixed_table(120)
    encoder = TableEncoder.learn(table, EVERYTHING)
    encoder = TableEncoder.model_validate_json(encoder.model_dump_json())
    back = encoder.decode(encoder.encode(table), seed=Seed(0))
    learnt = [variable.name for variable in encoder.variables]
    assert set(back.frame.columns) - set(learnt) == {"id", "email"}
    pd.testing.assert_frame_equal(back.frame[learnt], table.frame[learnt])
    assert (back.frame["email"] != table.frame["email"]).all()


def test_no_person_is_in_the_encoder() -> None:
    frame = pd.DataFrame({"number": [*range(20), 987_654], "label": [*["a", "b"] * 10, "secret"]})
    frame["label"] = frame["label"].astype("string")
    text = TableEncoder.learn(plain_table(frame), Protection(k=5)).model_dump_json()
    assert "secret" not in text
    assert "987654" not in text


def test_entities_are_put_together_in_the_order_of_their_index() -> None:
    table = panel_table(5)
    encoder = TableEncoder.learn(table, EVERYTHING)
    encoded = encoder.encode(table)
    places = {variable.name: variable.place for variable in encoder.variables}
    assert places == {
        "year": "index",
        "group": "entity",
        "score": "row",
        "note": "row",
        "gaps": "row",
    }
    assert encoded.lengths.sum() == len(table)
    steps = np.diff(encoded["year"])
    assert (steps[np.diff(encoded.subjects) == 0] > 0).all()


def test_a_column_that_is_missing_throughout_an_entity_does_not_change_within_it() -> None:
    frame = pd.DataFrame(
        {
            "who": [0, 0, 1, 1],
            "t": [1, 2, 1, 2],
            "held": pd.Series([None, None, 3, 3], dtype="Int64"),
            "gained": pd.Series([None, 4, 3, 3], dtype="Int64"),
        }
    )
    columns = (
        Column(name="who", sdtype="id", dtype="int64"),
        Column(name="t", sdtype="numerical", dtype="int64"),
        Column(name="held", sdtype="numerical", dtype="Int64"),
        Column(name="gained", sdtype="numerical", dtype="Int64"),
    )
    schema = TableSchema(columns=columns, sequence=Sequence(entity="who", index="t"))
    encoder = TableEncoder.learn(Table("t", frame, schema, ("who",)), EVERYTHING)
    assert [variable.place for variable in encoder.variables] == ["index", "entity", "row"]


@pytest.mark.parametrize("index", ["note", "id"])
def test_an_index_that_can_not_be_ordered_is_refused(index: str) -> None:
    table = panel_table(5)
    schema = TableSchema(
        columns=tuple(
            column.model_copy(update={"sdtype": "id"}) if column.name == "score" else column
            for column in table.schema.columns
        ),
        sequence=Sequence(entity="person", index="score" if index == "id" else index),
    )
    with pytest.raises(DataError, match="index of a sequence"):
        TableEncoder.learn(Table("panel", table.frame, schema, ("person",)), EVERYTHING)


def test_learnt_keys_are_those_made_of_learnt_columns() -> None:
    frame = pd.DataFrame({"id": ["x", "y"] * 5, "a": range(10), "b": range(10)})
    columns = (
        Column(name="id", sdtype="id"),
        Column(name="a", sdtype="numerical", dtype="int64"),
        Column(name="b", sdtype="numerical", dtype="int64"),
    )
    schema = TableSchema(columns=columns, primary_key=("a", "b"), alternate_keys=(("id", "a"),))
    encoder = TableEncoder.learn(Table("t", frame, schema), EVERYTHING)
    assert encoder.learnt_keys == (("a", "b"),)


def test_new_keys_are_those_seen_neither_before_nor_above() -> None:
    known = plain_table(pd.DataFrame({"a": [1, 2], "b": [1, 1]}))
    table = plain_table(pd.DataFrame({"a": [1, 1, 3, 3], "b": [1, 2, 1, 1]}))
    assert new_keys(table, known, (("a", "b"),)).tolist() == [False, True, True, False]
    assert new_keys(table, None, (("a", "b"),)).tolist() == [True, True, True, False]
    assert new_keys(table, None, (("a",), ("b",))).tolist() == [True, False, False, False]
