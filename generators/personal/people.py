"""Names of people and postal addresses, put together from invented words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from generators.personal.base import Maker, joined, padded, scattered
from generators.personal.syllables import syllables

if TYPE_CHECKING:
    from generators.personal.base import Serial, Texts


@dataclass(frozen=True)
class Name(Maker):
    """Invented names; a person has a double family name once the single ones are used up.

    Args:
        what: A full name, or one of its halves. Halves repeat, as they do among people.
    """

    what: Literal["name", "given", "family"] = "name"

    n_ranges = 2

    @cached_property
    def _taken(self) -> tuple[frozenset[str], ...]:
        words = syllables(self.locale)
        sorts = ("given", "family") if self.what == "name" else (self.what,)
        return tuple(
            frozenset(word.lower() for sort in sorts for word in words.words(sort, chosen).tolist())
            for chosen in range(self.n_ranges)
        )

    def _holds(self, text: str, chosen: int) -> bool:
        return not self._taken[chosen].isdisjoint(re.findall(r"[^\W\d_]+", text.lower()))

    def _made(self, serial: Serial, chosen: int) -> Texts:
        words = syllables(self.locale)
        given, family = words.words("given", chosen), words.words("family", chosen)
        if self.what != "name":
            several = given if self.what == "given" else family
            return several[scattered(serial, len(several))]
        size = len(given) * len(family)
        who, rest = scattered(serial, size), serial // size
        first, last = given[who % len(given)], family[who // len(given)]
        double = joined(last, "-", family[(rest - 1) % len(family)])
        name = joined(first, " ", np.where(rest == 0, last, double))
        again = (rest - 1) // len(family)
        return np.where(again > 0, joined(name, " ", again + 1), name)


_FORMS = {
    "en": "{n} {street} Street, {town}",
    "de": "{street}weg {n}, 00{post} {town}",
    "fr": "{n} rue {street}, 96{post} {town}",
    "es": "Calle {street} {n}, 00{post} {town}",
    "it": "Via {street} {n}, {town}",
    "nl": "{street}straat {n}, {town}",
    "pl": "ul. {street} {n}, {town}",
    "pt": "Rua {street}, {n}, {town}",
    "sv": "{street}gatan {n}, {town}",
    "da": "{street}vej {n}, {town}",
    "nb": "{street}veien {n}, {town}",
    "ru": "ул. {street}, д. {n}, {town}",
    "cs": "{street} {n}, {town}",
}
"""How a language writes an address; the postal codes are of regions that have none."""


@dataclass(frozen=True)
class Address(Maker):
    """A number in an invented street of an invented town."""

    n_ranges = 2

    @cached_property
    def _taken(self) -> tuple[re.Pattern[str], ...]:
        words = syllables(self.locale)
        lists = [words.words("place", chosen) for chosen in range(self.n_ranges)]
        return tuple(re.compile("|".join(each.tolist()), re.IGNORECASE) for each in lists)

    def _holds(self, text: str, chosen: int) -> bool:
        return self._taken[chosen].search(text) is not None

    def _made(self, serial: Serial, chosen: int) -> Texts:
        places = syllables(self.locale).words("place", chosen)
        size = len(places) ** 2
        where, rest = scattered(serial, size), serial // size
        parts = {
            "street": places[where % len(places)],
            "town": places[where // len(places)],
            # One more for each time that all streets and towns are used up, past the first few.
            "n": 1 + where % 61 + 61 * rest,
            "post": padded(where // len(places) % 1000, 3),
        }
        language = (self.locale or "en_US").partition("_")[0]
        form = re.split(r"\{(\w+)\}", _FORMS.get(language, _FORMS["en"]))
        return joined(*[parts[part] if i % 2 else part for i, part in enumerate(form)])


@dataclass(frozen=True)
class Coordinates(Maker):
    """Points of the South Pacific that are farthest from any land."""

    n_ranges = 2

    def _holds(self, text: str, chosen: int) -> bool:
        return f"-{48 + chosen}." in text

    def _made(self, serial: Serial, chosen: int) -> Texts:
        where = scattered(serial, 10**9)
        east, north = where % 100_000, where // 100_000 % 10_000
        return joined(f"-{48 + chosen}.", padded(north, 4), ", -123.", padded(east, 5))
