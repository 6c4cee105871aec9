"""What makes one kind of personal data anew, and from which range.

The n-th value of a kind is a function of n alone: a saved model holds no cell, no hash of a cell
and no list of what is taken, so there is nothing in it to try a dictionary on. That a value is
nobody's, and none of the source's, follows from where it is made:

- from a range that is set aside for examples and fiction, or that is never issued;
- where the source itself holds cells of that range (made-up data often do), from the next of the
  kind's ranges that none of the train cells lie in; where all hold some, from the first stretch of
  a range that meets none. Which range and stretch that is, is all the model says.

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

_TRIES, _LEAST = 32, 1_000
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

    def choose(self, texts: list[str]) -> tuple[int, int]:
        """The first range that no text lies in, and how many of its numbers to leave out.

        Where texts lie in every range (numbers that fill theirs at random do), the last is taken
        from the first number on after which as many as there are texts, and a quarter more, make
        none of them.
        """
        for chosen in range(self.n_ranges):
            if not any(self._holds(text, chosen) for text in texts):
                return chosen, 0
        known = np.array(sorted({_bare(text) for text in texts}))
        block = max(len(texts) * 5 // 4, _LEAST)
        met: list[int] = []
        for start in range(0, _TRIES * block, block):
            made = self.make(np.arange(start + 1, start + block + 1), chosen)
            met.append(int(np.isin([_bare(text) for text in made.tolist()], known).sum()))
            if not met[-1]:
                break
        return chosen, int(np.argmin(met)) * block


def _bare(text: str) -> str:
    """Letters and digits alone, however they are punctuated."""
    return "".join(filter(str.isalnum, text)).lower()


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
