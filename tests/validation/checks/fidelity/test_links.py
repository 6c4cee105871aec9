"""Associations, three-way marginals and missingness: planted losses are found, fresh rows pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.seeding import Seed
from tests.tables import plain_table
from validation.base import Evidence
from validation.checks.fidelity.associations import Associations
from validation.checks.fidelity.missingness import Missingness
from validation.checks.fidelity.three_way_marginals import ThreeWayMarginals, _triples


def rows(n: int, name: str) -> pd.DataFrame:
    """A number and a label that go together, a switch of two coins, and gaps that follow `x`."""
    rng = Seed(0, ("links", name)).generator()
    x = rng.normal(size=n)
    left, right = rng.integers(0, 2, n), rng.integers(0, 2, n)
    y = np.round(x + 0.5 * rng.normal(size=n), 3)
    gone = rng.random(n) < np.where(x > 0, 0.5, 0.1)
    return pd.DataFrame(
        {
            "x": x,
            "label": pd.Series(np.where(x + 0.5 * rng.normal(size=n) > 0, "up", "down")),
            "left": pd.Series(np.where(left, "on", "off")),
            "right": pd.Series(np.where(right, "on", "off")),
            "switch": pd.Series(np.where(left ^ right, "on", "off")),
            "gappy": pd.Series(y).mask(gone),
        }
    )


def evidence(synthetic: pd.DataFrame | None = None, n: int = 2000) -> Evidence:
    def table(frame: pd.DataFrame) -> Table:
        return plain_table(frame)

    return Evidence(
        train=table(rows(n, "train")),
        synthetic=table(rows(n, "synthetic") if synthetic is None else synthetic),
        holdout=table(rows(n // 2, "holdout")),
        reference=table(rows(n // 2, "reference")),
        seed=Seed(0),
    )


def shuffled(column: str) -> pd.DataFrame:
    frame = rows(2000, "synthetic")
    frame[column] = frame[column].to_numpy()[::-1]
    return frame


def gaps_anywhere() -> pd.DataFrame:
    frame = rows(2000, "synthetic")
    frame["gappy"] = frame["x"].round(3).mask(frame["gappy"].isna().to_numpy()[::-1])
    return frame


CHECKS = [Associations(), ThreeWayMarginals(), Missingness()]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.kind)
def test_fresh_rows_keep_everything(check: Associations) -> None:
    result = check.answer(evidence())
    assert result.status == "pass", result.message
    assert result.interval is not None
    assert result.interval[0] < 1 < result.interval[1]
    assert result.baseline == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize(
    ("check", "synthetic", "named"),
    [
        (Associations(), shuffled("label"), "x and label keep"),
        (ThreeWayMarginals(), shuffled("switch"), "left, right and switch keep"),
        (Missingness(), gaps_anywhere(), "gaps in gappy and x keep"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_what_is_broken_is_refused_and_named(
    check: Associations, synthetic: pd.DataFrame, named: str
) -> None:
    result = check.answer(evidence(synthetic))
    assert result.status == "fail"
    assert result.message.startswith(named)
    assert result.value == pytest.approx(0, abs=0.1)
    assert result.p_value is not None
    assert result.p_value < 1e-4


def test_the_switch_is_seen_by_no_check_of_pairs() -> None:
    assert Associations().answer(evidence(shuffled("switch"))).status == "pass"


def test_few_rows_judge_no_faint_link() -> None:
    result = ThreeWayMarginals().answer(evidence(rows(40, "few"), n=40))
    assert result.status in {"insufficient", "pass"}


def test_triples_are_all_there_are_or_as_many_as_asked_each_once() -> None:
    names = tuple("abcdef")
    assert len(_triples(names, 20, Seed(0))) == 20
    some = _triples(tuple(f"c{i}" for i in range(60)), 500, Seed(0))
    assert len(some) == len(set(some)) == 500
    assert all(len(set(triple)) == 3 for triple in some)


def test_gaps_that_are_hardly_there_are_not_judged() -> None:
    whole = rows(200, "synthetic").drop(columns="gappy")
    table = plain_table(whole)
    found = Missingness().answer(
        Evidence(train=table, synthetic=table, holdout=table, seed=Seed(0))
    )
    assert found.status == "not_applicable"
