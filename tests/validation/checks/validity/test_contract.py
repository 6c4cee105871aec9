"""The contract check: own rows may break nothing, foreign rows no more than fresh ones do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.base import Evidence
from validation.checks.validity.contract import Contract

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = TableSchema(
    columns=(
        Column(name="age", sdtype="numerical", dtype="int64", minimum=0, maximum=120),
        Column(name="town", sdtype="categorical", nullable=False),
    )
)


def rows(n: int, *, bad: int = 0, name: str) -> Table:
    """`n` rows, the first `bad` of which are too old."""
    rng = Seed(0, (name,)).generator()
    ages = rng.integers(20, 80, size=n)
    ages[:bad] = 130
    towns = pd.Series(np.array(["Ulm", "Rom"])[rng.integers(2, size=n)], dtype="string")
    return Table("t", pd.DataFrame({"age": ages, "town": towns}), SCHEMA)


def evidence(synthetic: Table, *, own: bool = False, fresh_bad: int = 0) -> Evidence:
    return Evidence(
        train=rows(1000, name="train"),
        synthetic=synthetic,
        holdout=rows(500, bad=fresh_bad, name="holdout"),
        seed=Seed(0),
        own=own,
    )


def test_rows_that_keep_the_contract_pass() -> None:
    result = Contract().answer(evidence(rows(1000, name="s")))
    assert (result.status, result.value) == ("pass", 0.0)
    assert result.details["broken"] == []


def test_one_bad_row_of_an_own_generator_fails() -> None:
    result = Contract().answer(evidence(rows(1000, bad=1, name="s"), own=True))
    assert (result.status, result.value, result.threshold) == ("fail", 0.001, 0.0)
    assert "between(age)" in result.message


def test_foreign_rows_may_break_what_fresh_rows_break() -> None:
    few = Contract().answer(evidence(rows(1000, bad=20, name="s"), fresh_bad=10))
    assert few.status == "pass"
    assert few.baseline == pytest.approx(0.02)
    many = Contract().answer(evidence(rows(1000, bad=100, name="s"), fresh_bad=10))
    assert many.status == "fail"
    assert many.details["broken"] == [
        {"rule": "between(age)", "severity": "blocking", "rows": 100, "raised": None}
    ]


def test_own_rows_may_not_leave_the_train_rows_domain_but_foreign_rows_may() -> None:
    table = rows(1000, name="s")
    frame = table.frame.copy()
    frame.loc[0, "town"] = "Atlantis"
    invented = table.with_frame(frame)
    assert Contract().answer(evidence(invented, own=True)).status == "fail"
    assert Contract().answer(evidence(invented)).status == "pass"


def test_integers_that_became_floats_fail() -> None:
    table = rows(1000, name="s")
    frame = table.frame.astype({"age": "float64"})
    result = Contract().answer(evidence(table.with_frame(frame)))
    assert result.status == "fail"
    assert "type(age)" in result.message


def test_a_rule_that_can_not_be_judged_fails_unless_real_rows_fail_it_too(tmp_path: Path) -> None:
    suite = tmp_path / "suite.json"
    rule = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "lost"}}
    suite.write_text(json.dumps({"name": "own", "expectations": [rule]}), encoding="utf-8")
    foreign = replace(evidence(rows(100, name="s")), suites=(str(suite),))
    assert Contract().answer(foreign).status == "pass"
    own = replace(foreign, own=True, cache={})
    assert Contract().answer(own).status == "fail"


def test_a_warning_does_not_fail(tmp_path: Path) -> None:
    suite = tmp_path / "suite.json"
    rule = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "age", "max_value": 30},
        "severity": "warning",
    }
    suite.write_text(json.dumps({"name": "own", "expectations": [rule]}), encoding="utf-8")
    found = replace(evidence(rows(100, name="s"), own=True), suites=(str(suite),))
    result = Contract().answer(found)
    assert result.status == "pass"
    assert [entry["severity"] for entry in result.details["broken"]] == ["warning"]
