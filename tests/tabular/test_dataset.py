from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Dataset, Table
from tabular.errors import DataError
from tabular.schema import Column, Schema, Subject, TableSchema


def table(frame: pd.DataFrame, *, subject: tuple[str, ...] = ()) -> Table:
    schema = TableSchema(columns=tuple(Column(name=str(name)) for name in frame.columns))
    return Table("t", frame, schema, subject)


def test_a_table_refuses_a_frame_with_other_columns() -> None:
    schema = TableSchema(columns=(Column(name="a"), Column(name="b")))
    with pytest.raises(DataError, match=r"table t: .*missing \['b'\], unexpected \['c'\]"):
        Table("t", pd.DataFrame({"a": [1], "c": [1]}), schema)
    with pytest.raises(DataError, match="order"):
        Table("t", pd.DataFrame({"b": [1], "a": [1]}), schema)


def test_without_a_subject_each_row_is_its_own() -> None:
    rows = table(pd.DataFrame({"a": [5, 5, 5]}))
    assert rows.subject_codes.tolist() == [0, 1, 2]
    assert rows.n_subjects == 3
    assert len(rows) == 3


def test_subjects_are_numbered_in_the_order_they_come() -> None:
    frame = pd.DataFrame({"a": [2, 1, 2, 1, 3], "b": ["x", "x", "x", "y", None]})
    assert table(frame, subject=("a",)).subject_codes.tolist() == [0, 1, 0, 1, 2]
    assert table(frame, subject=("a", "b")).subject_codes.tolist() == [0, 1, 0, 2, 3]
    assert table(frame, subject=("b",)).n_subjects == 3


def test_rows_without_a_subject_belong_to_one_together() -> None:
    frame = pd.DataFrame({"a": pd.array([None, 1, None], dtype="Int64")})
    assert table(frame, subject=("a",)).subject_codes.tolist() == [0, 1, 0]


def test_subjects_of_two_categories_are_those_that_occur() -> None:
    frame = pd.DataFrame({"a": list("xyx"), "b": list("uvu")}, dtype="category")
    assert table(frame, subject=("a", "b")).subject_codes.tolist() == [0, 1, 0]


def test_an_empty_table_has_no_subjects() -> None:
    assert table(pd.DataFrame({"a": np.array([], dtype=int)})).n_subjects == 0


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([False, True, True])])
def test_rows_are_taken_by_position_or_mask_and_counted_anew(rows: np.ndarray) -> None:
    taken = table(pd.DataFrame({"a": [10, 20, 30]})).take(rows)
    assert taken.frame["a"].tolist() == ([30, 10] if rows.dtype == int else [20, 30])
    assert taken.frame.index.equals(pd.RangeIndex(2))


def test_a_dataset_gives_each_table_its_subject() -> None:
    schema = Schema(
        tables={
            "people": TableSchema(columns=(Column(name="id"),)),
            "places": TableSchema(columns=(Column(name="x"),)),
        },
        subject=Subject(table="people", columns=("id",)),
    )
    people = pd.DataFrame({"id": [1, 2]})
    dataset = Dataset.of({"people": people, "places": pd.DataFrame({"x": [1]})}, schema)
    assert dataset["people"].subject == ("id",)
    assert [table.name for table in dataset] == ["people", "places"]
    assert dataset.n_rows == 3
    with pytest.raises(DataError, match="one table is needed, the dataset has 2"):
        _ = dataset.only
    with pytest.raises(DataError, match=r"no rows for the tables \['places'\]"):
        Dataset.of({"people": people}, schema)


def test_a_dataset_of_one_table_gives_that_table() -> None:
    schema = Schema(tables={"t": TableSchema(columns=(Column(name="x"),))})
    assert Dataset.of({"t": pd.DataFrame({"x": [1]})}, schema).only.name == "t"
