"""National ids: how each is written, and the check digits that tell it from other numbers.

To add one, add a `NationalId` with the rule for its check digits; recognition and replacement
follow (`generators.personal.numbers` says from which range new ones are made).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabular.pii.characters import to_codes
from tabular.pii.checksums import italian, luhn, mod11_10, remainder, two_digits, verhoeff, weighted

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Codes = npt.NDArray[np.int64]

_SPANISH = np.array([int(c, 36) for c in "TRWAGMYFPDXBNJZSQVHLCKE"])
_CHINESE = np.array([int(c, 36) for c in "10X98765432"])
_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_CENTURY_MONTH = "(?:[02468][1-9]|[13579][0-2])"
"""A month to which 20, 40, 60 or 80 may be added for the century."""


@dataclass(frozen=True)
class NationalId:
    """One country's number for a person.

    Args:
        title: What it is called, for people.
        locale: Whose it is.
        form: Regular expression of its letters and digits, without punctuation, in capitals.
        width: Letters and digits; a number that lost its leading zeros is filled up to it.
        words: What columns that hold it are called.
        layout: How it is usually written; 9 stands for any of its characters.
        n_check: How many check characters it ends with.
        check: Those from the ones before, (n, width - n_check) -> (n, n_check).
    """

    title: str
    locale: str
    form: str
    width: int
    words: frozenset[str]
    layout: str
    n_check: int = 0
    check: Callable[[Codes], Codes] | None = None

    def fits(self, texts: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
        """Which texts are one of these, by form and check digits.

        Args:
            texts: Letters and digits only, in capitals. Shape (n,).
        """
        form = re.compile(self.form)
        fits = np.asarray(np.strings.str_len(texts) == self.width)
        fits[fits] = [form.fullmatch(text) is not None for text in texts[fits].tolist()]
        if self.check is not None and fits.any():
            codes = to_codes(texts[fits], self.width)
            made = self.check(codes[:, : -self.n_check])
            fits[fits] = (codes[:, -self.n_check :] == made).all(axis=1)
        return fits


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _french(body: Codes) -> Codes:
    # Corsica's departments 2A and 2B count as 19 and 18.
    corsica = body[:, 6] >= 10  # noqa: PLR2004
    number = body.copy()
    number[corsica, 5] = 1
    number[corsica, 6] = 19 - body[corsica, 6]
    return two_digits(97 - remainder(number, 97))


def _spanish(body: Codes) -> Codes:
    # A foreigner's X, Y, Z stand for 0, 1, 2.
    number = np.where(body >= 33, body - 33, body)  # noqa: PLR2004
    return _SPANISH[remainder(number, 23)][:, None]


def _brazilian(body: Codes) -> Codes:
    first = weighted(body, (10, 9, 8, 7, 6, 5, 4, 3, 2), 11) * 10 % 11 % 10
    longer = np.hstack([body, first[:, None]])
    second = weighted(longer, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2), 11) * 10 % 11 % 10
    return np.stack([first, second], axis=1)


def _polish(body: Codes) -> Codes:
    return (-weighted(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), 10) % 10)[:, None]


def _dutch(body: Codes) -> Codes:
    # A rest of 10 makes no number: no digit equals it.
    return weighted(body, (9, 8, 7, 6, 5, 4, 3, 2), 11)[:, None]


def _norwegian(body: Codes) -> Codes:
    first = -weighted(body, (3, 7, 6, 1, 8, 9, 4, 5, 2), 11) % 11
    longer = np.hstack([body, first[:, None]])
    second = -weighted(longer, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), 11) % 11
    return np.stack([first, second], axis=1)


def _turkish(body: Codes) -> Codes:
    tenth = (7 * body[:, ::2].sum(axis=1) - body[:, 1::2].sum(axis=1)) % 10
    return np.stack([tenth, (body.sum(axis=1) + tenth) % 10], axis=1)


def _swiss(body: Codes) -> Codes:
    return (-weighted(body, (1, 3) * 6, 10) % 10)[:, None]


def _chinese(body: Codes) -> Codes:
    rest = weighted(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), 11)
    return _CHINESE[rest][:, None]


NATIONAL_IDS = (
    NationalId(
        "German tax id",
        "de_DE",
        r"[0-9]{11}",
        11,
        _words("steuerid steuernummer steueridnr steueridentifikationsnummer idnr steuer tin"),
        "99 999 999 999",
        1,
        mod11_10,
    ),
    NationalId(
        "French NIR",
        "fr_FR",
        r"[1-478][0-9]{2}(?:0[1-9]|[1-9][0-9])[0-9](?:[0-9]|(?<=2)[AB])[0-9]{8}",
        15,
        _words("nir insee nss secu"),
        "9 99 99 99 999 999 99",
        2,
        _french,
    ),
    NationalId(
        "Spanish DNI or NIE",
        "es_ES",
        r"[0-9XYZ][0-9]{7}[A-Z]",
        9,
        _words("dni nie nif"),
        "999999999",
        1,
        _spanish,
    ),
    NationalId(
        "Italian codice fiscale",
        "it_IT",
        r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]",
        16,
        _words("fiscale codfisc cf codicefiscale"),
        "9999999999999999",
        1,
        italian,
    ),
    NationalId(
        "Dutch BSN",
        "nl_NL",
        r"(?!0{7})[0-9]{9}",
        9,
        _words("bsn burgerservicenummer sofinummer"),
        "999999999",
        1,
        _dutch,
    ),
    NationalId(
        "Polish PESEL",
        "pl_PL",
        rf"[0-9]{{2}}{_CENTURY_MONTH}{_DAY}[0-9]{{5}}",
        11,
        _words("pesel"),
        "99999999999",
        1,
        _polish,
    ),
    NationalId(
        "Swedish personnummer",
        "sv_SE",
        rf"[0-9]{{2}}{_MONTH}(?:{_DAY}|[678][0-9]|9[01])[0-9]{{4}}",
        10,
        _words("personnummer pnr personnr samordningsnummer"),
        "999999-9999",
        1,
        luhn,
    ),
    NationalId(
        "Indian Aadhaar",
        "en_IN",
        r"[2-9][0-9]{11}",
        12,
        _words("aadhaar aadhar uidai"),
        "9999 9999 9999",
        1,
        verhoeff,
    ),
    NationalId(
        "Brazilian CPF",
        "pt_BR",
        r"(?!(.)\1{10})[0-9]{11}",
        11,
        _words("cpf"),
        "999.999.999-99",
        2,
        _brazilian,
    ),
    NationalId(
        "Norwegian fødselsnummer",
        "nb_NO",
        rf"(?:{_DAY}|[4-7][0-9]){_CENTURY_MONTH}[0-9]{{7}}",
        11,
        _words("fødselsnummer fodselsnummer fnr"),
        "999999 99999",
        2,
        _norwegian,
    ),
    NationalId(
        "Turkish identity number",
        "tr_TR",
        r"[1-9][0-9]{10}",
        11,
        _words("kimlik tckn tcno"),
        "99999999999",
        2,
        _turkish,
    ),
    NationalId(
        "Swiss AHV number",
        "de_CH",
        r"756[0-9]{10}",
        13,
        _words("ahv avs ahvn sozialversicherungsnummer"),
        "999.9999.9999.99",
        1,
        _swiss,
    ),
    NationalId(
        "Chinese resident id",
        "zh_CN",
        rf"[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{3}}[0-9X]",
        18,
        _words("身份证 身份证号 shenfenzheng"),
        "999999999999999999",
        1,
        _chinese,
    ),
    NationalId(
        "Canadian SIN",
        "en_CA",
        r"(?!000)[0-79][0-9]{8}",
        9,
        _words("sin"),
        "999-999-999",
        1,
        luhn,
    ),
    NationalId(
        "US social security number",
        "en_US",
        r"(?!000|666)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}",
        9,
        _words("ssn socialsecurity itin"),
        "999-99-9999",
    ),
    NationalId(
        "UK National Insurance number",
        "en_GB",
        r"(?:QQ|ZZ|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])[0-9]{6}[A-DT]",
        9,
        _words("nino nin"),
        "99 99 99 99 9",
    ),
)
"""Those with check digits first: the others are told by their layout or name alone."""
