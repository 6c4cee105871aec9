"""Long sequences in blocks, against the plain loop, logarithms and hmmlearn."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generators.networks import hmm, hmm_blocks
from generators.networks.hmm_blocks import Blocks, is_worth_it
from generators.sequence_symbols import Symbols

CPU = torch.device("cpu")
KINDS = Symbols(np.zeros(4, dtype=np.int64), ())


def chain_of(states: int, seed: int) -> hmm.Chain:
    rng = np.random.default_rng(seed)
    start, transition = rng.dirichlet(np.ones(states)), rng.dirichlet(np.ones(states), states)
    emission = rng.dirichlet(np.ones(4), states).T
    none = torch.empty((0, states), dtype=torch.float64)
    a, b, c = (torch.as_tensor(part) for part in (start, transition, emission))
    return hmm.Chain(a, b, c, none, torch.empty(0, dtype=torch.float64))


def packed(lengths: list[int], seed: int = 0) -> tuple[np.ndarray, hmm.Sequences, hmm.Prior]:
    cells = np.random.default_rng(seed).integers(0, 4, sum(lengths))
    rows = hmm.Sequences.pack(cells[:, None], np.array(lengths), KINDS, CPU)
    return cells, rows, hmm.Prior.of(np.ones(4), KINDS, transition=0.0, device=CPU)


def log_likelihood(chain: hmm.Chain, cells: np.ndarray) -> float:
    """By the recursion in logarithms, row by row."""
    start, move, emit = (np.log(t.numpy()) for t in (chain.start, chain.transition, chain.emission))
    state = start + emit[cells[0]]
    for cell in cells[1:]:
        state = np.logaddexp.reduce(state[:, None] + move, axis=0) + emit[cell]
    return float(np.logaddexp.reduce(state))


@pytest.mark.parametrize("lengths", [[300], [700, 512, 300, 17, 1], [257, 257]])
def test_blocks_agree_with_the_recursion_in_logarithms(lengths: list[int]) -> None:
    chain = chain_of(3, 1)
    cells, rows, prior = packed(lengths)
    assert is_worth_it(rows.running)
    found = hmm.expectation(chain, rows, prior).log_likelihood.numpy()
    ends = np.cumsum(lengths)
    expected = [log_likelihood(chain, cells[e - n : e]) for e, n in zip(ends, lengths, strict=True)]
    np.testing.assert_allclose(found, sorted(expected), rtol=0, atol=1e-8)


def test_blocks_agree_with_the_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = chain_of(4, 2)
    _, rows, prior = packed([600, 400, 290, 3])
    blocks = hmm.expectation(chain, rows, prior)
    monkeypatch.setattr(hmm_blocks, "is_worth_it", lambda _: False)
    loop = hmm.expectation(chain, rows, prior)
    for name in ("log_likelihood", "states", "moves"):
        torch.testing.assert_close(getattr(blocks, name), getattr(loop, name), rtol=0, atol=1e-8)


def test_every_row_stands_in_one_block() -> None:
    running = (3, 3, 2, 2, 2, 1, 1)
    blocks = Blocks.of(running, CPU)
    assert sorted(blocks.rows[blocks.there].tolist()) == list(range(sum(running)))


@pytest.mark.parametrize("lengths", [[900, 300], [5] * 40])
def test_the_likelihood_is_hmmlearns(lengths: list[int]) -> None:
    from hmmlearn.hmm import CategoricalHMM

    chain = chain_of(3, 3)
    cells, rows, prior = packed(lengths)
    peer = CategoricalHMM(3)
    peer.startprob_, peer.transmat_ = chain.start.numpy(), chain.transition.numpy()
    peer.emissionprob_ = chain.emission.numpy().T
    found = hmm.log_likelihood(chain, rows, prior)
    assert found == pytest.approx(peer.score(cells[:, None], lengths), abs=1e-8)
