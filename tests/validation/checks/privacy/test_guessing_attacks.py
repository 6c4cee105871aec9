"""Attribute inference, linkability, singling out: copies are found, fresh rows are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.seeding import Seed
from tests.people import evidence, people, with_copies
from tests.tables import plain_table
from validation.base import Check, Evidence
from validation.checks.privacy.attribute_inference import AttributeInference
from validation.checks.privacy.linkability import Linkability
from validation.checks.privacy.singling_out import SinglingOut, _fits_one

ATTACKS = [AttributeInference(), Linkability(), SinglingOut()]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: str(attack.kind))
def test_fresh_rows_give_nobody_away(attack: Check) -> None:
    result = attack.answer(evidence())
    assert result.status == "pass", result.message
    assert result.severity == "info"
    assert result.interval is not None
    assert result.interval[0] <= 0 <= result.interval[1]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: str(attack.kind))
def test_copies_of_all_train_rows_fail(attack: Check) -> None:
    result = attack.answer(evidence(people(2000, "train")))
    assert result.status == "fail", result.message
    assert result.p_value is not None
    assert result.p_value < 0.01


def test_one_copy_in_three_is_seen_by_linkability() -> None:
    result = Linkability().answer(evidence(with_copies(np.arange(0, 2000, 3))))
    assert result.status == "fail"
    assert result.value is not None
    # A third of the people stand in the release, and both halves of each find him.
    assert result.value == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: str(attack.kind))
def test_few_people_are_insufficient(attack: Check) -> None:
    few = Evidence(
        train=people(60, "train"),
        synthetic=people(60, "synthetic"),
        holdout=people(60, "holdout"),
        seed=Seed(0),
    )
    assert attack.answer(few).status == "insufficient"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: str(attack.kind))
def test_one_column_is_not_enough(attack: Check) -> None:
    sides = (plain_table(pd.DataFrame({"n": np.arange(200.0)})) for _ in range(3))
    train, synthetic, holdout = sides
    one = Evidence(train=train, synthetic=synthetic, holdout=holdout, seed=Seed(0))
    assert attack.answer(one).status == "not_applicable"


def test_descriptions_that_fit_one_row_worked_by_hand() -> None:
    synthetic = np.array([[0, 0], [0, 1], [0, 1], [1, 1], [2, 0]])
    members = np.array([[0, 0], [1, 1], [1, 1], [2, 0]])
    others = np.array([[0, 0], [0, 0], [1, 1], [3, 3]])
    # Alone in the release: (0, 0), (1, 1), (2, 0), in that order.
    found = _fits_one(synthetic, members, others)
    assert found.tolist() == [[True, False, True], [False, True, False]]


def test_declared_secrets_are_guessed_and_no_others() -> None:
    details = AttributeInference().answer(evidence()).details
    assert {guess["about"] for guess in details["guesses"]} == {"sex", "hired"}
