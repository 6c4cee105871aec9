"""Identifiers are made anew in the form of the old ones."""

from __future__ import annotations

import re
from decimal import Decimal

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
    ("pii", "locale", "pattern"),
    [
        ("email", None, r"[a-z]+\.[a-z]+\d+@example\.com"),
        ("name", None, r"[A-Z][a-z]+ [A-Z][a-z]+"),
        ("name", "de_DE", r"[A-Z][a-zü]+ [A-Z][a-zöü]+"),
        ("phone", None, r"\+1-555-\d{3}-\d{4}"),
        ("phone", "de_DE", r"\+49 30 23125 \d{3,4}"),
        ("phone", "pl_PL", r"\+48 000 \d{6}"),
        ("ip", None, r"198\.(18|19)\.\d{1,3}\.\d{1,3}"),
        ("mac", None, r"02:00:5e(:[0-9a-f]{2}){3}"),
        ("uuid", None, r"00000000-0000-4000-8000-[0-9a-f]{12}"),
        ("url", None, r"https://www\.example\.com/[a-z]+/\d+"),
        ("iban", "fr_FR", r"FR\d{2}9{10}\d{13}"),
        ("card", None, r"400000\d{10}"),
        ("address", "fr_FR", r"\d+ rue \w+, 96\d{3} \w+"),
        ("national_id", "it_IT", r"[A-Z]{6}\d\d[A-E]\d\dX\d{3}[A-Z]"),
        ("national_id", "tr_TR", r"\d+"),
        ("smoker", None, r"synthetic text \d+"),
    ],
)
def test_personal_data_is_made_anew_in_its_locale(
    pii: str, locale: str | None, pattern: str
) -> None:
    values = pd.Series(["12345678901"], dtype="string")
    made = make(values, 5000, key=False, pii=pii, locale=locale, sdtype="unknown")
    wrong = [cell for cell in made if not re.fullmatch(pattern, cell)]
    assert wrong == []
    assert made.is_unique


def test_halves_of_names_repeat_unless_they_are_a_key() -> None:
    values = pd.Series(["Anna", "Ben"], dtype="string")
    assert 50 < make(values, 500, key=False, pii="given_name", sdtype="unknown").nunique() < 200
    assert make(values, 500, key=True, pii="given_name", sdtype="unknown").is_unique


@pytest.mark.parametrize(
    ("pii", "locale", "form"),
    [
        ("national_id", "en_US", r"9\d\d-\d\d-\d{4}"),
        ("national_id", "pt_BR", r"000\.\d{3}\.\d{3}-\d\d"),
        ("card", None, r"4000 00\d\d \d{4} \d{4}"),
        ("iban", "de_DE", r"DE\d\d 9999 9999 \d{4} \d{4} \d\d"),
    ],
)
def test_punctuation_is_kept(pii: str, locale: str | None, form: str) -> None:
    shown = {
        "en_US": "123-45-6789",
        "pt_BR": "529.982.247-25",
        "de_DE": "DE89 3704 0044 0532 0130 00",
        None: "4111 1111 1111 1111",
    }
    values = pd.Series([shown[locale]] * 3, dtype="string")
    made = make(values, 50, key=False, pii=pii, locale=locale, sdtype="unknown")
    assert all(re.fullmatch(form, cell) for cell in made)


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float64"])
@pytest.mark.parametrize(
    ("pii", "locale", "digits"),
    [("national_id", "nl_NL", 9), ("card", None, 16), ("phone", "de_DE", 12)],
)
def test_numbers_of_people_stay_numbers(dtype: str, pii: str, locale: str, digits: int) -> None:
    made = make(pd.Series([111222333], dtype=dtype), 9, key=False, pii=pii, locale=locale)
    assert made.dtype == dtype
    assert {len(str(int(cell))) for cell in made} == {digits}


def test_a_decimal_phone_stays_a_decimal() -> None:
    values = pd.Series([None], dtype=object)
    made = make(values, 3, key=False, pii="phone", dtype="decimal", sdtype="unknown")
    assert {type(cell) for cell in made.dropna()} <= {Decimal}


def test_what_repeats_goes_on_repeating_as_often() -> None:
    doctors = pd.Series(["Anna Weber"] * 60 + ["Max Schulz"] * 30 + ["Eva Koch"] * 10)
    made = make(doctors, 20_000, key=False, pii="name", sdtype="categorical", dtype="string")
    shares = made.value_counts(normalize=True).to_numpy()
    assert len(shares) == 3
    np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=5 * np.sqrt(0.25 / 20_000))
    assert not set(made) & set(doctors)


def test_a_repeating_column_that_is_empty_is_made_all_the_same() -> None:
    values = pd.Series([None] * 5, dtype="string")
    assert make(values, 5, key=False, pii="name", sdtype="categorical").isna().all()


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
