"""Labels to codes and back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.encoding.categorical import CategoricalCodec
from generators.protection import Protection
from tabular.errors import DataError
from tabular.schema import Column

RNG = np.random.default_rng(0)


def learn(values: pd.Series, *, dtype: str, k: int = 1, **column: object) -> CategoricalCodec:
    described = Column.model_validate(
        {"name": "x", "sdtype": "categorical", "dtype": dtype, **column}
    )
    return CategoricalCodec.learn(described, values, np.arange(len(values)), Protection(k=k))


def there_and_back(values: pd.Series, *, dtype: str, **column: object) -> pd.Series:
    codec = learn(values, dtype=dtype, k=1, **column)
    codec = CategoricalCodec.model_validate_json(codec.model_dump_json())
    codes = codec.encode(values)
    assert codes.dtype == np.int32
    assert codes.min() >= 0
    assert codes.max() < (codec.variable("row").cardinality or 0)
    return codec.decode(codes, RNG)


@given(st.lists(st.text() | st.none(), min_size=1))
def test_text_comes_back(cells: list[str | None]) -> None:
    values = pd.Series(cells, name="x", dtype="string")
    pd.testing.assert_series_equal(there_and_back(values, dtype="string"), values)


@given(st.lists(st.text() | st.none(), min_size=1))
def test_text_as_objects_comes_back(cells: list[str | None]) -> None:
    values = pd.Series(cells, name="x", dtype=object)
    pd.testing.assert_series_equal(there_and_back(values, dtype="object"), values)


@given(st.lists(st.booleans(), min_size=1))
def test_truth_values_come_back(cells: list[bool]) -> None:
    values = pd.Series(cells, name="x", dtype="bool")
    back = there_and_back(values, dtype="bool", sdtype="boolean", nullable=False)
    pd.testing.assert_series_equal(back, values)


@given(st.lists(st.booleans() | st.none(), min_size=1))
def test_nullable_truth_values_come_back(cells: list[bool | None]) -> None:
    values = pd.Series(cells, name="x", dtype="boolean")
    back = there_and_back(values, dtype="boolean", sdtype="boolean")
    pd.testing.assert_series_equal(back, values)


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint64"])
@given(cells=st.lists(st.integers(0, 127), min_size=1))
def test_whole_numbers_as_categories_come_back(dtype: str, cells: list[int]) -> None:
    values = pd.Series(cells, name="x", dtype=dtype)
    pd.testing.assert_series_equal(there_and_back(values, dtype=dtype, nullable=False), values)


@given(st.lists(st.integers(2**63, 2**64 - 1) | st.none(), min_size=1))
def test_huge_nullable_whole_numbers_as_categories_come_back(cells: list[int | None]) -> None:
    values = pd.Series(cells, name="x", dtype="UInt64")
    pd.testing.assert_series_equal(there_and_back(values, dtype="UInt64"), values)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=1))
def test_floats_as_categories_come_back(cells: list[float]) -> None:
    values = pd.Series(cells, name="x", dtype="float64")
    pd.testing.assert_series_equal(there_and_back(values, dtype="float64"), values)


@given(st.lists(st.sampled_from(["low", "mid", "top"]) | st.none(), min_size=1), st.booleans())
def test_a_categorical_comes_back_with_the_categories_it_uses(
    cells: list[str | None],
    ordered: bool,  # noqa: FBT001  hypothesis gives it by position
) -> None:
    used = [label for label in ("top", "mid", "low") if label in cells]
    kind = pd.CategoricalDtype(pd.Index(used, dtype=object), ordered=ordered)
    values = pd.Series(cells, name="x", dtype=kind)
    pd.testing.assert_series_equal(
        there_and_back(values, dtype="category"), values, check_categorical=bool(used)
    )


def test_labels_take_the_declared_order_and_need_no_backing() -> None:
    values = pd.Series(["b", "a", "z", "z"], dtype="string")
    codec = learn(values, dtype="string", k=2, categories=("b", "a"), sdtype="ordinal")
    assert codec.labels == ("b", "a", "z")
    assert codec.variable("row").ordered


def test_rare_labels_share_a_code_and_come_out_as_frequent_ones() -> None:
    values = pd.Series(["a"] * 30 + ["b"] * 10 + ["rare"] + [None], dtype="string")
    codec = learn(values, dtype="string", k=5)
    assert codec.labels == ("a", "b")
    assert codec.encode(values)[-2:].tolist() == [codec.rare_code, codec.missing_code]
    back = codec.decode(np.full(4000, codec.rare_code, dtype=np.int32), np.random.default_rng(1))
    # 3 in 4 are "a": five standard errors are .034.
    assert abs(float((back == "a").mean()) - 0.75) < 0.034
    assert back.notna().all()


def test_one_person_does_not_back_a_label_by_having_it_often() -> None:
    values = pd.Series(["a"] * 6 + ["b"] * 6, dtype="string")
    column = Column(name="x", sdtype="categorical")
    subjects = np.array([0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6])
    codec = CategoricalCodec.learn(column, values, subjects, Protection(k=5))
    assert codec.labels == ("b",)


def test_an_unknown_label_takes_the_rare_code_or_the_commonest() -> None:
    unknown = pd.Series(["new", None], dtype="string")
    with_rare = learn(pd.Series(["a"] * 9 + ["b"], dtype="string"), dtype="string", k=5)
    assert with_rare.encode(unknown).tolist() == [with_rare.rare_code, with_rare.rare_code]
    without = learn(pd.Series(["a", "b", "b"], dtype="string"), dtype="string")
    assert without.encode(unknown).tolist() == [1, 1]


def test_true_and_one_are_different_labels() -> None:
    values = pd.Series([True, False, True], dtype="boolean")
    codec = learn(values, dtype="boolean", sdtype="boolean")
    assert codec.encode(values).tolist() == [1, 0, 1]
    assert codec.labels == (False, True)


def test_labels_nobody_shares_are_refused_where_no_cell_may_be_missing() -> None:
    values = pd.Series(list("abcdef"), dtype="string")
    with pytest.raises(DataError, match="no category is shared by 5"):
        learn(values, dtype="string", k=5, nullable=False)
    gone = learn(values, dtype="string", k=5)
    assert gone.decode(gone.encode(values), RNG).isna().all()


def test_labels_of_another_type_are_refused() -> None:
    with pytest.raises(DataError, match="Timestamp"):
        learn(pd.Series(pd.to_datetime(["2024-01-01"])), dtype="datetime64[ns]")
