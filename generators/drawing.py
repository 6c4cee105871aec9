"""Codes drawn by shares, for many rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def one_each(shares: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A column for each row, as likely as its share of the row, shape (n_rows,).

    Args:
        shares: Shape (n_rows, n_columns), not negative; some of each row above zero.
        rng: Where chance comes from.
    """
    ladder = np.cumsum(shares, axis=1)
    place = rng.random(len(shares)) * ladder[:, -1]
    found = (ladder <= place[:, None]).sum(axis=1)
    return np.asarray(np.minimum(found, shares.shape[1] - 1), dtype=np.int64)


def one_of(
    shares: npt.NDArray[np.float64], picked: npt.NDArray[np.integer], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """A column of the row that is picked, again and again, shape (n,).

    Args:
        shares: Shape (n_rows, n_columns), not negative; some of each picked row above zero.
        picked: Rows, shape (n,).
        rng: Where chance comes from.
    """
    size = shares.shape[1]
    ladder = np.cumsum(shares, axis=1)
    ladder /= np.maximum(ladder[:, -1:], 1e-300)
    # Row after row on one line: one search finds every column.
    line = (ladder + np.arange(len(ladder))[:, None]).reshape(-1)
    found = np.searchsorted(line, picked + rng.random(len(picked)), side="right")
    return np.asarray(np.clip(found - picked * size, 0, size - 1), dtype=np.int64)
