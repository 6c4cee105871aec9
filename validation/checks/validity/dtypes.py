"""Are integers integers, dates dates, and cents two digits?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from validation.base import Check, CheckResult, Family
from validation.features import numbers
from validation.rates import none_may

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from tabular.schema import Column
    from validation.base import Evidence

    Mask = npt.NDArray[np.bool_]

_LARGEST_EXACT = 2.0**52
_MOST_DIGITS = 12


class Dtypes(Check, frozen=True):
    """Share of rows with a cell of another type, or with more digits, than its column has.

    An integer that comes back as a float, a date as text, cents with a third digit: each breaks who
    reads the file, whatever the values say. No row may.
    """

    kind: Literal["dtypes"] = "dtypes"
    family: ClassVar[Family] = "validity"
    reference: ClassVar[str] = "Wilson (1927), Probable inference."

    def run(self, evidence: Evidence) -> CheckResult:
        """Compare every column's type, then the digits of its numbers."""
        n = len(evidence.synthetic)
        wrong = np.zeros(n, dtype=bool)
        named: list[str] = []
        for column in evidence.schema.columns:
            bad = _wrong(column, evidence.synthetic.frame[column.name])
            if bad.any():
                named.append(column.name)
                wrong |= bad
        broken = int(wrong.sum())
        shown = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")  # noqa: PLR2004
        return none_may(
            self,
            wrong,
            what="of another type or with more digits",
            message=f"{broken} of {n} rows have another type or more digits in {shown}"
            if broken
            else f"all {len(evidence.schema.columns)} columns have their type and digits",
            details={"columns": len(named)},
        )


def _wrong(column: Column, cells: pd.Series) -> Mask:
    from tabular.profile import dtype_name

    present = cells.notna().to_numpy(dtype=bool)
    name = dtype_name(cells)
    # A column of missing cells alone has whatever type its reader gave it.
    if present.any() and name != column.dtype and not _same(name, column.dtype):
        return np.ones(len(cells), dtype=bool)
    if column.sdtype != "numerical" or column.decimals is None or column.decimals > _MOST_DIGITS:
        return np.zeros(len(cells), dtype=bool)
    values = numbers(cells) * 10.0**column.decimals
    with np.errstate(invalid="ignore"):
        off = np.abs(values - np.rint(values)) > 1e-6 * np.maximum(np.abs(values), 1.0)
        return np.asarray(off & (np.abs(values) < _LARGEST_EXACT) & present, dtype=bool)


def _same(found: str, declared: str) -> bool:
    """Whether two names mean one type: text by any name, moments in any unit."""
    texts = {"string", "object", "str"}
    moments = found.startswith("datetime64") and declared.startswith("datetime64")
    return {found, declared} <= texts or (moments and (("," in found) == ("," in declared)))
