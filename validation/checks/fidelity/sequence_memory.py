"""Do numbers remember, and do people differ, as in the train rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.entities import Entities
from validation.excess import POWER, judged
from validation.features import is_numeric, space_of
from validation.statistics import DRAWS, normal_quantile, worst_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence
    from validation.features import FeatureSpace

    Floats = npt.NDArray[np.float64]

_SHOWN = 10
_LEAST = 2
"""Entities of which a variance between them can be taken."""


class SequenceMemory(Check, frozen=True):
    """Largest difference of autocorrelations and of shares of variance between entities.

    Of each number two figures: the correlation of a row's value with the last one's, and the share
    of the variance that lies between entities rather than within them. Both of the values' ranks
    in the train rows. What two samples of these sizes differ by anyway, by a bootstrap of
    subjects, is taken off.
    """

    kind: Literal["sequence_memory"] = "sequence_memory"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sequence"})
    reference: ClassVar[str] = (
        "Box, Jenkins (1970), Time series analysis, chapter 2 (autocorrelation); Searle, Casella, "
        "McCulloch (1992), Variance components, section 3.2 (variance between and within groups)."
    )

    threshold: float = Field(default=0.1, gt=0, lt=1, description="Largest difference of a figure.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Measure every number; the worst figure decides."""
        if min(_lives(evidence.train), _lives(evidence.synthetic)) < _LEAST:
            return self.result("insufficient", f"there are fewer than {_LEAST} entities on a side")
        space = space_of(evidence)
        seed = evidence.seed.child("checks", self.kind)
        names, real, real_draws = _memory(evidence.train, space, seed.child("train"))
        _, made, made_draws = _memory(evidence.synthetic, space, seed.child("synthetic"))
        known = np.isfinite(real) & np.isfinite(made)
        if not known.any():
            return self.result("not_applicable", "no number varies within and between entities")
        excess, error = _excess(made - real, made_draws - real_draws)
        excess, error = excess[known], error[known]
        names = [name for name, there in zip(names, known, strict=True) if there]
        baseline = None
        if evidence.fresh is not None and _lives(evidence.fresh) >= _LEAST:
            _, other, draws = _memory(evidence.fresh, space, seed.child("fresh"))
            beyond = _excess(other - real, draws - real_draws)[0]
            baseline = float(beyond[np.isfinite(beyond)].max(initial=0.0))
        interval = worst_interval(excess, error)
        worst = np.argsort(-excess, kind="stable")[:_SHOWN]
        return self.result(
            judged(interval, self.threshold, float(error.max())),
            f"the worst, {names[worst[0]]}, is {excess.max():.3f} from the train rows beyond "
            "chance",
            statistic="largest difference of an autocorrelation or a share of variance",
            value=float(excess.max()),
            interval=interval,
            baseline=baseline,
            threshold=self.threshold,
            smallest_effect=(normal_quantile(comparisons=len(names)) + POWER) * float(error.max()),
            n_rows=len(evidence.synthetic),
            details={
                "figures": {
                    names[i]: [round(float(real[known][i]), 3), round(float(made[known][i]), 3)]
                    for i in worst
                }
            },
        )


def _excess(gap: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """Differences that chance does not explain, and their standard errors, (n_figures,)."""
    there = np.isfinite(draws)
    number = np.maximum(there.sum(axis=0), 1)
    with np.errstate(invalid="ignore"):
        noise = np.where(there, np.abs(draws - gap), 0.0).sum(axis=0) / number
        mean = np.where(there, draws, 0.0).sum(axis=0) / number
        error = np.sqrt(np.where(there, (draws - mean) ** 2, 0.0).sum(axis=0) / number)
    return np.maximum(np.abs(gap) - noise, 0.0), error


def _lives(table: Table) -> int:
    """How many entities there are."""
    return len(Entities.of(table).lengths)


def _memory(table: Table, space: FeatureSpace, seed: Seed) -> tuple[list[str], Floats, Floats]:
    """Names, figures (n_figures,) and bootstrap replicates of them (DRAWS, n_figures)."""
    entities = Entities.of(table)
    rows = space.ordinal(table)[entities.order]
    _, owner = np.unique(entities.owners, return_inverse=True)
    n = int(owner.max()) + 1
    rng = seed.generator()
    drawn = np.stack([np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(DRAWS)])
    weights = np.concatenate([np.ones((1, n)), drawn])
    names, figures = [], []
    for column, values in zip(space.columns, rows.T, strict=True):
        if not is_numeric(column):
            continue
        ranks = np.where(np.isnan(values), np.nan, space.knots[column.name].rank(values))
        names += [
            f"autocorrelation of {column.name}",
            f"variance between entities of {column.name}",
        ]
        figures += [
            _autocorrelation(entities, ranks, owner, weights),
            _between(entities, ranks, owner, weights),
        ]
    found = np.stack(figures, axis=1) if figures else np.empty((DRAWS + 1, 0))
    return names, found[0], found[1:]


def _autocorrelation(
    entities: Entities, values: Floats, owner: npt.NDArray[np.int64], weights: Floats
) -> Floats:
    """Correlation with the last row's value, for each row of weights of subjects."""
    last = np.concatenate([[np.nan], values[:-1]])
    there = ~(entities.first | np.isnan(values) | np.isnan(last))
    whose = owner[entities.entity[there]]
    x, y = last[there], values[there]
    n, sx, sy, sxx, syy, sxy = (
        weights @ np.bincount(whose, part, weights.shape[1])
        for part in (np.ones_like(x), x, y, x * x, y * y, x * y)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (sxx - sx * sx / n) * (syy - sy * sy / n)
        return np.asarray(np.where(spread > 1e-12, (sxy - sx * sy / n) / np.sqrt(spread), np.nan))  # noqa: PLR2004  no spread


def _between(
    entities: Entities, values: Floats, owner: npt.NDArray[np.int64], weights: Floats
) -> Floats:
    """Share of the variance that lies between entities, for each row of weights of subjects."""
    there = ~np.isnan(values)
    entity, x = entities.entity[there], values[there]
    size = len(entities.lengths)
    count, total = np.bincount(entity, minlength=size), np.bincount(entity, x, size)
    means = total**2 / np.maximum(count, 1)
    n, s, squares, apart = (
        weights @ np.bincount(owner, part, weights.shape[1])
        for part in (count, total, np.bincount(entity, x * x, size), means)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = squares - s * s / n
        return np.asarray(np.where(variance > 1e-12, (apart - s * s / n) / variance, np.nan))  # noqa: PLR2004  no spread
