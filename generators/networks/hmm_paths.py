"""Paths through a hidden Markov chain: the likeliest one, and what may come after the last row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from generators.networks.hmm import forward, log_emission

if TYPE_CHECKING:
    from generators.networks.hmm import Chain, Prior, Sequences


def likeliest(chain: Chain, sequences: Sequences, prior: Prior) -> torch.Tensor:
    """The states of each sequence that together are the likeliest, of packed rows, (n_rows,).

    Reference:
        Viterbi (1967), Error bounds for convolutional codes and an asymptotically optimum decoding
        algorithm; Rabiner (1989), A tutorial on hidden Markov models, section III.B.
    """
    logs = log_emission(chain, sequences, prior)
    move = chain.transition.log()
    spans, running = sequences.spans(), sequences.running
    best = torch.empty_like(logs)
    came = torch.zeros(logs.shape, dtype=torch.int64, device=logs.device)
    best[spans[0]] = chain.start.log() + logs[spans[0]]
    for t in range(1, len(spans)):
        ways = best[spans[t - 1]][: running[t], :, None] + move
        score, came[spans[t]] = ways.max(dim=1)
        best[spans[t]] = score + logs[spans[t]]
    states = best.argmax(dim=1)
    for t in range(len(spans) - 1, 0, -1):
        here = spans[t]
        before = slice(spans[t - 1].start, spans[t - 1].start + running[t])
        states[before] = came[here].gather(1, states[here, None])[:, 0]
    return states


def ahead(chain: Chain, sequences: Sequences, prior: Prior, rows: int) -> torch.Tensor:
    """Probability of each state so many rows after each sequence's last one.

    Returns:
        Shape (n_sequences, n_states), the longest sequence first.
    """
    filtered = forward(chain, sequences, log_emission(chain, sequences, prior))[0]
    last = torch.zeros(sequences.running[0], dtype=torch.int64, device=filtered.device)
    # Packed by time, a sequence's last row is the last that it writes.
    last = last.scatter_reduce(
        0, sequences.who, torch.arange(len(filtered), device=filtered.device), "amax"
    )
    chances: torch.Tensor = filtered[last] @ torch.linalg.matrix_power(chain.transition, rows)
    return chances
