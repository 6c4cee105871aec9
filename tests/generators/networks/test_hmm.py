"""Forward-backward and EM against enumeration of all paths, on chains small enough for it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from generators.networks import hmm
from generators.sequence_symbols import Symbols

CPU = torch.device("cpu")
# Variable 0 has 3 symbols and a memory, variable 1 has 2 and none.
KINDS = Symbols(np.array([0, 0, 0, 1, 1]), lagged=(0,))
LENGTHS = np.array([2, 4, 1, 3])
NOT_THERE = 5


def rows(seed: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    rng = np.random.default_rng(seed)
    n = int(LENGTHS.sum())
    out = np.column_stack([rng.integers(0, 3, n), rng.integers(3, 5, n)])
    out[rng.random(n) < 0.3, 1] = NOT_THERE
    return out.astype(np.int64)


def prior(transition: float = 0.5) -> hmm.Prior:
    return hmm.Prior.of(
        np.array([0.2, 0.3, 0.5, 0.6, 0.4]), KINDS, transition=transition, device=CPU
    )


def chain(states: int = 2, seed: int = 1) -> hmm.Chain:
    rng = np.random.default_rng(seed)
    packed = hmm.Sequences.pack(rows(seed), LENGTHS, KINDS, CPU)
    return hmm.initial(packed, prior(), states, rng)


def emitted(model: hmm.Chain, row: np.ndarray, last: np.ndarray | None, state: int) -> float:
    """Probability of a row's symbols, written out."""
    memory = float(model.memory[0, state]) if last is not None else 0.0
    value = (1 - memory) * float(model.emission[row[0], state])
    if last is not None:
        value += memory * float(model.following[3 * last[0] + row[0]])
    return value * (float(model.emission[row[1], state]) if row[1] != NOT_THERE else 1.0)


def paths(model: hmm.Chain, sequence: np.ndarray) -> dict[tuple[int, ...], float]:
    """Joint probability of the sequence and every path of states."""
    states = range(len(model.start))
    out = {}
    for path in product(states, repeat=len(sequence)):
        p = float(model.start[path[0]])
        for t, state in enumerate(path):
            p *= emitted(model, sequence[t], sequence[t - 1] if t else None, state)
            p *= float(model.transition[path[t - 1], state]) if t else 1.0
        out[path] = p
    return out


@pytest.mark.parametrize("states", [1, 2, 3])
def test_likelihood_states_and_moves_equal_those_of_all_paths(states: int) -> None:
    model, data = chain(states), rows(5)
    found = hmm.expectation(model, hmm.Sequences.pack(data, LENGTHS, KINDS, CPU), prior())
    order = np.argsort(-LENGTHS, kind="stable")
    starts = np.cumsum(LENGTHS) - LENGTHS
    likelihood, moves = [], np.zeros((states, states))
    at_time: list[list[np.ndarray]] = [[] for _ in range(LENGTHS.max())]
    for sequence in order:
        cells = data[starts[sequence] : starts[sequence] + LENGTHS[sequence]]
        all_paths = paths(model, cells)
        total = sum(all_paths.values())
        likelihood.append(np.log(total))
        for t in range(len(cells)):
            share = np.zeros(states)
            for path, p in all_paths.items():
                share[path[t]] += p / total
                if t:
                    moves[path[t - 1], path[t]] += p / total
            at_time[t].append(share)
    np.testing.assert_allclose(found.log_likelihood.numpy(), likelihood, rtol=1e-12)
    np.testing.assert_allclose(found.states.numpy(), np.concatenate(at_time), atol=1e-12)
    np.testing.assert_allclose(found.moves.numpy(), moves, atol=1e-12)


def test_a_thousand_improbable_rows_do_not_underflow() -> None:
    kinds = Symbols(np.repeat(np.arange(40), 50), lagged=())
    rng = np.random.default_rng(0)
    symbols = rng.integers(0, 50, (1000, 40)) + 50 * np.arange(40)
    packed = hmm.Sequences.pack(symbols, np.array([1000]), kinds, CPU)
    even = hmm.Prior.of(np.full(2000, 0.02), kinds, transition=0.1, device=CPU)
    model = hmm.Chain(
        torch.tensor([1.0, 0.0], dtype=torch.float64),
        torch.tensor([[0.5, 0.5], [0.5, 0.5]], dtype=torch.float64),
        torch.full((2000, 2), 0.02, dtype=torch.float64),
        torch.empty(0, 2, dtype=torch.float64),
        torch.empty(0, dtype=torch.float64),
    )
    # Every state emits every row with 50^-40.
    expected = 1000 * 40 * np.log(0.02)
    assert hmm.log_likelihood(model, packed, even) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("states", [1, 2, 4])
def test_no_round_of_em_lowers_the_objective(states: int) -> None:
    packed = hmm.Sequences.pack(rows(), LENGTHS, KINDS, CPU)
    start = hmm.initial(packed, prior(), states, np.random.default_rng(3))
    _, rises, _ = hmm.fit(packed, prior(), start, iterations=40, tolerance=-1.0)
    assert len(rises) == 40
    assert (np.diff(rises) >= -1e-9).all()
    assert rises[-1] > rises[0]


def test_probabilities_sum_to_one_after_a_round() -> None:
    packed = hmm.Sequences.pack(rows(), LENGTHS, KINDS, CPU)
    model = hmm.fit(packed, prior(), chain(3), iterations=3, tolerance=0.0)[0]
    one = torch.ones(3, dtype=torch.float64)
    torch.testing.assert_close(model.start.sum(), one[0])
    torch.testing.assert_close(model.transition.sum(dim=1), one)
    torch.testing.assert_close(model.emission[:3].sum(dim=0), one)
    torch.testing.assert_close(model.emission[3:].sum(dim=0), one)
    torch.testing.assert_close(model.following.reshape(3, 3).sum(dim=1), one)


def simulated(
    n_sequences: int, length: int, transition: np.ndarray, emission: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one variable from a known chain with an even start."""
    rng = np.random.default_rng(seed)
    state = rng.integers(len(transition), size=n_sequences)
    out = np.empty((n_sequences, length), dtype=np.int64)
    for t in range(length):
        if t:
            state = (rng.random((n_sequences, 1)) > transition[state].cumsum(axis=1)).sum(axis=1)
        out[:, t] = (rng.random((n_sequences, 1)) > emission[state].cumsum(axis=1)).sum(axis=1)
    return out.reshape(-1, 1), np.full(n_sequences, length)


def test_em_finds_the_chain_the_rows_came_from() -> None:
    transition = np.array([[0.9, 0.1], [0.2, 0.8]])
    emission = np.array([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9]])
    data, lengths = simulated(1000, 10, transition, emission, seed=0)
    kinds = Symbols(np.zeros(3, dtype=np.int64), lagged=())
    packed = hmm.Sequences.pack(data, lengths, kinds, CPU)
    flat = hmm.Prior.of(np.full(3, 0.1), kinds, transition=0.1, device=CPU)
    start = hmm.initial(packed, flat, 2, np.random.default_rng(0))
    model = hmm.fit(packed, flat, start, iterations=200, tolerance=1e-9)[0]
    order = [0, 1] if model.emission[0, 0] > model.emission[0, 1] else [1, 0]
    found = model.transition.numpy()[np.ix_(order, order)]
    # About 4,000 moves from either state; what hides the states at most doubles the error:
    # five standard errors are 5 * 2 * sqrt(.2 * .8 / 3,000) = .073.
    assert np.abs(found - transition).max() < 0.073
    assert np.abs(model.emission.numpy().T[order] - emission).max() < 0.073


def test_memory_is_told_from_states() -> None:
    rng = np.random.default_rng(0)
    # A symbol stays with .7, else is drawn evenly from 3: no states at all.
    out = np.empty((800, 8), dtype=np.int64)
    out[:, 0] = rng.integers(3, size=800)
    for t in range(1, 8):
        out[:, t] = np.where(rng.random(800) < 0.7, out[:, t - 1], rng.integers(3, size=800))
    kinds = Symbols(np.zeros(3, dtype=np.int64), lagged=(0,))
    packed = hmm.Sequences.pack(out.reshape(-1, 1), np.full(800, 8), kinds, CPU)
    flat = hmm.Prior.of(np.full(3, 0.3), kinds, transition=0.1, device=CPU)
    start = hmm.initial(packed, flat, 1, rng)
    model = hmm.fit(packed, flat, start, iterations=200, tolerance=1e-9)[0]
    weight = float(model.memory[0, 0])
    after = weight * model.following.reshape(3, 3).numpy() + (1 - weight) / 3
    # The chance to see the same symbol again is .7 + .1; 5,600 moves, five standard errors.
    assert np.abs(np.diag(after) - 0.8).max() < 5 * np.sqrt(0.8 * 0.2 / (5600 / 3))


def test_held_out_rows_end_the_fit_before_it_learns_noise() -> None:
    rng = np.random.default_rng(0)
    kinds = Symbols(np.repeat(np.arange(6), 4), lagged=())
    noise = rng.integers(0, 4, (120, 6)) + 4 * np.arange(6)
    seen = hmm.Sequences.pack(noise[:60], np.full(15, 4), kinds, CPU)
    fresh = hmm.Sequences.pack(noise[60:], np.full(15, 4), kinds, CPU)
    weak = hmm.Prior.of(np.full(24, 0.01), kinds, transition=0.01, device=CPU)
    start = hmm.initial(seen, weak, 8, rng)
    model, _, found = hmm.fit(seen, weak, start, iterations=100, tolerance=1e-9, held_out=fresh)
    assert len(found) < 100
    assert hmm.log_likelihood(model, fresh, weak) == pytest.approx(max(found))


def test_packing_puts_the_rows_of_one_time_together() -> None:
    symbols = np.array([[0], [1], [2], [0], [1], [2], [2], [2], [1], [0]])
    packed = hmm.Sequences.pack(symbols, LENGTHS, Symbols(np.zeros(3, dtype=np.int64), ()), CPU)
    # Sequences in order of length: 1 (rows 2-5), 3 (rows 7-9), 0 (rows 0-1), 2 (row 6).
    assert packed.running == (4, 3, 2, 1)
    assert packed.outcomes[:, 0].tolist() == [2, 2, 0, 2, 0, 1, 1, 1, 0, 2]
