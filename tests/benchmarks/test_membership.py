"""The membership attack: blind without a leak, sure of copies; and its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.intervals import auc_by_person, mean, wilson
from benchmarks.membership import attack
from benchmarks.tables import Meta
from tabular.seeding import Seed

_META = Meta("group", "classification", ("group",), ("x", "y"))


def _people(n: int, name: str) -> pd.DataFrame:
    rng = Seed(3, ("people", name)).generator()
    x = rng.normal(size=n)
    group = np.where(rng.random(n) < 0.3, "a", "b")
    return pd.DataFrame({"group": group, "x": x, "y": x + rng.normal(size=n)})


def _auc(synthetic: pd.DataFrame, members: pd.DataFrame) -> float:
    controls, reference = (_people(len(members), name) for name in ("control", "reference"))
    scores, _ = attack(members, controls, reference, synthetic, _META)
    is_member = np.arange(len(scores)) < len(members)
    return auc_by_person(scores, is_member, np.arange(len(scores))).value


def test_fresh_rows_say_nothing_about_members() -> None:
    # 1.96 standard errors of an AUC without a difference: 1.96 * sqrt(1 / (6 * 1500)).
    assert abs(_auc(_people(1500, "fresh"), _people(1500, "members")) - 0.5) < 0.021


def test_members_given_away_are_found() -> None:
    members = _people(1500, "members")
    assert _auc(members.sample(frac=1, random_state=0), members) > 0.95


def test_isolated_records_are_those_far_from_the_reference() -> None:
    members, controls, reference = (_people(200, name) for name in ("m", "c", "r"))
    members.loc[17, ["x", "y"]] = [members["x"].max() + 5, members["y"].min() - 5]
    _, isolation = attack(members, controls, reference, reference, _META)
    assert isolation.argmax() == 17


def test_the_area_is_that_of_scikit_learn_ties_included() -> None:
    rng = Seed(5).generator()
    scores = rng.integers(0, 20, size=400).astype(float)
    is_member = rng.random(400) < 0.4
    found = auc_by_person(scores, is_member, np.arange(400))
    assert found.value == pytest.approx(roc_auc_score(is_member, scores), abs=1e-12)
    assert (found.members, found.others) == (int(is_member.sum()), int((~is_member).sum()))


def test_the_standard_error_is_what_repetitions_spread_by() -> None:
    rng = Seed(6).generator()
    found = []
    for _ in range(400):
        scores = np.concatenate([rng.normal(0.5, 1, 60), rng.normal(0, 1, 90)])
        found.append(auc_by_person(scores, np.arange(150) < 60, np.arange(150)))
    spread = np.std([auc.value for auc in found])
    # The spread of 400 draws is known to 3.5 %, twice that to both sides.
    assert np.mean([auc.error for auc in found]) == pytest.approx(spread, rel=0.08)


def test_records_of_one_person_count_as_one() -> None:
    rng = Seed(7).generator()
    scores, is_member = rng.normal(size=300), np.arange(300) < 100
    once = auc_by_person(scores, is_member, np.arange(300))
    tripled = auc_by_person(np.tile(scores, 3), np.tile(is_member, 3), np.tile(np.arange(300), 3))
    assert tripled.value == pytest.approx(once.value)
    assert tripled.error == pytest.approx(once.error)


def test_the_interval_of_a_mean_is_students() -> None:
    found = mean([1.0, 2.0, 3.0])
    # 4.303 is Student's quantile with 2 degrees of freedom; the standard error is 1 / sqrt(3).
    assert (found.value, found.n) == (2, 3)
    assert found.high - found.low == pytest.approx(2 * 4.303 / np.sqrt(3), abs=1e-3)
    assert mean([4.0]).half_width is None


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Wilson's own formula for none of 10: from 0 to z^2 / (n + z^2).
    low, high = wilson(0, 10)
    assert low == 0
    assert high == pytest.approx(1.96**2 / (10 + 1.96**2), abs=1e-4)
