from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.arrow_types import frame_of
from tabular.errors import SourceError


def test_categories_of_text_numbers_and_booleans_stay_categories() -> None:
    table = pa.table(
        {
            "text": pa.array(["b", None, "b"]).dictionary_encode(),
            "number": pa.array([3, 1, 3]).dictionary_encode(),
            "flag": pa.array([True, None, True]).dictionary_encode(),
        }
    )
    frame, columns = frame_of(table, "here")
    assert [column.dtype for column in columns.values()] == ["category"] * 3
    assert frame["text"].tolist()[::2] == ["b", "b"]
    assert frame["number"].tolist() == [3, 1, 3]


def test_categories_of_anything_else_are_the_column_they_stand_for() -> None:
    frame, columns = frame_of(pa.table({"x": pa.array([1.5, 2.5]).dictionary_encode()}), "here")
    assert columns["x"].dtype == "float64"
    assert frame["x"].tolist() == [1.5, 2.5]
    nested = pa.DictionaryArray.from_arrays(pa.array([0]), pa.array([b"x"]))
    with pytest.raises(SourceError, match="here, column 'x': there are values of type binary"):
        frame_of(pa.table({"x": nested}), "here")


def test_columns_in_several_chunks_are_read_as_one() -> None:
    table = pa.concat_tables([pa.table({"x": [1, 2], "y": ["a", "b"]})] * 2)
    frame, _ = frame_of(table, "here")
    assert frame["x"].tolist() == [1, 2, 1, 2]
    assert frame["y"].tolist() == ["a", "b", "a", "b"]
