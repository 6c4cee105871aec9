"""What stands behind a value, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.protection import Protection


def test_backing_counts_people_not_rows() -> None:
    codes = np.array([0, 0, 0, 1, 1, -1, 2])
    people = np.array([7, 7, 8, 7, 9, 9, 9])
    assert Protection().backing(codes, people, 4).tolist() == [2, 2, 1, 0]


@pytest.mark.parametrize(
    ("values", "people", "k", "bounds"),
    [
        # Everyone once: the second smallest and the second largest.
        ([1, 2, 3, 4, 5], [0, 1, 2, 3, 4], 2, (2, 4)),
        ([1, 2, 3, 4, 5], [0, 1, 2, 3, 4], 1, (1, 5)),
        # One person's three smallest count once, by the smallest; the second person's is 4.
        ([1, 2, 3, 4, 5], [0, 0, 0, 1, 2], 2, (4, 4)),
        # Three people, each with a low and a high: second lowest low, second highest high.
        ([1, 9, 2, 8, 3, 7], [0, 0, 1, 1, 2, 2], 2, (2, 8)),
        # Fewer than k people have a value.
        ([1, 2], [0, 1], 3, None),
        # With three people and k = 3 the third smallest is above the third largest.
        ([1, 2, 3], [0, 1, 2], 3, None),
        ([2, 2, 2], [0, 1, 2], 3, (2, 2)),
    ],
)
def test_bounds_are_the_kth_persons(
    values: list[float], people: list[int], k: int, bounds: tuple[float, float] | None
) -> None:
    found = Protection(k=k).bounds(np.array(values, dtype=float), np.array(people))
    assert found == bounds


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 9)), min_size=1), st.integers(1, 4))
def test_at_least_k_people_lie_at_or_beyond_each_bound(rows: list[tuple[int, int]], k: int) -> None:
    values = np.array([value for value, _ in rows], dtype=float)
    people = np.array([person for _, person in rows])
    bounds = Protection(k=k).bounds(values, people)
    if bounds is not None:
        low, high = bounds
        assert len(set(people[values <= low])) >= k
        assert len(set(people[values >= high])) >= k
