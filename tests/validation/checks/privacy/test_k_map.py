"""k-map: a combination that few people have, coming back."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tabular.dataset import Table
from tests.people import evidence, people
from validation.base import Evidence
from validation.checks.privacy.k_map import KMap

QUASI = ("age", "town")


def with_quasi(table: Table) -> Table:
    columns = tuple(
        column.model_copy(update={"role": "quasi_identifier"}) if column.name in QUASI else column
        for column in table.schema.columns
    )
    schema = table.schema.model_copy(update={"columns": columns})
    return Table(table.name, table.frame, schema)


def sides(synthetic: Table | None = None) -> Evidence:
    whole = evidence(synthetic)
    assert whole.holdout is not None
    assert whole.reference is not None
    return replace(
        whole,
        train=with_quasi(whole.train),
        synthetic=with_quasi(whole.synthetic),
        holdout=with_quasi(whole.holdout),
        reference=with_quasi(whole.reference),
        cache={},
    )


def test_fresh_rows_pass_though_many_of_them_meet_somebody() -> None:
    result = KMap().answer(sides())
    assert result.status == "pass"
    assert result.baseline is not None
    # 62 ages in a town of 40 people: nearly all of its people are alone, and met by chance.
    assert result.baseline > 0.05


def test_rare_combinations_that_come_back_fail() -> None:
    frame = people(2000, "train").frame
    rare = frame[frame["town"] == "Enns"]
    rest = people(2000, "synthetic").frame.iloc[len(rare) * 4 :]
    planted = pd.concat([rare] * 4 + [rest], ignore_index=True)
    result = KMap().answer(sides(Table("people", planted, people(5).schema)))
    assert result.status == "fail"
    assert result.p_value is not None
    assert result.p_value < 0.01


def test_the_share_below_k_is_counted_by_hand() -> None:
    found = KMap().answer(sides()).details["train_rows_below_k"]
    people_of = people(2000, "train").frame.groupby(list(QUASI))["age"].transform("size")
    assert found == pytest.approx(float((people_of < 5).mean()))


def test_without_quasi_identifiers_it_does_not_apply() -> None:
    assert KMap().answer(evidence()).status == "not_applicable"
