"""Texts as arrays of characters and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_ALPHABET = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def to_codes(texts: npt.NDArray[np.str_], width: int) -> npt.NDArray[np.int64]:
    """Characters as numbers: 0 to 9, 10 to 35 for A to Z, -1 for anything else.

    Args:
        texts: Shape (n,); what is longer than `width` is cut, what is shorter ends in -1.
        width: Characters in each.

    Returns:
        Shape (n, width).
    """
    held = np.ascontiguousarray(texts.astype(f"<U{width}"))
    points = held.view(np.uint32).reshape(len(held), width).astype(np.int64)
    digits = (points >= ord("0")) & (points <= ord("9"))
    capitals = (points >= ord("A")) & (points <= ord("Z"))
    return np.where(digits, points - ord("0"), np.where(capitals, points - ord("A") + 10, -1))


def to_texts(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """The inverse of `to_codes`. (n, width) -> (n,)."""
    if not codes.size:
        return np.empty(len(codes), dtype="U1")
    letters = np.ascontiguousarray(_ALPHABET[codes])
    return letters.view(f"<U{codes.shape[1]}")[:, 0]
