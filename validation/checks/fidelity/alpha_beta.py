"""Alpha-precision and beta-recall: are rows typical, and is all that is typical there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import POWER, judged
from validation.features import feature_columns
from validation.neighbors import nearest, real_space
from validation.statistics import normal_quantile, upper_tail

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.base import Evidence

    Points = npt.NDArray[np.float32]
    Floats = npt.NDArray[np.float64]

_NEIGHBORS = 5
_LEAST = 100
_GRID = 20


class AlphaBeta(Check, frozen=True):
    """Largest loss of precision or recall against fresh rows, over all shares of typical rows.

    Alpha-precision: of the synthetic rows, how many lie in the ball that holds the share alpha of
    the real rows. Beta-recall: of the real rows, how many have a row of the most typical share beta
    of the synthetic ones as near as their own kind. Both should follow the diagonal; fresh rows
    show how nearly they can.
    """

    kind: Literal["alpha_beta"] = "alpha_beta"
    family: ClassVar[Family] = "fidelity"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout"})
    reference: ClassVar[str] = (
        "Alaa, van Breugel, Saveliev, van der Schaar (2022), How faithful is your synthetic data?, "
        "section 3. Differs from the paper: distances of mixed columns by rank in place of a "
        "one-class embedding, and the difference to fresh rows in place of that to the diagonal."
    )

    threshold: float = Field(
        default=0.15,
        gt=0,
        lt=1,
        description="Largest loss at any share: three rows in twenty are out of place.",
    )
    rows: int = Field(
        default=4000, ge=100, description="Most rows of a side; their error is in the interval."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Measure the synthetic and the fresh rows against the same train rows."""
        fresh = evidence.fresh
        assert fresh is not None  # noqa: S101  `requires` has seen to it
        if not feature_columns(evidence.schema):
            return self.result("not_applicable", "no column is learnt")
        size = min(self.rows, len(evidence.train), len(evidence.synthetic), len(fresh))
        if size < _LEAST:
            return self.result(
                "insufficient", f"{size} rows are too few, {_LEAST} are needed", n_rows=size
            )
        seed = evidence.seed.child("checks", self.kind)
        space = real_space(evidence)
        real, ours, theirs = (
            space.scaled(_some(table, size, seed.child(name).generator()))
            for name, table in (
                ("train", evidence.train),
                ("synthetic", evidence.synthetic),
                ("fresh", fresh),
            )
        )
        centre = real.mean(axis=0)
        radius = _radius(real, centre)
        own = np.sqrt(np.maximum(nearest(real, real, _NEIGHBORS + 1).squared[:, -1], 0))
        shares = np.arange(1, _GRID) / _GRID
        bars = np.quantile(radius, shares)
        curves = {}
        for name, points in (("synthetic", ours), ("fresh", theirs)):
            inside = _radius(points, centre)
            precision = (inside[:, None] <= bars).mean(axis=0)
            curves[name] = precision, _recall(real, own, points, shares)
        loss = np.concatenate(
            [np.abs(a - b) for a, b in zip(curves["fresh"], curves["synthetic"], strict=True)]
        )
        # Binomial, of two samples; the largest of the curve's points is one supremum.
        errors = np.concatenate(
            [
                np.sqrt((a * (1 - a) + b * (1 - b) + 1 / size) / size)
                for a, b in zip(curves["fresh"], curves["synthetic"], strict=True)
            ]
        )
        worst = int(loss.argmax())
        z = normal_quantile(comparisons=_GRID)
        value, error = float(loss[worst]), float(errors[worst])
        interval = (max(value - z * error, 0.0), min(value + normal_quantile() * error, 1.0))
        what = "precision" if worst < len(shares) else "recall"
        share = float(shares[worst % len(shares)])
        return self.result(
            judged(interval, self.threshold, float(errors.max())),
            f"{what} at the most typical {100 * share:.0f} % is {value:.3f} from that of fresh "
            "rows",
            statistic=f"loss of {what} at its worst",
            value=value,
            interval=interval,
            baseline=0.0,
            threshold=self.threshold,
            smallest_effect=(z + POWER) * float(errors.max()),
            p_value=min(1.0, _GRID * float(upper_tail((value - self.threshold) / error))),
            n_rows=size,
            details={
                "alpha_precision": round(_area(shares, curves["synthetic"][0]), 4),
                "beta_recall": round(_area(shares, curves["synthetic"][1]), 4),
                "alpha_precision_fresh": round(_area(shares, curves["fresh"][0]), 4),
                "beta_recall_fresh": round(_area(shares, curves["fresh"][1]), 4),
            },
        )


def _some(table: Table, most: int, rng: np.random.Generator) -> Table:
    return table.take(np.sort(rng.permutation(len(table))[:most]))


def _radius(points: Points, centre: Points) -> Floats:
    return np.asarray(np.sqrt(((points - centre) ** 2).sum(axis=1)), dtype=np.float64)


def _recall(real: Points, own: Floats, points: Points, shares: Floats) -> Floats:
    """Share of the real rows met by each share of the most typical points."""
    order = np.argsort(_radius(points, points.mean(axis=0)), kind="stable")
    near = nearest(real, points[order], min(_NEIGHBORS, len(points)))
    # The most typical of the neighbours that are as near as the row's own kind.
    place = np.where(near.distances <= own[:, None] + 1e-6, near.rows, len(points))
    first = place.min(axis=1)
    return np.asarray([(first < share * len(points)).mean() for share in shares])


def _area(shares: Floats, curve: Floats) -> float:
    """1 less twice the area between the curve and the diagonal: the paper's summary."""
    return float(1 - 2 * np.abs(curve - shares).mean())
