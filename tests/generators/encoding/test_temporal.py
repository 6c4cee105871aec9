"""Moments to steps and back."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.encoding.temporal import TemporalCodec
from generators.protection import Protection
from tabular.errors import DataError
from tabular.schema import Column

RNG = np.random.default_rng(0)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001  no zone meant


def learn(values: pd.Series, *, dtype: str, k: int = 1) -> TemporalCodec:
    column = Column(name="x", sdtype="datetime", dtype=dtype)
    return TemporalCodec.learn(column, values, np.arange(len(values)), Protection(k=k))


def there_and_back(values: pd.Series, *, dtype: str) -> pd.Series:
    codec = learn(values, dtype=dtype)
    codec = TemporalCodec.model_validate_json(codec.model_dump_json())
    return codec.decode(codec.encode(values), RNG)


@pytest.mark.parametrize("unit", ["us", "ns"])
@given(cells=st.lists(MOMENTS | st.none(), min_size=1))
def test_moments_come_back(unit: str, cells: list[datetime | None]) -> None:
    values = pd.Series(cells, name="x", dtype=f"datetime64[{unit}]")
    pd.testing.assert_series_equal(there_and_back(values, dtype=f"datetime64[{unit}]"), values)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
@given(cells=st.lists(MOMENTS | st.none(), min_size=1))
def test_moments_with_a_zone_come_back(zone: str, cells: list[datetime | None]) -> None:
    plain = pd.Series(cells, name="x", dtype="datetime64[ns]")
    values = plain.dt.tz_localize("UTC").dt.tz_convert(zone)
    pd.testing.assert_series_equal(there_and_back(values, dtype=f"datetime64[ns, {zone}]"), values)


def test_both_hours_of_the_night_the_clocks_go_back_come_back() -> None:
    hours = pd.date_range("2024-10-27 00:00", periods=4, freq="h", tz="UTC")
    values = pd.Series(hours.tz_convert("Europe/Berlin"), name="x")
    assert values.dt.hour.tolist() == [2, 2, 3, 4]
    back = there_and_back(values, dtype="datetime64[ns, Europe/Berlin]")
    pd.testing.assert_series_equal(back, values)


@given(st.lists(st.dates(date(1, 1, 1), date(9999, 12, 31)) | st.none(), min_size=1))
def test_dates_come_back(cells: list[date | None]) -> None:
    values = pd.Series(cells, name="x", dtype=object)
    back = there_and_back(values, dtype="date")
    assert back.tolist() == cells
    assert all(type(cell) in {date, type(None)} for cell in back)


@pytest.mark.parametrize(
    ("texts", "step"),
    [
        (["2024-01-01", "2024-03-01"], 86_400_000_000),
        (["2024-01-01 06:00", "2024-03-01 07:00"], 3_600_000_000),
        (["2024-01-01 06:30", "2024-03-01 07:00"], 60_000_000),
        (["2024-01-01 06:30:01", "2024-03-01 07:00"], 1_000_000),
        (["2024-01-01 06:30:01.5", "2024-03-01 07:00"], 1_000),
        (["2024-01-01 06:30:01.000001", "2024-03-01 07:00"], 1),
    ],
)
def test_the_step_is_the_longest_that_fits(texts: list[str], step: int) -> None:
    values = pd.Series(pd.to_datetime(pd.Series(texts), format="ISO8601"))
    assert learn(values, dtype="datetime64[ns]").step == step


def test_extremes_are_moved_to_the_kth_and_the_origin_holds_no_day_of_theirs() -> None:
    days = pd.Series(pd.to_datetime(["1900-01-01", "2024-01-02", "2024-01-03", "2050-01-01"]))
    codec = learn(days, dtype="datetime64[ns]", k=2)
    back = codec.decode(codec.encode(days), RNG)
    assert back.dt.strftime("%Y-%m-%d").tolist() == [
        "2024-01-02",
        "2024-01-02",
        "2024-01-03",
        "2024-01-03",
    ]
    assert codec.origin == int(pd.Timestamp("2024-01-02").value // 1000)


def test_a_column_without_a_moment_comes_back_empty() -> None:
    values = pd.Series([pd.NaT, pd.NaT], name="x", dtype="datetime64[ns]")
    pd.testing.assert_series_equal(there_and_back(values, dtype="datetime64[ns]"), values)


def test_cells_that_are_no_dates_are_named_without_the_cell() -> None:
    with pytest.raises(DataError, match="no date") as caught:
        learn(pd.Series(["not a day"], name="x", dtype=object), dtype="date")
    assert "not a day" not in str(caught.value)
