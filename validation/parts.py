"""Parts of the rows, such as a category or a group: how often they are met on each side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from validation.excess import Rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from tabular.dataset import Table

    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """One part: how often it is met on each side.

    Args:
        name: How people read it.
        real: Its share of the train rows, with the subjects behind it.
        synthetic: Its share of the synthetic rows.
        fresh: Its share of fresh rows.
    """

    name: str
    real: Rate
    synthetic: Rate
    fresh: float | None

    @property
    def ratio(self) -> float:
        """Synthetic over real share."""
        return self.synthetic.share / self.real.share

    @property
    def hits(self) -> tuple[float, float]:
        """Rows in it, and rows that fresh data of the synthetic rows' number would have in it."""
        return self.real.share * self.real.n, self.real.share * self.synthetic.n

    @property
    def fresh_error(self) -> float:
        """Standard error of the log ratio for a table of fresh rows."""
        return float(np.sqrt(sum(1 / max(hit, 0.5) for hit in self.hits)))

    @property
    def floor(self) -> float:
        """The ratio that half a row would make: what is gone altogether is not surely gone."""
        return 0.5 / self.synthetic.n / self.real.share

    def p_value(self, least: float) -> float:
        """Chance of so few rows here if their share were `least` times the real one.

        Of all rows here, how many are synthetic is then binomial.
        """
        from scipy.special import betainc

        real, mine = self.hits[0], self.synthetic.share * self.synthetic.n
        odds = least * self.synthetic.n / (least * self.synthetic.n + self.real.n)
        return float(betainc(max(real, 1e-9), mine + 1, 1 - odds))


def part_of(name: str, masks: Mapping[str, Mask], tables: Mapping[str, Table]) -> Part | None:
    """The part that these rows are in, on every side; `None` where real rows are not in it."""
    rates = {side: Rate.of(mask, tables[side].shared_codes) for side, mask in masks.items()}
    if not rates["real"].share or not rates["synthetic"].n:
        return None
    fresh = rates["fresh"].share if "fresh" in rates else None
    return Part(name, rates["real"], rates["synthetic"], fresh)
