"""Parity gap: amplified and turned gaps fail, inherited ones are said."""

from __future__ import annotations

import numpy as np
import pytest

from tests.people import changed, evidence, people
from validation.checks.fairness.parity_gap import ParityGap


def hired(women: float, men: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    sex = people(2000, "synthetic").frame["sex"]
    return np.where(rng.random(2000) < np.where(sex == "f", women, men), "yes", "no")


def test_fresh_rows_pass_and_the_inherited_gap_is_said() -> None:
    result = ParityGap().answer(evidence())
    assert result.status == "pass"
    assert any("inherit" in warning for warning in result.details["warnings"])


@pytest.mark.parametrize(
    ("women", "men"), [(0.1, 0.6), (0.8, 0.4)], ids=["amplified", "turned round"]
)
def test_a_wider_or_reversed_gap_fails(women: float, men: float) -> None:
    result = ParityGap().answer(evidence(changed(hired=hired(women, men))))
    assert result.status == "fail"
    assert "sex" in result.statistic


def test_the_gap_of_the_rows_is_the_difference_of_the_rates() -> None:
    result = ParityGap().answer(evidence(changed(hired=hired(0.1, 0.6))))
    gap = next(
        g for g in result.details["gaps"] if g["group"] == "sex = f" and g["seen_in"] == "data"
    )
    train = people(2000, "train").frame
    rate = (train["hired"] == "yes").groupby(train["sex"]).mean()
    # The rarer label is the outcome.
    assert (train["hired"] == "yes").mean() < 0.5
    assert gap["real"] == pytest.approx(rate["f"] - rate["m"])


def test_a_gap_that_closed_is_no_fault() -> None:
    assert ParityGap().answer(evidence(changed(hired=hired(0.45, 0.45)))).status == "pass"


def test_too_small_groups_are_insufficient() -> None:
    assert ParityGap().answer(evidence(n=90)).status == "insufficient"
