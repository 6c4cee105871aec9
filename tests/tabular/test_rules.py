"""Rules between columns, each worked by hand on a few rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tabular.formulas import evaluate
from tabular.rules import FunctionalDependency, Rule

_RULES: TypeAdapter[Rule] = TypeAdapter(Rule)
_FRAME = pd.DataFrame(
    {
        "start": pd.to_datetime(["2024-01-02", "2024-01-02", "NaT", "2024-01-01"]),
        "end": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-01", "NaT"]),
        "born": [dt.date(1, 1, 1), dt.date(9999, 12, 31), None, dt.date(2000, 1, 1)],
        "died": [dt.date(1, 1, 1), dt.date(9999, 12, 30), None, None],
        "a": [0.1, 1.0, 2.0, np.nan],
        "b": [0.2, 2.0, 0.0, 1.0],
        "a b": [0.1 + 0.2, 3.5, 2.0, 1.0],
        "price": [Decimal("1.10"), None, Decimal("-3.00"), Decimal("0.00")],
        "zip": pd.Series(["1", "1", "1", None], dtype="string"),
        "town": pd.Series(["X", "X", "Y", "Z"], dtype="string"),
    }
)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ({"kind": "inequality", "low": "start", "high": "end"}, [0]),
        ({"kind": "inequality", "low": "start", "high": "end", "strict": True}, [0, 1]),
        ({"kind": "inequality", "low": "born", "high": "died"}, [1]),
        ({"kind": "range", "column": "a", "minimum": 0.5}, [0]),
        ({"kind": "range", "column": "price", "minimum": -1, "maximum": 1}, [0, 2]),
        ({"kind": "positive", "column": "b"}, [2]),
        ({"kind": "positive", "column": "price", "strict": False}, [2]),
        ({"kind": "unique", "columns": ["zip"]}, [1, 2]),
        ({"kind": "unique", "columns": ["zip", "town"]}, [1]),
        ({"kind": "functional_dependency", "columns": ["zip"], "determines": "town"}, [2]),
        ({"kind": "sum", "total": "a b", "parts": ["a", "b"]}, [1]),
        ({"kind": "sum", "total": "a b", "parts": ["a", "b"], "tolerance": 0.5}, []),
        ({"kind": "formula", "column": "b", "equals": "{a b} - a"}, [1]),
        ({"kind": "formula", "column": "a", "equals": "2 * (a - a) / b + a"}, []),
        ({"kind": "not_null_when", "column": "end", "given": "a"}, []),
        ({"kind": "not_null_when", "column": "a", "given": "town", "values": ["Z"]}, [3]),
        ({"kind": "pattern", "column": "town", "pattern": "[XY]"}, [3]),
        ({"kind": "fixed_combinations", "columns": ["zip", "town"]}, []),
    ],
)
def test_the_rows_that_break_a_rule(rule: dict[str, Any], rows: list[int]) -> None:
    parsed = _RULES.validate_python(rule)
    assert np.flatnonzero(parsed.breaks(_FRAME)).tolist() == rows
    assert set(parsed.used) <= set(_FRAME.columns)
    assert parsed.text


@pytest.mark.parametrize(
    "equals",
    ["", "1 + 2", "a.b", "a ** 9", "f(a)", "a if b else a", "__import__('os')", "a[0]", "'x' + a",
     "(" * 500 + "a" + ")" * 500, "a +", "True * a", "a // b"],
)  # fmt: skip
def test_what_is_no_formula_is_refused(equals: str) -> None:
    with pytest.raises(ValidationError, match="formula"):
        _RULES.validate_python({"kind": "formula", "column": "a", "equals": equals})


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0.5, 1e6))
def test_a_formula_is_what_python_makes_of_it(a: float, b: float, c: float) -> None:
    frame = pd.DataFrame({"a": [a], "b": [b], "odd name": [c]})
    found = evaluate("-a + 2 * (b - {odd name}) / {odd name}", frame)
    assert found[0] == -a + 2 * (b - c) / c


def test_dividing_by_zero_gives_no_number_and_breaks_nothing() -> None:
    frame = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 0.0]})
    assert np.isnan(evaluate("a / b", frame)).all()
    rule = _RULES.validate_python({"kind": "formula", "column": "a", "equals": "a / b"})
    assert not rule.breaks(frame).any()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_a_dependency_holds_once_the_rows_that_break_it_are_gone(
    pairs: list[tuple[int, int]],
) -> None:
    frame = pd.DataFrame(pairs, columns=["x", "y"])
    bad = FunctionalDependency(columns=("x",), determines="y").breaks(frame)
    kept = frame[~bad]
    assert not kept.drop_duplicates().duplicated(subset="x").any()
    # No smaller set of rows would do: of each group the commonest value stays.
    most = frame.groupby("x")["y"].agg(lambda cells: cells.value_counts().iloc[0]).sum()
    assert len(kept) == most
