"""What is found is there, and what chance explains is not found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.profile import profile
from tabular.rule_discovery import FoundRule, find_rules
from tabular.seeding import Seed


def _found(frame: pd.DataFrame) -> dict[str, FoundRule]:
    return {found.rule.text: found for found in find_rules(frame, profile("t", frame))}


def _rows(n: int = 2000) -> pd.DataFrame:
    rng = Seed(1).child("discovery").generator()
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    place = rng.integers(0, 6, n)
    frame = pd.DataFrame(
        {
            "start": start,
            "end": start + pd.to_timedelta(rng.integers(0, 30, n), unit="D"),
            "rent": rng.integers(300, 900, n),
            "heat": rng.integers(20, 90, n),
            "water": rng.integers(5, 50, n),
            "price": np.round(rng.gamma(2, 3, n) + 1, 2),
            "count": rng.integers(1, 40, n),
            "noise": rng.normal(size=n),
            "city": np.array(["a", "b", "c", "d", "e", "f"])[place],
            "region": np.array(["north", "south", "north", "south", "west", "west"])[place],
            "code": np.array(["A1", "B2", "C3", "D4", "E5", "F6"])[place],
        }
    )
    frame["side"] = rng.integers(1, 50, n)
    frame["area"] = frame["side"] ** 2
    frame["closed"] = frame["end"] + pd.Timedelta(days=1)
    frame["total"] = frame["rent"] + frame["heat"] + frame["water"]
    frame["cost"] = frame["price"] * frame["count"]
    return frame


def test_every_planted_rule_is_found_and_nothing_else() -> None:
    found = _found(_rows())
    assert set(found) == {
        "start <= end",
        "end < closed",
        "total = rent + heat + water",
        "cost = {price} * {count}",
        "area = {side} * {side}",
        "city determines region",
        "code determines region",
        "only combinations of city, code that real rows have",
    }
    assert all(rule.broken == 0 for rule in found.values())
    assert found["start <= end"].shuffled == pytest.approx(0.45, abs=0.05)


def test_a_few_errors_of_the_source_do_not_hide_a_rule() -> None:
    frame = _rows()
    frame.loc[[5, 900], "end"] = pd.Timestamp("2020-01-01")
    frame["total"] += (frame.index == 7).astype(int)
    found = _found(frame)
    assert found["start <= end"].broken == 2
    assert "all but 2 of 2,000 rows" in found["start <= end"].reason
    assert found["total = rent + heat + water"].broken == 1


def test_nothing_is_found_in_noise() -> None:
    rng = Seed(2).child("noise").generator()
    frame = pd.DataFrame(rng.normal(size=(3000, 12)), columns=[f"x{i}" for i in range(12)])
    frame["a"] = rng.choice(["p", "q", "r"], 3000)
    frame["b"] = rng.choice(["s", "t"], 3000)
    assert _found(frame) == {}


def test_what_the_ranges_alone_explain_is_no_rule() -> None:
    rng = Seed(3).child("ranges").generator()
    frame = pd.DataFrame({"small": rng.random(500), "large": 10 + rng.random(500)})
    assert _found(frame) == {}


def test_missing_cells_break_nothing_and_hide_nothing() -> None:
    frame = _rows()
    frame.loc[::3, "end"] = pd.NaT
    frame["heat"] = frame["heat"].astype("Int64").mask(np.arange(2000) % 4 == 0)
    frame["total"] = frame["rent"] + frame["heat"] + frame["water"]
    found = _found(frame)
    assert {"start <= end", "total = rent + heat + water"} <= set(found)


def test_a_handful_of_rows_proves_nothing() -> None:
    assert find_rules(_rows(40), profile("t", _rows(40))) == ()
