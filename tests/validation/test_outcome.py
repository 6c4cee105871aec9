"""The outcome of a target: a label, or more than the median."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.tables import plain_table
from validation.outcome import Outcome


@pytest.mark.parametrize(
    ("cells", "name", "had"),
    [
        (["no", "yes", "no"], "yes", [False, True, False]),
        (["a", "b", "b", "c"], "b", [False, True, True, False]),
        ([0, 1, 1], "0", [True, False, False]),
        ([1.0, 2.0, 3.0, None], "more than the median", [False, False, True, False]),
        (["x", None], "x", [True, False]),
        ([None, None], "no label", [False, False]),
    ],
)
def test_the_outcome_is_the_rarer_of_two_the_commonest_of_more_or_a_high_number(
    cells: list[object], name: str, had: list[bool]
) -> None:
    words = any(isinstance(cell, str) for cell in cells) or cells == [None, None]
    table = plain_table(pd.DataFrame({"y": pd.Series(cells, dtype="string" if words else None)}))
    outcome = Outcome.learn(table, "y")
    assert outcome.name == name
    assert outcome.of(table).tolist() == had


def test_ties_are_broken_by_name_and_not_by_the_order_of_the_rows() -> None:
    tables = [
        plain_table(pd.DataFrame({"y": pd.Series(cells, dtype="string")}))
        for cells in (["b", "a"], ["a", "b"])
    ]
    assert {Outcome.learn(table, "y").name for table in tables} == {"a"}
