"""Bins: few, round, open at the ends, and never around fewer than k people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.base import Evidence
from validation.bins import MOST_BINS, backing_of, bin_of, edges_of, joined, names_of


def evidence(values: np.ndarray) -> Evidence:
    column = Column(name="x", sdtype="numerical", dtype="float64")
    table = Table("t", pd.DataFrame({"x": values}), TableSchema(columns=(column,)))
    return Evidence(train=table, synthetic=table, seed=Seed(0))


def test_few_distinct_values_have_a_bin_each() -> None:
    values = np.array([1.0, 2, 2, 3, np.nan])
    edges = edges_of(values, moment=False)
    assert names_of(edges, values, moment=False) == ["1 or less", "2", "3 or more"]
    assert bin_of(values, edges).tolist() == [0, 1, 1, 2, 3]


def test_many_values_are_cut_at_round_numbers() -> None:
    values = np.arange(1000, dtype=np.float64) * 0.16
    edges = edges_of(values, moment=False)
    assert edges.tolist() == list(range(10, 160, 10))
    names = names_of(edges, values, moment=False)
    assert names[0] == "below 10"
    assert names[1] == "10 to 20"
    assert names[-1] == "150 or more"


def test_days_are_cut_at_days() -> None:
    values = np.arange(400, dtype=np.float64) * 86_400.0
    names = names_of(edges_of(values, moment=True), values, moment=True)
    assert names[0].startswith("below 1970-01-")
    assert names[-1].endswith(" or more")


def test_a_value_that_most_rows_have_does_not_hide_the_others() -> None:
    values = np.concatenate([np.zeros(900), np.linspace(1000, 90_000, 100)])
    counts = np.bincount(bin_of(values, edges_of(values, moment=False)))
    assert 900 <= counts.max() <= 905
    assert len(counts) > 8


def test_bins_of_fewer_than_k_people_join_their_smaller_neighbour() -> None:
    values = np.repeat([1.0, 2, 3, 4], [10, 2, 8, 6])
    some = evidence(values)
    assert joined(np.array([2.0, 3.0, 4.0]), values, some).tolist() == [2.0, 4.0]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 3)) | st.integers(-5, 5),
        min_size=1,
        max_size=300,
    )
)
def test_no_bin_is_small_and_they_are_never_many(cells: list[float]) -> None:
    values = np.array(cells, dtype=np.float64)
    some = evidence(values)
    edges = joined(edges_of(values, moment=False), values, some)
    assert len(edges) < MOST_BINS + 3
    assert (np.diff(edges) > 0).all()
    backing = backing_of(bin_of(values, edges), some, len(edges) + 2)[: len(edges) + 1]
    assert len(edges) == 0 or backing.min() >= some.k
    assert len(names_of(edges, values, moment=False)) == len(edges) + 1


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [3.0]])
def test_nothing_to_cut_is_one_bin(values: list[float]) -> None:
    array = np.array(values, dtype=np.float64)
    edges = edges_of(array, moment=False)
    assert names_of(edges, array, moment=False) == ["any value"]
