"""Copies: counted against what fresh rows do, by hand and at the size of a small table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.seeding import Seed
from tests.people import evidence, with_copies
from tests.tables import panel_table, plain_table
from validation.base import Evidence
from validation.checks.privacy.copies import Copies


def test_only_records_of_one_person_count_and_fresh_rows_set_the_rate() -> None:
    train, synthetic, fresh = (
        plain_table(pd.DataFrame({"a": a, "b": pd.Series(b, dtype="string")}))
        for a, b in (
            # The record (1, x) is shared, (2, x), (3, y) and (4, missing) are single.
            ([1.0, 1, 2, 3, np.nan], ["x", "x", "x", "y", None]),
            ([1.0, 2, 3, np.nan, 9], ["x", "x", "x", None, "x"]),
            ([1.0, 3, 5, 6], ["x", "y", "y", "y"]),
        )
    )
    result = Copies().answer(
        Evidence(train=train, synthetic=synthetic, holdout=fresh, seed=Seed(0))
    )
    # Synthetic (2, x) and (missing, missing) are copies; of the fresh rows (3, y) is one.
    assert result.value == pytest.approx(2 / 5)
    assert result.baseline == pytest.approx(1 / 4)
    assert result.details["excess"] == pytest.approx(2 / 5 - 1 / 4)
    assert result.details["unique_train_records"] == pytest.approx(3 / 5)


@pytest.mark.parametrize("part", ["holdout", "reference"])
def test_copies_of_rows_that_were_held_out_are_found_as_well(part: str) -> None:
    whole = evidence()
    held_out: Table = getattr(whole, part)
    copied = held_out.take(np.arange(40)).frame
    rest = whole.synthetic.frame.iloc[40:]
    result = Copies().answer(
        evidence(Table("people", pd.concat([copied, rest], ignore_index=True), whole.schema))
    )
    assert result.status == "fail"
    assert result.value == pytest.approx(40 / 2000, abs=0.002)
    assert "one held-out subject" in result.message


def test_held_out_records_are_met_by_chance_as_often_as_train_rows_meet_them() -> None:
    train, synthetic, fresh = (
        plain_table(pd.DataFrame({"a": a}))
        for a in ([1.0, 1, 2, 7], [3.0, 3, 3, 3, 9], [1.0, 2, 3, 5, 5])
    )
    result = Copies().answer(
        Evidence(train=train, synthetic=synthetic, holdout=fresh, seed=Seed(0))
    )
    # Single among fresh rows are 1, 2 and 3: four synthetic rows have 3, three train rows 1 or 2.
    assert result.details["held_out"] == {"copied": 4 / 5, "by_chance": 3 / 4}


def test_fresh_rows_pass() -> None:
    assert Copies().answer(evidence()).status == "pass"


@pytest.mark.parametrize("share", [1, 10, 50])
@pytest.mark.parametrize("own", [True, False])
def test_every_so_many_rows_copied_is_found(share: int, *, own: bool) -> None:
    result = Copies().answer(evidence(with_copies(np.arange(0, 2000, share)), own=own))
    assert result.status == "fail"
    assert result.value == pytest.approx(1 / share, rel=0.15)


def test_too_few_rows_to_rule_copies_out_end_undecided() -> None:
    assert Copies().answer(evidence(n=20)).status == "undecided"


def test_a_tighter_threshold_finds_fewer_copies() -> None:
    some = evidence(with_copies(np.arange(8)))
    assert Copies().answer(some).status == "pass"
    assert Copies(threshold=0.0005).answer(some).status == "fail"


def test_rows_of_one_person_are_not_independent_evidence() -> None:
    panel = panel_table(90)
    parts = [panel.take(panel.subject_codes % 3 == i) for i in range(3)]
    copied = Evidence(train=parts[0], synthetic=parts[0], holdout=parts[1], seed=Seed(0))
    alone = [Table(t.name, t.frame, t.schema) for t in parts]
    apart = Evidence(train=alone[0], synthetic=alone[0], holdout=alone[1], seed=Seed(0))
    by_person, by_row = Copies().answer(copied), Copies().answer(apart)
    assert by_person.status == by_row.status == "fail"
    assert by_person.smallest_effect is not None
    assert by_row.smallest_effect is not None
    assert by_person.smallest_effect > by_row.smallest_effect
