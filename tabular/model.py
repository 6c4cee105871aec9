"""What a check may ask of a fitted model without knowing generators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tabular.dataset import Table


class FittedModel(Protocol):
    """A fitted generator, seen from a check."""

    @property
    def kind(self) -> str:
        """The generator's kind."""
        ...

    @property
    def capabilities(self) -> frozenset[str]:
        """What the kind can do: `sequence`, `conditions`, `log_prob`, `context`."""
        ...

    def log_prob(self, table: Table) -> npt.NDArray[np.float64]:
        """Natural log of the density of each row, shape (n_rows,); needs `log_prob`."""
        ...


class Progress(Protocol):
    """Where a long piece of work says how far it is."""

    def __call__(self, done: float, message: str = "") -> None:
        """Report the share done, in [0, 1], and what is being done."""
        ...


def silent(done: float, message: str = "") -> None:
    """A progress that nobody watches."""


def share_of(progress: Progress, at: int, parts: int, name: str = "") -> Progress:
    """The progress of one part of several, which tells the whole's."""

    def told(done: float, message: str = "") -> None:
        progress((at + done) / parts, f"{name}: {message}" if name else message)

    return told
