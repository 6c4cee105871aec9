"""What makes one kind of personal data anew, and from which range.

The n-th value of a kind is a function of n alone: a saved model holds no cell, no hash of a cell
and no list of what is taken, so there is nothing in it to try a dictionary on. That a value is
nobody's, and none of the source's, follows from where it is made:

- from a range that is set aside for examples and fiction, or that is never issued;
- where the source itself holds cells of that range (made-up data often do), from the next of the
  kind's ranges that none of the train cells lie in. Which one that is, is all the model says.

See docs/adr for the choice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Serial = npt.NDArray[np.int64]
    Texts = npt.NDArray[np.str_]

_PRIME = 2_654_435_761
"""Near the golden section of 32 bits (Knuth, The Art of Computer Programming 3, section 6.4)."""


@dataclass(frozen=True)
class Maker(ABC):
    """Makes one kind in one locale.

    Args:
        locale: Whose, like `de_DE`; `None` is as good as `en_US`.
    """

    locale: str | None

    @property
    @abstractmethod
    def n_ranges(self) -> int:
        """How many ranges there are to choose from."""

    @abstractmethod
    def _holds(self, text: str, chosen: int) -> bool:
        """Whether a range could make a text, however it is punctuated."""

    @abstractmethod
    def _made(self, serial: Serial, chosen: int) -> Texts:
        """The values with these numbers; different numbers give different values."""

    def make(self, serial: Serial, chosen: int) -> Texts:
        """The values with these numbers from a range.

        Args:
            serial: Numbers from 0. Shape (n,).
            chosen: Which range, by `choose`.

        Returns:
            Shape (n,), different for different numbers unless the kind says that it repeats.
        """
        return self._made(serial, chosen)

    def choose(self, texts: list[str]) -> int:
        """The first range that no text lies in; the last if there is none."""
        for chosen in range(self.n_ranges - 1):
            if not any(self._holds(text, chosen) for text in texts):
                return chosen
        return self.n_ranges - 1


def scattered(serial: Serial, size: int) -> Serial:
    """Numbers below `size` in an order that doesn't count up; the first `size` all differ."""
    return np.asarray(serial % size * (_PRIME % size or 1) % size, dtype=np.int64)


def joined(*parts: str | npt.NDArray[np.generic]) -> Texts:
    """Texts and numbers set one after the other, row by row."""
    text: Texts = np.array("")
    for part in parts:
        text = np.strings.add(text, np.asarray(part).astype(np.str_))
    return text


def padded(numbers: Serial, width: int) -> Texts:
    """Numbers with leading zeros; longer ones keep all their digits."""
    return np.strings.zfill(numbers.astype(np.str_), width)
