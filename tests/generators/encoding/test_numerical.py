"""Numbers to arrays and back."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.encoding.numerical import NumericalCodec
from generators.protection import Protection
from tabular.errors import DataError
from tabular.schema import Column

ALL = Protection(k=1)
RNG = np.random.default_rng(0)


def learn(values: pd.Series, *, dtype: str, k: int = 1, **column: object) -> NumericalCodec:
    described = Column.model_validate(
        {"name": "x", "sdtype": "numerical", "dtype": dtype, **column}
    )
    return NumericalCodec.learn(described, values, np.arange(len(values)), Protection(k=k))


def there_and_back(values: pd.Series, *, dtype: str, **column: object) -> pd.Series:
    codec = learn(values, dtype=dtype, k=1, **column)
    codec = NumericalCodec.model_validate_json(codec.model_dump_json())
    return codec.decode(codec.encode(values), RNG)


@given(st.lists(st.integers(-(2**52), 2**52 - 1), min_size=1))
def test_integers_come_back(numbers: list[int]) -> None:
    values = pd.Series(numbers, name="x", dtype="int64")
    pd.testing.assert_series_equal(there_and_back(values, dtype="int64"), values)


@given(st.lists(st.integers(0, 2**52), min_size=1), st.sampled_from([-(2**63), 2**63 - 2**53]))
def test_integers_at_the_ends_of_their_type_come_back(numbers: list[int], origin: int) -> None:
    values = pd.Series([origin + n for n in numbers], name="x", dtype="int64")
    pd.testing.assert_series_equal(there_and_back(values, dtype="int64"), values)


@given(st.lists(st.integers(2**64 - 2**52, 2**64 - 1) | st.none(), min_size=1))
def test_unsigned_integers_near_2_to_the_64_come_back(numbers: list[int | None]) -> None:
    values = pd.Series(numbers, name="x", dtype="UInt64")
    pd.testing.assert_series_equal(there_and_back(values, dtype="UInt64"), values)
    whole = values.dropna().astype("uint64").reset_index(drop=True)
    if len(whole):
        pd.testing.assert_series_equal(there_and_back(whole, dtype="uint64"), whole)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32", "Int8", "UInt16"])
def test_narrow_integers_keep_their_type(dtype: str) -> None:
    values = pd.Series([0, 1, 100, 127], name="x", dtype=dtype)
    pd.testing.assert_series_equal(there_and_back(values, dtype=dtype), values)


@given(st.lists(st.integers(-1000, 1000) | st.none(), min_size=1))
def test_nullable_integers_come_back(numbers: list[int | None]) -> None:
    values = pd.Series(numbers, name="x", dtype="Int64")
    pd.testing.assert_series_equal(there_and_back(values, dtype="Int64"), values)


@given(st.lists(st.integers(-(10**14), 10**14) | st.none(), min_size=1), st.integers(0, 8))
def test_floats_with_decimals_come_back_to_the_bit(
    numbers: list[int | None], decimals: int
) -> None:
    cells = [np.nan if n is None else float(f"{n}e-{decimals}") for n in numbers]
    values = pd.Series(cells, name="x", dtype="float64")
    back = there_and_back(values, dtype="float64", decimals=decimals)
    pd.testing.assert_series_equal(back, values, check_exact=True)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=1))
def test_floats_come_back_to_the_bit(numbers: list[float]) -> None:
    values = pd.Series(numbers, name="x", dtype="float64")
    pd.testing.assert_series_equal(
        there_and_back(values, dtype="float64", decimals=30), values, check_exact=True
    )


@given(st.lists(st.floats(width=32, allow_nan=True, allow_infinity=False), min_size=1))
def test_short_floats_come_back_to_the_bit(numbers: list[float]) -> None:
    values = pd.Series(numbers, name="x", dtype="float32")
    pd.testing.assert_series_equal(
        there_and_back(values, dtype="float32"), values, check_exact=True
    )


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none(), min_size=1))
def test_nullable_floats_come_back(numbers: list[float | None]) -> None:
    values = pd.Series(numbers, name="x", dtype="Float64")
    pd.testing.assert_series_equal(there_and_back(values, dtype="Float64"), values)


@given(st.lists(st.integers(-(10**15), 10**15) | st.none(), min_size=1), st.integers(0, 6))
def test_decimals_come_back_with_their_exponent(numbers: list[int | None], decimals: int) -> None:
    cells = [None if n is None else Decimal(n).scaleb(-decimals) for n in numbers]
    values = pd.Series(cells, name="x", dtype=object)
    back = there_and_back(values, dtype="decimal", decimals=decimals)
    assert [repr(cell) for cell in back] == [repr(cell) for cell in cells]


def test_decimals_with_more_digits_than_declared_are_named_without_the_cell() -> None:
    values = pd.Series([Decimal("1.234")], dtype=object)
    with pytest.raises(DataError, match="at most 2 digits") as caught:
        learn(values, dtype="decimal", decimals=2)
    assert "1.234" not in str(caught.value)


def test_extremes_are_moved_to_the_kth() -> None:
    values = pd.Series([1, 2, 3, 4, 5, 6], dtype="int64")
    codec = learn(values, dtype="int64", k=2)
    assert codec.encode(values).tolist() == [2, 2, 3, 4, 5, 5]
    assert codec.decode(np.array([-9.0, 3.4, 99.0]), RNG).tolist() == [2, 3, 5]


def test_numbers_far_from_those_learnt_are_moved_into_the_domain() -> None:
    codec = learn(pd.Series([2**62, 2**62 + 9], dtype="int64"), dtype="int64")
    far = pd.Series([-(2**63), 2**63 - 1, 2**62 + 5], dtype="int64")
    back = codec.decode(codec.encode(far), RNG)
    assert back.tolist() == [2**62, 2**62 + 9, 2**62 + 5]


def test_a_column_without_a_value_comes_back_empty() -> None:
    values = pd.Series([None, None], name="x", dtype="Int64")
    pd.testing.assert_series_equal(there_and_back(values, dtype="Int64"), values)


def test_too_few_values_for_a_column_that_holds_no_gaps_are_refused() -> None:
    with pytest.raises(DataError, match="fewer than 10 subjects"):
        learn(pd.Series([1, 2, 3], dtype="int64"), dtype="int64", k=5)


def test_infinities_are_refused() -> None:
    with pytest.raises(DataError, match="infinite"):
        learn(pd.Series([1.0, np.inf]), dtype="float64")


def test_a_span_that_float64_can_not_hold_is_refused() -> None:
    with pytest.raises(DataError, match="2\\^53"):
        learn(pd.Series([0, 2**53], dtype="int64"), dtype="int64")
