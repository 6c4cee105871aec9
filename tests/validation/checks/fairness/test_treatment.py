"""Rates, odds, calibration, proxies, intersections: fresh rows pass, planted faults don't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.base import Check, CheckResult, Evidence
from validation.checks.fairness.calibration import Calibration
from validation.checks.fairness.equalised_odds import EqualisedOdds
from validation.checks.fairness.intersections import Intersections
from validation.checks.fairness.joint_rates import JointRates
from validation.checks.fairness.proxies import Proxies

SCHEMA = TableSchema(
    columns=(
        Column(name="skill", sdtype="numerical", dtype="float64"),
        Column(name="hobby", sdtype="categorical"),
        Column(name="sex", sdtype="categorical", role="sensitive"),
        Column(name="race", sdtype="categorical", role="sensitive"),
        Column(name="hired", sdtype="categorical", role="target"),
    )
)


def rows(n: int, name: str) -> pd.DataFrame:
    """Who is hired depends on skill alone, which no group has more of."""
    rng = Seed(0, ("treatment", name)).generator()
    skill = rng.normal(size=n)
    frame = {
        "skill": skill,
        "hobby": rng.choice(["chess", "chant", "cards"], n),
        "sex": rng.choice(["f", "m"], n, p=[0.4, 0.6]),
        "race": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]),
        "hired": np.where(skill + 0.5 * rng.normal(size=n) > 0, "yes", "no"),
    }
    return pd.DataFrame(frame).astype(dict.fromkeys(["hobby", "sex", "race", "hired"], "string"))


def answer(check: Check, synthetic: pd.DataFrame | None = None, n: int = 3000) -> CheckResult:
    def table(frame: pd.DataFrame) -> Table:
        return Table("treatment", frame, SCHEMA)

    evidence = Evidence(
        train=table(rows(n, "train")),
        synthetic=table(rows(n, "synthetic") if synthetic is None else synthetic),
        holdout=table(rows(n // 2, "holdout")),
        reference=table(rows(n // 2, "reference")),
        seed=Seed(0),
    )
    return check.answer(replace(evidence))


def flipped() -> pd.DataFrame:
    """In one group the labels change places."""
    frame = rows(3000, "synthetic")
    other = frame["hired"].map({"yes": "no", "no": "yes"}).astype("string")
    frame["hired"] = frame["hired"].mask(frame["sex"] == "f", other)
    return frame


def never_hired() -> pd.DataFrame:
    """Half of one group's hired are not."""
    frame = rows(3000, "synthetic")
    half = (frame["sex"] == "f") & (frame.index % 2 == 0)
    frame["hired"] = frame["hired"].mask(half, "no")
    return frame


def given_away() -> pd.DataFrame:
    frame = rows(3000, "synthetic")
    frame["hobby"] = frame["hobby"].mask(frame["sex"] == "f", "chess")
    return frame


def thinned() -> pd.DataFrame:
    """Those who are f and b are mostly gone; either alone is not."""
    frame = rows(3000, "synthetic")
    gone = (frame["sex"] == "f") & (frame["race"] == "b") & (frame.index % 5 != 0)
    kept = frame[~gone]
    return pd.concat([kept, kept.iloc[: int(gone.sum())]], ignore_index=True)


ALL = [JointRates(), EqualisedOdds(), Calibration(), Proxies(), Intersections()]


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.kind)
def test_fresh_rows_pass(check: Check) -> None:
    assert answer(check).status == "pass"


@pytest.mark.parametrize(
    ("check", "synthetic"),
    [
        (JointRates(), never_hired()),
        (EqualisedOdds(), flipped()),
        (Calibration(), flipped()),
        (Proxies(), given_away()),
        (Intersections(), thinned()),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_planted_fault_is_refused(check: Check, synthetic: pd.DataFrame) -> None:
    result = answer(check, synthetic)
    assert result.status == "fail", result.message
    assert "sex = f" in result.message
    assert result.p_value is not None
    assert result.p_value < 0.05


def test_the_change_of_a_rate_is_what_was_planted() -> None:
    result = answer(JointRates(), never_hired())
    assert result.interval is not None
    # Half of those hired in the group, which is half of it.
    assert result.interval[0] < 0.25 < result.interval[1]


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.kind)
def test_groups_of_a_few_are_not_judged(check: Check) -> None:
    assert answer(check, rows(90, "synthetic"), n=90).status == "insufficient"


def test_what_was_unequal_before_is_a_warning() -> None:
    def unequal(name: str, n: int) -> pd.DataFrame:
        frame = rows(n, name)
        half = (frame["sex"] == "f") & (frame.index % 2 == 0)
        frame["hired"] = frame["hired"].mask(half, "no")
        return frame

    train, synthetic, holdout, reference = (
        Table("treatment", unequal(name, 3000), SCHEMA)
        for name in ("train", "synthetic", "holdout", "reference")
    )
    evidence = Evidence(
        train=train, synthetic=synthetic, holdout=holdout, reference=reference, seed=Seed(0)
    )
    result = EqualisedOdds().answer(evidence)
    assert result.status == "pass"
    assert any("inherit" in warning for warning in result.details["warnings"])
