"""The likeliest path and the forecast, against every path there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch

from generators.networks import hmm
from generators.networks.hmm_paths import ahead, likeliest
from generators.sequence_symbols import Symbols

CPU = torch.device("cpu")
START = np.array([0.6, 0.3, 0.1])
MOVE = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.3, 0.3, 0.4]])
EMIT = np.array([[0.8, 0.1, 0.3], [0.2, 0.9, 0.7]])  # of two symbols, in each state
LENGTHS = np.array([2, 4, 1])
CELLS = np.array([0, 1, 1, 1, 0, 0, 1])


def chain() -> hmm.Chain:
    start, move, emit = (torch.as_tensor(part) for part in (START, MOVE, EMIT))
    return hmm.Chain(start, move, emit, torch.empty((0, 3)), torch.empty(0))


def packed() -> tuple[hmm.Sequences, hmm.Prior]:
    kinds = Symbols(np.zeros(2, dtype=np.int64), ())
    rows = hmm.Sequences.pack(CELLS[:, None], LENGTHS, kinds, CPU)
    return rows, hmm.Prior.of(np.ones(2), kinds, transition=0.1, device=CPU)


def probability(path: tuple[int, ...], cells: np.ndarray) -> float:
    found = START[path[0]] * EMIT[cells[0], path[0]]
    for a, b, cell in zip(path, path[1:], cells[1:], strict=False):
        found *= MOVE[a, b] * EMIT[cell, b]
    return float(found)


def each_sequence() -> list[np.ndarray]:
    """Longest first, as packed."""
    parts = np.split(CELLS, np.cumsum(LENGTHS)[:-1])
    return sorted(parts, key=len, reverse=True)


def test_the_likeliest_path_is_the_likeliest_of_all() -> None:
    rows, prior = packed()
    found = likeliest(chain(), rows, prior).numpy()
    for place, cells in enumerate(each_sequence()):
        paths = product(range(3), repeat=len(cells))
        best = max(paths, key=lambda path, cells=cells: probability(path, cells))  # type: ignore[misc]
        assert tuple(found[rows.who.numpy() == place]) == best


def test_the_forecast_sums_over_all_paths() -> None:
    rows, prior = packed()
    found = ahead(chain(), rows, prior, 2).numpy()
    for place, cells in enumerate(each_sequence()):
        last = np.zeros(3)
        for path in product(range(3), repeat=len(cells)):
            last[path[-1]] += probability(path, cells)
        np.testing.assert_allclose(found[place], last / last.sum() @ MOVE @ MOVE, atol=1e-12)


def test_states_from_left_to_right_never_go_back() -> None:
    rows, prior = packed()
    kinds = Symbols(np.zeros(2, dtype=np.int64), ())
    prior = hmm.Prior.of(np.ones(2), kinds, transition=0.1, device=CPU, left_right=True)
    begin = hmm.initial(rows, prior, 3, np.random.default_rng(0))
    found, rises, _ = hmm.fit(rows, prior, begin, iterations=20, tolerance=1e-9)
    assert found.start.tolist() == [1.0, 0.0, 0.0]
    assert (found.transition.numpy()[[1, 2, 2, 0], [0, 0, 1, 2]] == 0).all()
    assert np.all(np.diff(rises) > -1e-9)
