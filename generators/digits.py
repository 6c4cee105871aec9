"""Columns as tokens: a code with many values is told in two digits, the second within the first.

A network that predicts a column needs an output for each code. A number with hundreds of bins has
too many for that, and neighbouring bins too much in common: so it is told by a coarse bin, and then
by which fine bin of that. Together they say the fine bin exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.discretization import Bins

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from generators.discretization import Discretization


@dataclass(frozen=True)
class Digits:
    """The digits of one column's codes.

    Args:
        first: The first digit of each code, not decreasing from 0, shape (n_codes,). Where each
            code has a first digit of its own there is no second.
    """

    first: npt.NDArray[np.int32]

    @classmethod
    def learn(cls, size: int, bins: Bins | None, most: int, single: int) -> Self:
        """Digits of a column.

        Args:
            size: Number of its codes.
            bins: Its fine bins, where it is a number.
            most: Coarse bins at most, spikes aside.
            single: Up to so many codes need no second digit.
        """
        if bins is None or size <= single:
            return cls(np.arange(size, dtype=np.int32))
        coarse = Bins.learn(bins.support, most)
        first = np.searchsorted(coarse.starts, bins.starts, side="right") - 1
        # A missing cell is told by its first digit alone.
        return cls(np.append(first, coarse.n_bins).astype(np.int32))

    @property
    def n_first(self) -> int:
        """Number of first digits."""
        return int(self.first[-1]) + 1

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Number of second digits of each first one, shape (n_first,)."""
        return np.bincount(self.first, minlength=self.n_first)

    @property
    def n_second(self) -> int:
        """Number of second digits; 1 where there is nothing to tell."""
        return int(self.counts.max())

    @cached_property
    def _begins(self) -> npt.NDArray[np.int64]:
        return np.cumsum(self.counts) - self.counts

    def split(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Both digits of each code, shape (n, 2)."""
        first = self.first[codes]
        return np.stack([first, codes - self._begins[first]], axis=1).astype(np.int64)

    def join(self, digits: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Codes from digits, shape (n, 2), the second of which the first must have."""
        return (self._begins[digits[:, 0]] + digits[:, 1]).astype(np.int32)


def learn_digits(columns: Discretization, *, most: int, single: int) -> tuple[Digits, ...]:
    """Digits of every column; see `Digits.learn`."""
    return tuple(
        Digits.learn(size, own, most, single)
        for size, own in zip(columns.sizes, columns.bins, strict=True)
    )


def arrays_of(digits: tuple[Digits, ...]) -> dict[str, npt.NDArray[Any]]:
    """All digits as arrays by name."""
    return {f"digits.{place}": own.first for place, own in enumerate(digits)}


def of_arrays(n_columns: int, arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[Digits, ...]:
    """The digits of so many columns that gave these arrays."""
    return tuple(Digits(arrays[f"digits.{place}"].astype(np.int32)) for place in range(n_columns))
