"""Kinds whose cells have a form of their own: contacts, network addresses, account numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabular.pii.characters import to_codes
from tabular.pii.checksums import iban, luhn
from tabular.pii.hints import most_degrees
from tabular.pii.national import NATIONAL_IDS
from tabular.pii.phones import as_phone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabular.pii.cells import Cells

MOST = 0.8
_LAID_OUT = 0.4
"""Share with the usual punctuation from which a form without check digits is believed."""
_FEW_SEEN = 5
"""Distinct numbers from which check digits can't all be right by chance (1 in 10 each)."""


@dataclass(frozen=True)
class Found:
    """A kind, how sure its form makes of it, the reason, and whose form it is."""

    kind: str
    confidence: float
    evidence: str
    locale: str | None = None


def _sure(base: float, share: float) -> float:
    return round(min(0.99, base * share), 2)


def _simple(
    kind: str, form: re.Pattern[str], least: float, base: float, evidence: str
) -> Callable[[Cells, frozenset[str], str], Found | None]:
    def detect(cells: Cells, hints: frozenset[str], name: str) -> Found | None:  # noqa: ARG001
        share = cells.share(form)
        wanted = least - 0.2 * (kind in hints)
        return (
            Found(kind, _sure(base, share), f"{share:.0%} {evidence}") if share >= wanted else None
        )

    return detect


_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}(?:/\d{{1,2}}|:\d{{1,5}})?")
_EMAIL = re.compile(r"(?:[^<>@]{1,60}<)?[^@\s,;<>]+@[^@\s,;<>]+\.[A-Za-z]{2,24}>?")
_DASHED_UUID = re.compile(r"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_PLAIN_UUID = re.compile(r"[0-9a-fA-F]{12}[1-8][0-9a-fA-F]{3}[89abAB][0-9a-fA-F]{15}")
"""Without dashes only the version and the variant tell it from a digest."""
_URL = re.compile(r"(?:https?|ftp)://\S+|www\.\S+\.\S+")
_MAC = re.compile(
    r"[0-9a-fA-F]{2}(?:(?:-[0-9a-fA-F]{2}){5}|(?::[0-9a-fA-F]{2}){5})"
    r"|[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2}"
)
_DEGREES = re.compile(
    r"\(?-?(?:[0-8]?\d|90)\.\d{3,}\s*[,; ]\s*-?(?:1[0-7]\d|\d{1,2}|180)\.\d{3,}\)?"
    r"|POINT ?\(-?\d{1,3}\.\d+ -?\d{1,3}\.\d+\)",
    re.IGNORECASE,
)
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"  # American Express, Diners
    r"|35(?:2[89]|[3-8]\d)\d{12}|(?:2131|1800)\d{11}"  # JCB
    r"|(?:6011|65\d{2}|64[4-9]\d|62\d{2})\d{12}"  # Discover, UnionPay
    r"|(?:5018|5020|5038|5[68]\d{2}|6304|67\d{2}|0604|6390)\d{8,15}"  # Maestro
)
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24,
    "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20,
}  # fmt: skip
"""SWIFT's registry of IBAN lengths."""
_COUNTRY_LOCALES = {
    "AT": "de_AT", "BE": "nl_BE", "CH": "de_CH", "CZ": "cs_CZ", "DE": "de_DE", "DK": "da_DK",
    "ES": "es_ES", "FI": "fi_FI", "FR": "fr_FR", "GB": "en_GB", "HU": "hu_HU", "IE": "en_IE",
    "IT": "it_IT", "NL": "nl_NL", "NO": "nb_NO", "PL": "pl_PL", "PT": "pt_PT", "SE": "sv_SE",
    "TR": "tr_TR",
}  # fmt: skip


def _as_uuid(cells: Cells, hints: frozenset[str], name: str) -> Found | None:  # noqa: ARG001
    for form in (_DASHED_UUID, _PLAIN_UUID):
        share = cells.share(form)
        if share >= 0.95:  # noqa: PLR2004
            return Found("uuid", _sure(0.99, share), f"{share:.0%} are UUIDs")
    return None


def _as_ip(cells: Cells, hints: frozenset[str], name: str) -> Found | None:  # noqa: ARG001
    import ipaddress

    def version_6(text: str) -> bool:
        try:
            return ipaddress.ip_interface(text).version == 6  # noqa: PLR2004
        except ValueError:
            return False

    four = cells.matching(_IPV4)
    six = np.array([":" in text and version_6(text) for text in cells.texts.tolist()])
    share = float((four | six).mean())
    if share < 0.9 - 0.2 * ("ip" in hints):
        return None
    if four.any() and "ip" not in hints:
        # Four small numbers are as well the number of a version or a chapter.
        most = max(int(part) for text in cells.texts[four] for part in re.findall(r"\d+", text)[:4])
        if most < 64:  # noqa: PLR2004
            return None
    return Found("ip", _sure(0.97, share), f"{share:.0%} are network addresses")


def _as_iban(cells: Cells, hints: frozenset[str], name: str) -> Found | None:  # noqa: ARG001
    codes = cells.replaced(r"[ -]")
    good = np.zeros(len(codes), dtype=bool)
    countries = np.array([code[:2] for code in codes.tolist()])
    lengths = np.strings.str_len(codes)
    for country in np.unique(countries).tolist():
        width = _IBAN_LENGTHS.get(country)
        rows = np.flatnonzero((countries == country) & (lengths == width))
        if width is None or not len(rows):
            continue
        letters = to_codes(codes[rows], width)
        body = np.hstack([letters[:, :2], letters[:, 4:]])
        plain = (letters >= 0).all(axis=1)
        good[rows[plain]] = (iban(body[plain]) == letters[plain, 2:4]).all(axis=1)
    share = float(good.mean())
    if share < MOST - 0.2 * ("iban" in hints):
        return None
    names, counts = np.unique(countries[good], return_counts=True)
    locale = (
        _COUNTRY_LOCALES.get(str(names[counts.argmax()])) if counts.max() > good.sum() / 2 else None
    )
    return Found(
        "iban",
        _sure(0.99, share),
        f"{share:.0%} are account numbers with valid check digits",
        locale,
    )


def _as_card(cells: Cells, hints: frozenset[str], name: str) -> Found | None:  # noqa: ARG001
    codes = cells.replaced(r"[ -]")
    good = np.array([_CARD.fullmatch(code) is not None for code in codes.tolist()])
    lengths = np.strings.str_len(codes)
    for width in np.unique(lengths[good]).tolist():
        rows = np.flatnonzero(good & (lengths == width))
        digits = to_codes(codes[rows], width)
        good[rows] = luhn(digits[:, :-1])[:, 0] == digits[:, -1]
    share = float(good.mean())
    if share < 0.9 - 0.2 * ("card" in hints) or good.sum() < _FEW_SEEN:
        return None
    return Found(
        "card", _sure(0.97, share), f"{share:.0%} have a card's issuer, length and Luhn digit"
    )


def _as_national(cells: Cells, hints: frozenset[str], name: str) -> Found | None:
    from tabular.pii.hints import words

    named = {*words(name), "".join(words(name))}
    codes = cells.replaced(r"(?<=\w)[ ./+-](?=\w)")
    said = "national_id" in hints
    lengths = np.strings.str_len(codes)
    usual = np.median(lengths)
    for known in NATIONAL_IDS:
        ours = bool(named & known.words)
        if cells.whole and usual < known.width - 2:
            continue
        texts = np.strings.zfill(codes, known.width) if cells.whole else codes
        if known.width == 10:  # noqa: PLR2004  the century may stand before it
            longer = lengths == 12  # noqa: PLR2004
            texts = np.where(longer, np.strings.slice(codes, 2, 12), texts)
        share = float(known.fits(texts).mean())
        least = 0.6 if ours else 0.9 - 0.2 * said
        if share < least or cells.n_distinct < _FEW_SEEN:
            continue
        if known.check is not None:
            evidence = f"{share:.0%} have the form and check digits of a {known.title}"
            return Found(
                "national_id", _sure(0.98 if ours else 0.95, share), evidence, known.locale
            )
        if ours or said or _laid_out(cells, known.layout) >= _LAID_OUT:
            evidence = f"{share:.0%} have the form of a {known.title}"
            return Found("national_id", _sure(0.9 if ours else 0.8, share), evidence, known.locale)
    if not said or cells.few:
        return None
    share = cells.share(_CODE)
    if share < MOST:
        return None
    return Found(
        "national_id", _sure(0.8, share), f"{share:.0%} are codes, named like a national id"
    )


_CODE = re.compile(r"(?=.*\d{2})[A-Za-z0-9][A-Za-z0-9 ./-]{5,17}")


def _laid_out(cells: Cells, layout: str) -> float:
    """Share of the cells with exactly the punctuation of a layout."""
    return cells.share(re.compile(re.escape(layout).replace("9", "[A-Z0-9]")))


def _as_degrees(cells: Cells, hints: frozenset[str], name: str) -> Found | None:
    if cells.numbers is None:
        share = cells.share(_DEGREES)
        if share >= 0.9 - 0.2 * ("coordinates" in hints):
            return Found("coordinates", _sure(0.95, share), f"{share:.0%} are pairs of degrees")
        return None
    most = most_degrees(name)
    if most is None or not np.abs(cells.numbers).max() <= most:
        return None
    if (cells.numbers != np.round(cells.numbers, 2)).mean() > 0.5:  # noqa: PLR2004  finer than a km
        return Found("coordinates", 0.9, "degrees with many decimals, named like a place")
    return None


_POSTAL = (
    ("en_GB", re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}"), True),
    ("en_CA", re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d"), True),
    ("nl_NL", re.compile(r"[1-9]\d{3} ?[A-Z]{2}"), True),
    ("pl_PL", re.compile(r"\d{2}-\d{3}"), True),
    ("pt_BR", re.compile(r"\d{5}-\d{3}"), True),
    ("ja_JP", re.compile(r"\d{3}-\d{4}"), False),
    ("pt_PT", re.compile(r"\d{4}-\d{3}"), False),
    ("en_US", re.compile(r"\d{5}-\d{4}"), True),
    ("sv_SE", re.compile(r"\d{3} \d{2}"), False),
    (None, re.compile(r"(?:[A-Z]{1,2}-)?\d{3,8}(?:-\d{3,4})?"), False),
)
"""Whose, what they look like, and whether that alone is enough."""


def _as_postal_code(cells: Cells, hints: frozenset[str], name: str) -> Found | None:  # noqa: ARG001
    hinted = "postal_code" in hints
    if cells.numbers is not None:
        inside = cells.whole and cells.numbers.min() >= 0 and cells.numbers.max() < 10**9
        if hinted and inside and cells.numbers.max() >= 100:  # noqa: PLR2004
            return Found("postal_code", 0.85, "whole numbers, named like a postal code")
        return None
    matching = [(locale, cells.matching(form), enough) for locale, form, enough in _POSTAL]
    if not hinted:
        matching = [] if cells.few else [each for each in matching if each[2]]
    best = max(matching, key=lambda each: int(each[1].sum()), default=None)
    if best is None:
        return None
    # Some write the same country's codes with and without their dash.
    found = np.any([matches for _, matches, _ in matching], axis=0) if hinted else best[1]
    share = float(found.mean())
    if share < (MOST if hinted else 0.95):
        return None
    sure = _sure(0.95 if hinted else 0.75, share)
    return Found("postal_code", sure, f"{share:.0%} have a postal code's form", best[0])


_TEXT_DETECTORS: tuple[Callable[[Cells, frozenset[str], str], Found | None], ...] = (
    _simple("email", _EMAIL, 0.8, 0.99, "are e-mail addresses"),
    _as_uuid,
    _simple("url", _URL, 0.8, 0.97, "are links"),
    _simple("mac", _MAC, 0.9, 0.98, "are hardware addresses"),
    _as_ip,
    _as_iban,
    _as_card,
    _as_national,
    _as_degrees,
    _as_postal_code,
    as_phone,
)
_NUMBER_DETECTORS = (_as_degrees, as_phone, _as_card, _as_national, _as_postal_code)


def in_form(cells: Cells, hints: frozenset[str], name: str) -> Found | None:
    """The first kind whose form the cells have.

    Args:
        cells: What to look at.
        hints: Kinds the column's name speaks for.
        name: The column's name.
    """
    detectors = _TEXT_DETECTORS if cells.numbers is None else _NUMBER_DETECTORS
    for detect in detectors:
        if found := detect(cells, hints, name):
            return found
    return None
