"""Junction trees against enumeration of every row there can be."""

from __future__ import annotations

from itertools import combinations, product
from math import prod

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.graphs.junction import Factor, JunctionTree, cliques, heaviest
from tabular.seeding import Seed

Floats = npt.NDArray[np.float64]
SIZES = (2, 3, 2, 3, 2)
ALL = np.array(list(product(*(range(size) for size in SIZES))), dtype=np.int32).T
LOOP = ((0, 1), (1, 2), (2, 3), (0, 3), (3, 4))


def _factors(rows: int = 1) -> list[Factor]:
    rng = Seed(5).child("factors").generator()
    return [(s, rng.gamma(1.0, size=(rows, *(SIZES[v] for v in s)))) for s in LOOP]


def _by_hand(row: int = 0, rows: int = 1) -> Floats:
    return np.asarray(
        prod(table[(row, *(ALL[v] for v in scope))] for scope, table in _factors(rows))
    )


def _shares(codes: npt.NDArray[np.integer]) -> Floats:
    place = np.ravel_multi_index(tuple(codes), SIZES)
    return np.asarray(np.bincount(place, minlength=ALL.shape[1]) / codes.shape[1])


def test_a_loop_of_four_gets_a_chord() -> None:
    found = cliques(SIZES, LOOP)
    assert sorted(len(clique) for clique in found) == [2, 3, 3]
    assert heaviest(SIZES, LOOP) == max(prod(SIZES[v] for v in clique) for clique in found)


def test_the_sum_is_that_of_enumeration() -> None:
    tree = JunctionTree.of(SIZES, LOOP)
    _, log_sum = tree.collected(tree.tables(_factors(3)))
    expected = [_by_hand(row, 3).sum() for row in range(3)]
    np.testing.assert_allclose(np.exp(log_sum), expected)


def test_rows_are_drawn_as_often_as_they_are_likely() -> None:
    tree = JunctionTree.of(SIZES, LOOP)
    collected, _ = tree.collected(tree.tables(_factors()))
    n = 200_000
    found = _shares(tree.draw(collected, n, Seed(1).generator()))
    expected = _by_hand() / _by_hand().sum()
    # Five standard errors of a share.
    assert (np.abs(found - expected) < 5 * np.sqrt(expected / n) + 1e-9).all()


@pytest.mark.parametrize("row", [0, 1])
def test_rows_with_tables_of_their_own_are_drawn_as_each_says(row: int) -> None:
    n = 60_000
    tree = JunctionTree.of(SIZES, LOOP)
    each = np.tile([0, 1], n)
    tables = [(scope, table[each]) for scope, table in _factors(2)]
    collected, _ = tree.collected(tree.tables(tables))
    drawn = tree.draw(collected, 2 * n, Seed(2).generator())[:, each == row]
    expected = _by_hand(row, 2) / _by_hand(row, 2).sum()
    assert (np.abs(_shares(drawn) - expected) < 5 * np.sqrt(expected / n) + 1e-9).all()


PAIRS = list(combinations(range(7), 2))


@given(st.sets(st.sampled_from(PAIRS)), st.lists(st.integers(1, 4), min_size=7, max_size=7))
def test_every_tree_has_its_edges_and_keeps_columns_connected(
    edges: set[tuple[int, int]], sizes: list[int]
) -> None:
    tree = JunctionTree.of(sizes, edges)
    assert all(any({*edge} <= {*clique} for clique in tree.cliques) for edge in edges)
    assert {v for clique in tree.cliques for v in clique} == set(range(7))
    for v in range(7):
        holding = [i for i, clique in enumerate(tree.cliques) if v in clique]
        # All but the first of them hang on one that holds the column too.
        assert all(v in tree.separator(i) for i in holding[1:])
        assert v not in tree.separator(holding[0])
