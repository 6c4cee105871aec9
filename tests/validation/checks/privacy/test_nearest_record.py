"""Nearest record: ties count half, and the share is that of a table worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from tabular.seeding import Seed
from tests.people import evidence, people
from tests.tables import plain_table
from validation.base import Evidence
from validation.checks.privacy.nearest_record import NearestRecord


def test_ties_count_half() -> None:
    train, synthetic, fresh = (
        plain_table(pd.DataFrame({"c": pd.Series(labels, dtype="string")}))
        for labels in (["a", "b"], ["a", "b", "c", "d"], ["b", "c"])
    )
    result = NearestRecord().answer(
        Evidence(train=train, synthetic=synthetic, holdout=fresh, seed=Seed(0))
    )
    # a is nearer to train, c to fresh, b is on both sides, d equally far from all: (1+0+.5+.5)/4.
    assert result.value == pytest.approx(0.5)
    assert result.details["ties"] == pytest.approx(0.5)
    assert result.details["at_distance_0_to_train"] == pytest.approx(0.5)


def test_fresh_rows_are_as_near_to_fresh_rows() -> None:
    result = NearestRecord().answer(evidence())
    assert result.status == "pass"
    assert result.interval is not None
    assert result.interval[0] < 0.5 < result.interval[1]


def test_copies_fail_as_a_warning_that_the_policy_may_sharpen() -> None:
    result = NearestRecord().answer(evidence(people(2000, "train")))
    assert (result.status, result.severity) == ("fail", "warning")
    assert result.value == pytest.approx(1, abs=0.01)


def test_train_and_fresh_rows_are_made_equally_many() -> None:
    whole = evidence()
    small = Evidence(
        train=whole.train,
        synthetic=whole.synthetic,
        holdout=people(300, "holdout"),
        seed=Seed(0),
    )
    result = NearestRecord().answer(small)
    assert result.details["real_rows_a_side"] == 300
    assert result.status == "pass"
