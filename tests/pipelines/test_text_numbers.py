"""Decimal commas, thousands separators and days in words: typed, written back alike, or asked."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import text_days, text_numbers
from pipelines.text_types import to_text, typed

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.base import Note
    from tabular.schema import Column


def one(cells: list[str], **style: str) -> tuple[pd.Series, Column, list[Note]]:
    notes: list[Note] = []
    table = pa.table({"x": pa.array(cells, pa.large_string())})
    frame, columns = typed(table, notes=notes, **style)
    return frame["x"], columns["x"], notes


@pytest.mark.parametrize(
    ("cells", "numbers", "mark", "thousands"),
    [
        (["12,5", "3", "-0,25"], [12.5, 3, -0.25], ",", ""),
        (["1.234,5", "7,0"], [1234.5, 7], ",", "."),
        (["1,234.5", "7.0"], [1234.5, 7], ".", ","),
        (["1,234,567", "12"], [1234567, 12], ".", ","),
        (["1'234.50", "9.00"], [1234.5, 9], ".", "'"),
        (["1 234,5", "9,0"], [1234.5, 9], ",", " "),
        (["1\u202f234,5", "9,0"], [1234.5, 9], ",", "\u202f"),
        (["1234,5678"], [1234.5678], ",", ""),
    ],
)
def test_numbers_in_other_forms_are_numbers_that_are_written_back_alike(
    cells: list[str], numbers: list[float], mark: str, thousands: str
) -> None:
    series, column, notes = one(cells)
    assert series.tolist() == numbers
    assert (column.decimal_mark, column.thousands) == (mark, thousands)
    assert list(to_text(series.to_frame(), [column])["x"]) == cells
    assert not notes


@pytest.mark.parametrize(
    "cells",
    [
        ["1,2,3"], ["01,5"], ["1.234.5"], ["12 345 678"], ["1,23,456"], ["555 123"], ["1,"],
        [",5"], ["1,5", "1.5"], ["1'5"], ["1,234", "2.345,6.7"],
    ],
)  # fmt: skip
def test_what_is_written_in_no_one_form_stays_text(cells: list[str]) -> None:
    assert one(cells)[1].dtype == "string"


def test_a_comma_that_may_be_either_is_asked() -> None:
    series, _, (note,) = one(["1,234", "2,345"])
    assert series.tolist() == [1234, 2345]
    assert note.settle == 'decimal: ","  # of the source'
    assert note.column == "x"
    series, _, (note,) = one(["1,234", "2,345"], delimiter=";")
    assert series.tolist() == [1.234, 2.345]
    assert note.settle == 'decimal: "."  # of the source'


def test_the_owner_s_decimal_mark_settles_it() -> None:
    assert one(["1,234"], decimal=",")[0].tolist() == [1.234]
    assert one(["1,234"], decimal=".")[0].tolist() == [1234]
    assert one(["1.234", "5"], decimal=",")[0].tolist() == [1234, 5]
    assert one(["1.5", "5"], decimal=",")[0].tolist() == [1.5, 5]
    assert not one(["1,234"], decimal=",")[2]


@given(
    st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=9),
    st.sampled_from([(",", "."), (".", ","), (".", "'"), (",", "\u00a0")]),
)
def test_any_number_comes_back_in_its_form(cents: list[int], form: tuple[str, str]) -> None:
    cells = [text_numbers.marked(f"{cent / 100:.2f}", *form) for cent in cents]
    series, column, _ = one(cells)
    assert series.tolist() == [cent / 100 for cent in cents]
    assert list(to_text(series.to_frame(), [column])["x"]) == cells


@pytest.mark.parametrize(
    ("cells", "form", "first"),
    [
        (["24-Mar-1996", "01-Dec-2020"], "%d-%b-%Y", (1996, 3, 24)),
        (["24 March 1996", "01 May 2020"], "%d %B %Y", (1996, 3, 24)),
        (["Mar 24, 1996"], "%b %d, %Y", (1996, 3, 24)),
        (["2020-03", "1999-12"], "%Y-%m", (2020, 3, 1)),
        (["03/2020"], "%m/%Y", (2020, 3, 1)),
        (["24.03.1996 10:30", "01.01.2020 00:00"], "%d.%m.%Y %H:%M", (1996, 3, 24, 10, 30)),
        (["12/31/1996 23:59:58"], "%m/%d/%Y %H:%M:%S", (1996, 12, 31, 23, 59, 58)),
    ],
)
def test_days_in_words_and_months_are_moments_that_are_written_back_alike(
    cells: list[str], form: str, first: tuple[int, ...]
) -> None:
    series, column, notes = one(cells)
    assert column.datetime_format == form
    assert series[0].to_pydatetime() == dt.datetime(*first)  # type: ignore[arg-type]  # noqa: DTZ001
    assert list(to_text(series.to_frame(), [column])["x"]) == cells
    assert not notes


@pytest.mark.parametrize(
    ("cells", "orders"),
    [
        (["01/02/2020", "12/11/2020"], "%d/%m/%Y or %m/%d/%Y"),
        (["01-02-2020"], "%d-%m-%Y or %m-%d-%Y"),
        (["01/02/2020 10:00"], "%d/%m/%Y %H:%M or %m/%d/%Y %H:%M"),
    ],
)
def test_a_day_that_may_be_a_month_is_asked_and_not_guessed(cells: list[str], orders: str) -> None:
    series, column, (note,) = one(cells)
    assert column.dtype == "string"
    assert series.tolist() == cells
    assert orders in note.says
    assert note.settle == f'datetime_format: "{orders.partition(" or ")[0]}"'


@pytest.mark.parametrize(
    "cells", [["24-Foo-1996"], ["24-mar-1996"], ["31-Feb-2020"], ["2020-13"], ["24:03:1996"]]
)
def test_days_that_are_none_stay_text(cells: list[str]) -> None:
    assert one(cells)[1].dtype == "string"


@given(
    st.sampled_from(text_days.FORMS),
    st.lists(st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31)), min_size=1),  # noqa: DTZ001
)
def test_any_moment_comes_back_in_its_form_or_is_asked(
    form: str, moments: list[dt.datetime]
) -> None:
    cells = [moment.strftime(form) for moment in moments]
    series, column, notes = one(cells)
    assert column.datetime_format == form or notes or "%b" in form
    assert list(to_text(series.to_frame(), [column])["x"]) == cells
