"""Identifiers are made anew in the form of the old ones."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from generators.encoding.base import cast
from generators.identifiers import Identifier
from tabular.schema import Column


def make(
    values: pd.Series, n: int = 100, *, key: bool = True, start: int = 0, **column: object
) -> pd.Series:
    described = Column.model_validate(
        {"name": "x", "sdtype": "id", "dtype": str(values.dtype), **column}
    )
    identifier = Identifier.learn(described, values, key=key)
    identifier = Identifier.model_validate_json(identifier.model_dump_json())
    return identifier.make(n, start=start, rng=np.random.default_rng(0))


def test_codes_keep_the_classes_of_their_characters() -> None:
    made = make(pd.Series(["AB-123-x", "QZ-999-k"], dtype="string"))
    assert made.iloc[0] == "AA-000-b"
    assert made.iloc[26] == "AA-001-b"
    assert all(re.fullmatch(r"[A-Z]{2}-\d{3}-[a-z]", cell) for cell in made)
    assert made.dtype == "string"


def test_codes_outgrow_a_form_that_is_too_short() -> None:
    made = make(pd.Series(["7", "8"], dtype="string"), 25)
    assert made.is_unique
    assert made.tolist()[8:11] == ["9", "10", "11"]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "uint32", "float64"])
def test_numbers_count_on(dtype: str) -> None:
    made = make(pd.Series([1234, 777], dtype=dtype), 3, start=10)
    assert made.tolist() == [11, 12, 13]
    assert made.dtype == dtype


@pytest.mark.parametrize(
    ("pii", "pattern"),
    [
        ("email", r"person\d+@example\.com"),
        ("name", r"[A-Z][a-z]+ [A-Z][a-z]+ \d+"),
        ("phone", r"\+1-555-\d{3}-\d{4}"),
        ("ip", r"198\.(18|19)\.\d{1,3}\.\d{1,3}"),
        ("uuid", r"00000000-0000-4000-8000-[0-9a-f]{12}"),
        ("iban", r"synthetic text \d+"),
    ],
)
def test_personal_data_is_plainly_made_up(pii: str, pattern: str) -> None:
    made = make(pd.Series(["real"], dtype="string"), 5000, key=False, pii=pii, sdtype="unknown")
    assert all(re.fullmatch(pattern, cell) for cell in made)
    assert made.is_unique


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(pd.to_datetime(["2024-01-01 10:30"])),
        pd.Series(pd.to_datetime(["2024-01-01 10:30"]).tz_localize("Europe/Berlin")),
    ],
)
def test_moments_that_are_keys_are_made_too(values: pd.Series) -> None:
    made = make(values)
    assert made.is_unique
    assert made.dtype == values.dtype


def test_dates_and_decimals_that_are_keys_are_made_too() -> None:
    for dtype in ("date", "decimal"):
        made = make(pd.Series([None, None], dtype=object), dtype=dtype)
        assert made.is_unique
        assert {type(cell).__name__.lower() for cell in made} == {dtype}


def test_truth_values_that_are_personal_data_are_tossed() -> None:
    made = make(pd.Series([True] * 9), key=False, pii="smoker", sdtype="boolean")
    assert set(made) == {True, False}
    assert made.dtype == "bool"


def test_batches_continue() -> None:
    values = pd.Series(["a1"], dtype="string")
    whole = make(values, 50)
    parts = pd.concat([make(values, 20), make(values, 30, start=20)], ignore_index=True)
    pd.testing.assert_series_equal(parts, whole)


@pytest.mark.parametrize("dtype", ["string", "object", "Int64", "float64"])
def test_cells_are_missing_as_often_as_before_but_never_in_a_key(dtype: str) -> None:
    cells = pd.Series([None, 5, 6, 7] if dtype in {"Int64", "float64"} else [None, *"abc"])
    values = cast(cells, dtype)
    share = float(make(values, 4000, key=False).isna().mean())
    assert abs(share - 0.25) < 0.035  # five standard errors
    assert make(values, 400, key=True).notna().all()


def test_a_column_that_never_had_a_cell_gets_a_form() -> None:
    assert make(pd.Series([None, None], dtype="string"), 2).tolist() == ["A0000001", "A0000002"]
