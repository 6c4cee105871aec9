"""Membership attacks: scores that should be higher for people the generator learnt from.

Each attack compares how close a record is to the synthetic rows with how close it is to reference
rows of the same population: closeness by itself only says that a record is ordinary.

To add one, write a function of a `Scene` and put it into `ATTACKS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from validation.neighbors import Neighbors, nearest

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Points = npt.NDArray[np.float32]
    Bins = npt.NDArray[np.int64]

NEIGHBORS = 5
MOST_PAIRS = 200
_CLOSE = 1e-3
"""Distance added to both sides of a ratio, so that two records met by chance are not infinite."""


@dataclass(frozen=True)
class Scene:
    """What the attacker has: candidates, the release, and a sample of the population.

    Args:
        to_synthetic: The candidates' nearest synthetic rows.
        to_reference: The candidates' nearest reference rows.
        bins: The candidates' cells as small codes, shape (n_candidates, n_columns).
        synthetic_bins: The same of the synthetic rows.
        reference_bins: The same of the reference rows.
        cardinality: Number of codes of each column.
    """

    to_synthetic: Neighbors
    to_reference: Neighbors
    bins: Bins
    synthetic_bins: Bins
    reference_bins: Bins
    cardinality: tuple[int, ...]

    @staticmethod
    def of(
        candidates: tuple[Points, Bins],
        synthetic: tuple[Points, Bins],
        reference: tuple[Points, Bins],
        cardinality: tuple[int, ...],
    ) -> Scene:
        """Look up the neighbours.

        Args:
            candidates: Points and bins of the records in question.
            synthetic: Those of the release.
            reference: Those of the population's sample.
            cardinality: Number of bins of each column.
        """
        k = min(NEIGHBORS, len(synthetic[0]), len(reference[0]))
        return Scene(
            nearest(candidates[0], synthetic[0], k),
            nearest(candidates[0], reference[0], k),
            candidates[1],
            synthetic[1],
            reference[1],
            cardinality,
        )

    @property
    def isolation(self) -> Floats:
        """How far each candidate is from the population: mean distance of the nearest rows."""
        return np.asarray(self.to_reference.distances.mean(axis=1), dtype=np.float64)


def calibrated_distance(scene: Scene) -> Floats:
    """Distance to the nearest reference row over distance to the nearest synthetic row, as log.

    Reference:
        Watson, Guo, Cormode, Sablayrolles (2022), On the importance of difficulty calibration in
        membership inference attacks. Chen, Yu, Zhang, Fritz (2020), GAN-Leaks, section 4.5.
    """
    near, usual = scene.to_synthetic.distances[:, 0], scene.to_reference.distances[:, 0]
    return np.asarray(np.log((usual + _CLOSE) / (near + _CLOSE)), dtype=np.float64)


def local_density(scene: Scene) -> Floats:
    """Density of the synthetic rows over that of the reference rows, by the nearest few, as log.

    Reference:
        van Breugel, Sun, Qian, van der Schaar (2023), Membership inference attacks against
        synthetic data through overfitting detection (DOMIAS), section 4.
    Differs from the paper:
        Densities by nearest neighbours, which need no fit and take categories.
    """
    near = np.log(scene.to_synthetic.distances + _CLOSE).mean(axis=1)
    usual = np.log(scene.to_reference.distances + _CLOSE).mean(axis=1)
    return np.asarray(usual - near)


def distance_gap(scene: Scene) -> Floats:
    """Distance to the nearest reference row less distance to the nearest synthetic row.

    Unlike a ratio it gives weight to records that are far from all others.

    Reference:
        Hilprecht, Härterich, Bernau (2019), Monte Carlo and reconstruction membership inference
        attacks against generative models, section 4.
    """
    return scene.to_reference.distances[:, 0] - scene.to_synthetic.distances[:, 0]


def rare_pairs(scene: Scene) -> Floats:
    """How much more often the synthetic rows have a record's pairs of cells than reference rows.

    Mean over pairs of columns of the log ratio of their shares: a person's rare combination that
    the release repeats stands out here, whatever the other columns do.

    Reference:
        van Breugel et al. (2023), section 4, with densities of two columns at a time.
    """
    out = np.zeros(len(scene.bins))
    pairs = list(combinations(range(len(scene.cardinality)), 2)) or [(0, 0)]
    # Evenly spread where there are too many: every column stays in some pairs.
    pairs = pairs[:: -(-len(pairs) // MOST_PAIRS)]
    for left, right in pairs:
        size = scene.cardinality[left] * scene.cardinality[right]
        cells, synthetic, reference = (
            bins[:, left] * scene.cardinality[right] + bins[:, right]
            for bins in (scene.bins, scene.synthetic_bins, scene.reference_bins)
        )
        ratio = np.log(_shares(synthetic, size)) - np.log(_shares(reference, size))
        out += ratio[cells]
    return out / len(pairs)


def _shares(cells: Bins, size: int) -> Floats:
    """Smoothed share of each cell: half a row is added, so that none is 0."""
    counts = np.bincount(cells, minlength=size).astype(np.float64)
    return (counts + 0.5) / (len(cells) + 0.5)


ATTACKS: dict[str, Callable[[Scene], Floats]] = {
    "calibrated distance": calibrated_distance,
    "distance gap": distance_gap,
    "local density": local_density,
    "rare pairs": rare_pairs,
}
