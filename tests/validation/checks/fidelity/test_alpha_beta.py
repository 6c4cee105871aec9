"""Alpha-precision and beta-recall: rows out of place, and places without rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabular.dataset import Table
from tests.people import SCHEMA, evidence, people
from validation.checks.fidelity.alpha_beta import AlphaBeta


def test_fresh_rows_pass_near_the_diagonal() -> None:
    result = AlphaBeta().answer(evidence())
    assert result.status == "pass"
    assert result.details["alpha_precision"] > 0.9


def test_rows_at_the_edge_lose_precision() -> None:
    frame = people(4000, "synthetic").frame
    far = (frame["age"] - 49).abs() + (frame["town"] != "Ulm") * 20
    edge = frame.iloc[np.argsort(-far.to_numpy())[:2000]].reset_index(drop=True)
    result = AlphaBeta().answer(evidence(Table("people", edge, SCHEMA)))
    assert result.status == "fail"


def test_one_typical_row_over_and_over_loses_recall() -> None:
    one = people(2000, "synthetic").frame
    same = pd.concat([one.iloc[:20]] * 100, ignore_index=True)
    result = AlphaBeta().answer(evidence(Table("people", same, SCHEMA)))
    assert result.status == "fail"
    assert result.details["beta_recall"] < result.details["beta_recall_fresh"] - 0.3
