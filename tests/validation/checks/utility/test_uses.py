"""Query error and feature importance: fresh rows agree with train rows, noise does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.base import CheckResult, Evidence
from validation.checks.utility.feature_importance import FeatureImportance
from validation.checks.utility.query_error import QueryError, _error

SCHEMA = TableSchema(
    columns=(
        Column(name="x", sdtype="numerical", dtype="float64"),
        Column(name="z", sdtype="numerical", dtype="float64"),
        Column(name="kind", sdtype="categorical"),
        Column(name="y", sdtype="categorical", role="target"),
    )
)


def rows(n: int, name: str, *, by: str = "x") -> Table:
    """An answer that follows one of two columns."""
    rng = Seed(0, ("uses", name)).generator()
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})
    frame["kind"] = pd.Series(np.where(frame["x"] > 0.5, "high", "low"), dtype="string")
    right = frame[by] + 0.3 * rng.normal(size=n) > 0
    frame["y"] = pd.Series(np.where(right, "yes", "no"), dtype="string")
    return Table("uses", frame, SCHEMA)


def answer(check: QueryError | FeatureImportance, synthetic: Table) -> CheckResult:
    return check.answer(
        Evidence(
            train=rows(2000, "train"),
            synthetic=synthetic,
            holdout=rows(2000, "holdout"),
            seed=Seed(0),
        )
    )


@pytest.mark.parametrize("check", [QueryError(), FeatureImportance()])
def test_fresh_rows_pass(check: QueryError | FeatureImportance) -> None:
    result = answer(check, rows(2000, "synthetic"))
    assert result.status == "pass", result.message


def test_a_model_that_looks_elsewhere_fails() -> None:
    result = answer(FeatureImportance(), rows(2000, "synthetic", by="z"))
    assert result.status == "fail"
    assert result.value is not None
    assert result.value < 0.3


def test_answers_of_shuffled_columns_are_wrong() -> None:
    frame = rows(2000, "synthetic").frame
    for i, name in enumerate(frame.columns):
        frame[name] = frame[name].to_numpy()[np.random.default_rng(i).permutation(2000)]
    result = answer(QueryError(), Table("uses", frame, SCHEMA))
    assert result.status == "fail"


def test_the_error_of_a_count_and_of_a_mean_by_hand() -> None:
    class Side:
        def __init__(self, figures: np.ndarray) -> None:
            self.figures = figures

        def answer(self, *_: object) -> np.ndarray:
            return self.figures

    # 40 and 60 of 100 rows; the other side has 50 and 50: errors of 1/4 and 1/6.
    truth = np.array([[40.0, 60.0], [100.0, 100.0], [0.0, 0.0]])
    other = Side(np.array([[50.0, 50.0], [100.0, 100.0], [0.0, 0.0]]))
    count = _error([truth], other, [("a", "b", False)], None, 0)  # type: ignore[arg-type]
    assert count == pytest.approx((1 / 4 + 1 / 6) / 2)
    # Means of 1 and -1, deviation 1 altogether; the other side has 1.5 and -1.
    truth = np.array([[50.0, 50.0], [50.0, -50.0], [50.0, 50.0]])
    other = Side(np.array([[50.0, 50.0], [75.0, -50.0], [112.5, 50.0]]))
    mean = _error([truth], other, [("a", "b", True)], None, 0)  # type: ignore[arg-type]
    assert mean == pytest.approx(0.25)
