"""The classifier two-sample test: fresh rows are a coin toss, faults are found and named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from tests.tables import panel_table
from validation.base import CheckResult, Evidence
from validation.checks.fidelity.classifier_two_sample import ClassifierTwoSample

SCHEMA = TableSchema(
    columns=(
        Column(name="x", sdtype="numerical", dtype="float64"),
        Column(name="y", sdtype="numerical", dtype="float64"),
        Column(name="z", sdtype="numerical", dtype="float64"),
        Column(name="who", sdtype="id", dtype="int64"),
    )
)


def rows(n: int, name: str, *, correlation: float = 0.95, repeat: int = 1) -> Table:
    """Two correlated normals and noise; subjects of `repeat` equal rows."""
    rng = Seed(0, (name,)).generator()
    who = np.arange(n) // repeat
    x, noise, z = rng.normal(size=(3, n))
    y = correlation * x + np.sqrt(1 - correlation**2) * noise
    frame = pd.DataFrame({"x": x[who], "y": y[who], "z": z[who], "who": who})
    return Table("t", frame, SCHEMA, ("who",) if repeat > 1 else ())


def answer(synthetic: Table, *, n: int = 1500, repeat: int = 1) -> CheckResult:
    evidence = Evidence(
        train=rows(n, "train", repeat=repeat),
        synthetic=synthetic,
        holdout=rows(n, "holdout", repeat=repeat),
        seed=Seed(0),
    )
    return ClassifierTwoSample().answer(evidence)


def test_fresh_rows_are_a_coin_toss() -> None:
    result = answer(rows(1500, "fresh"))
    assert result.status == "pass"
    assert result.interval is not None
    assert result.interval[0] < 0.53
    assert result.interval[1] < 0.56
    assert result.baseline is not None
    assert abs(result.baseline - 0.5) < 0.05


def test_a_lost_correlation_fails_and_the_columns_are_named() -> None:
    result = answer(rows(1500, "fresh", correlation=0.0))
    assert result.status == "fail"
    assert set(list(result.details["importance"])[:2]) == {"x", "y"}
    assert "mostly by" in result.message


def test_copies_pass_here_and_show_as_memorised() -> None:
    result = answer(rows(1500, "train"))
    assert result.status == "pass"
    assert result.details["auc_train"] < 0.4
    assert result.details["memorising"] is True
    assert answer(rows(1500, "fresh")).details["memorising"] is False


def test_rows_of_one_subject_stay_in_one_fold() -> None:
    # Ten equal rows each: were they spread over the folds, every row's twin would be known.
    result = answer(rows(1500, "fresh", repeat=10), repeat=10)
    assert result.value is not None
    assert result.interval is not None
    assert result.interval[0] < 0.5 < result.interval[1]
    narrow = answer(rows(1500, "fresh")).interval
    assert narrow is not None
    assert result.interval[1] - result.interval[0] > 2 * (narrow[1] - narrow[0])


def test_the_larger_side_is_cut_to_the_smaller() -> None:
    result = answer(rows(300, "fresh"))
    assert result.n_rows == 300


def test_too_few_rows_are_insufficient() -> None:
    result = answer(rows(49, "fresh"))
    assert (result.status, result.n_rows) == ("insufficient", 49)


def test_an_impossible_row_count_still_cuts_by_subject() -> None:
    capped = ClassifierTwoSample(max_rows=200)
    evidence = Evidence(
        train=rows(600, "train"),
        synthetic=rows(600, "fresh"),
        holdout=rows(600, "holdout"),
        seed=Seed(0),
    )
    assert capped.answer(evidence).n_rows == 200


def test_sequences_whose_steps_are_wrong_are_told_apart() -> None:
    table = panel_table(300)
    person = table.frame["person"].str.slice(1).astype("int64")
    parts = [table.take((person % 3 == i).to_numpy(dtype=bool)) for i in range(3)]
    fair = Evidence(train=parts[0], synthetic=parts[1], holdout=parts[2], seed=Seed(0))
    assert ClassifierTwoSample().answer(fair).status != "fail"
    # Every row stays as it is, but for whose it is: only the steps can tell.
    order = Seed(0, ("order",)).generator().permutation(len(parts[1]))
    frame = parts[1].frame.assign(person=parts[1].frame["person"].iloc[order].to_numpy())
    mixed_up = Evidence(
        train=parts[0],
        synthetic=parts[1].with_frame(frame.astype({"person": "string"})),
        holdout=parts[2],
        seed=Seed(0),
    )
    result = ClassifierTwoSample().answer(mixed_up)
    assert result.status == "fail"
    assert "(step)" in result.message
