"""Rare values and extremes: what a model may learn of them.

A category backed by fewer than k subjects is learnt as one rare class, which comes out again as a
frequent category and never as a token of its own. Numbers are clipped to the k-th smallest and
k-th largest subject's value, so no extreme in a model belongs to fewer than k subjects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import numpy.typing as npt


class Protection(BaseModel):
    """How many subjects must stand behind a value before a model may hold it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: int = Field(
        default=5, ge=1, le=1000, description="Subjects that must share a category or extreme."
    )

    def backing(
        self, codes: npt.NDArray[np.integer], subjects: npt.NDArray[np.int64], cardinality: int
    ) -> npt.NDArray[np.int64]:
        """How many different subjects have each code, shape (cardinality,).

        Args:
            codes: Code of each row, shape (n_rows,); negative codes are left out.
            subjects: Subject of each row, shape (n_rows,).
            cardinality: Number of codes.
        """
        there = codes >= 0
        pairs = np.unique(subjects[there] * cardinality + codes[there])
        return np.bincount(pairs % cardinality, minlength=cardinality).astype(np.int64)

    def bounds(
        self, values: npt.NDArray[np.float64], subjects: npt.NDArray[np.int64]
    ) -> tuple[float, float] | None:
        """The k-th smallest and k-th largest subject's value.

        Args:
            values: Finite numbers, shape (n,).
            subjects: Whose they are, shape (n,).

        Returns:
            The lower and upper bound, or `None` where too few subjects have a value.
        """
        order = np.lexsort((values, subjects))
        first = np.flatnonzero(np.diff(subjects[order], prepend=-1))
        if len(first) < self.k:
            return None
        last = np.append(first[1:], len(order)) - 1
        lowest, highest = np.sort(values[order][first]), np.sort(values[order][last])
        low, high = float(lowest[self.k - 1]), float(highest[-self.k])
        # With fewer than 2k subjects the bounds can cross: then no value is safe to hold.
        return (low, high) if low <= high else None
