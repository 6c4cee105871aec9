"""The scores against the reference program's own output, and against worked examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.fidelity import scores
from benchmarks.leaks import copies, rare_numbers
from benchmarks.sample_table import TARGETS
from benchmarks.scores import c2st_lr, c2st_score, trend_error, utility
from benchmarks.tables import Meta, find_tables, scored_rows
from tests.benchmarks.fixture_rows import answer_of, write_rows

_NAMES = {"shape_err": "shape_error", "trend_err": "trend_error", "dcr_share": "closer_share"}


@pytest.mark.parametrize("task", list(TARGETS))
def test_scores_equal_those_of_the_published_protocols_program(tmp_path: Path, task: str) -> None:
    _, synthetic = write_rows(tmp_path, task)
    expected = json.loads(answer_of(task).read_text())
    (table,) = find_tables(tmp_path)
    paths = (table.train, table.holdout, synthetic)
    train, holdout, rows = (scored_rows(path, table.meta) for path in paths)
    found = scores(train, holdout, rows, table.meta)
    if len(rows) > len(train):
        rows = rows.sample(len(train), random_state=0)
    found["c2st_lr"] = c2st_lr(train, rows, table.meta)
    found["trtr"] = utility(train, holdout, table.meta)
    # The program rounds to four digits.
    for name, value in expected.items():
        assert found[_NAMES.get(name, name)] == pytest.approx(value, abs=0.6e-4), name


_META = Meta("c", "classification", ("c",), ("x", "y"))


def _rows(x: list[float], y: list[float], c: str) -> pd.DataFrame:
    return pd.DataFrame({"c": list(c), "x": x, "y": y})


def test_trends_of_rows_against_themselves_have_no_error() -> None:
    rows = _rows([1, 2, 3, np.nan], [1, 0, 2, 2], "abab")
    assert trend_error(rows, rows.iloc[::-1], _META) == 0


def test_trends_turned_round_have_the_error_worked_by_hand() -> None:
    real = _rows([0, 1, 0, 1], [0, 1, 0, 1], "aabb")
    turned = _rows([0, 1, 0, 1], [1, 0, 1, 0], "aabb")
    # Correlation 1 against -1 is an error of 1; the pairs with `c` are uniform on both sides.
    assert trend_error(real, turned, _META) == pytest.approx(100 / 3)


def test_a_classifier_that_is_worse_than_chance_scores_one() -> None:
    assert c2st_score(0.4) == 1
    assert c2st_score(0.75) == 0.5


def test_copies_count_rows_that_are_equal_in_every_column() -> None:
    real = _rows([1, 2, np.nan], [0, 0, 0], "aab")
    rows = _rows([1, 2, np.nan, 2], [0, 0, 0, 0], "abba")
    assert copies(rows, real) == 3


def test_a_rare_number_is_one_that_one_or_two_real_rows_have() -> None:
    real = _rows([1, 1, 1, 2, 2, 3], [9, 9, 9, 9, 9, 9], "aaaaaa")
    rows = _rows([1, 2, 3, 4, np.nan], [9, 9, 8, 9, 9], "aaaaa")
    assert rare_numbers(rows, real, _META) == 2
