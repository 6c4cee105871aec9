"""Is each column by itself distributed as in the train rows?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family
from validation.excess import POWER, judged
from validation.features import space_of
from validation.statistics import bootstrap_counts, normal_quantile, worst_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence
    from validation.features import FeatureSpace

_CELLS = 512


@dataclass(frozen=True)
class Shape:
    """How far one column is from the train rows'.

    Args:
        distance: Kolmogorov-Smirnov distance of a number or moment, total variation distance of a
            category; a missing cell counts as a value.
        noise: What the distance would be on average if nothing but chance told the sides apart.
        error: Standard error of the distance.
    """

    distance: float
    noise: float
    error: float

    @property
    def excess(self) -> float:
        """The distance that chance does not explain, at least 0."""
        return max(self.distance - self.noise, 0.0)


class ColumnShapes(Check, frozen=True):
    """Distance of the worst column from the train rows' distribution, beyond chance.

    Numbers and moments by the Kolmogorov-Smirnov distance, categories by total variation; a missing
    cell counts as a value of its own, below all others. What two samples of these sizes differ
    by anyway is estimated by bootstrap (by subject) and taken off. Few rows are given room: what a
    perfect table's upper bound may be passes. Columns drawn independently of
    each other pass, rightly: no check of single columns can tell.
    """

    kind: Literal["column_shapes"] = "column_shapes"
    family: ClassVar[Family] = "fidelity"
    reference: ClassVar[str] = (
        "Smirnov (1948), Table for estimating the goodness of fit of empirical distributions; "
        "Efron, Tibshirani (1993), An introduction to the bootstrap, chapter 10 (bias)."
    )

    threshold: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Largest distance of any column; 0.05: one row in twenty would have to change.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Measure every column; the worst one decides."""
        space = space_of(evidence)
        if not space.columns:
            return self.result("not_applicable", "no column is learnt")
        seed = evidence.seed.child("checks", self.kind)
        shapes = _shapes(evidence.train, evidence.synthetic, space, seed.child("synthetic"))
        excess = np.array([shape.excess for shape in shapes.values()])
        error = np.array([shape.error for shape in shapes.values()])
        interval = worst_interval(excess, error)
        worst = list(shapes)[int(excess.argmax())]
        status = judged(interval, self.threshold, float(error.max()))
        baseline = None
        if evidence.fresh is not None:
            fresh = _shapes(evidence.train, evidence.fresh, space, seed.child("fresh"))
            baseline = max(shape.excess for shape in fresh.values())
        return self.result(
            status,
            f"the worst column, {worst}, is {excess.max():.3f} from the train rows beyond chance",
            statistic="distance of the worst column beyond chance",
            value=float(excess.max()),
            interval=interval,
            baseline=baseline,
            threshold=self.threshold,
            smallest_effect=(normal_quantile(comparisons=len(shapes)) + POWER) * float(error.max()),
            n_rows=len(evidence.synthetic),
            details={
                "mean_distance": round(float(np.mean([s.distance for s in shapes.values()])), 5),
                "mean_noise": round(float(np.mean([s.noise for s in shapes.values()])), 5),
                "columns": {
                    name: {"distance": round(s.distance, 4), "noise": round(s.noise, 4)}
                    for name, s in shapes.items()
                },
            },
        )


def shapes_of_made(check: Check, threshold: float, made: Evidence, statistic: str) -> CheckResult:
    """The answer of another check, which is that of `column_shapes` on a table made for it.

    Args:
        check: The other check.
        threshold: Its largest distance.
        made: Evidence of the table that was made.
        statistic: What the value measures.
    """
    found = ColumnShapes(threshold=threshold, severity=check.severity).run(made)
    return found.model_copy(
        update={
            "check": check.kind,
            "statistic": statistic,
            "message": found.message.replace("the worst column, ", "the worst, "),
        }
    )


def _shapes(train: Table, other: Table, space: FeatureSpace, seed: Seed) -> dict[str, Shape]:
    return {
        name: _shape(train, other, i, space, seed.child(name)) for i, name in enumerate(space.names)
    }


def _shape(train: Table, other: Table, at: int, space: FeatureSpace, seed: Seed) -> Shape:
    cells = (space.ordinal(train)[:, at], space.ordinal(other)[:, at])
    levels = space.levels.get(space.names[at])
    ordered = levels is None
    if levels is None:
        a, b, n_cells = _grid(*cells)
    else:
        a, b = (codes.astype(np.int64) for codes in cells)
        n_cells = len(levels.names) + 2
    measured, drawn = [], []
    for side, codes, table in (("train", a, train), ("other", b, other)):
        rng = seed.child(side).generator()
        subjects = table.shared_codes
        counts = bootstrap_counts(codes, n_cells, rng, subjects=subjects)
        measured.append(np.bincount(codes, minlength=n_cells)[None] / max(len(codes), 1))
        drawn.append(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    gap, gaps = measured[0] - measured[1], drawn[0] - drawn[1]
    distance = float(_distance(gap, ordered=ordered)[0])
    noise = _distance(gaps - gap, ordered=ordered)
    error = max(float(_distance(gaps, ordered=ordered).std()), float(noise.std()))
    return Shape(distance, float(noise.mean()), error)


def _distance(gaps: npt.NDArray[np.float64], *, ordered: bool) -> npt.NDArray[np.float64]:
    """Distances of histograms from the differences of their shares, shape (n_draws,)."""
    ends = np.abs(np.cumsum(gaps, axis=1)).max(axis=1) if ordered else np.abs(gaps).sum(axis=1) / 2
    return np.asarray(ends, dtype=np.float64)


def _grid(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """The cell of each number among the quantiles of both sides; 0 for a missing one."""
    both = np.concatenate([a, b])
    present = np.sort(both[~np.isnan(both)])
    edges = np.unique(present)
    if len(edges) > _CELLS:
        edges = np.unique(present[np.linspace(0, len(present) - 1, _CELLS).astype(np.int64)])
    cells = np.where(np.isnan(both), 0, 1 + np.searchsorted(edges, both)).astype(np.int64)
    return cells[: len(a)], cells[len(a) :], len(edges) + 2
