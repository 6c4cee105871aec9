from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular.dataset import Table
from tabular.errors import DataError
from tabular.profile import dtype_name, profile
from tabular.schema import Column

N = 60
ROWS = np.arange(N)


def one(cells: object, *, name: str = "x", **known: object) -> Column:
    said = {name: Column.model_validate({"name": name, **known})} if known else None
    return profile("t", pd.DataFrame({name: pd.Series(cells)}), said)[name]


MOMENTS = pd.Series(pd.date_range("2020-01-01", periods=N))


@pytest.mark.parametrize(
    ("cells", "sdtype", "dtype"),
    [
        ([True, False] * 30, "boolean", "bool"),
        (pd.array([True, None] * 30, dtype="boolean"), "boolean", "boolean"),
        (ROWS % 7, "numerical", "int64"),
        (pd.array([1, None] * 30, dtype="Int64"), "numerical", "Int64"),
        (ROWS / 7, "numerical", "float64"),
        ([Decimal("1.50"), None] * 30, "numerical", "decimal"),
        (MOMENTS, "datetime", "datetime64[ns]"),
        (MOMENTS.dt.tz_localize("UTC"), "datetime", "datetime64[ns, UTC]"),
        ([date(2020, 1, 1), None] * 30, "datetime", "date"),
        (["a", "b"] * 30, "categorical", "string"),
        (pd.Series(["a", "b"] * 30, dtype="category"), "categorical", "category"),
        (pd.Series(["a", None] * 30, dtype="string"), "categorical", "string"),
        (pd.Series([None] * N, dtype="string"), "categorical", "string"),
        ([None] * N, "categorical", "string"),
        (pd.Series([np.nan] * N), "numerical", "float64"),
        ([f"K{i:04d}" for i in ROWS], "id", "string"),
        ([f"the {i}th of many words here" for i in ROWS], "unknown", "string"),
        ([f"{a}{b}" for a in "abcdefgh" for b in "klmnopqr"][:N], "unknown", "string"),
        ([f"v{i}" for i in range(40)] + ["v0"] * 20, "categorical", "string"),
    ],
)
def test_the_type_of_a_column_follows_from_its_cells(
    cells: object, sdtype: str, dtype: str
) -> None:
    column = one(cells)
    assert (column.sdtype, column.dtype) == (sdtype, dtype)


@pytest.mark.parametrize(
    ("name", "cells", "sdtype"),
    [
        ("customer_id", ROWS * 3 + 7, "id"),
        ("idStudent", ROWS * 3 + 7, "id"),
        ("amount", ROWS * 3 + 7, "numerical"),
        ("customer_id", ROWS // 2, "numerical"),
        ("customer_id", pd.array([None, *range(1, N)], dtype="Int64"), "numerical"),
        ("column_1", ROWS, "id"),
        ("column_1", ROWS + 1, "id"),
        ("year", ROWS + 1950, "numerical"),
        ("id", [3], "numerical"),
        ("x", list(range(10)), "numerical"),
    ],
)
def test_whole_numbers_that_only_tell_rows_apart_are_ids(
    name: str, cells: object, sdtype: str
) -> None:
    assert one(cells, name=name).sdtype == sdtype


def test_a_declared_key_is_an_id_whatever_it_is_called() -> None:
    frame = pd.DataFrame({"a": ROWS * 2, "b": [f"word{'x' * i}" for i in ROWS]})
    for key in ("a", "b"):
        schema = profile("t", frame, primary_key=(key,))
        assert schema[key].sdtype == "id"
        assert schema.primary_key == (key,)


@pytest.mark.parametrize(
    ("cells", "decimals"),
    [
        (ROWS, 0),
        ([1.0, 2.0], 0),
        ([0.1, 2.25], 2),
        ([0.1, 1 / 3], None),
        ([123456789.125, 1.5], 3),
        ([1e14, 0.5], 1),
        ([1e16, 0.5], None),
        ([np.inf, 0.5], 1),
        ([np.nan, np.nan], None),
        (np.array([1.1, 2], dtype="float32"), 1),
        ([Decimal("1.50"), Decimal(2), None], 2),
        ([Decimal("1E+2")], 0),
        (["a"], None),
    ],
)
def test_decimals_are_as_many_as_every_number_needs(cells: object, decimals: int | None) -> None:
    assert one(cells).decimals == decimals


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30), st.integers(0, 6))
def test_rounding_to_the_decimals_found_changes_nothing(wholes: list[int], digits: int) -> None:
    numbers = np.array([whole / 10**digits for whole in wholes])
    found = one(numbers).decimals
    assert found is not None
    assert found <= digits
    assert np.array_equal(np.round(numbers, found), numbers)


def test_a_column_is_nullable_when_a_cell_is_missing() -> None:
    assert one([1.0, None]).nullable
    assert not one([1.0, 2.0]).nullable


def test_what_is_said_of_a_column_is_kept_and_the_rest_found_out() -> None:
    column = one(
        ["a"] * 30, nullable=True, role="target", datetime_format="%Y", categories=("a", "b")
    )
    assert column.nullable
    assert column.role == "target"
    assert column.datetime_format == "%Y"
    assert column.categories == ("a", "b")
    assert (column.sdtype, column.dtype) == ("categorical", "string")


def test_decimals_that_a_source_found_are_not_counted_again() -> None:
    assert one([0.25, 0.5], decimals=1).decimals == 1
    assert one([0.25, 0.5], decimals=None).decimals is None


def test_no_cell_value_gets_into_the_schema() -> None:
    frame = pd.DataFrame(
        {
            "word": ["kumquat", "durian"] * 30,
            "number": [987654321, 123456789] * 30,
            "moment": pd.to_datetime(["1987-06-05", "1912-11-10"] * 30),
            "email": [f"quokka{i}@example.org" for i in range(N)],
        }
    )
    text = profile("t", frame).model_dump_json()
    for canary in ("kumquat", "durian", "987654321", "123456789", "1987", "1912", "quokka"):
        assert canary not in text


def test_personal_data_is_named_and_not_modelled() -> None:
    email = one([f"someone{i}@example.org" for i in range(N)])
    assert (email.pii, email.sdtype, email.is_modelled) == ("email", "unknown", False)
    uuid = one([f"00000000-0000-4000-8000-{i:012d}" for i in range(N)])
    assert (uuid.pii, uuid.sdtype) == ("uuid", "id")


def test_the_owner_has_the_last_word_on_personal_data() -> None:
    emails = [f"someone{i}@example.org" for i in range(N)]
    assert one(emails, sdtype="categorical").pii is None
    assert one(emails, pii="name").pii == "name"


def test_days_of_birth_are_modelled() -> None:
    days = [date(1950 + i % 50, 1, 1) for i in range(N)]
    assert one(days, name="date_of_birth").is_modelled


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (pd.DataFrame(), "there are no columns"),
        (pd.DataFrame({0: [1]}), r"positions \[0\] are not text"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than once: 'a'"),
    ],
)
def test_columns_without_a_name_of_their_own_are_refused(frame: pd.DataFrame, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        profile("t", frame)


@given(
    st.lists(
        st.one_of(
            st.lists(st.integers(-(2**63), 2**63 - 1), min_size=5, max_size=5),
            st.lists(st.floats(), min_size=5, max_size=5),
            st.lists(st.none() | st.text(max_size=8), min_size=5, max_size=5),
            st.lists(st.none() | st.booleans(), min_size=5, max_size=5),
            st.lists(st.none() | st.dates(), min_size=5, max_size=5),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_schema_of_a_frame_accepts_the_frame(columns: list[list[object]]) -> None:
    frame = pd.DataFrame({f"c{i}": pd.Series(cells) for i, cells in enumerate(columns)})
    schema = profile("t", frame)
    table = Table("t", frame, schema)
    for column in schema.columns:
        assert column.dtype == dtype_name(table.frame[column.name])
        assert column.nullable == table.frame[column.name].isna().any()


@pytest.mark.parametrize(
    "write", ["{d:02}/{m:02}/{y}", "{d}.{m}.{y}", "{y}/{m}/{d}", "{m}-{d}-{y}"]
)
def test_days_left_as_text_are_never_codes(write: str) -> None:
    days = [
        write.format(d=d, m=m, y=y) for y in range(1990, 1999) for m in range(1, 13) for d in (1, 9)
    ]
    assert one(days).sdtype == "unknown"
    assert one(days * 4).sdtype == "categorical"
    # Some of them among codes are enough.
    assert one([*days, *(f"A{i}" for i in range(3 * len(days)))]).sdtype == "unknown"


def test_times_of_day_are_never_codes() -> None:
    times = [f"{i // 60}:{i % 60:02}" for i in range(600)]
    assert one(times).sdtype == "unknown"
    assert one(times * 3).sdtype == "categorical"


def test_numbers_that_a_few_words_got_into_are_neither_codes_nor_categories() -> None:
    numbers = [f"{i * 7.25}" for i in range(1, 1000)]
    assert one([*numbers, "refused"]).sdtype == "unknown"
    assert one([*numbers, *numbers[:400], "refused", "n/k"]).sdtype == "unknown"
    assert one([*numbers, *numbers, *numbers, "refused"]).sdtype == "categorical"
    # The word may stand far down the file.
    assert one([*(str(i) for i in range(1, 5000)), "refused"]).sdtype == "unknown"


def test_digits_alone_may_be_codes() -> None:
    assert one([f"{i * 37:07}" for i in range(1000)]).sdtype == "id"
