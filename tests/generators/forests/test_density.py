"""Counts and kernels at the leaves, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from generators.forests.density import LeafCounts, around_symbols

NODE = np.array([2, 1, 2, 2, 1], dtype=np.int32)
SYMBOL = np.array([5, 0, 3, 5, 0], dtype=np.int32)


def test_counts_stand_by_leaf_and_symbol() -> None:
    counts = LeafCounts.count(NODE, SYMBOL, 3)
    assert counts.start.tolist() == [0, 0, 2, 5]
    assert counts.symbol.tolist() == [0, 0, 3, 5, 5]


def test_a_draw_takes_each_counted_symbol_with_equal_chance() -> None:
    counts = LeafCounts.count(NODE, SYMBOL, 3)
    at = counts.draw(np.full(4, 2, np.int32), np.array([0.0, 0.3, 0.4, 0.999]))
    assert counts.symbol[at].tolist() == [3, 3, 5, 5]


def test_counts_come_back_from_their_arrays() -> None:
    counts = LeafCounts.count(NODE, SYMBOL, 3)
    arrays = counts.arrays()
    assert arrays["count"].tolist() == [2, 1, 2]
    again = LeafCounts.of_arrays(arrays["size"], arrays["symbol"], arrays["count"])
    assert again.start.tolist() == counts.start.tolist()
    assert again.symbol.tolist() == counts.symbol.tolist()


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
