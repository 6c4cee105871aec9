"""Rows as matrices: what train has is learnt, anything else still fits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed
from tests.tables import mixed_table, panel_table
from validation.base import Evidence
from validation.features import (
    FeatureSpace,
    Knots,
    feature_columns,
    labels,
    numbers,
    ordinal,
    scaled,
    space_of,
)


def table_of(frame: pd.DataFrame, **sdtypes: str) -> Table:
    columns = tuple(
        Column.model_validate({"name": n, "sdtype": sdtypes[n], "dtype": str(frame[n].dtype)})
        for n in frame.columns
    )
    return Table("t", frame, TableSchema(columns=columns))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1, None], dtype="Int64"), [1, np.nan]),
        (pd.Series([0.5, np.inf, -np.inf]), [0.5, np.nan, np.nan]),
        (pd.Series([True, False]), [1, 0]),
        (pd.Series([Decimal("1.25"), None], dtype=object), [1.25, np.nan]),
        (pd.Series([date(1970, 1, 3), None], dtype=object), [172_800, np.nan]),
        (pd.Series([pd.Timestamp("1970-01-01 00:01"), pd.NaT]), [60, np.nan]),
        (
            pd.Series(pd.to_datetime(["1970-01-01 02:00"])).dt.tz_localize("Europe/Berlin"),
            [3600],
        ),
        (pd.Series(["no number", "4"], dtype="string"), [np.nan, 4]),
        (pd.Series([None, None], dtype=object), [np.nan, np.nan]),
    ],
)
def test_numbers_of_every_dtype(cells: pd.Series, expected: list[float]) -> None:
    np.testing.assert_array_equal(numbers(cells), expected)


def test_labels_do_not_depend_on_the_dtype() -> None:
    for cells in (
        pd.Series([1, 2, None], dtype="Int64"),
        pd.Series([1.0, 2.0, np.nan]),
        pd.Series([1, 2, None], dtype="Int64").astype("category"),
    ):
        found = labels(cells)
        assert found.isna().tolist() == [False, False, True]
        assert found.tolist()[:2] == ["1.0", "2.0"]
    assert labels(pd.Series([True, False])).tolist() == ["1.0", "0.0"]


def test_keys_personal_data_and_free_text_are_left_out() -> None:
    names = [column.name for column in feature_columns(mixed_table(20).schema)]
    assert "id" not in names
    assert "email" not in names
    assert "age" in names
    panel = [column.name for column in feature_columns(panel_table(3).schema)]
    assert "person" not in panel
    assert "year" in panel


def test_the_ordinal_matrix_codes_categories_by_frequency() -> None:
    train = table_of(
        pd.DataFrame({"x": [1.5, np.nan, 3.0], "c": pd.Series(["b", "b", "a"], dtype="string")}),
        x="numerical",
        c="categorical",
    )
    other = train.with_frame(
        pd.DataFrame({"x": [9.0, 1.0, 2.0], "c": pd.Series(["new", None, "a"], dtype="string")})
    )
    space = FeatureSpace.learn(train)
    assert space.names == ("x", "c")
    assert space.categorical == (1,)
    np.testing.assert_array_equal(space.ordinal(train), [[1.5, 0], [np.nan, 0], [3, 1]])
    # Two labels are known, so 2 is a missing cell and 3 any label that train lacks.
    np.testing.assert_array_equal(space.ordinal(other), [[9, 3], [1, 2], [2, 1]])


def test_codes_do_not_depend_on_the_order_of_rows() -> None:
    frame = pd.DataFrame({"c": pd.Series(["x", "y", "y", "x", "z"], dtype="string")})
    forward = FeatureSpace.learn(table_of(frame, c="categorical"))
    backward = FeatureSpace.learn(
        table_of(frame.iloc[::-1].reset_index(drop=True), c="categorical")
    )
    assert forward.levels == backward.levels
    assert forward.levels["c"].names == ("x", "y", "z")


def test_the_scaled_matrix_puts_two_categories_one_apart() -> None:
    train = table_of(
        pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "c": pd.Series(list("aabb"), dtype="string")}),
        x="numerical",
        c="categorical",
    )
    rows = FeatureSpace.learn(train).scaled(train)
    assert rows.dtype == np.float32
    # Mid-ranks of four different numbers: an eighth, three eighths, ...
    np.testing.assert_allclose(rows[:, 0], [0.125, 0.375, 0.625, 0.875], rtol=1e-6)
    np.testing.assert_array_equal(rows[:, 1], 0)
    assert np.linalg.norm(rows[0, 2:] - rows[2, 2:]) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(rows[0, 2:] - rows[1, 2:]) == 0


def test_a_missing_number_has_the_middle_rank_and_says_so() -> None:
    train = table_of(pd.DataFrame({"x": [1.0, np.nan, 3.0]}), x="numerical")
    rows = FeatureSpace.learn(train).scaled(train)
    assert rows[1].tolist() == [0.5, 1.0]
    empty = Knots.learn(np.array([np.nan, np.nan]))
    assert empty.rank(np.array([np.nan, 7.0])).tolist() == [0.5, 0.5]


def test_ranks_of_many_numbers_are_close_to_their_shares() -> None:
    values = np.arange(5000.0)
    ranks = Knots.learn(values).rank(values)
    np.testing.assert_allclose(ranks, (values + 0.5) / 5000, atol=1 / 1000)


def test_every_dtype_makes_a_matrix_without_gaps() -> None:
    table = mixed_table(200)
    space = FeatureSpace.learn(table.take(np.arange(100)))
    rest = table.take(np.arange(100, 200))
    matrix = space.scaled(rest)
    assert matrix.shape[0] == 100
    assert np.isfinite(matrix).all()
    assert space.ordinal(rest).shape == (100, len(space.columns))


def test_a_column_can_be_left_out() -> None:
    space = FeatureSpace.learn(mixed_table(50), leave_out=("age",))
    assert "age" not in space.names


def test_matrices_are_made_once_for_all_checks() -> None:
    table = mixed_table(40)
    evidence = Evidence(
        train=table.take(np.arange(20)), synthetic=table.take(np.arange(20, 40)), seed=Seed(0)
    )
    assert space_of(evidence) is space_of(evidence)
    assert ordinal(evidence, "synthetic") is ordinal(evidence, "synthetic")
    assert scaled(evidence, "train") is scaled(evidence, "train")
    with pytest.raises(ValueError, match="no holdout rows"):
        ordinal(evidence, "holdout")


def test_steps_are_changes_since_the_entitys_row_before() -> None:
    frame = pd.DataFrame(
        {
            "who": [2, 1, 1, 2, 1],
            "t": [5, 3, 1, 9, 2],
            "x": [1.0, 9.0, 4.0, np.nan, 6.0],
            "c": pd.Series(["a", "a", "b", "a", "b"], dtype="string"),
        }
    )
    schema = TableSchema(
        columns=(
            Column(name="who", sdtype="id", dtype="int64"),
            Column(name="t", sdtype="numerical", dtype="int64"),
            Column(name="x", sdtype="numerical", dtype="float64"),
            Column(name="c", sdtype="categorical"),
        ),
        sequence=Sequence(entity="who", index="t"),
    )
    table = Table("t", frame, schema, ("who",))
    nothing = [np.nan, np.nan, np.nan]
    # By entity and index: 1 at 1, 2, 3 and 2 at 5, 9.
    np.testing.assert_array_equal(
        FeatureSpace.learn(table).steps(table),
        [
            [*nothing, 2],
            [1, 3, 1, 3],
            [*nothing, 3],
            [4, np.nan, 0, 2],
            [1, 2, 0, 3],
        ],
    )


def test_rows_that_do_not_follow_each_other_have_no_steps() -> None:
    table = mixed_table(10)
    assert FeatureSpace.learn(table).steps(table).shape == (10, 0)
