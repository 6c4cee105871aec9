"""Does every foreign key of the synthetic rows point at a row?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from tabular.relations import pointed_at
from validation.base import Check, CheckResult, Family, Requirement
from validation.rates import none_may

if TYPE_CHECKING:
    from tabular.dataset import Dataset
    from tabular.schema import ForeignKey
    from validation.base import Evidence


class References(Check, frozen=True):
    """Share of rows whose foreign key points at no row, or is missing where none may be; 0."""

    kind: Literal["references"] = "references"
    family: ClassVar[Family] = "validity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"relations"})
    reference: ClassVar[str] = "Codd (1970), A relational model of data, section 1.3."

    def run(self, evidence: Evidence) -> CheckResult:
        """Follow every key of the table."""
        related = evidence.related
        assert related is not None  # noqa: S101  it is required
        keys = [k for k in related.schema.foreign_keys if k.table == evidence.train.name]
        if not keys:
            return self.result("not_applicable", "the table has no foreign key")
        n = len(evidence.synthetic)
        bad = np.zeros(n, dtype=bool)
        broken = {}
        for key in keys:
            lost = _lost(related.synthetic, key)
            broken[", ".join(key.columns)] = int(lost.sum())
            bad |= lost
        found = int(bad.sum())
        return none_may(
            self,
            bad,
            what="that point at no row",
            message=f"{found} of {n} rows point at no row"
            if found
            else f"every key of {n} rows points at a row",
            details={"keys": len(keys), "lost": broken},
        )


def _lost(dataset: Dataset, key: ForeignKey) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    table = dataset[key.table]
    cells = table.frame[list(key.columns)].isna()
    may_miss = np.array([table.schema[name].nullable for name in key.columns])
    missing = cells.to_numpy(dtype=bool)
    nowhere = pointed_at(table.frame, dataset[key.references].frame, key) < 0
    return np.asarray((nowhere & ~missing.any(axis=1)) | (missing & ~may_miss).any(axis=1))
