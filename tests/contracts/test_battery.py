"""Planted faults in a real table are refused by the check that is named for them."""

from __future__ import annotations

import pytest

from benchmarks.battery.cells import Cell
from benchmarks.battery.faults import FAULTS

TABLE, ROWS = "happiness", 3000
PLANTED = sorted(name for name, fault in FAULTS.items() if fault.checks)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_refused_by_its_check(name: str) -> None:
    found = Cell(TABLE, ROWS, 0, name).run(None)
    assert set(found["refused_by"]) & set(FAULTS[name].checks), found["checks"]


def test_fresh_real_rows_are_published() -> None:
    found = Cell(TABLE, ROWS, 0, "fresh").run(None)
    assert not found["refused_by"]
    assert found["verdict"] == "publish", found["checks"]


def test_what_the_default_generator_makes_is_not_rejected() -> None:
    assert Cell(TABLE, ROWS, 0, "default_generator").run(None)["verdict"] != "reject"
