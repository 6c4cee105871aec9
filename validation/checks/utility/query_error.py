"""Query error: do group-by counts and means come out as they did?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement, Severity
from validation.contingency import Binning
from validation.excess import POWER, judged
from validation.features import numbers, space_of
from validation.statistics import normal_quantile, upper_tail

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

_LEAST_ROWS = 30
_PARTS = 10
_MOST_ERROR = 1.0


class QueryError(Check, frozen=True):
    """Mean error of group-by queries that chance does not explain.

    Queries are drawn: a count by two columns, or a column's mean by another one. The error of a
    count is relative; that of a mean is in the column's standard deviations; both are cut at 1.
    What fresh rows err by is taken off.
    """

    kind: Literal["query_error"] = "query_error"
    family: ClassVar[Family] = "utility"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Tao, McKenna, Hay, Machanavajjhala, Miklau (2021), Benchmarking differentially private "
        "synthetic data generation algorithms, section 4; Efron, Stein (1981), The jackknife "
        "estimate of variance"
    )

    severity: Severity = Field(default="warning", description="What a failure means to the gate.")
    threshold: float = Field(
        default=0.05, gt=0, le=1, description="Mean error beyond chance: a twentieth of the answer."
    )
    queries: int = Field(default=200, ge=10, description="How many queries are drawn.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Ask train, synthetic and fresh rows the same queries."""
        fresh = evidence.fresh
        assert fresh is not None  # noqa: S101  `requires` has seen to it
        space = space_of(evidence)
        if len(space.columns) < 2:  # noqa: PLR2004  a group and a figure
            return self.result("not_applicable", "fewer than two columns are learnt")
        binning = Binning.learn(evidence.train, space, 4, 8)
        queries = _drawn(space.names, tuple(space.knots), self.queries, evidence.seed)
        tables = (evidence.train, evidence.synthetic, fresh)
        train, synthetic, unseen = (_Asked(table, binning) for table in tables)
        truth = [train.answer(query, binning) for query in queries]
        everyone = range(_PARTS + 1)
        errors, chance = (
            np.array([_error(truth, side, queries, binning, part) for part in everyone])
            for side in (synthetic, unseen)
        )
        value = float(errors[0] - chance[0])
        # The jackknife by tenths of each side's subjects.
        spread = [
            float(np.sqrt((_PARTS - 1) / _PARTS * ((part[1:] - part[1:].mean()) ** 2).sum()))
            for part in (errors, chance)
        ]
        error = float(np.hypot(spread[0], spread[1]))
        if not np.isfinite(value + error):  # of all rows, or of nine tenths of them
            return self.result(
                "insufficient", f"no group has {_LEAST_ROWS} rows", n_rows=len(evidence.synthetic)
            )
        interval = tuple(value + side * normal_quantile() * error for side in (-1, 1))
        return self.result(
            judged((interval[0], interval[1]), self.threshold, error),
            f"queries err by {errors[0]:.3f} on average, by {chance[0]:.3f} on fresh rows",
            statistic="mean error of queries beyond that of fresh rows",
            value=value,
            interval=interval,
            baseline=0.0,
            threshold=self.threshold,
            smallest_effect=self.threshold + (normal_quantile() + POWER) * error,
            p_value=float(upper_tail((value - self.threshold) / max(error, 1e-12))),
            n_rows=len(evidence.synthetic),
            details={"queries": len(queries), "error": float(errors[0]), "fresh": float(chance[0])},
        )


class _Asked:
    """One side's rows, ready for queries."""

    def __init__(self, table: Table, binning: Binning) -> None:
        self.codes = binning.codes(table)
        self.values = {name: numbers(table.frame[name]) for name in binning.edges}
        self.part = table.subject_codes % _PARTS + 1

    def answer(self, query: tuple[str, str, bool], binning: Binning, left_out: int = 0) -> Floats:
        """Rows of each group and, for a mean, the sum and the sum of squares in it.

        Shape (3, n_groups).
        """
        by, other, is_mean = query
        keep = self.part != left_out
        if is_mean:
            known = keep & ~np.isnan(self.values[other])
            cells, values = self.codes[by][known], self.values[other][known]
            size = binning.levels(by)
            return np.stack(
                [
                    np.bincount(cells, minlength=size),
                    np.bincount(cells, weights=values, minlength=size),
                    np.bincount(cells, weights=values**2, minlength=size),
                ]
            )
        size = binning.levels(other)
        cells = self.codes[by][keep] * size + self.codes[other][keep]
        counts = np.bincount(cells, minlength=size * binning.levels(by)).astype(np.float64)
        return np.stack([counts, np.full_like(counts, keep.sum()), counts])


def _error(
    truth: list[Floats],
    side: _Asked,
    queries: list[tuple[str, str, bool]],
    binning: Binning,
    left_out: int,
) -> float:
    found = []
    for real, query in zip(truth, queries, strict=True):
        other = side.answer(query, binning, left_out)
        large = real[0] >= _LEAST_ROWS
        if query[2]:
            large &= other[0] > 0
        if not large.any():
            continue
        if query[2]:
            total = real[0].sum()
            deviation = np.sqrt(max(real[2].sum() / total - (real[1].sum() / total) ** 2, 0.0))
            if not deviation:
                continue
            gaps = real[1][large] / real[0][large] - other[1][large] / other[0][large]
            relative = np.abs(gaps) / deviation
        else:
            shares = [part[0][large] / np.maximum(part[1][large], 1) for part in (real, other)]
            relative = np.abs(shares[0] - shares[1]) / shares[0]
        found.append(float(np.minimum(relative, _MOST_ERROR).mean()))
    return float(np.mean(found)) if found else float("nan")


def _drawn(
    names: tuple[str, ...], numeric: tuple[str, ...], n: int, seed: Seed
) -> list[tuple[str, str, bool]]:
    """Queries: the column to group by, another, and whether the mean of that is asked for."""
    rng = seed.child("checks", "query_error").generator()
    queries = set()
    for _ in range(n):
        by, other = (names[i] for i in rng.permutation(len(names))[:2])
        queries.add((by, other, bool(other in numeric and rng.random() < 0.5)))  # noqa: PLR2004
    return sorted(queries)
