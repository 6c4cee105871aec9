"""The audit: canaries are nobody, are planted one for one, and are found where they leak."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from tabular.rules import Inequality
from tabular.seeding import Seed
from tests.people import people
from validation.audit import canaries, exposed, least_epsilon, planted

SEED = Seed(0, ("audit",))


def test_canaries_have_real_cells_in_combinations_of_their_own() -> None:
    train = people(2000, "train")
    made = canaries(train, 300, SEED)
    assert len(made) == 300
    for name in train.schema.names:
        assert set(made.frame[name].dropna()) <= set(train.frame[name].dropna())
    both = pd.concat([train.frame, made.frame]).duplicated(keep=False)
    assert both.iloc[2000:].mean() < 0.01
    # Pay grows with age among people; among canaries it does not.
    assert abs(made.frame["age"].corr(made.frame["salary"])) < 0.15


def test_canaries_keep_the_rules() -> None:
    train = people(2000, "train")
    rule = Inequality(kind="inequality", low="age", high="hours")
    kept = train.frame[~rule.breaks(train.frame)].reset_index(drop=True)
    schema = train.schema.model_copy(update={"rules": (rule,)})
    table = type(train)("people", kept, schema)
    made = canaries(table, 200, SEED)
    assert len(made) == 200
    assert not rule.breaks(made.frame).any()


def test_each_planted_canary_takes_the_place_of_one_row() -> None:
    train = people(500, "train")
    made = canaries(train, 100, SEED)
    chosen = np.arange(100) % 2 == 0
    rows = planted(train, made, chosen)
    assert len(rows) == 500
    gone = made.subject_codes[chosen]
    pd.testing.assert_frame_equal(
        rows.frame.iloc[:450], train.frame.drop(index=gone).reset_index(drop=True)
    )
    pd.testing.assert_frame_equal(
        rows.frame.iloc[450:].reset_index(drop=True),
        made.frame[chosen].reset_index(drop=True),
    )


@pytest.mark.parametrize(
    ("leaks", "status"), [(True, "fail"), (False, "pass")], ids=["copies", "fresh rows"]
)
def test_copies_are_exposed_and_fresh_rows_are_not(*, leaks: bool, status: str) -> None:
    train = people(2000, "train")
    made = canaries(train, 400, SEED)
    chosen = SEED.child("planted").generator().random(400) < 0.5
    synthetic = planted(train, made, chosen) if leaks else people(2000, "synthetic")
    found = exposed(made, chosen, synthetic, people(2000, "holdout"), generator="test")
    assert found.status == status, found.sentence
    epsilons = [exposure.epsilon for exposure in found.exposures]
    assert (max(epsilons) > 2) == leaks
    assert ("exposed" in found.sentence) == leaks


def test_few_canaries_tell_nothing() -> None:
    train = people(500, "train")
    made = canaries(train, 40, SEED)
    chosen = np.arange(40) % 2 == 0
    found = exposed(made, chosen, train, people(500, "holdout"), generator="test")
    assert found.status == "insufficient"
    assert "too few" in found.sentence


def test_epsilon_is_the_binomials_bound() -> None:
    chosen = np.arange(400) >= 200
    epsilon = least_epsilon(chosen.astype(float) + np.linspace(0, 0.5, 400), chosen, 0.05)
    # All 200 guesses are right: the chance at the bound explains that in one of twenty audits.
    chance = np.exp(epsilon) / (1 + np.exp(epsilon))
    assert binom.sf(199, 200, chance) == pytest.approx(0.05)
    # The one-run audit of 200 guesses can't find more.
    assert epsilon == pytest.approx(4.19, abs=0.01)


def test_guessing_proves_no_epsilon() -> None:
    rng = SEED.child("noise").generator()
    found = [least_epsilon(rng.random(400), rng.random(400) < 0.5, 0.05) > 0 for _ in range(200)]
    assert np.mean(found) < 0.1
