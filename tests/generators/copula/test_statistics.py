"""Sums over chunks are the sums over all, whatever the chunks."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import numpy as np
import pytest

from generators.copula.statistics import ColumnCounts, PairSums
from generators.encoding.arrays import EncodedTable
from generators.encoding.table import TableEncoder
from generators.protection import Protection
from tests.tables import mixed_table


def encoded(n: int, *, owners: bool) -> EncodedTable:
    table = mixed_table(n)
    rows = TableEncoder.learn(table, Protection()).encode(table)
    # Chunks have no person in common: persons' rows stand together.
    return replace(rows, owners=np.arange(n) // 3) if owners else rows


def cut(rows: EncodedTable, ends: list[int]) -> list[EncodedTable]:
    parts = np.split(np.arange(rows.n_rows), ends)
    return [rows.take_subjects(part) for part in parts]


@pytest.mark.parametrize("owners", [False, True])
@pytest.mark.parametrize("ends", [[150], [30, 60, 240], [3, 6, 9]])
def test_merged_is_whole(ends: list[int], owners: bool) -> None:  # noqa: FBT001
    rows = encoded(300, owners=owners)
    parts = cut(rows, ends)
    counts = reduce(ColumnCounts.merge, map(ColumnCounts.of, parts))
    columns, whole = (c.columns(k=5, knots=500) for c in (counts, ColumnCounts.of(rows)))
    for ours, theirs in zip(columns, whole, strict=True):
        assert ours.missing == theirs.missing
        for a, b in zip(ours.edges, theirs.edges, strict=True):
            np.testing.assert_array_equal(a, b)
    merged = reduce(PairSums.merge, (PairSums.of(part, columns) for part in parts))
    found, expected = merged.solve(), PairSums.of(rows, whole).solve()
    # Sums of the same numbers in another order, and what a bisection to 2^-30 makes of them.
    np.testing.assert_allclose(found[1], expected[1], atol=1e-7)
    for ours, theirs in zip(found[0], expected[0], strict=True):
        if ours.codes is not None:
            np.testing.assert_array_equal(ours.codes, theirs.codes)


def test_merging_is_in_any_order() -> None:
    rows = encoded(300, owners=False)
    columns = ColumnCounts.of(rows).columns(k=5, knots=500)
    a, b, c = (PairSums.of(part, columns) for part in cut(rows, [100, 120]))
    left, right = a.merge(b).merge(c), c.merge(a).merge(b)
    np.testing.assert_allclose(left.products, right.products, rtol=1e-12, atol=1e-9)
    for ours, theirs in zip(left.tables, right.tables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
