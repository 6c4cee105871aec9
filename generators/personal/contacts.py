"""E-mail addresses, links, telephone numbers and addresses in networks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.personal.base import Maker, joined, padded, scattered
from generators.personal.syllables import syllables

if TYPE_CHECKING:
    from generators.personal.base import Serial, Texts

_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")
"""Reserved for documentation (RFC 2606, section 3)."""


@dataclass(frozen=True)
class Email(Maker):
    """`alora.ashbourne17@example.com`."""

    n_ranges = len(_DOMAINS)

    def _holds(self, text: str, chosen: int) -> bool:
        return text.lower().rstrip(">").endswith(f"@{_DOMAINS[chosen]}")

    def _made(self, serial: Serial, chosen: int) -> Texts:
        english = syllables("en_US")
        given, family = english.words("given", 0), english.words("family", 0)
        who = scattered(serial, len(given) * len(family))
        name = joined(given[who % len(given)], ".", family[who // len(given)], serial)
        return joined(np.strings.lower(name), "@", _DOMAINS[chosen])


@dataclass(frozen=True)
class Url(Maker):
    """`https://www.example.com/fallowdale/17`."""

    n_ranges = len(_DOMAINS)

    def _holds(self, text: str, chosen: int) -> bool:
        return (
            re.search(rf"(?:^|[/@])(?:www\.)?{re.escape(_DOMAINS[chosen])}\b", text.lower())
            is not None
        )

    def _made(self, serial: Serial, chosen: int) -> Texts:
        words = np.strings.lower(syllables("en_US").words("place", 0))
        page = words[scattered(serial, len(words))]
        return joined("https://www.", _DOMAINS[chosen], "/", page, "/", serial)


_FICTION = {
    # Ofcom, Telephone numbers for use in TV and radio drama programmes: no area has 01632.
    "en_GB": ("44", " 1632 ", 6),
    # Bundesnetzagentur, Rufnummern für Medienproduktionen: 030 23125 000 to 999, and what would
    # follow on them.
    "de_DE": ("49", " 30 23125 ", 3),
    # Arcep, decision 2018-0881: 01 99 00.
    "fr_FR": ("33", " 1 99 00 ", 4),
    # ACMA, Phone numbers for use in TV shows, films and creative works: 02 5550.
    "en_AU": ("61", " 2 5550 ", 4),
}
_CODES = {
    "es": "34", "it": "39", "nl": "31", "pl": "48", "pt": "55", "sv": "46", "da": "45", "nb": "47",
    "fi": "358", "cs": "420", "ja": "81", "zh": "86", "ru": "7", "tr": "90", "hu": "36", "ro": "40",
    "el": "30", "en_IN": "91", "de_AT": "43", "de_CH": "41", "nl_BE": "32", "pt_PT": "351",
    "en_IE": "353", "es_MX": "52", "en_GB": "44", "de_DE": "49", "fr_FR": "33", "en_AU": "61",
}  # fmt: skip


@dataclass(frozen=True)
class Phone(Maker):
    """Numbers set aside for fiction where a regulator has, else such as no plan can assign.

    In North America that is the area code 555. Elsewhere it is the country's code and 00, which
    every plan that has a trunk prefix keeps for calls abroad.
    """

    n_ranges = 2

    def _holds(self, text: str, chosen: int) -> bool:
        code, rest, _ = self._start(chosen)
        digits, rest = re.sub(r"\D", "", text), re.sub(r"\D", "", rest)
        starts = (code + rest, f"00{code}{rest}", f"{code}0{rest}", rest, f"0{rest}")
        return digits.startswith(starts)

    def _made(self, serial: Serial, chosen: int) -> Texts:
        code, rest, width = self._start(chosen)
        line = scattered_growing(serial, 10**width)
        if code == "1":
            return joined("+1", rest, padded(line // 10_000, 3), "-", padded(line % 10_000, 4))
        return joined("+", code, rest, padded(line, width))

    def _start(self, chosen: int) -> tuple[str, str, int]:
        """Country code, what follows it, and how many digits are free at least."""
        locale = self.locale or "en_US"
        if chosen == 0 and locale in _FICTION:
            return _FICTION[locale]
        code = _CODES.get(locale, _CODES.get(locale.partition("_")[0]))
        if code is None:
            return ("1", "-555-", 7) if chosen == 0 else ("1", "-000-", 7)
        return code, f" 00{chosen} ", 6


def scattered_growing(serial: Serial, size: int) -> Serial:
    """As `scattered` below `size`; what is beyond keeps its number, and so one digit more."""
    return np.where(serial < size, scattered(serial, size), serial)


@dataclass(frozen=True)
class Ip4(Maker):
    """198.18.0.0/15, set aside for benchmarks (RFC 2544), then 240.0.0.0/4 (RFC 1112)."""

    n_ranges = 2
    _small = 1 << 17

    def _holds(self, text: str, chosen: int) -> bool:
        first, _, rest = text.partition(".")
        if chosen == 0:
            return (first == "198" and rest.startswith(("18.", "19."))) or first in _SPARE[0]
        return first in _SPARE[1]

    def _made(self, serial: Serial, chosen: int) -> Texts:
        number = np.where(serial < self._small, scattered(serial, self._small), serial)
        low = (number >> 8) % 256, number % 256
        far = joined(240 + 8 * chosen + (serial >> 24) % 8, ".", (serial >> 16) % 256)
        if chosen == 0:
            near = joined("198.", 18 + (number >> 16) % 2)
            far = np.where(serial < self._small, near, far)
        else:
            low = (serial >> 8) % 256, serial % 256
        return joined(far, ".", low[0], ".", low[1])


_SPARE = (
    frozenset(str(byte) for byte in range(240, 248)),
    frozenset(str(byte) for byte in range(248, 256)),
)


@dataclass(frozen=True)
class Ip6(Maker):
    """2001:db8::/32 and 3fff::/20, set aside for documentation (RFC 3849, RFC 9637)."""

    n_ranges = 2

    def _holds(self, text: str, chosen: int) -> bool:
        return text.lower().startswith(("2001:db8:", "2001:0db8:") if chosen == 0 else "3fff:")

    def _made(self, serial: Serial, chosen: int) -> Texts:
        start = "2001:db8::" if chosen == 0 else "3fff::"
        digits = hexadecimal(serial + (1 << 32), 12)
        groups = [np.strings.slice(digits, at, at + 4) for at in (0, 4, 8)]
        return joined(start, groups[0], ":", groups[1], ":", groups[2])


@dataclass(frozen=True)
class Mac(Maker):
    """Locally administered addresses (IEEE 802, section 8.4) of one made-up maker."""

    n_ranges = 4
    _starts = ("02005e", "06005e", "0a005e", "0e005e")

    def _holds(self, text: str, chosen: int) -> bool:
        return re.sub(r"[^0-9a-f]", "", text.lower()).startswith(self._starts[chosen])

    def _made(self, serial: Serial, chosen: int) -> Texts:
        # Past 16 million the middle of the address moves.
        digits = joined(self._starts[chosen][:4], hexadecimal(serial + (0x5E << 24), 8))
        pairs = [np.strings.slice(digits, at, at + 2) for at in range(0, 12, 2)]
        return joined(
            pairs[0], ":", pairs[1], ":", pairs[2], ":", pairs[3], ":", pairs[4], ":", pairs[5]
        )


@dataclass(frozen=True)
class Uuid(Maker):
    """Version 4 in form, with zeros that no draw would give."""

    n_ranges = 4

    def _holds(self, text: str, chosen: int) -> bool:
        digits = re.sub(r"[^0-9a-f]", "", text.lower())
        return digits.startswith(f"0000000000004000{'89ab'[chosen]}")

    def _made(self, serial: Serial, chosen: int) -> Texts:
        return joined(f"00000000-0000-4000-{'89ab'[chosen]}000-", hexadecimal(serial, 12))


def hexadecimal(numbers: Serial, width: int) -> Texts:
    """The last `width` digits to base 16. (n,) -> (n,)."""
    places = np.array([1 << shift for shift in range(4 * width - 4, -4, -4)], dtype=np.int64)
    digits = np.array(list("0123456789abcdef"))[numbers[:, None] // places % 16]
    if not len(numbers):
        return np.empty(0, dtype=f"U{width}")
    return np.ascontiguousarray(digits).view(f"U{width}")[:, 0]
