"""Atoms, cells and the rank scale of a numeric column."""

from __future__ import annotations

import numpy as np

from generators.forests.support import Support


def _own(n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(n, dtype=np.int64)


def test_a_value_that_enough_subjects_share_is_an_atom_and_others_are_cells() -> None:
    values = np.array([7.0] * 3 + [1.0, 2.0, 3.0, 10.0, 20.0, 30.0])
    support = Support.learn(values, _own(9), backing=3)
    assert support.atoms.tolist() == [7.0]
    # Two cells of three light values; knots: means of 1 2 3, of 3 10 20 and of 10 20 30.
    assert support.knots.tolist() == [2.0, 11.0, 20.0]
    assert support.mass.sum() == 9


def test_one_subject_repeating_a_value_does_not_make_it_an_atom() -> None:
    values = np.array([4.0, 4.0, 4.0, 4.0, 1.0, 1.0])
    subjects = np.array([0, 0, 0, 0, 1, 2])
    assert Support.learn(values, subjects, backing=2).atoms.tolist() == [1.0]


def test_too_few_light_values_move_to_the_nearest_atom() -> None:
    support = Support.learn(np.array([0.0] * 3 + [10.0] * 3 + [2.0, 9.0]), _own(8), backing=3)
    assert support.n_cells == 0
    assert support.encode(np.array([2.0, 9.0])).tolist() == [0, 1]


def test_missing_cells_have_the_code_after_the_last_symbol() -> None:
    support = Support.learn(np.array([1.0, 1.0, np.nan]), _own(3), backing=2)
    assert support.encode(np.array([np.nan, 1.0])).tolist() == [1, 0]


def test_an_atom_far_heavier_than_those_around_it_is_a_spike() -> None:
    values = np.concatenate([np.repeat(np.arange(20.0), 5), np.full(200, 7.0)])
    support = Support.learn(values, _own(len(values)), backing=5)
    assert support.atoms[support.spike].tolist() == [7.0]
    # The other nineteen atoms share the scale evenly, and the spike takes no room on it.
    assert np.allclose(np.unique(support.edges), np.arange(20) / 19)


def test_atoms_of_like_mass_are_no_spikes() -> None:
    values = np.repeat(np.arange(30.0), 10)
    assert not Support.learn(values, _own(300), backing=5).spike.any()


def test_a_place_on_the_scale_leads_to_an_atom_exactly_and_into_a_cell_evenly() -> None:
    support = Support(
        atoms=np.array([0.0]),
        knots=np.array([10.0, 20.0]),
        mass=np.array([3, 1]),
        spike=np.zeros(2, dtype=bool),
    )
    symbol, value = support.at(np.array([0.0, 0.7, 0.75, 0.875, 1.0]))
    assert symbol.tolist() == [0, 0, 1, 1, 1]
    assert value.tolist() == [0.0, 0.0, 10.0, 15.0, 20.0]


def test_every_knot_is_a_mean_of_as_many_values_as_asked() -> None:
    values = np.sort(np.random.default_rng(3).normal(size=500))
    support = Support.learn(values, _own(500), backing=10)
    windows = np.lib.stride_tricks.sliding_window_view(values, 10).mean(axis=1)
    assert np.abs(support.knots[:, None] - windows).min(axis=1).max() < 1e-12
    assert support.n_cells == 50


def test_a_knot_is_a_mean_of_several_subjects_where_one_has_many_values() -> None:
    values = np.concatenate([np.full(9, 4.0), np.arange(50.0, 80.0)])
    subjects = np.concatenate([np.zeros(9, dtype=np.int64), np.arange(1, 31)])
    support = Support.learn(values, subjects, backing=3)
    # The nine fours of one subject count once: the first window is 4, 50, 51.
    assert support.knots[0] == 35.0
    assert 4.0 not in support.atoms


def test_windows_grow_with_the_values_a_subject_has() -> None:
    values = np.arange(60.0)
    subjects = np.repeat(np.arange(20), 3)
    # Three different values of each subject: nine neighbours are needed to be sure of three people.
    assert Support.learn(values, subjects, backing=3).n_cells == 6
