"""A bounded look at a column's cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

_LOOKED_AT = 20_000
_SAMPLE = 1_000
_LONG = 2.0**63
"""The first number past 64-bit integers."""

FEW = 20
"""Distinct cells below which names and places are a category."""


@dataclass(frozen=True)
class Cells:
    """What recognition looks at: at most 1,000 distinct cells of 20,000 spread over the column.

    Args:
        texts: Distinct cells as text, stripped; whole numbers without a point. Shape (n,).
        numbers: The same as numbers, where all are. Shape (n,).
        n_distinct: Distinct cells among those looked at.
        n: Cells looked at that are there.
        whole: Whether all are whole numbers that fit 64 bits.
    """

    texts: npt.NDArray[np.str_]
    numbers: npt.NDArray[np.float64] | None
    n_distinct: int
    n: int
    whole: bool

    @classmethod
    def of(cls, column: pd.Series) -> Self | None:
        """Look at a column; `None` where there is nothing to see."""
        from pandas.api import types

        if len(column) > _LOOKED_AT:
            column = column.iloc[np.linspace(0, len(column) - 1, _LOOKED_AT).astype(np.int64)]
        there = column.dropna()
        if there.empty or types.is_bool_dtype(there):
            return None
        distinct = there.drop_duplicates()
        sample = distinct.head(_SAMPLE)
        n_distinct, n = len(distinct), len(there)
        if not types.is_numeric_dtype(there):
            texts = sample.astype(str).str.strip()
            return cls(texts.to_numpy(dtype=str), None, n_distinct, n, whole=False)
        numbers = sample.to_numpy(dtype=np.float64)
        whole = bool(((np.abs(numbers) < _LONG) & (numbers == np.floor(numbers))).all())
        shown = sample.astype("int64") if whole else sample
        return cls(shown.astype(str).to_numpy(dtype=str), numbers, n_distinct, n, whole=whole)

    @property
    def few(self) -> bool:
        """Whether a few values repeat."""
        return self.n_distinct < min(FEW, self.n)

    def share(self, form: re.Pattern[str]) -> float:
        """Share of the texts that match a form in full."""
        return float(self.matching(form).mean())

    def matching(self, form: re.Pattern[str]) -> npt.NDArray[np.bool_]:
        """Which texts match a form in full. (n,)."""
        return np.array([form.fullmatch(text) is not None for text in self.texts.tolist()])

    def replaced(self, form: str, by: str = "") -> npt.NDArray[np.str_]:
        """The texts with what matches a form replaced, in capitals. (n,)."""
        pattern = re.compile(form)
        return np.array([pattern.sub(by, text).upper() for text in self.texts.tolist()])
