"""Membership attacks: scores worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from validation.attacks import (
    ATTACKS,
    Scene,
    calibrated_distance,
    distance_gap,
    local_density,
    rare_pairs,
)


def line(*places: float) -> tuple[np.ndarray, np.ndarray]:
    """Points on a line, all in one bin."""
    rows = np.array(places, dtype=np.float32)[:, None]
    return rows, np.zeros((len(places), 1), dtype=np.int64)


def scene() -> Scene:
    """A copied candidate at 0, and one at 1 that the release does not know."""
    return Scene.of(line(0, 1), line(0, 3), line(0.5, 1.5), (1,))


def test_distances_are_to_the_nearest_row_of_each_side() -> None:
    # To the release 0 and 1, to the reference 0.5 and 0.5.
    np.testing.assert_allclose(distance_gap(scene()), [0.5, -0.5])
    np.testing.assert_allclose(
        calibrated_distance(scene()), [np.log(0.501 / 0.001), np.log(0.501 / 1.001)]
    )


def test_the_local_density_uses_as_many_neighbours_as_there_are() -> None:
    # From 0: release 0 and 3, reference .5 and 1.5; from 1: 1 and 2 against .5 and .5.
    expected = [
        (np.log(0.501) + np.log(1.501) - np.log(0.001) - np.log(3.001)) / 2,
        (2 * np.log(0.501) - np.log(1.001) - np.log(2.001)) / 2,
    ]
    np.testing.assert_allclose(local_density(scene()), expected, rtol=1e-6)


def test_isolation_is_the_distance_from_the_reference_alone() -> None:
    np.testing.assert_allclose(scene().isolation, [1.0, 0.5])


def test_a_combination_the_release_repeats_scores_higher() -> None:
    rows = np.zeros((2, 2), dtype=np.float32)
    candidates = np.array([[0, 0], [1, 1]])
    synthetic = np.array([[0, 0], [0, 0], [0, 1]])
    reference = np.array([[1, 1], [0, 1], [1, 0]])
    found = rare_pairs(
        Scene.of(
            (rows, candidates),
            (np.zeros((3, 2), dtype=np.float32), synthetic),
            (np.zeros((3, 2), dtype=np.float32), reference),
            (2, 2),
        )
    )
    # (0, 0): 2 against 0 rows; (1, 1): 0 against 1; half a row is added to each.
    np.testing.assert_allclose(found, [np.log(2.5 / 0.5), np.log(0.5 / 1.5)])


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_a_release_that_is_the_reference_tells_nothing(name: str) -> None:
    rng = np.random.default_rng(0)
    points = rng.random((50, 4)).astype(np.float32)
    bins = rng.integers(3, size=(50, 4))
    same = points[:25], bins[:25]
    found = Scene.of((points[25:], bins[25:]), same, same, (3,) * 4)
    np.testing.assert_allclose(ATTACKS[name](found), 0, atol=1e-9)
