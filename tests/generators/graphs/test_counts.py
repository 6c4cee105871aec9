"""Counting, mutual information and trees on rows whose answers are known."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from generators.graphs.counts import CodedRows, mutual_information, spanning_tree
from tabular.seeding import Seed


def test_cells_of_too_few_subjects_have_no_rows() -> None:
    codes = np.array([[0, 0, 0, 1, 1, 1, 1]], dtype=np.int32)
    owners = np.array([0, 1, 2, 3, 3, 3, 3])
    cell = codes[0].astype(np.int64)
    assert CodedRows(codes, (3,), None, 4).backed(cell, 3).tolist() == [0, 4, 0]
    assert CodedRows(codes, (3,), owners, 3).backed(cell, 3).tolist() == [3, 0, 0]


def test_what_a_copy_tells_is_its_entropy_and_what_noise_tells_is_nothing() -> None:
    rng = Seed(0).child("rows").generator()
    first = rng.integers(0, 4, size=20_000)
    codes = np.stack([first, first, rng.integers(0, 3, size=20_000)]).astype(np.int32)
    told = mutual_information(CodedRows(codes, (4, 4, 3)))
    shares = np.bincount(first) / len(first)
    np.testing.assert_allclose(told[0, 1], -(shares * np.log(shares)).sum(), atol=1e-3)
    # 2 n times the information is chi-squared with six degrees of freedom: 30 is far out.
    assert told[0, 2] < 30 / (2 * 20_000)
    assert told.diagonal().tolist() == [0, 0, 0]


def test_no_tree_is_heavier_than_the_spanning_tree() -> None:
    rng = Seed(1).child("weights").generator()
    weights = rng.random((5, 5))
    weights += weights.T
    pairs = list(combinations(range(5), 2))

    def is_tree(edges: tuple[tuple[int, int], ...]) -> bool:
        seen = {0}
        for _ in edges:
            seen |= {v for edge in edges if seen & {*edge} for v in edge}
        return len(seen) == 5

    heaviest = max(
        sum(weights[edge] for edge in edges) for edges in combinations(pairs, 4) if is_tree(edges)
    )
    found = spanning_tree(weights)
    np.testing.assert_allclose(sum(weights[edge] for edge in found), heaviest)
    known = {found[0][0]}
    for parent, child in found:
        assert parent in known
        known.add(child)
    assert known == set(range(5))
