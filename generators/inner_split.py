"""Rows to learn from and rows to stop by: both of the training rows, of different people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable
    from tabular.seeding import Seed


def inner_split(
    train: EncodedTable, *, share: float, most: int, seed: Seed
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows to learn from and rows to stop by, of different people, each as sorted positions.

    Args:
        train: The rows.
        share: About this share of the subjects is held out, at least one of them.
        most: About how many rows are held out at most.
        seed: Who is held out.
    """
    owners = train.owner_codes
    codes = np.arange(train.n_rows) if owners is None else owners
    subjects = int(codes.max()) + 1
    count = max(1, round(subjects * min(share, most / train.n_rows)))
    drawn = seed.child("inner split").generator().permutation(subjects)[:count]
    held_out = np.isin(codes, drawn)
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
