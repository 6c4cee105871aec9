"""Telephone numbers as several countries write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tabular.pii.cells import Cells
    from tabular.pii.forms import Found

_COUNTRY = {
    "1": "en_US", "7": "ru_RU", "30": "el_GR", "31": "nl_NL", "32": "nl_BE", "33": "fr_FR",
    "34": "es_ES", "36": "hu_HU", "39": "it_IT", "40": "ro_RO", "41": "de_CH", "43": "de_AT",
    "44": "en_GB", "45": "da_DK", "46": "sv_SE", "47": "nb_NO", "48": "pl_PL", "49": "de_DE",
    "52": "es_MX", "55": "pt_BR", "61": "en_AU", "81": "ja_JP", "86": "zh_CN", "90": "tr_TR",
    "91": "en_IN", "351": "pt_PT", "353": "en_IE", "358": "fi_FI", "420": "cs_CZ",
}  # fmt: skip
_EXTENSION = r"(?: ?(?:x|ext\.?|#) ?\d{1,6})?"
_INTERNATIONAL = re.compile(
    r"(?:\+|00)[1-9]\d{0,2}(?:[ ./-]{0,3}\(0?\d{1,5}\)|[ ./-]?\d)(?:[ ./-]{0,3}\d){5,13}"
    rf"{_EXTENSION}"
)
_NATIONAL = (
    (
        "en_US",
        rf"(?:1[ .-])?(?:\([2-9]\d{{2}}\) ?|[2-9]\d{{2}}[.-])[2-9]\d{{2}}[ .-]?\d{{4}}{_EXTENSION}",
    ),
    ("en_GB", r"\(?0(?:2\d\)? ?\d{4} ?\d{4}|1\d1\)? ?\d{3} ?\d{4}|11\d\)? ?\d{3} ?\d{4})"),
    ("en_GB", r"(?:\(01\d{3}\) ?|01\d{3} )\d{3} ?\d{2,3}|07\d{3} \d{3} ?\d{3}"),
    ("fr_FR", r"0[1-9](?:[ .-]\d{2}){4}"),
    ("ja_JP", r"0\d{1,3}-\d{1,4}-\d{4}"),
    ("pt_BR", r"(?:\(0?\d{2}\)|0?\d{2}) ?9?\d{4}-\d{4}"),
    ("ru_RU", r"8 ?\(\d{3}\) ?\d{3}-\d{2}-\d{2}|8 \d{3} \d{3} \d{2} \d{2}"),
    ("sv_SE", r"0\d{1,3}-\d{2,3} \d{2}(?: \d{2})?"),
    ("de_DE", r"\(?0[1-9]\d{1,4}\)? ?/ ?\d{3,9}|\(0[1-9]\d{1,4}\) ?\d{4,9}"),
    (None, r"\(?0[1-9]\d{0,4}\)?[ ./-]{1,3}\d(?:[ .-]?\d){4,12}|\(\d{2,5}\) ?\d{3,4}[ -]?\d{3,5}"),
)
_FORMS = tuple((locale, re.compile(form)) for locale, form in _NATIONAL)
_DIALLED = re.compile(r"\+?[\d(][\d ()./-]{5,22}\d(?: ?(?:x|ext\.?) ?\d{1,6})?", re.IGNORECASE)
_FEW_DIGITS, _MANY_DIGITS = 7, 20
_SOME, _MOST = 0.3, 0.8


def as_phone(cells: Cells, hints: frozenset[str], name: str) -> Found | None:  # noqa: ARG001
    """Telephone numbers: by their form, or by their name where they are dialled digits."""
    from tabular.pii.forms import Found

    said = "phone" in hints
    if cells.numbers is not None:
        lengths = np.strings.str_len(cells.texts)
        if said and cells.whole and not cells.few and _share(lengths, 7, 15) > _MOST:
            return Found("phone", 0.8, "numbers of 7 to 15 digits, named like a phone")
        return None
    digits = np.array([sum(map(str.isdigit, text)) for text in cells.texts.tolist()])
    international = cells.matching(_INTERNATIONAL)
    good, locale = international.copy(), _country(cells.texts[international].tolist())
    most = int(international.sum())
    for whose, form in _FORMS:
        matches = cells.matching(form) & (digits >= 10) & (digits <= _MANY_DIGITS)  # noqa: PLR2004
        if int((matches & ~good).sum()) > most:
            most, locale = int((matches & ~good).sum()), whose
        good |= matches
    dialled = cells.matching(_DIALLED) & (digits >= _FEW_DIGITS) & (digits <= _MANY_DIGITS)
    share = float(good.mean())
    if share >= _SOME:  # where many are written out, bare digits of a like length are numbers too
        share = float((good | (dialled & (digits >= digits[good].min() - 2))).mean())
    if share >= _MOST - 0.2 * said:
        sure = round(min(0.99, (0.97 if said else 0.85) * share), 2)
        return Found("phone", sure, f"{share:.0%} are phone numbers", locale)
    share = float(dialled.mean())
    if said and share >= _MOST:
        sure = round(0.9 * share, 2)
        return Found("phone", sure, f"{share:.0%} are dialled digits, named like a phone", locale)
    return None


def _share(lengths: np.ndarray[tuple[int], np.dtype[np.int64]], low: int, high: int) -> float:
    return float(((lengths >= low) & (lengths <= high)).mean())


def _country(texts: list[str]) -> str | None:
    """The locale whose country code most of the numbers have."""
    found: dict[str, int] = {}
    for text in texts:
        digits = re.sub(r"\D", "", text.removeprefix("00"))
        for width in (1, 2, 3):
            if locale := _COUNTRY.get(digits[:width]):
                found[locale] = found.get(locale, 0) + 1
                break
    best = max(found, key=lambda locale: found[locale], default=None)
    return best if best and found[best] > len(texts) / 2 else None
