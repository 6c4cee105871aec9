"""Account numbers, card numbers and national ids: valid check digits, ranges nobody has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from generators.personal.base import Maker, scattered
from tabular.pii.characters import to_codes, to_texts
from tabular.pii.checksums import iban, italian, luhn, remainder, two_digits, weighted
from tabular.pii.national import NATIONAL_IDS, NationalId

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.personal.base import Serial, Texts

    Codes = npt.NDArray[np.int64]

Field = str | tuple[int, int, int]
"""What stands as it is, or the first number, how many there are, and their width."""

_CARD_STARTS = ("400000", "555555", "601100")
"""Issuers' numbers that processors of payments keep for tests."""


def codes_of(serial: Serial, fields: tuple[Field, ...]) -> Codes:
    """Serial numbers written into fields, in mixed radix. (n,) -> (n, width)."""
    size = int(np.prod([count for _, count, _ in _free(fields)], dtype=np.int64))
    rest = scattered(serial, size)
    columns: list[Codes] = []
    for field in reversed(fields):
        if isinstance(field, str):
            fixed = np.array([[int(c, 36) for c in field]], dtype=np.int64)
            columns.append(np.repeat(fixed, len(serial), axis=0))
            continue
        first, count, width = field
        number = first + rest % count
        rest //= count
        if width == 0:  # a letter
            columns.append(number[:, None])
        else:
            places = 10 ** np.arange(width - 1, -1, -1)
            columns.append(number[:, None] // places % 10)
    return np.hstack(columns[::-1])


def _free(fields: tuple[Field, ...]) -> list[tuple[int, int, int]]:
    return [field for field in fields if not isinstance(field, str)]


def _pattern(fields: tuple[Field, ...]) -> re.Pattern[str]:
    """What the fields could hold; any digits where a number is free."""
    parts = [field if isinstance(field, str) else _between(*field) for field in fields]
    return re.compile("".join(parts))


def _between(first: int, count: int, width: int) -> str:
    if width == 0:
        return "[A-Z]"
    last = first + count - 1
    same = 0
    low, high = f"{first:0{width}d}", f"{last:0{width}d}"
    while same < width and low[same] == high[same]:
        same += 1
    if same == width:
        return low
    return f"{low[:same]}[{low[same]}-{high[same]}]" + "[0-9]" * (width - same - 1)


_LETTER = (10, 26, 0)
_RANGES: dict[str, tuple[tuple[Field, ...], ...]] = {
    # The first digit of a real SSN is not 9, and of an ITIN the fourth and fifth are 50 to 65,
    # 70 to 88, 90 to 92 or 94 to 99.
    "en_US": (
        ("9", (0, 100, 2), (1, 49, 2), (1, 9999, 4)),
        ("9", (0, 100, 2), (66, 4, 2), (1, 9999, 4)),
    ),
    # HMRC's examples have QQ; ZZ is not allocated (NIM39110).
    "en_GB": (("QQ", (0, 10**6, 6), (10, 4, 0)), ("ZZ", (0, 10**6, 6), (10, 4, 0))),
    # No department has the number 00.
    "fr_FR": (((1, 2, 1), (0, 100, 2), (1, 12, 2), "00", (1, 990, 3), (1, 999, 3)),),
    # No block is set aside; those in use end well below.
    "es_ES": (("99", (0, 10**6, 6)), ("98", (0, 10**6, 6))),
    # Births are registered under A to M, and Z for abroad.
    "it_IT": tuple(
        (*[_LETTER] * 6, (0, 100, 2), (10, 5, 0), (1, 28, 2), letter, (0, 1000, 3))
        for letter in ("X", "Y")
    ),
    # Births of 2200 and of 2100.
    "pl_PL": (
        ((0, 100, 2), (61, 12, 2), (1, 28, 2), (0, 10**4, 4)),
        ((0, 100, 2), (41, 12, 2), (1, 28, 2), (0, 10**4, 4)),
    ),
    # Birth numbers that Skatteverket's test numbers have.
    "sv_SE": (
        ((0, 100, 2), (1, 12, 2), (1, 28, 2), (980, 20, 3)),
        ((0, 100, 2), (1, 12, 2), (61, 28, 2), (980, 20, 3)),  # of people not registered
    ),
    # UIDAI's test numbers.
    "en_IN": (("9999", (0, 10**7, 7)),),
    # No range is set aside; these are the ends.
    "pt_BR": (("000", (1, 999_999, 6)), ("999", (0, 999_999, 6))),
    # The tax authority adds 80 to the month of its test population.
    "nb_NO": (((1, 28, 2), (81, 12, 2), (0, 100, 2), (0, 100, 2)),),
    # Canada gives out none that begins with 0; no Chinese region has 999999.
    "en_CA": (("0", (10**6, 9 * 10**6, 7)),),
    "zh_CN": (("999999", (1940, 70, 4), (1, 12, 2), (1, 28, 2), (0, 1000, 3)),),
    # Far above those given out; 9999 begins the numbers for tests.
    "nl_NL": (("9", (0, 10**6, 6)),),
    # The first digit of a real tax id is not 0; see `_german`.
    "de_DE": (("0",),),
}
_NOT_ALL_VALID = {"nl_NL": 9, "nb_NO": 6}
"""Of ten numbers that differ in the last digit before the check, so many at least have one."""


@dataclass(frozen=True)
class NationalIdMaker(Maker):
    """National ids from ranges that are never given out, where the country has one."""

    @cached_property
    def known(self) -> NationalId:
        """The id of the locale."""
        return next(each for each in NATIONAL_IDS if each.locale == self.locale)

    @property
    def n_ranges(self) -> int:
        """How many ranges the country has."""
        return len(self._ranges)

    @property
    def _ranges(self) -> tuple[tuple[Field, ...], ...]:
        return _RANGES[str(self.locale)]

    def _holds(self, text: str, chosen: int) -> bool:
        code = re.sub(r"[\W_]", "", text).upper().zfill(self.known.width)
        return _pattern(self._ranges[chosen]).match(code[-self.known.width :]) is not None

    def _made(self, serial: Serial, chosen: int) -> Texts:
        fields = self._ranges[chosen]
        if self.locale == "de_DE":
            body = _german(serial)
        elif free := _NOT_ALL_VALID.get(str(self.locale)):
            body = self._with_check(codes_of(serial // free, fields), serial % free)
        else:
            body = codes_of(serial, fields)
        check = self.known.check
        return to_texts(body if check is None else np.hstack([body, check(body)]))

    def _with_check(self, body: Codes, nth: Serial) -> Codes:
        """One more digit: the n-th of those after which there are check digits."""
        assert self.known.check is not None  # noqa: S101  for the type checker
        ten = np.stack(
            [self.known.check(np.hstack([body, np.full((len(body), 1), d)])) for d in range(10)]
        )
        valid = (ten < 10).all(axis=2).T  # noqa: PLR2004
        last = (valid.cumsum(axis=1) > nth[:, None]).argmax(axis=1)
        return np.hstack([body, last[:, None]])


def makes_national_id(locale: str | None) -> bool:
    """Whether there is a range to make a locale's national ids from."""
    return locale in _RANGES


_PAIRS = np.array(list(combinations(range(1, 10), 2)))
_ORDERS = np.array(list(permutations(range(7))))
_TWICE_AND_NOT = np.array([(r, m) for r in range(1, 10) for m in range(1, 10) if r != m])


def _german(serial: Serial) -> Codes:
    """Ten digits that begin with 0, one of which stands twice and one not at all. (n, 10).

    The rule is in the tax office's notes on the form of the number (BZSt, 2016).
    """
    size = len(_PAIRS) * len(_ORDERS) * len(_TWICE_AND_NOT)
    rest = scattered(serial, size)
    twice, absent = _TWICE_AND_NOT[rest % len(_TWICE_AND_NOT)].T
    rest //= len(_TWICE_AND_NOT)
    pairs = _PAIRS[rest % len(_PAIRS)]
    order = _ORDERS[rest // len(_PAIRS)]
    digits = np.broadcast_to(np.arange(1, 10), (len(serial), 9))
    others = digits[(digits != twice[:, None]) & (digits != absent[:, None])].reshape(-1, 7)
    body = np.zeros((len(serial), 10), dtype=np.int64)
    places = np.broadcast_to(np.arange(1, 10), (len(serial), 9))
    single = places[(places != pairs[:, :1]) & (places != pairs[:, 1:])].reshape(-1, 7)
    np.put_along_axis(body, single, np.take_along_axis(others, order, axis=1), axis=1)
    np.put_along_axis(body, pairs, np.repeat(twice[:, None], 2, axis=1), axis=1)
    return body


@dataclass(frozen=True)
class Card(Maker):
    """Sixteen digits with Luhn's, under issuers' numbers for tests."""

    n_ranges = len(_CARD_STARTS)

    def _holds(self, text: str, chosen: int) -> bool:
        return re.sub(r"\D", "", text).startswith(_CARD_STARTS[chosen])

    def _made(self, serial: Serial, chosen: int) -> Texts:
        body = codes_of(serial, (_CARD_STARTS[chosen], (0, 10**9, 9)))
        return to_texts(np.hstack([body, luhn(body)]))


_BANKS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "de_DE": ("DE", ("99999999", "00000000"), 10),
    "de_AT": ("AT", ("99999", "00000"), 11),
    "de_CH": ("CH", ("99999", "00000"), 12),
    "en_GB": ("GB", ("ZZZZ999999", "ZZZX999999"), 8),
    "en_IE": ("IE", ("ZZZZ999999", "ZZZX999999"), 8),
    "es_ES": ("ES", ("99999999", "00000000"), 10),
    "fr_FR": ("FR", ("9999999999", "0000000000"), 11),
    "it_IT": ("IT", ("9999999999", "0000000000"), 12),
    "nl_NL": ("NL", ("ZZZZ", "ZZZX"), 10),
    "pl_PL": ("PL", ("99999999", "00000000"), 16),
    "sv_SE": ("SE", ("999", "000"), 17),
    "nl_BE": ("BE", ("999", "000"), 7),
}
"""Country, codes of banks that none has, digits of the account."""


@dataclass(frozen=True)
class Iban(Maker):
    """Valid through and through, at a bank that there is not; German where the locale has none."""

    n_ranges = 2

    @property
    def _bank(self) -> tuple[str, tuple[str, ...], int]:
        return _BANKS.get(str(self.locale), _BANKS["de_DE"])

    def _holds(self, text: str, chosen: int) -> bool:
        country, banks, _ = self._bank
        code = re.sub(r"[\W_]", "", text).upper()
        return code.startswith(country) and banks[chosen] in code[4:16]

    def _made(self, serial: Serial, chosen: int) -> Texts:
        country, banks, width = self._bank
        account = codes_of(serial, ((0, 10 ** min(width, 9), width),))
        bank = np.repeat(
            to_codes(np.array([banks[chosen]]), len(banks[chosen])), len(serial), axis=0
        )
        body = _NATIONAL_CHECKS.get(country, _plain)(bank, account)
        head = np.repeat(to_codes(np.array([country]), 2), len(serial), axis=0)
        return to_texts(np.hstack([head, iban(np.hstack([head, body])), body]))


def _plain(bank: Codes, account: Codes) -> Codes:
    return np.hstack([bank, account])


def _spanish(bank: Codes, account: Codes) -> Codes:
    first = weighted(bank, (4, 8, 5, 10, 9, 7, 3, 6), 11)
    second = weighted(account, (1, 2, 4, 8, 5, 10, 9, 7, 3, 6), 11)
    check = 11 - np.stack([first, second], axis=1)
    return np.hstack([bank, np.where(check == 11, 0, np.where(check == 10, 1, check)), account])  # noqa: PLR2004


def _french(bank: Codes, account: Codes) -> Codes:
    nothing = np.zeros((len(bank), 2), dtype=np.int64)
    rest = remainder(np.hstack([bank, account, nothing]), 97)
    return np.hstack([bank, account, two_digits(97 - rest)])


def _belgian(bank: Codes, account: Codes) -> Codes:
    rest = remainder(np.hstack([bank, account]), 97)
    return np.hstack([bank, account, two_digits(np.where(rest == 0, 97, rest))])


def _italian(bank: Codes, account: Codes) -> Codes:
    return np.hstack([italian(np.hstack([bank, account])), bank, account])


_NATIONAL_CHECKS = {"ES": _spanish, "FR": _french, "BE": _belgian, "IT": _italian}
