from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text_types import to_text, typed
from tabular.schema import Column

if TYPE_CHECKING:
    from collections.abc import Sequence


def one(cells: Sequence[str], missing: Sequence[str] | None = None) -> tuple[pd.Series, Column]:
    frame, columns = typed(pa.table({"x": pa.array(cells, pa.large_string())}), missing=missing)
    return frame["x"], columns["x"]


def again(cells: Sequence[str]) -> list[str]:
    """Text to typed cells and back to text."""
    series, column = one(cells)
    return list(to_text(series.to_frame(), [column])["x"])


def written(series: pd.Series, **fields: object) -> list[str]:
    column = Column.model_validate({"name": "x", **fields})
    return list(to_text(series.to_frame("x"), [column])["x"])


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["1", "-2", "0"], "int64"),
        (["1", "", "3"], "Int64"),
        (["18446744073709551615", "1"], "uint64"),
        (["18446744073709551615", "?"], "UInt64"),
        (["118446744073709551615", "1"], "string"),
        (["007", "010"], "string"),
        (["007", "1.5"], "string"),
        (["+1", "2"], "string"),
        (["1,234", "2"], "int64"),
        (["1 234", "2"], "string"),
        (["1_000", "2"], "string"),
        (["0x1F", "2"], "string"),
        (["1.5", "2"], "float64"),
        ([".5", "-.25", "3."], "float64"),
        (["1e-05", "2E3", "-1.5e+10"], "float64"),
        (["inf", "-Infinity", "1.0"], "float64"),
        (["1.5", "NaN", "n/a", "2"], "string"),
        (["inf", "-inf"], "float64"),
        ([str(i) for i in range(30)] + ["true"], "string"),
        (["true", "false"], "bool"),
        (["TRUE", "FALSE", ""], "boolean"),
        (["True", "True"], "bool"),
        (["True", "false"], "string"),
        (["yes", "no"], "string"),
        (["2024-02-29", "1999-12-31"], "datetime64[ns]"),
        (["0001-01-01", "9999-12-31"], "datetime64[us]"),
        (["0000-01-01", "9999-12-31"], "string"),
        (["2023-02-29"], "string"),
        (["2024-01-01 10:11"], "datetime64[ns]"),
        (["2024-01-01T10:11:12Z"], "datetime64[ns, UTC]"),
        (["2024-01-01T10:11:12+02:00"], "datetime64[ns, UTC+02:00]"),
        (["2024-01-01T10:11:12-0330"], "datetime64[ns, UTC-03:30]"),
        (["2024-01-01T10:11:12+01:00", "2024-07-01T10:11:12+02:00"], "datetime64[ns, UTC]"),
        (["2024-01-01 10:11:12.123456789"], "datetime64[ns]"),
        (["2024-01-01 10:11", "2024-01-01"], "string"),
        (["2024-01-01 10:11", "2024-01-01T10:11"], "string"),
        (["2024-01-01 10:11:12", "2024-01-01 10:11"], "string"),
        (["2024-01-01 10:11Z", "2024-01-01 10:11+00:00"], "string"),
        (["2024-01-01 24:00"], "string"),
        (["01/02/2024", "03/04/2024"], "string"),
        (["20230623", "20230624"], "int64"),
        (["2023-06"], "datetime64[ns]"),
        (["1", "x"], "string"),
        (["", ""], "string"),
    ],
)
def test_a_type_is_given_only_where_every_cell_is_written_in_it(
    cells: list[str], dtype: str
) -> None:
    series, column = one(cells)
    assert str(series.dtype) == dtype
    assert column.dtype == dtype


def test_numbers_are_read_to_the_last_digit() -> None:
    series, column = one(["-9223372036854775808", "9223372036854775807"])
    assert series.tolist() == [-(2**63), 2**63 - 1]
    assert column.decimals == 0
    series, _ = one(["0.1", "1e-300", "-.5", "inf"])
    assert series.tolist() == [0.1, 1e-300, -0.5, np.inf]


def test_blanks_around_numbers_do_not_matter_and_those_of_text_are_kept() -> None:
    assert one([" 39", "40 "])[0].tolist() == [39, 40]
    assert one([" a", "b "])[0].tolist() == [" a", "b "]


def test_moments_with_an_offset_are_instants() -> None:
    series, column = one(["2024-01-01T10:00:00+02:00", ""])
    assert series[0] == pd.Timestamp("2024-01-01T08:00:00Z")
    assert pd.isna(series[1])
    assert column.datetime_format == "%Y-%m-%dT%H:%M:%S+02:00"
    series, column = one(["2024-01-01T10:00:00+0100", "2024-07-01T10:00:00+0200"])
    assert list(series) == [pd.Timestamp(f"2024-0{m}-01T0{h}:00Z") for m, h in ((1, 9), (7, 8))]
    assert column.datetime_format == "%Y-%m-%dT%H:%M:%S+0000"


@pytest.mark.parametrize(
    ("cells", "present", "token"),
    [
        (["1", "NA", "NA", "?", "nan", "2"], [1, 2], "NA"),
        (["1.5", ".", "-", "-"], [1.5], "-"),
        (["true", "N/A"], [True], "N/A"),
        (["2024-01-01", "NULL"], [pd.Timestamp("2024-01-01")], "NULL"),
        (["a", "?", "?", "", "NA"], ["a", "NA"], "?"),
        (["a", "?", "", "", "-"], ["a", "-"], ""),
        (["a", " ?"], ["a"], " ?"),
        (["1", "x", "NULL"], ["1", "x", "NULL"], ""),
        (["NA", "NA", ""], [], "NA"),
        (["a", "b"], ["a", "b"], ""),
    ],
)
def test_missing_cells_are_those_of_the_column_s_type_and_their_token_is_kept(
    cells: list[str], present: list[object], token: str
) -> None:
    series, column = one(cells)
    assert series.dropna().tolist() == present
    assert column.missing_token == token


def test_the_owner_s_missing_tokens_take_the_place_of_the_usual_ones() -> None:
    series, column = one(["1", "-9", "3", ""], missing=["-9"])
    assert series.isna().tolist() == [False, True, False, True]
    assert str(series.dtype) == "Int64"
    assert column.missing_token in {"-9", ""}
    assert one(["a", "?", "-9"], missing=["-9"])[0].dropna().tolist() == ["a", "?"]


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        (["46.0", "12.0"], (0, 1, False, False)),
        (["1.50", "2.25"], (2, 2, True, False)),
        (["1", "2.25"], (2, 0, False, False)),
        (["0.0", "1725.966667"], (6, 1, False, False)),
        (["1e-05", "2.5"], (5, 1, False, True)),
        (["0.1234567890123456"], (None, 15, False, False)),
        (["1234567890123.25", "0.12345"], (None, 2, False, False)),
    ],
)
def test_the_format_of_numbers_is_kept(
    cells: list[str], fields: tuple[int | None, int, bool, bool]
) -> None:
    _, column = one(cells)
    found = (column.decimals, column.least_decimals, column.fixed_decimals, column.scientific)
    assert found == fields


TWO = st.integers(0, 99)
DATES = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)).map(dt.date.isoformat)
TIMES = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))  # noqa: DTZ001
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
OFFSET = st.sampled_from(["Z", "+00:00", "+02:00", "-03:30", "+0530", "+01"])
SHORTEST = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != 0)


def _columns(cells: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(cells, min_size=1, max_size=12)


def _fixed(digits: int) -> st.SearchStrategy[list[str]]:
    return _columns(
        st.integers(-(10**12), 10**12).filter(bool).map(lambda i: f"{i / 10**digits:.{digits}f}")
    )


CANONICAL = st.one_of(
    _columns(st.integers(-(2**63), 2**63 - 1).map(str)),
    _columns(st.integers(0, 2**64 - 1).map(str)),
    _columns(st.integers(-(10**30), 10**30).map(str)),
    st.integers(1, 3).flatmap(_fixed),
    _columns(SHORTEST.map(repr)),
    _columns(st.integers(1, 10**9).map(lambda i: repr(i / 64))),
    _columns(TWO.map("{:03d}".format)),
    _columns(st.sampled_from(["TRUE", "FALSE"])),
    _columns(DATES),
    _columns(TIMES.map(lambda t: t.isoformat(timespec="seconds"))),
    _columns(TIMES.map(lambda t: t.isoformat(sep=" ", timespec="minutes"))),
    _columns(TIMES.map(lambda t: t.isoformat(timespec="milliseconds"))),
    _columns(TIMES.map(lambda t: t.isoformat(timespec="microseconds"))),
    OFFSET.flatmap(
        lambda zone: _columns(
            st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1)).map(  # noqa: DTZ001
                lambda t: t.isoformat(timespec="seconds") + zone
            )
        )
    ),
    _columns(WORDS),
)


@given(CANONICAL, st.lists(st.booleans(), min_size=12, max_size=12))
def test_text_comes_back_from_its_types_as_the_very_same_text(
    cells: list[str], gaps: list[bool]
) -> None:
    cells = ["" if gap else cell for cell, gap in zip(cells, gaps, strict=False)]
    if len({cell for cell in cells if cell.strip() in {"", "?"}}) > 1:
        cells = ["" if cell.strip() in {"", "?"} else cell for cell in cells]
    assert again(cells) == cells


@given(st.lists(SHORTEST.map(repr) | st.sampled_from(["1.0", "-2.5"]), min_size=1))
def test_floats_as_pandas_writes_them_come_back(cells: list[str]) -> None:
    assert again(cells) == cells


def test_what_has_no_format_is_written_in_the_plainest_form() -> None:
    assert written(pd.Series([1.0, 2.5, 1e-7, 1e22])) == [
        "1", "2.5", "0.0000001", "10000000000000000000000",
    ]  # fmt: skip
    assert written(pd.Series([True, None], dtype="boolean")) == ["True", ""]
    assert written(pd.Series([Decimal("1.50"), None], dtype=object)) == ["1.50", ""]
    assert written(pd.Series([dt.date(5, 1, 2), None], dtype=object)) == ["0005-01-02", ""]
    moments = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-01 00:00:00.25"], format="ISO8601"))
    assert written(moments) == ["2024-01-01 00:00:00", "2024-01-01 00:00:00.25"]
    assert written(moments.dt.tz_localize("Europe/Berlin"))[0] == "2024-01-01 00:00:00+0100"
    assert written(pd.Series(["a", None], dtype="category"), missing_token="?") == ["a", "?"]  # noqa: S106
    assert written(pd.Series([1, 2], dtype="category")) == ["1", "2"]
    assert list(to_text(pd.DataFrame({"y": [1]}), [])["y"]) == ["1"]


def test_numbers_that_were_made_are_written_in_the_column_s_format() -> None:
    made = pd.Series([0.126, -0.001, 2.0, 1e14])
    assert written(made, decimals=2, least_decimals=2, fixed_decimals=True) == [
        "0.13", "0.00", "2.00", "100000000000000.00",
    ]  # fmt: skip
    assert written(made, decimals=0, least_decimals=1)[:3] == ["0.0", "0.0", "2.0"]
    assert written(made, decimals=0) == ["0", "0", "2", "100000000000000"]
    assert written(pd.Series([np.inf, 1.25, -0.01]), decimals=1) == ["inf", "1.2", "0"]
    assert written(pd.Series([1.0, 1e-9]), scientific=True) == ["1", "1e-09"]
    assert written(pd.Series([Decimal("1.5")], dtype=object), decimals=3) == ["1.500"]


@pytest.mark.parametrize(
    ("date_format", "text"),
    [
        ("%d/%m/%Y", "03/02/2024"),
        ("%Y%m%d", "20240203"),
        ("%d.%m.%y %H:%M", "03.02.24 04:05"),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-02-03 04:05:06.700000"),
        ("%H:%M:%S %d %b %Y", "04:05:06 03 Feb 2024"),
        ("%Y-%m-%dT%H:%M:%S%z", "2024-02-03T04:05:06+0100"),
    ],
)
def test_moments_are_written_in_the_format_that_the_owner_declared(
    date_format: str, text: str
) -> None:
    moment = pd.Series(pd.to_datetime(["2024-02-03 04:05:06.7"]))
    if "%z" in date_format:
        moment = moment.dt.tz_localize("Europe/Berlin")
    assert written(moment, datetime_format=date_format) == [text]


def test_dates_are_written_in_the_format_that_the_owner_declared() -> None:
    days = pd.Series([dt.date(2024, 2, 3), None], dtype=object)
    assert written(days, datetime_format="%d/%m/%Y", missing_token="-") == ["03/02/2024", "-"]  # noqa: S106
    naive = pd.Series(pd.to_datetime(["2024-02-03"]))
    assert written(naive, datetime_format="%Y-%m-%d%z") == ["2024-02-03"]


def test_columns_keep_their_order_index_and_odd_names() -> None:
    frame = pd.DataFrame({'b "\n': [1], "a": [2]}, index=[7])
    text = to_text(frame, [Column(name="a")])
    assert list(text) == ['b "\n', "a"]
    assert text.index.tolist() == [7]
    assert {type(cell) for cell in text.to_numpy().ravel()} == {str}


@pytest.mark.parametrize(
    ("cells", "date_format"),
    [
        (["24.03.1996", "", "01.02.2020"], "%d.%m.%Y"),
        (["24-03-1996", "01-02-2020"], "%d-%m-%Y"),
        (["31/12/2020", "01/02/2020"], "%d/%m/%Y"),
        (["12/31/2020", "01/02/2020", "NA"], "%m/%d/%Y"),
        (["2020/12/31", "0999/01/02"], "%Y/%m/%d"),
        (["03-24-1996", "01-02-2020"], "%m-%d-%Y"),
    ],
)
def test_days_in_other_orders_are_moments_that_are_written_back_alike(
    cells: list[str], date_format: str
) -> None:
    series, column = one(cells)
    assert (column.sdtype, column.datetime_format) == ("datetime", date_format)
    year, month, day = (0, 1, 2) if date_format.startswith("%Y") else (2, 1, 0)
    month, day = (day, month) if date_format.startswith("%m") else (month, day)
    there = [cell for cell in cells if len(cell) > 2]
    parts = [[int(part) for part in cell.replace("-", "/").replace(".", "/").split("/")]
             for cell in there]  # fmt: skip
    expected = [dt.datetime(part[year], part[month], part[day]) for part in parts]  # noqa: DTZ001
    assert series.dropna().to_numpy().astype("datetime64[us]").tolist() == expected
    assert [cell for cell in again(cells) if len(cell) > 2] == there


@pytest.mark.parametrize(
    "cells",
    [
        ["01/02/2020", "12/11/2020"],  # day or month first
        ["31/12/2020", "12/31/2020"],
        ["1.2.2020", "24.03.1996"],
        ["30.02.2020"],
        ["2020/13/01"],
        ["24.03.96"],
        ["24.03.1996", "24-03-1996"],
        ["03-24-1996", "24-03-1996"],
        ["01-02-2020", "12-11-2020"],
        ["00.00.0000"],
        ["01.01.0000"],
    ],
)
def test_days_that_no_one_order_fits_are_text(cells: list[str]) -> None:
    assert one(cells)[1].dtype == "string"


def test_eight_digits_are_a_number_whatever_day_they_would_be() -> None:
    assert one(["20201231", "20200101"])[1].dtype == "int64"
