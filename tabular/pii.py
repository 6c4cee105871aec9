"""Personal data, recognised by what the cells look like and by what the column is called.

A guess says what it rests on. Content is looked at on a sample of the distinct cells; names alone
are never enough, except to tip the scales where the content fits but could be something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

_SAMPLE = 1_000
_FEW = 20
"""Distinct cells below which names and places are a category."""
_LONG = 2.0**63
"""The first number past 64-bit integers."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


DIRECT = _set("email phone ip uuid iban card ssn name address url")
"""Kinds that point at one person and are never learnt; the others are quasi-identifiers."""

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-öø-ÿß]+|[0-9]+|[^\W\d_]+")


def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `dateOfBirth`, `DATE_OF_BIRTH` and `date of birth`."""
    return tuple(part.lower() for part in _PARTS.findall(name))


@dataclass(frozen=True)
class Guess:
    """What a column seems to hold.

    Args:
        kind: email, phone, ip, uuid, iban, card, ssn, url, name, address, date_of_birth or
            coordinates.
        confidence: In (0, 1].
        evidence: Why, without a cell value.
    """

    kind: str
    confidence: float
    evidence: str


def recognise(column: str, cells: pd.Series) -> Guess | None:
    """The kind of personal data a column holds, or `None`.

    Args:
        column: Its name.
        cells: Its cells, of any dtype.
    """
    from pandas.api import types

    there = cells.dropna()
    if there.empty or types.is_bool_dtype(there):
        return None
    named = set(words(column))
    if types.is_datetime64_any_dtype(there) or not types.is_numeric_dtype(there):
        if named & _BIRTH and _is_date(there):
            return Guess("date_of_birth", 0.9, "dates, named like a day of birth")
        if types.is_datetime64_any_dtype(there):
            return None
    distinct = there.drop_duplicates()
    if types.is_numeric_dtype(there):
        return _in_numbers(named, distinct)
    texts = distinct.head(_SAMPLE).astype(str).str.strip()
    found = _in_form(named, texts)
    if found and found.kind == "url" and len(distinct) < min(_FEW, len(there)):
        return None  # a few links are the names of a few things
    return found or _in_words(named, texts, len(distinct), len(there))


def _in_numbers(named: set[str], distinct: pd.Series) -> Guess | None:  # noqa: PLR0911
    sample = distinct.head(_SAMPLE).to_numpy(dtype=np.float64)
    most = _most_degrees(named)
    if most is not None and np.abs(sample).max() <= most:
        if (sample != np.round(sample, 2)).mean() > 0.5:  # noqa: PLR2004  finer than a kilometre
            return Guess("coordinates", 0.9, "degrees with many decimals, named like a place")
        return None
    whole = (np.abs(sample) < _LONG) & (sample == np.floor(sample))
    if not whole.all() or len(distinct) < _FEW:
        return None
    digits = distinct.head(_SAMPLE).astype("int64").astype(str)
    if named & _PHONE and digits.str.len().between(7, 15).mean() > _MOST:
        return Guess("phone", 0.8, "numbers of 7 to 15 digits, named like a phone")
    if named & _SSN and digits.str.len().between(7, 14).mean() > _MOST:
        return Guess("ssn", 0.8, "long numbers, named like a national id")
    share = float(digits.map(_is_card).mean())
    if share > _MOST:
        return Guess("card", 0.9, f"{share:.0%} have a card's length and Luhn digit")
    return None


def _most_degrees(named: set[str]) -> int | None:
    """How far from 0 a latitude or longitude may be, if the column is named like one."""
    # The short words mean other things too, where they stand among many.
    few = len(named) <= 2  # noqa: PLR2004  `long`, `home_long`
    if "latitude" in named or (few and named & _LATITUDE):
        return 90
    return 180 if "longitude" in named or (few and named & _LONGITUDE) else None


def _in_form(named: set[str], texts: pd.Series) -> Guess | None:
    """Kinds whose cells have a form of their own."""
    for kind, least, fits, evidence in _FORMS:
        share = float(texts.map(fits).mean())
        if share >= least:
            return Guess(kind, round(min(0.99, share), 2), f"{share:.0%} {evidence}")
    if named & _PHONE:
        share = float(texts.map(_is_dialled).mean())
        if share >= _MOST:
            return Guess("phone", 0.9, f"{share:.0%} are dialled digits, named like a phone")
    if named & _SSN:
        share = float(texts.str.fullmatch(r"(?=.*\d{2})[A-Za-z0-9][A-Za-z0-9 ./-]{5,17}").mean())
        if share >= _MOST and len(texts) >= _FEW:
            return Guess("ssn", 0.8, f"{share:.0%} are codes, named like a national id")
    return None


def _in_words(  # noqa: PLR0911  a cascade
    named: set[str], texts: pd.Series, n_distinct: int, n: int
) -> Guess | None:
    """Kinds that only their words give away: names of people, postal addresses."""
    if n_distinct < min(_FEW, n):
        return None  # few values that repeat are a category, whatever they are called
    n_words = texts.str.count(r"\S+")
    street = texts.map(_is_address)
    share = float(street.mean())
    if share >= 0.6 or (named & _ADDRESS and share >= 0.3):  # noqa: PLR2004
        return Guess(
            "address", round(min(0.95, 0.5 + share / 2), 2), f"{share:.0%} have a street's form"
        )
    if float(n_words.mean()) > 4 or n_distinct < 0.02 * n:  # noqa: PLR2004  a sentence, a category
        return None
    worded = float(texts.str.fullmatch(_PERSON).mean())
    if worded < 0.8:  # noqa: PLR2004
        return None
    first = texts.str.replace(",", " ").str.split().str[0].str.lower()
    last = texts.str.split().str[-1].str.lower()
    known = float((first.isin(_GIVEN) | last.isin(_GIVEN)).mean())
    hint = _names_a_person(named)
    if hint:
        return Guess("name", round(min(0.95, 0.75 + known), 2), "words, named like a person's name")
    if known >= 0.3 and float((n_words >= 2).mean()) > 0.8:  # noqa: PLR2004
        return Guess("name", 0.7, f"{known:.0%} begin or end with a common given name")
    return None


def _names_a_person(named: set[str]) -> bool:
    if named & _NAME_ALONE:
        return True
    return bool(named & _NAME and named & _PERSON_WORDS) or named == {"name"}


def _is_date(cells: pd.Series) -> bool:
    import datetime as dt

    from pandas.api import types

    if types.is_datetime64_any_dtype(cells):
        return True
    sample = cells.head(_SAMPLE)
    if isinstance(sample.iloc[0], dt.date):
        return True
    return bool(sample.astype(str).str.fullmatch(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}").mean() > _MOST)


_MOST = 0.8
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,24}")
_UUID = re.compile(r"\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?")
_URL = re.compile(r"(https?|ftp)://\S+|www\.\S+\.\S+")
_US_SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
_DIALLED = re.compile(r"\+?[\d(][\d ()./-]{5,20}\d( ?(x|ext\.?) ?\d{1,6})?")
_DIALLED_AND_NOTHING_ELSE = re.compile(
    r"(\+[1-9]\d{0,2}[ ./-]?|00[1-9]\d{0,2}[ ./-])(\(0?\d{1,5}\)|\d)[\d ./-]{5,14}\d"
    r"|\(\d{2,5}\) ?\d{3,4}[ -]?\d{3,5}|\d{3}-\d{3}-\d{4}"
)
_DEGREES = re.compile(r"-?\d{1,2}\.\d{3,}\s*[,; ]\s*-?\d{1,3}\.\d{3,}")
_PERSON = r"[^\W\d_][^\W\d_'\u2019.-]*(?:,?[ '\u2019.-]+[^\W\d_][^\W\d_'\u2019.-]*\.?){0,4}"
_STREET = re.compile(
    r"\b(street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|square"
    r"|rue|chemin|allée|allee|calle|avenida|via|viale|piazza|rua|ulica|ul|gatan|vägen|plein|laan)\b"
    r"|(straße|strasse|str\.|weg|gasse|platz|allee|straat|gata|vej)\b",
    re.IGNORECASE,
)


def _is_address(text: str) -> bool:
    """A word for a street, a name beside it, and a number."""
    name, n_words = _STREET.subn("", text)
    return bool(n_words and re.search(r"\d", text) and re.search(r"[^\W\d_]{3}", name))


def _is_dialled(text: str) -> bool:
    return bool(_DIALLED.fullmatch(text)) and 7 <= sum(map(str.isdigit, text)) <= 19  # noqa: PLR2004


def _is_phone(text: str) -> bool:
    return bool(_DIALLED_AND_NOTHING_ELSE.fullmatch(text)) and _is_dialled(text)


def _is_ip(text: str) -> bool:
    import ipaddress

    if text.count(".") != 3 and ":" not in text:  # noqa: PLR2004  four bytes
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_iban(text: str) -> bool:
    """ISO 13616: country, check digits, account; the whole is 1 modulo 97."""
    code = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", code):
        return False
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    """ISO/IEC 7812: 13 to 19 digits, the last one after Luhn."""
    code = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"[2-6]\d{12,18}", code):
        return False
    digits = [int(c) for c in reversed(code)]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[1::2]]  # noqa: PLR2004  two digits are summed
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


_FORMS: tuple[tuple[str, float, Callable[[str], bool], str], ...] = (
    ("email", 0.8, lambda text: bool(_EMAIL.fullmatch(text)), "are e-mail addresses"),
    ("uuid", 0.95, lambda text: bool(_UUID.fullmatch(text)), "are UUIDs"),
    ("url", 0.8, lambda text: bool(_URL.fullmatch(text)), "are links"),
    ("ip", 0.9, _is_ip, "are network addresses"),
    ("iban", 0.8, _is_iban, "are account numbers with valid check digits"),
    ("card", 0.9, _is_card, "have a card's length and Luhn digit"),
    (
        "ssn",
        0.9,
        lambda text: bool(_US_SSN.fullmatch(text)),
        "have a social security number's form",
    ),
    ("phone", 0.8, _is_phone, "are phone numbers"),
    ("coordinates", 0.9, lambda text: bool(_DEGREES.fullmatch(text)), "are pairs of degrees"),
)

_PHONE = _set("phone telephone tel telefon telefono mobile cell fax handy gsm")
_SSN = _set("ssn nino nin cpf nir dni nie pesel bsn aadhaar passport personnummer")
_BIRTH = _set("dob birth birthday birthdate born geburtsdatum geburtstag naissance")
_LATITUDE = _set("latitude lat")
_LONGITUDE = _set("longitude lon lng long")
_ADDRESS = _set("address addr street strasse straße adresse direccion indirizzo rue")
_NAME = _set("name nom nombre nome naam namn")
_NAME_ALONE = _set(
    "firstname lastname surname forename fullname vorname nachname prenom apellido apellidos "
    "cognome givenname familyname"
)
_PERSON_WORDS = _set(
    "first last middle full given family maiden person customer client patient employee user "
    "student contact owner member author holder cardholder father mother spouse"
)
_GIVEN = _set(
    "aaron adam ahmed aisha alan albert alex alexander ali alice alicia amanda amy ana anders "
    "andrea andrew andrzej angela anita ann anna anne anton antonio arthur ashley barbara ben "
    "benjamin bernard betty bill brandon brenda brian bruno carl carla carlos carmen carol "
    "caroline catherine charles charlotte chen cheryl chris christian christina christine "
    "christopher claire clara claudia craig cynthia daniel daniela david deborah dennis diana "
    "diane diego dmitri donald donna dorothy douglas edward elena elizabeth ella emily emma eric "
    "erik eva fatima fernando francesca francis francisco frank franz fred gabriel gary george "
    "gerald giovanni gloria grace greg hannah hans harold harry heather helen helena henry "
    "ibrahim igor ines ingrid irene isabel isabella ivan jack jacob jacqueline jakob james jan "
    "jane janet janice jason jean jeffrey jennifer jeremy jessica jim joan joao joe johan "
    "johannes john jonathan jorge jose joseph joshua joyce juan judith judy julia julie jürgen "
    "justin karen karl kate katherine kathleen keith kelly kenneth kevin kim klaus kyle larry "
    "lars laura lauren lawrence li lin linda lisa louis louise lucas lucia luigi luis luke maria "
    "marie marilyn mario mark marta martha martin mary matthew max megan mehmet melissa michael "
    "michelle miguel mike mohamed mohammed monica nancy natalia natalie nathan nicholas nicole "
    "nina noah olga olivia oscar otto pablo pamela patricia patrick paul paula pedro peter petra "
    "philip pierre rachel ralph raymond rebecca ricardo richard robert roberto roger ronald rosa "
    "rose roy russell ruth ryan samantha samuel sandra sara sarah scott sean sergio sharon sofia "
    "sophia sophie stephanie stephen steve steven susan svetlana sven tanya teresa theresa thomas "
    "timothy tom tyler victor victoria vincent virginia walter wang wayne wei wilhelm william "
    "wolfgang yan yusuf zoe"
)
