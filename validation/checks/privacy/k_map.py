"""k-map: do quasi-identifiers point at few people?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.rates import answer
from validation.records import backing, record_codes

if TYPE_CHECKING:
    from validation.base import Evidence


class KMap(Check, frozen=True):
    """Synthetic rows whose quasi-identifiers fewer than k train subjects share, against fresh rows.

    Quasi-identifiers are what a stranger may know: postcode, birth date, sex. A row whose
    combination few train subjects have can be linked with them; fresh rows show how often that
    happens by chance.
    """

    kind: Literal["k_map"] = "k_map"
    family: ClassVar[Family] = "privacy"
    where_declared: ClassVar[bool] = True
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout", "quasi_identifier"})
    reference: ClassVar[str] = (
        "Sweeney (2001), Computational disclosure control, section 4.5 (k-map); El Emam, Dankar "
        "(2008), Protecting privacy using k-anonymity"
    )

    threshold: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Excess over the fresh rows' rate that fails once it is certain: one row in "
        "fifty.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Count, and compare with fresh rows."""
        names = evidence.schema.with_role("quasi_identifier")
        fresh = evidence.fresh
        assert fresh is not None  # noqa: S101  `requires` has seen to it
        columns = [evidence.schema[name] for name in names]
        tables = (evidence.train, evidence.synthetic, fresh)
        train, synthetic, unseen = record_codes(tables, columns)
        n_records = 1 + max(int(codes.max(initial=0)) for codes in (train, synthetic, unseen))
        people = backing(train, evidence.train.subject_codes, n_records)
        few = (people > 0) & (people < evidence.k)
        return answer(
            self,
            evidence,
            few[synthetic],
            few[unseen],
            threshold=self.threshold,
            what=f"have quasi-identifiers of fewer than {evidence.k} train subjects",
            details={
                "quasi_identifiers": len(names),
                "k": evidence.k,
                "train_rows_below_k": float(few[train].mean()) if len(train) else 0.0,
            },
        )
