"""Is every part of the real rows' range still there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family
from validation.excess import POWER
from validation.features import is_numeric, labels, numbers, space_of
from validation.parts import Part, part_of
from validation.report import figure
from validation.statistics import holm, normal_quantile

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from tabular.dataset import Table
    from tabular.schema import Column
    from validation.base import Evidence

    Mask = npt.NDArray[np.bool_]

_TAILS = (0.01, 0.05, 0.1)
_BINS = 10
_LEVEL = 0.025
_MANY = 0.01
"""Share of the real rows from which on a part that is never generated is warned of by name."""
_CHANCE = 0.01
"""Chance that as many fresh rows have none of it, above which nothing is said."""
_MOST_WARNINGS = 10
_LEAST_HITS = 10
"""Rows that a part must have, and must be expected to have, to be judged."""


class Coverage(Check, frozen=True):
    """Synthetic over real share of the part of a column that is met least, compared with before.

    Parts are the categories, the tenths of each column of numbers or moments, its outermost tenths,
    twentieths and hundredths on either side, and its missing cells. A lost category, a tail that
    was cut, a mode that collapsed: each moves few rows, and leaves one part empty. Whatever the
    verdict, each part of more than a hundredth of the rows that is never generated is a warning.
    """

    kind: Literal["coverage"] = "coverage"
    family: ClassVar[Family] = "fidelity"
    reference: ClassVar[str] = (
        "Katz et al. (1978), Obtaining confidence intervals for the risk ratio in cohort studies; "
        "Holm (1979). The idea: SDMetrics' CategoryCoverage and RangeCoverage, here by mass"
    )

    threshold: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Smallest ratio of the shares: half of the people there are gone.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Compare the shares of every part; the worst one decides."""
        columns = space_of(evidence).columns
        if not columns:
            return self.result("not_applicable", "no column is learnt")
        by_column = [_parts(column, evidence) for column in columns]
        parts = [part for found in by_column for part in found]
        warnings = [text for found in by_column if (text := _never(found))][:_MOST_WARNINGS]
        judged = [part for part in parts if min(part.hits) >= _LEAST_HITS]
        if not judged:
            return self.result(
                "insufficient",
                "no part of a column has rows enough to be judged",
                n_rows=len(evidence.synthetic),
                details={"parts": len(parts), "judged": 0, "warnings": warnings},
            )
        p_values = np.array([part.p_value(self.threshold) for part in judged])
        corrected = holm(list(p_values))
        order = sorted(range(len(judged)), key=lambda i: (p_values[i], judged[i].ratio))
        worst = judged[order[0]]
        z = normal_quantile(comparisons=len(judged))
        status: Literal["pass", "fail", "undecided"]
        if corrected.min() < _LEVEL:
            status = "fail"
        else:
            # Surely fewer than before, and not surely half: fresh rows are not surely fewer.
            thinned = holm([part.p_value(1.0) for part in judged])
            halved = np.array([part.ratio < self.threshold for part in judged])
            status = "undecided" if (halved & (thinned < _LEVEL)).any() else "pass"
        spread = z * worst.fresh_error
        return self.result(
            status,
            f"{worst.name} makes up {figure(100 * worst.real.share)} % of the real and "
            f"{figure(100 * worst.synthetic.share)} % of the synthetic rows",
            statistic=f"synthetic over real share of {worst.name}",
            value=worst.ratio,
            interval=(
                worst.ratio * float(np.exp(-spread)),
                # What is gone altogether has no log: half a row stands in for it.
                max(worst.ratio, worst.floor) * float(np.exp(spread)),
            ),
            baseline=None if worst.fresh is None else worst.fresh / worst.real.share,
            threshold=self.threshold,
            better="higher",
            smallest_effect=1 - self.threshold * float(np.exp(-POWER * worst.fresh_error - spread)),
            p_value=float(corrected.min()),
            n_rows=len(evidence.synthetic),
            details={
                "parts": len(parts),
                "judged": len(judged),
                "least": [
                    {"part": p.name, "real": p.real.share, "synthetic": p.synthetic.share}
                    for p in (judged[i] for i in order[:10])
                ],
                "warnings": warnings,
            },
        )


def _never(parts: list[Part]) -> str:
    """What of a column no synthetic row has though many real ones do, and not by chance; or ""."""
    found = [
        f"{part.name} ({figure(100 * part.real.share)} % of the real rows)"
        for part in parts
        if not part.synthetic.share
        and part.real.share >= _MANY
        and (1 - part.real.share) ** part.synthetic.n < _CHANCE
    ]
    return f"never generated: {', '.join(found)}" if found else ""


def _parts(column: Column, evidence: Evidence) -> list[Part]:
    tables = {"real": evidence.train, "synthetic": evidence.synthetic, "fresh": evidence.fresh}
    sides = {name: table for name, table in tables.items() if table is not None}
    if is_numeric(column):
        cells = {side: numbers(table.frame[column.name]) for side, table in sides.items()}
        return _of_numbers(column.name, cells, sides)
    text = {side: labels(table.frame[column.name]) for side, table in sides.items()}
    return _of_labels(column.name, text, sides, evidence.k)


def _of_numbers(
    name: str, cells: dict[str, npt.NDArray[np.float64]], tables: dict[str, Table]
) -> list[Part]:
    real = cells["real"]
    present = np.sort(real[~np.isnan(real)])
    found = [(f"missing {name}", {side: np.isnan(values) for side, values in cells.items()})]
    if len(present):
        for share in _TAILS:
            low, high = present[[int(share * len(present)), -1 - int(share * len(present))]]
            words = f"the {{}} {100 * share:.0f} % of {name}"
            below = {side: values <= low for side, values in cells.items()}
            above = {side: values >= high for side, values in cells.items()}
            found += [(words.format("lowest"), below), (words.format("highest"), above)]
        edges = np.unique(present[np.arange(1, _BINS) * len(present) // _BINS])
        bins = {
            side: np.where(np.isnan(values), -1, np.searchsorted(edges, values, "right"))
            for side, values in cells.items()
        }
        for i in range(1, len(edges)):
            inside = {side: codes == i for side, codes in bins.items()}
            found.append((f"the middle part {i} of {name}", inside))
    return [part for words, masks in found if (part := part_of(words, masks, tables)) is not None]


def _of_labels(
    name: str, text: dict[str, pd.Series], tables: dict[str, Table], k: int
) -> list[Part]:
    counts = text["real"].value_counts()
    found = []
    for place, (label, rows) in enumerate(counts.items()):
        if rows < k:
            break
        masks = {
            side: (cells == label).to_numpy(dtype=bool, na_value=False)
            for side, cells in text.items()
        }
        found.append((f"the category no. {place + 1} of {name}", masks))
    gone = {side: cells.isna().to_numpy(dtype=bool) for side, cells in text.items()}
    found.append((f"missing {name}", gone))
    return [part for words, masks in found if (part := part_of(words, masks, tables)) is not None]
