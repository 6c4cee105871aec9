"""Representation: a thinned group is found, chance is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.people import evidence, people
from validation.checks.fairness.representation import Representation


def thinned(keep: float) -> object:
    table = people(2000, "synthetic")
    women = (table.frame["sex"] == "f").to_numpy()
    stay = np.random.default_rng(0).random(2000) < keep
    return table.take(~women | stay)


def test_fresh_rows_pass() -> None:
    result = Representation().answer(evidence())
    assert result.status == "pass"
    assert result.baseline is not None


def test_a_group_thinned_by_half_fails_and_is_named() -> None:
    result = Representation().answer(evidence(thinned(0.5)))  # type: ignore[arg-type]
    assert result.status == "fail"
    assert "sex = f" in result.statistic
    assert result.value is not None
    # A half of 30 % is 15 of 85: 17.6 %.
    assert result.value == pytest.approx(0.176 / 0.3, abs=0.08)


def test_a_lost_group_has_ratio_zero() -> None:
    result = Representation().answer(evidence(thinned(0)))  # type: ignore[arg-type]
    assert (result.status, result.value) == ("fail", 0)


def test_groups_below_a_hundred_rows_are_insufficient() -> None:
    # 36 women, 84 men.
    assert Representation().answer(evidence(n=120)).status == "insufficient"
    # 84 of 280 are women: the men are judged, the women are said to be too few.
    result = Representation().answer(evidence(n=280))
    assert result.status == "pass"
    assert result.details["warnings"] == ["1 group has fewer than 100 rows"]


def test_without_a_sensitive_column_it_does_not_apply() -> None:
    table = people(200)
    columns = tuple(c.model_copy(update={"role": "feature"}) for c in table.schema.columns)
    plain = replace(table, schema=table.schema.model_copy(update={"columns": columns}))
    whole = replace(evidence(n=200), train=plain)
    assert Representation().answer(whole).status == "not_applicable"


def test_two_attributes_together_make_groups() -> None:
    table = people(2000, "train")
    columns = tuple(
        c.model_copy(update={"role": "sensitive" if c.name in {"town", "sex"} else c.role})
        for c in table.schema.columns
    )
    schema = table.schema.model_copy(update={"columns": columns})
    result = Representation().answer(replace(evidence(), train=replace(table, schema=schema)))
    names = {group["group"] for group in result.details["groups"]}
    assert "town = Ulm, sex = f" in names
    assert result.details["warnings"]  # the women of Enns are few
