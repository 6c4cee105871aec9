"""Files of one table, brought to common dtypes without mending faults."""

import pandas as pd
import pytest

from pipelines.conform import cast, same_columns, widened
from tabular.errors import DataError
from tabular.schema import Column, TableSchema


def _frames(*columns: list[object] | pd.Series) -> dict[str, pd.DataFrame]:
    return {str(i): pd.DataFrame({"x": column}) for i, column in enumerate(columns)}


def test_whole_numbers_and_gaps_become_nullable_integers() -> None:
    wide = widened(_frames([1, 2], pd.Series([1, None], dtype="Int64")))
    assert {str(frame["x"].dtype) for frame in wide.values()} == {"Int64"}


def test_whole_numbers_and_fractions_become_floats() -> None:
    wide = widened(_frames([1, 2], [0.5, 1.5]))
    assert [frame["x"].tolist() for frame in wide.values()] == [[1.0, 2.0], [0.5, 1.5]]


def test_numbers_and_words_become_text() -> None:
    wide = widened(_frames([1, 2], pd.Series(["a", "b"], dtype="string")))
    assert wide["0"]["x"].tolist() == ["1", "2"]


def _cast(column: pd.Series, dtype: str) -> pd.Series:
    schema = TableSchema(columns=(Column(name="x", dtype=dtype),))
    return cast(pd.DataFrame({"x": column}), schema)["x"]


@pytest.mark.parametrize(
    ("cells", "dtype", "becomes"),
    [
        (pd.Series([1, 2]), "Int64", "Int64"),
        (pd.Series([1, 2]), "float64", "float64"),
        (pd.Series([1, 2]), "string", "string"),
        (pd.Series([True, False]), "boolean", "boolean"),
        (pd.Series(["2024-01-01"], dtype="string"), "datetime64[ns]", "datetime64[ns]"),
        (pd.Series([None], dtype="string"), "Float64", "Float64"),
    ],
)
def test_what_loses_nothing_is_cast(cells: pd.Series, dtype: str, becomes: str) -> None:
    assert str(_cast(cells, dtype).dtype) == becomes


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (pd.Series([1.0, 2.0]), "int64"),
        (pd.Series(["a"], dtype="string"), "float64"),
        (pd.Series(["soon"], dtype="string"), "datetime64[ns]"),
        (pd.Series([1, None], dtype="Int64"), "int64"),
    ],
)
def test_what_is_a_fault_stays_one(cells: pd.Series, dtype: str) -> None:
    assert str(_cast(cells, dtype).dtype) != dtype


def test_missing_and_unexpected_columns_are_named() -> None:
    frame = pd.DataFrame({"a": [1], "b": [2]})
    with pytest.raises(DataError, match="'c'"):
        same_columns(frame, ["a", "b", "c"], "file")
    with pytest.raises(DataError, match="'b'"):
        same_columns(frame, ["a"], "file")
    assert list(same_columns(frame, ["b", "a"], "file")) == ["b", "a"]
