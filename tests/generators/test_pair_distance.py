"""The distance of two tables' pairs of columns, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from generators.encoding.arrays import EncodedTable, Variable
from generators.pair_distance import PairDistance

LABELS = tuple(Variable(name=name, cardinality=2) for name in "ab")


def rows(*columns: list[int]) -> EncodedTable:
    arrays = tuple(np.array(column, dtype=np.int32) for column in columns)
    return EncodedTable(LABELS, arrays, np.ones(len(columns[0]), dtype=np.int64))


def numbers(*columns: np.ndarray) -> EncodedTable:
    variables = tuple(Variable(name=f"n{i}") for i in range(len(columns)))
    return EncodedTable(variables, columns, np.ones(len(columns[0]), dtype=np.int64))


def test_the_distance_of_a_pair_is_its_tables() -> None:
    real, made = rows([0, 0, 1, 1], [0, 0, 1, 1]), rows([0, 0, 1, 1], [0, 1, 0, 1])
    # Shares (.5, 0, 0, .5) and (.25, .25, .25, .25): half of 4 x .25.
    assert PairDistance(real)(made) == pytest.approx(0.5)
    assert PairDistance(real)(real) == 0


def test_numbers_are_compared_in_cells_and_missing_ones_too() -> None:
    x = np.linspace(0, 1, 1000)
    real = numbers(x, x)
    assert PairDistance(real)(numbers(x, x[::-1].copy())) > 0.9
    assert PairDistance(real)(numbers(x + 1e-9, x)) < 0.02
    gone = np.where(x < 0.5, np.nan, x)
    assert PairDistance(real)(numbers(gone, x)) == pytest.approx(0.5, abs=0.02)


def test_a_spike_is_a_cell_of_its_own() -> None:
    values = np.concatenate([np.zeros(900), np.linspace(1, 2, 100)])
    near = np.where(values == 0, 1e-3, values)
    assert PairDistance(numbers(values, values))(numbers(near, near)) > 0.8


def test_a_single_column_is_compared_with_itself() -> None:
    x = np.linspace(0, 1, 1000)
    assert PairDistance(numbers(x))(numbers(x)) == 0
    assert PairDistance(numbers(x))(numbers(np.zeros(1000))) > 0
