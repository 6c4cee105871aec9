"""Gradient boosted trees as the checks use them: one thread, same result every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import lightgbm
    import numpy.typing as npt

    from tabular.seeding import Seed

Objective = Literal["binary", "multiclass", "regression"]
Shape = Literal["detector", "predictor"]

_SHAPES: dict[Shape, dict[str, float]] = {
    # Deep and quick: finds faint and crowded patterns, such as repeated rows.
    "detector": {"learning_rate": 0.1, "num_leaves": 31},
    # Shallow and cautious: holds up on few rows and faint targets, where deep trees learn noise
    # and the comparison of two models becomes one of their noise.
    "predictor": {
        "learning_rate": 0.05,
        "num_leaves": 7,
        "feature_fraction": 0.5,
        "cat_smooth": 20,
        "cat_l2": 20,
    },
}


@dataclass(frozen=True)
class Booster:
    """A fitted ensemble.

    Reference:
        Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree.
    """

    model: lightgbm.Booster

    @staticmethod
    def fit(
        x: npt.NDArray[np.float64],
        y: npt.NDArray[np.float64],
        *,
        objective: Objective,
        shape: Shape = "predictor",
        categorical: Sequence[int] = (),
        n_classes: int = 2,
        rounds: int = 100,
        seed: Seed,
    ) -> Booster:
        """Fit to rows.

        Args:
            x: Shape (n_rows, n_columns), NaN for missing, codes from 0 in categorical columns.
            y: Shape (n_rows,): 0 or 1, a class from 0, or a number.
            objective: What `y` is.
            shape: `detector` to tell samples apart, `predictor` to predict a target.
            categorical: Positions of the categorical columns.
            n_classes: Number of classes of a multi-class `y`.
            rounds: Number of trees (per class).
            seed: Where its random numbers come from.
        """
        import lightgbm

        parameters: dict[str, object] = {
            "objective": objective,
            **_SHAPES[shape],
            "min_data_in_leaf": 20,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "seed": seed.child("lightgbm").integer(),
            "verbosity": -1,
        }
        if objective == "multiclass":
            parameters["num_class"] = n_classes
        data = lightgbm.Dataset(
            x,
            y,
            categorical_feature=list(categorical),
            params={"verbosity": -1, "num_threads": 1},
            free_raw_data=True,
        )
        return Booster(lightgbm.train(parameters, data, num_boost_round=rounds))

    def predict(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Probabilities of class 1, of each class, or numbers; shape (n_rows,) or with classes."""
        return np.asarray(self.model.predict(x, num_threads=1), dtype=np.float64)

    @property
    def gain(self) -> npt.NDArray[np.float64]:
        """What the splits on each column gained in total, shape (n_columns,)."""
        return np.asarray(self.model.feature_importance("gain"), dtype=np.float64)
