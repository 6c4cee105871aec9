"""Nearest records: equal to brute force, exact for copies, whole over chunks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.seeding import Seed
from tests.tables import plain_table
from validation.base import Evidence
from validation.neighbors import nearest, real_space


def points(
    n: int, name: str, features: int = 6
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return Seed(0, (name,)).generator().random((n, features)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 3])
def test_neighbors_are_those_of_brute_force(k: int) -> None:
    queries, others = points(40, "queries"), points(70, "points")
    squared = ((queries[:, None, :].astype(float) - others[None]) ** 2).sum(axis=2)
    found = nearest(queries, others, k)
    assert (found.rows == np.argsort(squared, axis=1)[:, :k]).all()
    np.testing.assert_allclose(found.squared, np.sort(squared, axis=1)[:, :k], rtol=1e-5)
    np.testing.assert_allclose(found.distances, np.sqrt(found.squared))


def test_a_copy_is_at_distance_zero_exactly() -> None:
    others = points(500, "points", 40)
    found = nearest(others[::7], others)
    assert (found.squared == 0).all()
    assert (found.rows[:, 0] == np.arange(0, 500, 7)).all()


def test_many_queries_are_answered_in_chunks_as_one_by_one() -> None:
    # 4,000 points let 2,097 queries into a chunk.
    queries, others = points(4500, "queries", 2), points(4000, "points", 2)
    whole = nearest(queries, others)
    for begin in (0, 2096, 2097, 4499):
        one = nearest(queries[begin : begin + 1], others)
        assert one.rows[0, 0] == whole.rows[begin, 0]


def test_a_category_that_only_fresh_rows_have_gets_a_code_of_its_own() -> None:
    train, fresh = (
        plain_table(pd.DataFrame({"c": pd.Series(labels, dtype="string")}))
        for labels in (["a", "b"], ["only here", "nor there"])
    )
    evidence = Evidence(train=train, synthetic=train, holdout=fresh, seed=Seed(0))
    rows = real_space(evidence).scaled(fresh)
    # Two categories that differ are 1 apart.
    assert ((rows[0] - rows[1]) ** 2).sum() == pytest.approx(1)
