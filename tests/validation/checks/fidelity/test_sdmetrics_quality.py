"""SDMetrics beside our own checks: its score, and nothing left of its randomness."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tests.people import SCHEMA, changed, evidence
from validation.checks.fidelity.sdmetrics_quality import SdmetricsQuality

pytest.importorskip("sdmetrics")


def test_fresh_rows_have_the_score_of_fresh_rows() -> None:
    result = SdmetricsQuality().answer(evidence())
    assert result.status == "pass", result.message
    assert result.severity == "info"
    assert result.value == pytest.approx(result.baseline, abs=0.02)


def test_the_score_is_the_libraries_own() -> None:
    from sdmetrics.single_column import KSComplement, TVComplement

    sides = evidence()
    real, other = sides.train.frame, sides.synthetic.frame
    shapes = [KSComplement.compute(real[name], other[name]) for name in ("age", "salary")]
    shapes.append(KSComplement.compute(real["hours"].dropna(), other["hours"].dropna()))
    shapes += [
        TVComplement.compute(real[name].astype(object), other[name].astype(object))
        for name in ("town", "sex", "hired")
    ]
    found = SdmetricsQuality().answer(sides).details["properties"]["Column Shapes"]
    assert found == pytest.approx(np.mean(shapes), abs=1e-6)


def test_columns_of_another_shape_have_a_low_score() -> None:
    n = 2000
    result = SdmetricsQuality().answer(
        evidence(
            changed(
                age=np.full(n, 18),
                salary=np.full(n, 1),
                hours=np.full(n, 99.0),
                town=pd.Series(["Enns"] * n),
            )
        )
    )
    assert result.status == "fail"


def test_the_global_random_state_stays_as_it_was() -> None:
    expected = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    SdmetricsQuality().answer(evidence())
    found = np.random.get_state()[1]  # type: ignore[index]  # noqa: NPY002
    np.testing.assert_array_equal(expected, found)


def test_a_table_of_ids_alone_does_not_apply() -> None:
    frame = pd.DataFrame({"id": pd.Series([f"A{i}" for i in range(50)], dtype="string")})
    column = SCHEMA.columns[3].model_copy(update={"name": "id", "sdtype": "id", "role": None})
    schema = SCHEMA.model_copy(update={"columns": (column,)})
    table = Table("people", frame, schema)
    sides = evidence()
    alone = type(sides)(train=table, synthetic=table, seed=sides.seed)
    assert SdmetricsQuality().answer(alone).status == "not_applicable"
