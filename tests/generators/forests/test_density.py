"""Shares and kernels at the leaves, worked by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.forests.density import LeafShares, around_symbols, backed_shares
from generators.forests.trees import Trees

if TYPE_CHECKING:
    import numpy.typing as npt

NODE = np.array([2, 1, 2], dtype=np.int32)
SYMBOL = np.array([5, 0, 3], dtype=np.int32)
SHARE = np.array([0.75, 1.0, 0.25])


def test_shares_stand_by_leaf_and_symbol() -> None:
    shares = LeafShares.of(NODE, SYMBOL, SHARE, 3)
    assert shares.start.tolist() == [0, 0, 1, 3]
    assert shares.symbol.tolist() == [0, 3, 5]


def test_a_draw_takes_each_symbol_with_the_chance_of_its_share() -> None:
    shares = LeafShares.of(NODE, SYMBOL, SHARE, 3)
    uniform = np.array([0.0, 0.2499, 0.25, 1 - 2**-53])
    assert shares.symbol[shares.draw(np.full(4, 2, np.int32), uniform)].tolist() == [3, 3, 5, 5]
    assert shares.symbol[shares.draw(np.full(4, 1, np.int32), uniform)].tolist() == [0, 0, 0, 0]


def test_shares_that_do_not_add_up_are_scaled() -> None:
    shares = LeafShares.of(NODE, SYMBOL, SHARE * 40, 3)
    at = shares.draw(np.full(2, 2, np.int32), np.array([0.249, 0.251]))
    assert shares.symbol[at].tolist() == [3, 5]


def test_shares_come_back_from_their_arrays() -> None:
    shares = LeafShares.of(NODE, SYMBOL, SHARE, 3)
    again = LeafShares.of_arrays(**shares.arrays())  # type: ignore[arg-type]
    assert again.start.tolist() == shares.start.tolist()
    assert again.symbol.tolist() == shares.symbol.tolist()
    assert again.share.tolist() == shares.share.tolist()


# A root with the leaf 1 and the inner node 2, whose leaves are 3 and 4.
TREE = Trees(
    np.zeros(5, np.int32),
    np.zeros(5, np.int32),
    np.array([1, 1, 3, 3, 4], dtype=np.int32),
    np.zeros(1, np.int32),
)


def _rows(counts: dict[int, list[int]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Leaves and symbols of so many rows of each symbol in each leaf."""
    pairs = [(leaf, s) for leaf, row in counts.items() for s, n in enumerate(row) for _ in range(n)]
    node, symbol = np.array(pairs, dtype=np.int32).T
    return node, symbol


def test_what_enough_rows_of_a_leaf_have_keeps_its_share_there() -> None:
    node, symbol = _rows({1: [6, 4, 0], 3: [0, 5, 5], 4: [10, 0, 0]})
    share = backed_shares(TREE, node, symbol, 3, least=4)
    assert share[1] == pytest.approx([0.6, 0.4, 0])
    assert share[3] == pytest.approx([0, 0.5, 0.5])
    assert share[4] == pytest.approx([1, 0, 0])


def test_rare_symbols_of_a_leaf_share_what_they_are_together_as_above() -> None:
    # Leaf 3: one row in ten has symbol 1 and none has 2; in node 2 they are 4 and 12 of 40.
    node, symbol = _rows({1: [10, 0, 0], 3: [9, 1, 0], 4: [15, 3, 12]})
    share = backed_shares(TREE, node, symbol, 3, least=4)
    assert share[2] == pytest.approx([24 / 40, 4 / 40, 12 / 40])
    assert share[3] == pytest.approx([0.9, 0.1 * 4 / 16, 0.1 * 12 / 16])
    # Of the other leaf's rare symbols there is but one, which keeps its share.
    assert share[4] == pytest.approx([15 / 30, 3 / 30, 12 / 30])


def test_one_row_more_of_a_rare_pair_moves_its_share_as_little_as_above() -> None:
    without = backed_shares(TREE, *_rows({1: [80, 8, 8], 3: [9, 0, 1], 4: [10, 0, 0]}), 3, least=5)
    with_it = backed_shares(TREE, *_rows({1: [80, 8, 8], 3: [9, 1, 1], 4: [10, 0, 0]}), 3, least=5)
    assert without[3, 1] > 0
    assert with_it[3, 1] / without[3, 1] < 2.1


@given(
    counts=st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=3, max_size=3),
    least=st.integers(1, 12),
)
def test_shares_of_a_node_add_up_to_one(counts: list[list[int]], least: int) -> None:
    filled = {
        leaf: [n + 1 if s == 0 else n for s, n in enumerate(row)]
        for leaf, row in zip((1, 3, 4), counts, strict=True)
    }
    share = backed_shares(TREE, *_rows(filled), 4, least)
    assert share.sum(axis=1) == pytest.approx(np.ones(5))
    assert (share >= 0).all()


def test_a_kernel_covers_its_symbol_and_half_the_way_to_the_next_in_the_leaf() -> None:
    edges = np.linspace(0, 1, 11)
    low, high = around_symbols(np.array([0, 0, 1]), np.array([2, 6, 9]), edges, widest=1.0)
    # Symbol 2 lies at .2 to .3 and 6 at .6 to .7: half the gap is .15, on the outer sides too.
    assert low == pytest.approx([0.05, 0.45, 0.9])
    assert high == pytest.approx([0.45, 0.85, 1.0])


def test_a_kernel_reaches_no_farther_than_the_widest_way() -> None:
    edges = np.linspace(0, 1, 11)
    low, high = around_symbols(np.array([0, 0]), np.array([2, 6]), edges, widest=0.02)
    assert low == pytest.approx([0.18, 0.58])
    assert high == pytest.approx([0.32, 0.72])
