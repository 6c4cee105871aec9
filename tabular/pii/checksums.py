"""Check digits, for many numbers at once.

Every function takes the characters before the check digits and gives the check digits; a number is
valid if they are what it ends with. So one rule serves recognition and replacement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


_LETTERS = 10
"""The code of A."""

_VERHOEFF_PRODUCT = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ]
)
"""The dihedral group of the pentagon: reflections don't commute, so transpositions show."""

_VERHOEFF_FIRST = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4])
_FIRST_TEN = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ITALIAN_ODD = np.array(
    (*_FIRST_TEN, *_FIRST_TEN, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
)
"""What 0 to 9 and A to Z count in the first, third, ... place."""


def luhn(body: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """ISO/IEC 7812-1, annex B. (n, width) -> (n, 1)."""
    weights = np.where(np.arange(body.shape[1], 0, -1) % 2, 2, 1)
    products = body * weights
    total = (products // 10 + products % 10).sum(axis=1)
    check: npt.NDArray[np.int64] = (-total % 10)[:, None]
    return check


def weighted(
    body: npt.NDArray[np.int64], weights: tuple[int, ...], modulus: int
) -> npt.NDArray[np.int64]:
    """The weighted sum of the digits, modulo a number. (n, width) -> (n,)."""
    total: npt.NDArray[np.int64] = (body @ np.array(weights, dtype=np.int64)) % modulus
    return total


def remainder(body: npt.NDArray[np.int64], modulus: int) -> npt.NDArray[np.int64]:
    """What the whole number leaves, a letter counting as two digits. (n, width) -> (n,)."""
    rest = np.zeros(len(body), dtype=np.int64)
    for column in body.T:
        rest = (rest * np.where(column >= _LETTERS, 100, 10) + column) % modulus
    return rest


def verhoeff(body: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Verhoeff (1969), Error Detecting Decimal Codes. (n, width) -> (n, 1)."""
    permutation = np.arange(10)
    state = np.zeros(len(body), dtype=np.int64)
    for column in body.T[::-1]:
        permutation = _VERHOEFF_FIRST[permutation]
        state = _VERHOEFF_PRODUCT[state, permutation[column]]
    # The check digit is the inverse of the state: only the rotations 1 to 4 are not their own.
    return np.where((state > 0) & (state < 5), 5 - state, state)[:, None]  # noqa: PLR2004


def mod11_10(body: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """ISO 7064, MOD 11,10. (n, width) -> (n, 1)."""
    product = np.full(len(body), 10, dtype=np.int64)
    for column in body.T:
        total = (column + product) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return ((11 - product) % 10)[:, None]


def iban(body: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """ISO 13616 by ISO 7064 MOD 97-10: country and account -> the two check digits. (n, 2)."""
    nothing = np.zeros((len(body), 2), dtype=np.int64)
    check = 98 - remainder(np.hstack([body[:, 2:], body[:, :2], nothing]), 97)
    return two_digits(check)


def two_digits(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers below 100 as their digits. (n,) -> (n, 2)."""
    return np.stack([numbers // 10, numbers % 10], axis=1)


def italian(body: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The codice fiscale's last letter (DM 23 December 1976). (n, 15) -> (n, 1)."""
    odd = _ITALIAN_ODD[body[:, ::2]].sum(axis=1)
    even = (body[:, 1::2] - _LETTERS * (body[:, 1::2] >= _LETTERS)).sum(axis=1)
    check: npt.NDArray[np.int64] = ((odd + even) % 26 + _LETTERS)[:, None]
    return check
