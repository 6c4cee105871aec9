"""Coverage: what is gone is found however few rows it was."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from tabular.seeding import Seed
from tests.tables import plain_table
from validation.base import CheckResult, Evidence
from validation.checks.fidelity.column_shapes import ColumnShapes
from validation.checks.fidelity.coverage import Coverage
from validation.excess import Rate
from validation.gate import Gate
from validation.parts import Part
from validation.policy import Policy
from validation.report import Report


def rows(n: int, name: str) -> pd.DataFrame:
    rng = Seed(0, ("coverage", name)).generator()
    pay = np.round(np.exp(rng.normal(size=n)), 3)
    return pd.DataFrame(
        {
            "pay": pd.Series(pay).mask(rng.random(n) < 0.03),
            "town": rng.choice(["a", "b", "c"], n, p=[0.6, 0.37, 0.03]),
        }
    )


def answer(synthetic: pd.DataFrame, n: int = 3000) -> CheckResult:
    sides = [plain_table(frame) for frame in (rows(n, "train"), synthetic, rows(n, "fresh"))]
    evidence = Evidence(train=sides[0], synthetic=sides[1], holdout=sides[2], seed=Seed(0))
    if n == 3000:
        assert ColumnShapes().answer(evidence).status == "pass"
    return Coverage().answer(evidence)


def test_fresh_rows_pass_at_every_size() -> None:
    for n in (300, 3000):
        result = answer(rows(n, "synthetic"), n)
        assert result.status == "pass", result.message
        assert result.details["warnings"] == []


def without(mask: pd.Series) -> pd.DataFrame:
    """The usual rows, those under the mask replaced by others."""
    frame = rows(3000, "synthetic")
    kept = frame[~mask].reset_index(drop=True)
    return pd.concat([kept, kept.iloc[: int(mask.sum())]], ignore_index=True)


@pytest.mark.parametrize("part", ["town", "tail", "gaps"])
def test_a_part_of_three_in_a_hundred_that_is_gone_is_found(part: str) -> None:
    frame = rows(3000, "synthetic")
    gone = {
        "town": frame["town"] == "c",
        "tail": frame["pay"] > frame["pay"].quantile(0.97),
        "gaps": frame["pay"].isna(),
    }
    result = answer(without(gone[part]))
    assert result.status == "fail"
    named = {"town": "category no. 3 of town", "tail": "of pay", "gaps": "missing pay"}
    assert named[part] in result.message
    assert result.value is not None
    assert result.value < 0.5


def test_what_is_never_generated_is_warned_of_even_where_rows_are_too_few_to_judge() -> None:
    frame = rows(300, "synthetic")
    frame.loc[frame["town"] == "c", "town"] = "a"
    frame["pay"] = frame["pay"].clip(upper=frame["pay"].quantile(0.8))
    result = answer(frame, 300)
    assert result.details["parts"] > result.details["judged"]
    pay, town = result.details["warnings"]
    assert re.fullmatch(
        r"never generated: the highest 5 % of pay \(5\.\d+ % of the real rows\), "
        r"the highest 10 % of pay \(9\.\d+ % of the real rows\)",
        pay,
    )
    assert re.fullmatch(
        r"never generated: the category no\. 3 of town \(\d\.\d+ % of the real rows\)", town
    )
    decision = Gate(Policy()).decide(Report(name="r", results=(result,)))
    assert f"Warning: coverage: {town}." in decision.reasons


def test_a_part_with_three_quarters_of_its_rows_passes() -> None:
    frame = rows(3000, "synthetic")
    rng = np.random.default_rng(0)
    thinned = (frame["town"] == "c") & (rng.random(3000) < 0.25)
    assert answer(without(thinned)).status == "pass"


def test_the_p_value_is_binomial() -> None:
    # 30 real rows of 100, no synthetic one of 100; at half the share each of the 30 had a chance
    # of 2 / 3 to be the real one: (2 / 3) ** 30.
    part = Part("x", Rate(0.3, 100), Rate(0.0, 100), None)
    assert part.p_value(0.5) == pytest.approx((2 / 3) ** 30)
    assert part.ratio == 0
