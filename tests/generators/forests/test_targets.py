"""What trees predict, and the order of categories."""

from __future__ import annotations

import numpy as np
import pytest

from generators.forests.targets import (
    MOMENTS,
    class_outputs,
    ordered_outputs,
    ranks_by_outputs,
)


def test_an_ordered_column_becomes_cosines_of_its_middle_ranks() -> None:
    outputs = ordered_outputs(np.array([0, 1, 1, 2], dtype=np.int32))
    assert outputs.shape == (4, MOMENTS)
    # Middle ranks 1/8, 1/2, 1/2, 7/8; the second cosine is of twice the angle, over root two.
    assert outputs[:, 0] == pytest.approx(np.cos(np.pi * np.array([1, 4, 4, 7]) / 8))
    assert outputs[0, 1] == pytest.approx(np.cos(np.pi / 4) / np.sqrt(2))


def test_few_classes_become_indicators_and_many_become_mixtures() -> None:
    rng = np.random.default_rng(0)
    symbol = np.array([2, 0, 1], dtype=np.int32)
    assert class_outputs(symbol, 3, rng).tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert class_outputs(symbol, 500, rng).shape == (3, 16)


def test_categories_are_ranked_by_the_mean_of_what_is_predicted() -> None:
    codes = np.repeat(np.array([0, 1, 2], dtype=np.int32), 100)
    outputs = np.repeat([0.5, 0.1, 0.9], 100)[:, None]
    rank = ranks_by_outputs(codes, 3, outputs).tolist()
    # The direction has no sign: either way category 0 is in the middle.
    assert rank in ([1, 0, 2], [1, 2, 0])


def test_a_category_that_never_occurs_stands_at_the_centre() -> None:
    codes = np.repeat(np.array([0, 2], dtype=np.int32), 100)
    rank = ranks_by_outputs(codes, 3, np.repeat([0.0, 1.0], 100)[:, None])
    assert rank[1] == 1
