"""How well a target can be predicted: models trained on some rows, judged on others.

What is to be predicted is learnt on the train rows: a number (R2), or one of the classes that
enough train and test rows have (AUC; the mean over classes, one against the rest, if there are
more than two).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from validation.boosting import Booster
from validation.features import is_numeric, labels, numbers
from validation.statistics import weighted_aucs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed

    Floats = npt.NDArray[np.float64]

_MOST_CLASSES = 20
_ROUNDS = 150
_LEAST_ROUNDS = 50
_TREES = 450
_PAIR = 2


@dataclass(frozen=True)
class Task:
    """What is predicted.

    Args:
        target: The column's name.
        classes: Labels of the classes, most frequent first; empty for a number.
    """

    target: str
    classes: tuple[str, ...]

    @staticmethod
    def of(train: Table, test: Table, target: str, least: int) -> Task | None:
        """The task that these rows allow; `None` if there is nothing to tell apart.

        Args:
            train: Real rows that models may learn from.
            test: Real rows that they are judged on.
            target: The column to predict.
            least: Rows that a class (or a number) must have on either side.
        """
        cells = train.frame[target]
        if is_numeric(train.schema[target]) and cells.nunique() > _PAIR:
            present = [int(table.frame[target].notna().sum()) for table in (train, test)]
            return Task(target, ()) if min(present) >= least else None
        counts = [labels(table.frame[target]).value_counts() for table in (train, test)]
        common = [
            (-int(count), str(label))
            for label, count in counts[0].items()
            if count >= least and counts[1].get(label, 0) >= least
        ]
        classes = tuple(label for _, label in sorted(common)[:_MOST_CLASSES])
        return Task(target, classes) if len(classes) >= _PAIR else None

    @property
    def metric(self) -> Literal["AUC", "R2"]:
        """What a score is."""
        return "AUC" if self.classes else "R2"

    def answers(self, table: Table) -> Floats:
        """The class of each row from 0, or its number; NaN where it has none. Shape (n_rows,)."""
        import pandas as pd

        cells = table.frame[self.target]
        if not self.classes:
            return numbers(cells)
        index = pd.Index(self.classes, dtype=object)
        codes = index.get_indexer(pd.Index(labels(cells).astype(object))).astype(np.float64)
        codes[codes < 0] = np.nan
        return codes

    def train_linear(self, x: Floats, y: Floats) -> Predictor:
        """Fit a linear model, by ridge regression on each class or on the number.

        Its penalty is one row's worth: it only keeps columns that say the same apart.
        """
        known = ~np.isnan(y)
        x, y = x[known], y[known]
        if len(np.unique(y)) < _PAIR:
            return Predictor(None, self)
        n = len(self.classes)
        wanted = y[:, None] == np.arange(n) if n > _PAIR else y[:, None]
        centre = x.mean(axis=0)
        centred = x - centre
        square = centred.T @ centred + np.eye(x.shape[1])
        mean = wanted.mean(axis=0)
        weights = np.linalg.solve(square, centred.T @ (wanted - mean))
        return Predictor(Linear(weights, mean - centre @ weights), self)

    def train(self, x: Floats, y: Floats, categorical: Sequence[int], seed: Seed) -> Predictor:
        """Fit gradient boosting to rows whose answer is there."""
        known = ~np.isnan(y)
        x, y = x[known], y[known]
        if len(np.unique(y)) < _PAIR:
            return Predictor(None, self)
        n = len(self.classes)
        return Predictor(
            Booster.fit(
                x,
                y,
                objective="multiclass" if n > _PAIR else "binary" if n else "regression",
                shape="predictor",
                categorical=categorical,
                n_classes=n,
                rounds=_ROUNDS if n <= _PAIR else max(_LEAST_ROUNDS, _TREES // n),
                seed=seed,
            ),
            self,
        )

    def skills(self, y: Floats, predicted: Floats, weights: npt.NDArray[np.float32]) -> Floats:
        """Skill of predictions under each of many row weightings: 0 is none, 1 is perfect.

        R2 for a number, 2 AUC - 1 for classes.

        Args:
            y: Answers, none missing, shape (n_rows,).
            predicted: What `Predictor.predict` gave, shape (n_rows,) or (n_rows, n_classes).
            weights: Shape (draws, n_rows).

        Returns:
            Shape (draws,); NaN where a draw has one class only.
        """
        if not self.classes:
            total = weights.sum(axis=1)
            mean = weights @ y / total
            spread = weights @ y**2 / total - mean**2
            error = weights @ (y - predicted) ** 2 / total
            with np.errstate(divide="ignore", invalid="ignore"):
                skill = np.where(spread > 0, 1 - error / spread, np.nan)
            return np.asarray(skill, dtype=np.float64)
        columns = predicted[:, None] if predicted.ndim == 1 else predicted
        first = 1 if columns.shape[1] == 1 else 0
        areas = [
            weighted_aucs(columns[:, i], y == i + first, weights) for i in range(columns.shape[1])
        ]
        return np.asarray(2 * np.mean(areas, axis=0) - 1, dtype=np.float64)


@dataclass(frozen=True)
class Linear:
    """A fitted linear model.

    Args:
        weights: Shape (n_features, n_outputs).
        constant: Shape (n_outputs,).
    """

    weights: Floats
    constant: Floats

    def predict(self, x: Floats) -> Floats:
        """Scores of class 1, of each class, or numbers."""
        scores: Floats = x @ self.weights + self.constant
        return scores[:, 0] if scores.shape[1] == 1 else scores


@dataclass(frozen=True)
class Predictor:
    """A fitted model; `None` where its rows gave it nothing to learn."""

    model: Booster | Linear | None
    task: Task

    def predict(self, x: Floats) -> Floats:
        """Scores of class 1, of each class, or numbers. Shape (n_rows,) or (n_rows, n_classes)."""
        if self.model is None:
            return np.zeros(len(x))
        return self.model.predict(x)
