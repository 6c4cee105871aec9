"""Columns that lie about a column of the parent's: learnt as the difference between the two.

A submission lies about its deadline, an invoice after its customer's first day. Learnt as what
they are, trees would have to cut both axes finely; as a difference it is one narrow column. Where
no train row is before its parent's moment, no drawn one is either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from generators.encoding.base import cast
from generators.relations.context import as_numbers
from tabular.schema import Column

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.protection import Protection
    from generators.relations.context import Context
    from tabular.dataset import Table

_LEFT = 0.4  # share of the column's spread that may be left in the difference
_PRESENT = 0.5  # share of rows that must have both
_DAY = 86_400.0


class Offset(BaseModel):
    """One column as a difference.

    Args:
        name: The column.
        base: The column of context it lies about.
        fill: What stands in for a base that is missing.
        low: Smallest value that enough subjects share, in numbers or seconds.
        high: Largest.
        step: Values are multiples of it; 0 for any.
        after: No value is below its base.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    base: str
    fill: float
    low: float
    high: float
    step: float
    after: bool

    def of(self, cells: pd.Series, context: Context) -> pd.Series:
        """The differences of cells."""
        import pandas as pd

        return pd.Series(as_numbers(cells) - self._base(context))

    def back(self, differences: pd.Series, context: Context, column: Column) -> pd.Series:
        """Cells from their differences, in the column's dtype."""
        import pandas as pd

        base = self._base(context)
        values = base + differences.to_numpy(dtype=np.float64)
        if self.step:
            values = np.rint(values / self.step) * self.step
        values = np.clip(values, self.low, self.high)
        if self.after:
            # A base between two steps: the next one is after it.
            first = np.ceil(base / self.step) * self.step if self.step else base
            values = np.where(np.isnan(values), np.nan, np.maximum(values, first))
        if column.sdtype != "datetime":
            cells = pd.Series(values).round(column.decimals or 12)
            if column.dtype.lower().startswith(("int", "uint")):
                cells = cells.round().astype("Int64")
            return cast(cells, column.dtype)
        moments = pd.Series(pd.to_datetime(values, unit="s").round("us"))
        if column.dtype == "date":
            dates = np.asarray(moments.dt.date.astype(object), dtype=object)
            dates[moments.isna().to_numpy(dtype=bool)] = None
            return pd.Series(dates, dtype=object)
        if "," in column.dtype:
            moments = moments.dt.tz_localize("UTC")
        return cast(moments, column.dtype)

    def _base(self, context: Context) -> npt.NDArray[np.float64]:
        known = context.numbers[self.base]
        return np.where(np.isnan(known), self.fill, known)

    @property
    def column(self) -> Column:
        """What the difference is."""
        whole = self.step >= 1 and self.step == round(self.step)
        return Column(
            name=self.name, sdtype="numerical", dtype="float64", decimals=0 if whole else None
        )


def find_offsets(
    table: Table, cells: tuple[str, ...], context: Context, protection: Protection
) -> tuple[Offset, ...]:
    """The columns that are better learnt as a difference.

    Args:
        table: The train rows.
        cells: The columns that a model draws.
        context: What each row is drawn given.
        protection: Which extremes may be held.
    """
    ruled = {name for rule in table.schema.rules for name in rule.used}
    out = []
    for name in cells:
        column = table.schema[name]
        if column.sdtype not in {"numerical", "datetime"} or column.dtype == "decimal":
            continue
        if name in ruled:
            continue
        values = as_numbers(table.frame[name])
        there = ~np.isnan(values)
        bounds = protection.bounds(values[there], table.subject_codes[there])
        best = _nearest(values, context)
        if best is None or bounds is None:
            continue
        base = context.numbers[best]
        both = there & ~np.isnan(base)
        out.append(
            Offset(
                name=name,
                base=best,
                fill=float(np.rint(np.nanmean(base))),
                low=bounds[0],
                high=bounds[1],
                step=_step(values[there], column),
                after=bool((values[both] >= base[both]).all()),
            )
        )
    return tuple(out)


def _nearest(values: npt.NDArray[np.float64], context: Context) -> str | None:
    """The column of context from which the values' distance varies least, if little enough."""
    there = ~np.isnan(values)
    least, best = _LEFT * _spread(values[there]), None
    for name, base in context.numbers.items():
        if name in {"place", "siblings"} or name.startswith(("before ", "so far ", "number of ")):
            continue
        both = there & ~np.isnan(base)
        if both.sum() < _PRESENT * max(there.sum(), 1):
            continue
        # Rows without a base have the mean one, and must not grow wild by it.
        filled = np.where(np.isnan(base), np.nanmean(base), base)
        left = _spread(values[there] - filled[there])
        if left < least:
            least, best = left, name
    return best


def _spread(values: npt.NDArray[np.float64]) -> float:
    """Mean distance from the median within the middle nine tenths: a few wild rows don't count."""
    if not len(values):
        return 0.0
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return float(np.abs(np.clip(values, low, high) - middle).mean())


def _step(values: npt.NDArray[np.float64], column: Column) -> float:
    if column.sdtype == "datetime":
        for step in (_DAY, 3600.0, 60.0, 1.0):
            if (values % step == 0).all():
                return step
        return 0.0
    if column.dtype.lower().startswith(("int", "uint")) or (values == np.rint(values)).all():
        return 1.0
    return 0.0
