"""Rare values: below k nothing comes out of an own generator; replays are found in any table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tests.people import SCHEMA, changed, evidence, people
from validation.checks.privacy.rare_values import RareValues


def rare_salaries() -> np.ndarray:
    counts = people(2000, "train").frame["salary"].value_counts()
    return counts.index[counts == 1].to_numpy()


def inside_bounds(name: str) -> np.ndarray:
    """The usual synthetic numbers, moved between the train rows' fifth lowest and highest."""
    train = people(2000, "train").frame[name].dropna().sort_values().to_numpy()
    return people(2000, "synthetic").frame[name].clip(train[4], train[-5]).to_numpy()


def harmless() -> Table:
    return changed(**{name: inside_bounds(name) for name in ("age", "salary", "hours")})


def test_fresh_rows_pass() -> None:
    assert RareValues().answer(evidence()).status == "pass"


def test_replayed_salaries_of_single_people_fail() -> None:
    salary = people(2000, "synthetic").frame["salary"].to_numpy().copy()
    salary[:200] = rare_salaries()[:200]
    result = RareValues().answer(evidence(changed(salary=salary)))
    assert result.status == "fail"
    assert result.details["replayed"] == ["salary"]


def test_one_salary_that_comes_back_too_often_fails() -> None:
    salary = people(2000, "synthetic").frame["salary"].to_numpy().copy()
    salary[:40] = rare_salaries()[0]
    result = RareValues(threshold=0.2).answer(evidence(changed(salary=salary)))
    assert result.status == "fail"
    assert result.details["single_values_replayed"] == ["salary"]
    assert result.details["replayed"] == []


def test_a_rare_town_replayed_fails_and_a_declared_one_is_public() -> None:
    train = people(2000, "train").frame
    train.loc[:1, "town"] = "Lochau"
    town = people(2000, "synthetic").frame["town"].copy()
    town[:60] = "Lochau"
    replayed = replace(evidence(changed(town=town)), train=Table("people", train, SCHEMA))
    assert "town" in RareValues().answer(replayed).details["replayed"]
    columns = tuple(
        column.model_copy(update={"categories": ("Ulm", "Rom", "Köln", "Enns", "Lochau")})
        if column.name == "town"
        else column
        for column in SCHEMA.columns
    )
    schema = SCHEMA.model_copy(update={"columns": columns})
    public = replace(replayed, train=Table("people", train, schema))
    assert RareValues().answer(public).status == "pass"


def test_an_own_generator_may_give_nothing_that_fewer_than_k_share() -> None:
    assert RareValues().answer(evidence(harmless(), own=True)).status == "pass"
    town = harmless().frame["town"].copy()
    town[0] = "Nowhere"
    result = RareValues().answer(
        evidence(harmless().with_frame(harmless().frame.assign(town=town)), own=True)
    )
    assert result.status == "fail"
    assert result.details["below_k"] == {"town": pytest.approx(1 / 2000)}
    assert result.threshold == 0


@pytest.mark.parametrize(("rank", "status"), [(4, "pass"), (3, "fail")])
def test_the_fifth_highest_number_is_the_last_that_may_come_out(rank: int, status: str) -> None:
    train = people(2000, "train").frame["salary"].sort_values().to_numpy()
    salary = harmless().frame["salary"].copy()
    salary[0] = train[-1 - rank]
    synthetic = harmless().with_frame(harmless().frame.assign(salary=salary))
    assert RareValues().answer(evidence(synthetic, own=True)).status == status


def test_a_table_without_anything_rare_passes_at_nothing() -> None:
    frame = pd.DataFrame({"sex": pd.Series(["f", "m"] * 50, dtype="string")})
    schema = SCHEMA.model_copy(update={"columns": (SCHEMA["sex"],)})
    table = Table("people", frame, schema)
    result = RareValues().answer(
        replace(evidence(), train=table, synthetic=table, holdout=table, reference=None)
    )
    assert (result.status, result.value) == ("pass", 0)
