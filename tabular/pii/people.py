"""Kinds that only their words give away: names of people, postal addresses, days of birth."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabular.pii.cells import FEW
from tabular.pii.forms import Found
from tabular.pii.hints import could_be_a_name, words
from tabular.pii.lexicon import (
    ALL_FAMILY,
    ALL_GIVEN,
    AMERICAN_STREET,
    CHINESE_FAMILY,
    EAST_ASIAN_STREET,
    FAMILY,
    GIVEN,
    STREET,
    STREETS,
    TITLES,
)

if TYPE_CHECKING:
    import pandas as pd

    from tabular.pii.cells import Cells

_PERSON = re.compile(
    r"[^\W\d_][^\W\d_'\u2019.-]*\.?(?:(?:,?[ '\u2019-]+|\.|, )[^\W\d_][^\W\d_'\u2019.-]*\.?){0,6}"
)
_FIRM = re.compile(
    r"\b(?:inc|ltd|llc|plc|corp|company|group|gmbh|kg|ohg|ag|mbh|sarl|sas|spa|srl|bv|nv|ab|oy|as|"
    r"sons|and|und|y|et|e|asociados|hijos|fratelli|zoo)\b|&|\bs\.[al]\b",
    re.IGNORECASE,
)
_FATHER = re.compile(r"\w(?:ович|евич|овна|евна|ovich|evich|ovna|evna)\b", re.IGNORECASE)
"""The Russian name after one's father."""
_PARTICLES = frozenset(
    {"van", "von", "der", "den", "del", "della", "dos", "das", "bin", "ben", "ter"}
)
_CASED = re.compile(r"[^\W\d_]{3,}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,4}")
_POSTED = re.compile(r"\b(?:\d{4,6}|\d{3} \d{2}|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})\b")
"""A postal code somewhere in several lines."""
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]00:00(?::00)?)?")
_SENTENCE, _LETTER = 14.0, 4.0
_KINDS = ("name", "given_name", "family_name")
_NAMES = {
    locale: GIVEN.get(locale, frozenset()) | FAMILY.get(locale, frozenset())
    for locale in GIVEN.keys() | FAMILY.keys()
}


def as_address(cells: Cells, hints: frozenset[str]) -> Found | None:
    """A word for a street, a name beside it, and a number."""
    if cells.few:
        return None
    texts = cells.texts.tolist()
    if float(np.mean([len(text.split()) for text in texts])) > _SENTENCE:
        return None
    said = "address" in hints
    share = float(np.mean([_is_address(text, said=said) for text in texts]))
    if share >= 0.6 or (said and share >= 0.3):  # noqa: PLR2004
        sure = round(min(0.97, 0.5 + share / 2 - 0.1 * (not said)), 2)
        counts = {
            locale: sum(street.search(text) is not None for text in texts)
            for locale, street in STREETS.items()
        }
        locale = _most(counts, len(texts))
        return Found("address", sure, f"{share:.0%} have a street's form", locale)
    numbered = float(np.mean([_has_number_and_name(text) for text in texts]))
    if said and numbered >= 0.7:  # noqa: PLR2004
        return Found(
            "address", 0.75, f"{numbered:.0%} are words with a number, named like an address"
        )
    return None


def _has_number_and_name(text: str) -> bool:
    return bool(re.search(r"\d", text) and re.search(r"[^\W\d_]{3}", text) and " " in text)


def _is_address(text: str, *, said: bool) -> bool:
    if not re.search(r"\d", text) or (not said and _is_a_sentence(text)):
        return False
    if EAST_ASIAN_STREET.search(text):
        return True
    name, n_words = STREET.subn("", text)
    if n_words and re.search(r"[^\W\d_]{3}", name):
        return True
    if "\n" in text and _POSTED.search(text):
        return True
    return bool(AMERICAN_STREET.match(text if not said else f"{text}\n"))


def _is_a_sentence(text: str) -> bool:
    """Whether most of the longer words are in lower case, in letters that have two."""
    long_words = _CASED.findall(text)
    lower = sum(word[0].islower() for word in long_words)
    return bool(lower > 0.6 * len(long_words))


def as_name(  # noqa: PLR0911  a cascade
    cells: Cells, hints: frozenset[str], column: str, table: str
) -> Found | None:
    """Names of people: by their words, and by the column's name."""
    texts = [text.replace(",", " ") for text in cells.texts.tolist()]
    parts = [[p.strip(".").lower() for p in re.split(r"[\s.]+", text) if p] for text in texts]
    parts = [[p for p in each if p not in TITLES] or each for each in parts]
    n_words = np.array([len(each) for each in parts])
    if not n_words.any() or float(n_words.mean()) > _LETTER:  # a sentence
        return None
    chinese = cells.share(_CHINESE)
    if cells.share(_PERSON) < 0.8 and chinese < 0.8:  # noqa: PLR2004
        return None
    # A double name is known by either half.
    split = [[half for p in each for half in (p, *p.split("-"))] for each in parts]
    given = np.array([any(p in ALL_GIVEN for p in each) for each in split])
    family = np.array([any(p in ALL_FAMILY for p in each) for each in split])
    if chinese >= 0.8:  # noqa: PLR2004
        family |= np.array([text[0] in CHINESE_FAMILY for text in texts])
    family_first = [each[-1] in ALL_GIVEN and each[0] in ALL_FAMILY for each in parts]
    begins = [each[0].split("-")[0] in ALL_GIVEN for each in parts]
    proper = [_is_proper(text) for text in cells.texts.tolist()]
    fathers = np.array([_FATHER.search(text) is not None for text in cells.texts.tolist()])
    firms = float(np.mean([_FIRM.search(text) is not None for text in texts]))
    seen = _Known(
        given=float(given.mean()),
        either=float((given | family).mean()),
        both=float((given & family).mean()),
        in_place=float((np.array(begins) | np.array(family_first) | fathers).mean()),
        several=float((n_words > 1).mean()),
    )
    locale = _speakers(parts)
    if kind := next((kind for kind in _KINDS if kind in hints), None):
        # Few values that repeat are people too, if they are known names: those who treat or teach.
        if cells.few and seen.either < 0.5:  # noqa: PLR2004
            return None
        sure = round(min(0.97, 0.7 + 0.3 * seen.either), 2)
        evidence = f"words, {seen.either:.0%} known names, named like a person's name"
        return Found(kind, sure, evidence, locale)
    spread = not cells.few and cells.n_distinct >= FEW and could_be_a_name(column, table)
    if not spread or firms > 0.15 or float(np.mean(proper)) < 0.8:  # noqa: PLR2004
        return None
    if chinese >= 0.8 and seen.either >= 0.5:  # noqa: PLR2004  no space between the two names
        return Found("name", 0.8, f"{seen.either:.0%} begin with a common family name", "zh_CN")
    return _unnamed(seen, locale)


def _is_proper(text: str) -> bool:
    """Whether the words begin with capitals, particles apart, where the letters have two cases."""
    found = [word for word in _CASED.findall(text) if word not in _PARTICLES]
    return all(not word[0].islower() for word in found)


@dataclass(frozen=True)
class _Known:
    """Shares of the cells: with a known given name, either name, both, in their place; words."""

    given: float
    either: float
    both: float
    in_place: float
    several: float


def _unnamed(seen: _Known, locale: str | None) -> Found | None:
    """Names of people by their words alone."""
    evidence = f"{seen.either:.0%} hold a common given or family name"
    if seen.several > 0.8:  # noqa: PLR2004
        # Places are named after people too ("Lake Robert"), but don't begin with them.
        if seen.in_place >= 0.2 or (seen.both >= 0.15 and seen.either >= 0.4):  # noqa: PLR2004
            return Found("name", round(min(0.95, 0.5 + seen.either / 2), 2), evidence, locale)
        return None
    if seen.several > 0.3 or seen.either < (0.4 if seen.given > seen.either / 2 else 0.5):  # noqa: PLR2004
        return None
    kind = "given_name" if seen.given > seen.either / 2 else "family_name"
    return Found(kind, round(0.4 + seen.either / 2, 2), evidence, locale)


def _speakers(parts: list[list[str]]) -> str | None:
    """The locale whose names most of the cells hold."""
    held = [set(each) for each in parts]
    return _most(
        {
            locale: sum(not known.isdisjoint(each) for each in held)
            for locale, known in _NAMES.items()
        },
        len(held),
    )


def _most(counts: dict[str, int], n: int) -> str | None:
    """The locale that counts most, if clearly more than any other."""
    best = max(counts, key=lambda locale: counts[locale])
    second = max(count for locale, count in counts.items() if locale != best)
    return best if counts[best] > 0.2 * n and counts[best] > 1.1 * second else None


def as_birth(column: pd.Series, hints: frozenset[str], cells: Cells | None) -> Found | None:
    """Dates, or years people are born in, named like a day of birth."""
    from pandas.api import types

    if "date_of_birth" not in hints:
        return None
    evidence = "dates, named like a day of birth"
    if types.is_datetime64_any_dtype(column):
        return Found("date_of_birth", 0.95, evidence)
    if cells is None:
        return None
    first = column.dropna().iloc[0]
    if isinstance(first, dt.date):
        return Found("date_of_birth", 0.95, evidence)
    if cells.numbers is not None:
        inside = cells.whole and cells.numbers.min() > 1880 and cells.numbers.max() < 2100  # noqa: PLR2004
        named = set(words(column.name)) if isinstance(column.name, str) else set()
        years = inside and not named & {"age", "weight", "order"}
        return Found("date_of_birth", 0.85, "years, named like a birth") if years else None
    share = cells.share(_DATE)
    return Found("date_of_birth", round(0.95 * share, 2), evidence) if share > 0.8 else None  # noqa: PLR2004
