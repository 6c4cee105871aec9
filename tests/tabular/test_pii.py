"""Labelled columns: what each is, and what must not be taken for personal data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from tabular.pii import recognise, words
from tabular.pii.national import NATIONAL_IDS
from tabular.seeding import Seed
from tests.labelled_columns import labelled
from tests.recognition_scores import table

if TYPE_CHECKING:
    from collections.abc import Callable

RNG = Seed(0, ("pii",)).generator()
N = 60
GIVEN = ["Anna", "Ben", "Carla", "David", "Emma", "Frank"]
GIVEN += ["Grace", "Henry", "Ines", "Jakob", "Karen", "Luis"]
FAMILY = ["Okafor", "Brown", "Castillo", "Dubois", "Eriksen", "Fischer"]
FAMILY += ["Greco", "Haddad", "Ito", "Jansen"]


def _luhn(body: str) -> str:
    """A number with its check digit: doubled from the right, nine cast out of two digits."""
    digits = [int(c) for c in reversed(body)]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[::2])
    return body + str(-total % 10)


def _iban(country: str, account: str) -> str:
    number = "".join(str(int(c, 36)) for c in account + country + "00")
    return f"{country}{98 - int(number) % 97:02d}{account}"


def _digits(n: int) -> str:
    return "".join(map(str, RNG.integers(0, 10, n)))


def _pick(words: list[str]) -> str:
    return words[RNG.integers(len(words))]


def _in_fours(code: str) -> str:
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def _many(make: str) -> list[object]:
    makers: dict[str, Callable[[int], object]] = {
        "email": lambda i: f"{_pick(GIVEN).lower()}.{i}@mail{i % 3}.example.org",
        "phone": lambda _: f"+49 {_digits(3)} {_digits(7)}",
        "us_phone": lambda _: f"({_digits(3)}) {_digits(3)}-{_digits(4)}",
        "plain_phone": lambda _: f"0{_digits(9)}",
        "phone_number": lambda i: 491701234567 + 7919 * i,
        "birth_moment": lambda i: pd.Timestamp(1950 + i % 50, 1 + i % 12, 1 + i % 28),
        "ip": lambda i: f"10.{i}.{i % 7}.{(i * 3) % 256}",
        "ip6": lambda i: f"2001:db8::{i:x}",
        "uuid": lambda i: str(UUID(int=i * 7919 + 1)),
        "iban": lambda _: _iban("DE", "5001" + _digits(14)),
        "spaced_iban": lambda _: _in_fours(_iban("GB", "WEST" + _digits(14))),
        "card": lambda _: _luhn("4" + _digits(14)),
        "spaced_card": lambda _: _in_fours(_luhn("52" + _digits(13))),
        "card_number": lambda _: int(_luhn("4" + _digits(14))),
        "ssn": lambda i: f"{123 + i:03d}-{10 + i % 80:02d}-{1000 + i:04d}",
        "nino": lambda i: f"AB{100000 + i}C",
        "ssn_number": lambda i: 123456789 + 1000 * i,
        "url": lambda i: f"https://example.org/~user{i}",
        "full_name": lambda i: f"{_pick(GIVEN)} {FAMILY[i % 10]}-{'abcdef'[i % 6].upper()}ond",
        "first_name": lambda i: GIVEN[i % 12] + "abcdefgh"[i % 8],
        "family_first": lambda i: f"{FAMILY[i % 10]}, {GIVEN[i % 12]} {'ABCDEFG'[i % 7]}.",
        "address": lambda i: f"{i + 1} {FAMILY[i % 10]} Street",
        "german_address": lambda i: f"{FAMILY[i % 10]}straße {i + 1}",
        "mailing": lambda i: f"{FAMILY[i % 10]}park {i + 1}" if i % 2 else f"{i} Main St",
        "birth": lambda i: date(1950 + i % 50, 1 + i % 12, 1 + i % 28),
        "birth_text": lambda i: f"{1 + i % 28}/{1 + i % 12}/{1950 + i % 50}",
        "latitude": lambda i: 48.0 + i * 0.01237,
        "pair": lambda i: f"{48 + i * 0.01237:.5f}, {11 + i * 0.0317:.5f}",
    }
    return [makers[make](i) for i in range(N)]


PERSONAL = [
    ("contact", "email", "email"),
    ("x", "phone", "phone"),
    ("x", "us_phone", "phone"),
    ("Telefon", "plain_phone", "phone"),
    ("mobile", "phone_number", "phone"),
    ("geburtstag", "birth_moment", "date_of_birth"),
    ("Vorname", "first_name", "given_name"),
    ("host", "ip", "ip"),
    ("host", "ip6", "ip"),
    ("ref", "uuid", "uuid"),
    ("account", "iban", "iban"),
    ("account", "spaced_iban", "iban"),
    ("payment", "card", "card"),
    ("payment", "spaced_card", "card"),
    ("payment", "card_number", "card"),
    ("x", "ssn", "national_id"),
    ("nino", "nino", "national_id"),
    ("SSN", "ssn_number", "national_id"),
    ("homepage", "url", "url"),
    ("who", "full_name", "name"),
    ("first_name", "first_name", "given_name"),
    ("customerName", "family_first", "name"),
    ("x", "address", "address"),
    ("x", "german_address", "address"),
    ("mailing_address", "mailing", "address"),
    ("date_of_birth", "birth", "date_of_birth"),
    ("birth_date", "birth", "date_of_birth"),
    ("dob", "birth_text", "date_of_birth"),
    ("lat", "latitude", "coordinates"),
    ("homeLng", "latitude", "coordinates"),
    ("Longitude of the birthplace", "latitude", "coordinates"),
    ("latitude_deg", "latitude", "coordinates"),
    ("position", "pair", "coordinates"),
]


@pytest.mark.parametrize(("name", "make", "kind"), PERSONAL)
def test_personal_data_is_recognised(name: str, make: str, kind: str) -> None:
    guess = recognise(name, pd.Series(_many(make)))
    assert guess is not None
    assert guess.kind == kind
    assert 0.5 < guess.confidence <= 1


@pytest.mark.parametrize(("name", "make", "kind"), PERSONAL)
def test_the_evidence_quotes_no_cell(name: str, make: str, kind: str) -> None:  # noqa: ARG001
    cells = pd.Series(_many(make))
    guess = recognise(name, cells)
    assert guess is not None
    assert not [cell for cell in cells.astype(str) if cell in guess.evidence]


ORDINARY = {
    "city": ["Berlin", "Hamburg", "Köln"] * 20,
    "name": ["small", "medium", "large"] * 20,
    "first": [f"option {i % 4}" for i in range(N)],
    "title": [f"The long story of the {i} lost things and where they went" for i in range(N)],
    "note": [f"patient {i} has flu and comes back next week" for i in range(N)],
    "code": [f"{i:05d}" for i in range(N)],
    "padded": [f"00{i:08d}" for i in range(N)],
    "product": [f"AB-{i:04d}-X" for i in range(N)],
    "version": [f"1.{i}.3" for i in range(N)],
    "ratio": [i / 7 for i in range(N)],
    "amount": [1_000_000 + 37 * i for i in range(N)],
    "timestamp": [1_600_000_000 + 37 * i for i in range(N)],
    "serial": [4_000_000_000_000_000 + 10 * i for i in range(N)],
    "phone": ["yes", "no"] * 30,
    "mobile": [0, 1] * 30,
    "long": list(range(N)),
    "lat": [1.5, 2.5] * 30,
    "fM3Long": [i * 0.01237 for i in range(N)],
    "longitude": [i * 10.01237 for i in range(N)],
    "colour": ["light blue", "dark red", "deep green"] * 20,
    "link": ["https://a.example", "https://b.example"] * 30,
    "day": [date(2020, 1, 1 + i % 28) for i in range(N)],
    "moment": list(pd.date_range("2020-01-01", periods=N)),
    "birthplace": [f"Ort{i}" for i in range(N)],
    "flag": [True, False] * 30,
    "way": [f"way {i}" for i in range(N)],
    "empty": [None] * N,
    "passport": [f"issued in region {'abcdef'[i % 6]}{i}, valid" for i in range(N)],
    "ratio of sides": [f"{i}:{i + 1}" for i in range(N)],
    "four parts": [f"{300 + i}.1.2.3" for i in range(N)],
    "huge": [10.0**i for i in range(N)],
    "infinite": [np.inf, *range(N)],
    "company": [f"{w} Ltd {i}" for i, w in enumerate(FAMILY * 6)],
    "words": [f"{a}{b}" for a in GIVEN for b in ("ly", "ness", "ful", "ish", "ism")],
}


@pytest.mark.parametrize("name", sorted(ORDINARY))
def test_ordinary_columns_are_not_taken_for_personal_data(name: str) -> None:
    assert recognise(name, pd.Series(ORDINARY[name])) is None


@pytest.mark.parametrize(
    ("number", "title"),
    [
        # Published examples and test numbers of the offices that issue them.
        ("36574261809", "German tax id"),
        ("255081416802538", "French NIR"),
        ("12345678Z", "Spanish DNI or NIE"),
        ("X1234567L", "Spanish DNI or NIE"),
        ("RSSMRA85T10A562S", "Italian codice fiscale"),
        ("111222333", "Dutch BSN"),
        ("44051401359", "Polish PESEL"),
        ("8112189876", "Swedish personnummer"),
        ("999941057058", "Indian Aadhaar"),
        ("52998224725", "Brazilian CPF"),
        ("10000000146", "Turkish identity number"),
        ("7569217076985", "Swiss AHV number"),
        ("11010519491231002X", "Chinese resident id"),
        ("046454286", "Canadian SIN"),
        ("078051120", "US social security number"),
        ("QQ123456C", "UK National Insurance number"),
    ],
)
def test_published_national_ids_are_valid_and_one_wrong_digit_is_not(
    number: str, title: str
) -> None:
    (known,) = [each for each in NATIONAL_IDS if each.title == title]
    assert known.fits(np.array([number])).all()
    assert known.width == len(number)
    if known.check is not None:
        at = len(number) // 2
        wrong = [f"{number[:at]}{d}{number[at + 1 :]}" for d in "0123456789" if d != number[at]]
        assert not known.fits(np.array(wrong)).any()


def test_a_corsican_s_number_is_valid() -> None:
    (french,) = [each for each in NATIONAL_IDS if each.locale == "fr_FR"]
    body = "18405" + "2A" + "330001"
    assert int(body.replace("2A", "19")) % 97 == 47  # and 97 - 47 = 50
    assert french.fits(np.array([f"{body}50", f"{body}51"])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "make", "locale"),
    [
        ("x", "phone", "de_DE"),
        ("x", "us_phone", "en_US"),
        ("account", "iban", "de_DE"),
        ("account", "spaced_iban", "en_GB"),
        ("SSN", "ssn_number", "en_US"),
        ("x", "german_address", "de_DE"),
        ("contact", "email", None),
    ],
)
def test_the_locale_is_told_where_it_can_be(name: str, make: str, locale: str | None) -> None:
    guess = recognise(name, pd.Series(_many(make)))
    assert guess is not None
    assert guess.locale == locale


def test_few_doctors_are_people_and_few_cities_are_a_category() -> None:
    doctors = pd.Series(["Anna Weber", "Peter Schulz", "Maria Koch"] * 20)
    guess = recognise("doctor", doctors)
    assert guess is not None
    assert guess.kind == "name"
    assert recognise("city", doctors) is None


def test_a_name_belongs_to_what_its_table_is_about() -> None:
    cells = pd.Series([f"{a}{b}" for a in ("Rosen", "Lilien") for b in "abcdefghijklmnopqrst"])
    assert recognise("name", cells) is None
    assert recognise("name", cells, table="products") is None
    guess = recognise("name", cells, table="customers")
    assert guess is not None
    assert guess.kind == "name"


def test_a_column_of_millions_is_looked_at_in_part() -> None:
    cells = pd.Series(np.arange(10) + 0.5).sample(3_000_000, replace=True, random_state=0)
    assert recognise("lat", cells) is None  # ten places are a category


def test_the_published_table_is_what_is_measured() -> None:
    path = Path(__file__).parents[2] / "docs" / "tables" / "personal_data.md"
    assert path.read_text(encoding="utf-8") == table(labelled())


def test_a_few_malformed_cells_do_not_hide_personal_data() -> None:
    cells = pd.Series([*_many("email")[:54], "n/a", "none", "-", "x", "y", "z"])
    guess = recognise("x", cells)
    assert guess is not None
    assert guess.kind == "email"
    assert guess.evidence.startswith("90%")


def test_missing_cells_do_not_count_against_a_guess() -> None:
    cells = pd.Series([*_many("email"), *[None] * 500], dtype="string")
    assert recognise("x", cells) is not None


def test_categories_of_personal_data_are_personal_data() -> None:
    guess = recognise("x", pd.Series(_many("email")).astype("category"))
    assert guess is not None
    assert guess.kind == "email"


@pytest.mark.parametrize("dtype", ["Int64", "UInt64", "float64"])
def test_numbers_are_read_in_any_dtype(dtype: str) -> None:
    guess = recognise("payment", pd.Series(_many("card_number"), dtype=dtype))
    assert guess is not None
    assert guess.kind == "card"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("dateOfBirth", ("date", "of", "birth")),
        ("DATE_OF_BIRTH", ("date", "of", "birth")),
        ("HTTPServer2", ("http", "server", "2")),
        ("größe in cm", ("größe", "in", "cm")),
        ("", ()),
        ("---", ()),
    ],
)
def test_a_name_is_taken_apart_into_words(name: str, parts: tuple[str, ...]) -> None:
    assert words(name) == parts
