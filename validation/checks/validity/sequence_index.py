"""Does the index order an entity's rows as the schema says?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.entities import Entities, steps
from validation.excess import Rate
from validation.features import numbers
from validation.statistics import decide, wilson

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.base import Evidence


class SequenceIndex(Check, frozen=True):
    """Share of rows whose index breaks the sequence.

    A missing index where none may be, two rows of an entity with the same one where it is unique,
    and an index beyond the train rows' range.
    """

    kind: Literal["sequence_index"] = "sequence_index"
    family: ClassVar[Family] = "validity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sequence"})
    reference: ClassVar[str] = (
        "Dasu, Johnson (2003), Exploratory data mining and data cleaning, chapter 4 (constraints "
        "on time series)."
    )

    threshold: float = Field(default=0.01, ge=0, lt=1, description="Largest share of such rows.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Look at every row, and the one before it."""
        sequence = evidence.schema.sequence
        assert sequence is not None  # noqa: S101  it is required
        known = numbers(evidence.train.frame[sequence.index])
        if not len(evidence.synthetic) or np.isnan(known).all():
            return self.result("not_applicable", "there is no index to look at")
        reach = (float(np.nanmin(known)), float(np.nanmax(known)))
        found = _faults(evidence.synthetic, reach)
        broken = np.logical_or.reduce(list(found.values()))
        rate = Rate.of(broken, evidence.synthetic.shared_codes)
        interval = wilson(rate.share * rate.n, rate.n)
        # A table without a fault passes at every size: form is not a matter of chance.
        status = "pass" if not broken.any() else decide(interval, self.threshold, "lower")
        baseline = None
        if evidence.fresh is not None and len(evidence.fresh):
            parts = _faults(evidence.fresh, reach)
            baseline = float(np.logical_or.reduce(list(parts.values())).mean())
        return self.result(
            status,
            f"the index breaks the sequence in {broken.mean():.2%} of the rows",
            statistic="share of rows whose index is missing, repeats or lies out of range",
            value=float(broken.mean()),
            interval=interval,
            baseline=baseline,
            threshold=self.threshold,
            smallest_effect=1 / len(broken),
            n_rows=len(broken),
            details={name: round(float(part.mean()), 5) for name, part in found.items()},
        )


def _faults(table: Table, reach: tuple[float, float]) -> dict[str, npt.NDArray[np.bool_]]:
    """Rows with each fault, in the order of the table, each of shape (n_rows,)."""
    sequence = table.schema.sequence
    assert sequence is not None  # noqa: S101  it is required
    index = numbers(table.frame[sequence.index])
    entities = Entities.of(table)
    tied = np.zeros(len(index), dtype=bool)
    tied[entities.order] = steps(entities, index[entities.order]) == 0
    return {
        "missing": np.isnan(index) & (not table.schema[sequence.index].nullable),
        "repeated": tied & sequence.index_unique,
        "out_of_range": (index < reach[0]) | (index > reach[1]),
    }
