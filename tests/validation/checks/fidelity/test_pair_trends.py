"""Pair trends: a broken link is found, and named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.base import CheckResult, Evidence
from validation.checks.fidelity.pair_trends import PairTrends

SCHEMA = TableSchema(
    columns=(
        Column(name="x", sdtype="numerical", dtype="float64"),
        Column(name="y", sdtype="numerical", dtype="float64"),
        Column(name="c", sdtype="categorical"),
    )
)


def rows(n: int, name: str) -> Table:
    """Two correlated numbers, and a label that depends on the first."""
    rng = Seed(0, (name,)).generator()
    x = rng.normal(size=n)
    y = x + rng.normal(size=n)
    c = np.where(x + rng.normal(size=n) > 0, "up", "down")
    return Table("t", pd.DataFrame({"x": x, "y": y, "c": pd.Series(c, dtype="string")}), SCHEMA)


def answer(synthetic: Table, n: int = 3000) -> CheckResult:
    evidence = Evidence(
        train=rows(n, "train"), synthetic=synthetic, holdout=rows(n, "holdout"), seed=Seed(0)
    )
    return PairTrends().answer(evidence)


def shuffled(table: Table, *names: str) -> Table:
    rng = Seed(0, ("shuffle",)).generator()
    frame = table.frame.copy()
    for name in names:
        frame[name] = frame[name].iloc[rng.permutation(len(frame))].to_numpy()
    return table.with_frame(frame.astype(table.frame.dtypes.to_dict()))


def test_fresh_rows_pass() -> None:
    result = answer(rows(3000, "fresh"))
    assert result.status == "pass"
    assert result.details["association_lost"] < 0.1


def test_copies_have_no_distance_and_still_say_what_could_be_seen() -> None:
    result = answer(rows(3000, "train"))
    assert (result.status, result.value) == ("pass", 0.0)
    assert result.smallest_effect is not None
    assert result.smallest_effect > 0


def test_columns_drawn_independently_fail_and_lose_all_association() -> None:
    result = answer(shuffled(rows(3000, "fresh"), "x", "y", "c"))
    assert result.status == "fail"
    assert 0.9 < result.details["association_lost"] < 1.1


def test_one_broken_link_fails_and_is_named() -> None:
    result = answer(shuffled(rows(3000, "fresh"), "c"))
    assert result.status == "fail"
    assert "x and c" in result.message
    worst = result.details["pairs"][0]
    assert worst["columns"] == ["x", "c"]
    assert worst["distance"] > 0.2


def test_one_column_has_no_pairs() -> None:
    schema = TableSchema(columns=SCHEMA.columns[:1])
    table = Table("t", pd.DataFrame({"x": np.arange(10.0)}), schema)
    result = PairTrends().answer(Evidence(train=table, synthetic=table, seed=Seed(0)))
    assert result.status == "not_applicable"
