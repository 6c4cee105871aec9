"""Encoded rows: taking, cutting and joining subjects."""

from __future__ import annotations

import numpy as np
import pytest

from generators.encoding.arrays import EncodedTable, Variable, concatenate


def table() -> EncodedTable:
    """Three subjects with 2, 1 and 3 rows."""
    return EncodedTable(
        (Variable(name="x"), Variable(name="c", cardinality=3)),
        (np.arange(6.0), np.array([0, 1, 2, 0, 1, 2], dtype=np.int32)),
        np.array([2, 1, 3]),
        k=7,
    )


def test_rows_and_subjects_are_counted() -> None:
    assert table().n_rows == 6
    assert table().n_subjects == 3
    assert table().subjects.tolist() == [0, 0, 1, 2, 2, 2]


def test_subjects_are_taken_whole_in_any_order_and_more_than_once() -> None:
    taken = table().take_subjects(np.array([2, 0, 2]))
    assert taken["x"].tolist() == [3, 4, 5, 0, 1, 3, 4, 5]
    assert taken.lengths.tolist() == [3, 2, 3]
    assert taken.k == 7


@pytest.mark.parametrize(
    ("rows", "lengths"), [(0, []), (1, [1]), (2, [2]), (3, [2, 1]), (5, [2, 1, 2]), (9, [2, 1, 3])]
)
def test_the_first_rows_may_cut_the_last_subject(rows: int, lengths: list[int]) -> None:
    head = table().head(rows)
    assert head.lengths.tolist() == lengths
    assert head["x"].tolist() == list(range(sum(lengths)))


def test_owners_default_to_subjects_and_go_with_their_rows() -> None:
    assert table().owner_codes is not None
    assert table().owner_codes.tolist() == [0, 0, 1, 2, 2, 2]  # type: ignore[union-attr]
    rows = EncodedTable((Variable(name="x"),), (np.arange(3.0),), np.ones(3, dtype=np.int64))
    assert rows.owner_codes is None
    owned = EncodedTable(rows.variables, rows.arrays, rows.lengths, np.array([4, 4, 9]))
    taken = owned.take_subjects(np.array([2, 1]))
    assert taken.owner_codes is not None
    assert taken.owner_codes.tolist() == [9, 4]
    assert owned.head(2).owner_codes is not None
    assert owned.head(2).owner_codes.tolist() == [4, 4]  # type: ignore[union-attr]


def test_parts_are_joined() -> None:
    both = concatenate([table(), table()])
    assert both.lengths.tolist() == [2, 1, 3, 2, 1, 3]
    assert both["c"].tolist() == [0, 1, 2, 0, 1, 2] * 2


def test_a_name_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        table()["y"]
