"""The contract of a check, what it may look at, and what it answers.

To add one, write `validation/checks/<family>/<kind>.py` with a class that derives from `Check`, and
one line in `tests/cases.py`. A check measures and compares with a threshold; it never stops
anything. Its answer is a value: the figure, its interval, the same figure on fresh real rows, and
the smallest effect it could have seen. Only the gate turns answers into a decision.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tabular.component import Component, Registry

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tabular.dataset import Dataset, Table
    from tabular.model import FittedModel
    from tabular.schema import Schema, TableSchema
    from tabular.seeding import Seed

Family = Literal["validity", "fidelity", "utility", "privacy", "fairness"]
Status = Literal["pass", "fail", "undecided", "insufficient", "not_applicable", "error"]
Severity = Literal["blocking", "warning", "info"]
Better = Literal["higher", "lower"]
Requirement = Literal[
    "holdout",
    "reference",
    "target",
    "sensitive",
    "quasi_identifier",
    "sequence",
    "model",
    "relations",
]

FAMILIES: tuple[Family, ...] = get_args(Family)


@dataclass(frozen=True)
class Related:
    """All tables on each side, for checks that look across a foreign key."""

    train: Dataset
    synthetic: Dataset
    holdout: Dataset | None = None
    reference: Dataset | None = None

    @property
    def schema(self) -> Schema:
        """What the tables are."""
        return self.train.schema


@dataclass(frozen=True)
class Evidence:
    """All that a check may look at, for one table.

    Args:
        train: The rows the generator learnt from.
        synthetic: The rows to judge.
        holdout: Fresh real rows the generator never saw, to compare with.
        reference: Other fresh real rows, which calibrate attacks.
        model: The fitted model, if it is at hand.
        own: Whether the rows come from a generator of this program, whose domains are closed: no
            category or extreme of fewer than `k` subjects may come out of it.
        k: Subjects that must share a value (`protect.k`).
        suites: Paths of the owner's own Great Expectations suites.
        seed: Where every random number of a check comes from.
        related: All tables, where foreign keys join this one with others.
    """

    train: Table
    synthetic: Table
    seed: Seed
    holdout: Table | None = None
    reference: Table | None = None
    model: FittedModel | None = None
    own: bool = False
    k: int = 5
    suites: tuple[str, ...] = ()
    related: Related | None = None
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Work that several checks share (encodings, neighbours), by name."""

    @property
    def schema(self) -> TableSchema:
        """The table's schema."""
        return self.train.schema

    @property
    def target(self) -> str | None:
        """The column with the role `target`, if there is one."""
        return next(iter(self.schema.with_role("target")), None)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Columns with the role `sensitive`."""
        return self.schema.with_role("sensitive")

    @cached_property
    def fresh(self) -> Table | None:
        """All fresh real rows, holdout and reference together."""
        import pandas as pd

        if self.holdout is None or self.reference is None:
            return self.holdout or self.reference
        both = pd.concat([self.holdout.frame, self.reference.frame], ignore_index=True)
        owners = None
        if self.holdout.owners is not None and self.reference.owners is not None:
            others = self.reference.owners + self.holdout.n_subjects
            owners = np.concatenate([self.holdout.owners, others])
        return self.holdout.with_frame(both, owners)

    def has(self, requirement: Requirement) -> bool:
        """Whether the evidence holds what a check requires."""
        return {
            "holdout": self.holdout is not None,
            "reference": self.reference is not None,
            "target": self.target is not None,
            "sensitive": bool(self.sensitive),
            "quasi_identifier": bool(self.schema.with_role("quasi_identifier")),
            "sequence": self.schema.sequence is not None,
            "model": self.model is not None,
            "relations": self.related is not None,
        }[requirement]

    def empty(self, requires: Collection[Requirement] = ()) -> tuple[str, ...]:
        """The sides without a row, of those that every check and this one look at."""
        sides: dict[str, Table | None] = {"train": self.train, "synthetic": self.synthetic}
        sides |= {"holdout": self.holdout} if "holdout" in requires else {}
        sides |= {"reference": self.reference} if "reference" in requires else {}
        return tuple(name for name, table in sides.items() if table is not None and not len(table))


class CheckResult(BaseModel):
    """What a check found: a value, never an exception."""

    # A figure that is not a number must come back from JSON as one: the gate looks for it.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    check: str
    family: Family
    table: str = ""
    status: Status
    severity: Severity = "blocking"
    statistic: str = Field(default="", description="What `value` measures, in a few words.")
    value: float | None = None
    interval: tuple[float, float] | None = Field(
        default=None, description="95 % confidence interval of the value."
    )
    baseline: float | None = Field(
        default=None, description="The same statistic of fresh real rows."
    )
    threshold: float | None = None
    better: Better = "lower"
    smallest_effect: float | None = Field(
        default=None, description="The smallest fault this test could have seen at this size."
    )
    p_value: float | None = Field(
        default=None,
        description="Chance of a figure as bad as this if the truth were just tolerable, corrected "
        "for the number of figures the check looked at.",
    )
    n_rows: int = 0
    details: dict[str, Any] = Field(
        default_factory=dict, description="Aggregates only: no cell value, no per-record figure."
    )
    message: str = ""
    seconds: float = Field(default=0.0, description="CPU seconds.")


class Check(Component, ABC, frozen=True):
    """One question about the data; its fields are its parameters."""

    family: ClassVar[Family]
    requires: ClassVar[frozenset[Requirement]] = frozenset()
    reference: ClassVar[str] = ""
    """Authors, year, title, section of where the method comes from."""
    where_declared: ClassVar[bool] = False
    """Whether it asks about something that many tables don't have: that it does not apply there
    is no gap."""
    on_by_default: ClassVar[bool] = True
    """Whether the check runs where the configuration does not name it."""

    severity: Severity = Field(default="blocking", description="What a failure means to the gate.")

    @property
    def needs_no_subject(self) -> bool:
        """Whether it says something of a table that holds nobody's rows: form, not privacy."""
        fresh = self.requires & {"holdout", "reference"}
        return self.family in {"validity", "fidelity"} and not fresh

    @abstractmethod
    def run(self, evidence: Evidence) -> CheckResult:
        """Measure; `result` builds the answer."""

    def result(self, status: Status, message: str, **values: Any) -> CheckResult:  # noqa: ANN401
        """An answer of this check; `values` are further fields of `CheckResult`."""
        return CheckResult(
            check=self.kind,
            family=self.family,
            severity=values.pop("severity", self.severity),
            status=status,
            message=message,
            **values,
        )

    def answer(self, evidence: Evidence) -> CheckResult:
        """Run the check so that it always answers.

        What it requires and the evidence lacks makes it `not_applicable`, a side without a row
        `insufficient`; an exception makes it `error`, with the exception's type and no text, since
        a library's text may quote a cell.
        """
        begun = time.process_time()
        missing = sorted(need for need in self.requires if not evidence.has(need))
        if missing:
            outcome = self.result("not_applicable", f"needs {' and '.join(missing)}")
        elif empty := evidence.empty(self.requires):
            outcome = self.result("insufficient", f"there is no {' and no '.join(empty)} row")
        else:
            try:
                outcome = self.run(evidence)
            except Exception as error:  # noqa: BLE001  an answer is owed, whatever happened
                outcome = self.result("error", f"the check broke down: {type(error).__name__}")
        return outcome.model_copy(
            update={"table": evidence.train.name, "seconds": time.process_time() - begun}
        )


CHECKS: Registry[Check] = Registry(Check, "validation.checks", "check")


def by_family(kinds: Mapping[str, type[Check]]) -> list[str]:
    """Kinds in the order of their families, then by name."""
    return sorted(kinds, key=lambda kind: (FAMILIES.index(kinds[kind].family), kind))
