"""A hidden Markov chain over rows of symbols: forward-backward and EM in torch.

Sequences of unequal length are packed by time: first the first rows of all sequences, longest
sequence first, then the second rows, and so on. At time t the sequences still running are then
the first few of those at t - 1, and one matrix product moves them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch.nn.functional import embedding_bag

from generators.networks.hmm_blocks import filtered, smoothed, spans_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.sequence_symbols import Symbols

Device = Literal["auto", "cpu", "cuda"]


def device_of(wanted: Device) -> torch.device:
    """The device to work on; `auto` is a GPU where there is one."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(wanted)


@dataclass(frozen=True)
class Sequences:
    """Packed sequences of rows of outcomes.

    Args:
        outcomes: Of each variable in each row: its symbol, or where it has a memory and a row
            before, its pair of last symbol and symbol. Numbered through all symbols, then all
            pairs; the last number stands for a variable that a row does not have. Shape
            (n_rows, n_variables), int64.
        running: How many sequences there are at each time, falling, length the longest sequence's.
    """

    outcomes: torch.Tensor
    running: tuple[int, ...]

    @staticmethod
    def pack(
        symbols: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.int64],
        kinds: Symbols,
        device: torch.device,
    ) -> Sequences:
        """Packed from rows that stand sequence by sequence.

        Args:
            symbols: Of each variable in each row, numbered through all variables; the number after
                the last where a row does not have the variable. Shape (n_rows, n_variables).
            lengths: Rows per sequence.
            kinds: What there is to emit.
            device: Where the tensors go.
        """
        place = np.empty(len(lengths), dtype=np.int64)
        place[np.argsort(-lengths, kind="stable")] = np.arange(len(lengths))
        who = np.repeat(np.arange(len(lengths)), lengths)
        time = np.arange(len(who)) - (np.cumsum(lengths) - lengths)[who]
        memory = list(kinds.lagged)
        begins, pair_begins = kinds.begins, kinds.pair_begins
        local = symbols[:, memory] - begins[memory]
        pairs = np.roll(local, 1, axis=0) * np.diff(begins)[memory] + local + pair_begins[:-1]
        outcomes = np.where(symbols < kinds.n_symbols, symbols, kinds.n_symbols + pair_begins[-1])
        outcomes[:, memory] = np.where(
            time[:, None] > 0, kinds.n_symbols + pairs, outcomes[:, memory]
        )
        rows = np.lexsort((place[who], time))
        running = tuple(int(n) for n in np.bincount(time))
        return Sequences(torch.as_tensor(outcomes[rows], device=device), running)

    def __len__(self) -> int:
        return len(self.outcomes)

    @cached_property
    def who(self) -> torch.Tensor:
        """The sequence of each packed row, longest first, shape (n_rows,), int64."""
        parts = [np.arange(n) for n in self.running]
        return torch.as_tensor(np.concatenate(parts), device=self.outcomes.device)

    @cached_property
    def before(self) -> torch.Tensor:
        """The row before each packed row of any time but the first, shape (n_rows_after,)."""
        running = np.asarray(self.running)
        last = np.repeat(running[:-1], running[1:])
        rows = np.arange(running[0], running.sum()) - last
        return torch.as_tensor(rows, device=self.outcomes.device)

    def spans(self) -> list[slice]:
        """The packed rows of each time."""
        return spans_of(self.running)


@dataclass(frozen=True)
class Chain:
    """The parameters, as probabilities in float64.

    Args:
        start: Of the first state, shape (n_states,).
        transition: From each state to each, shape (n_states, n_states), rows sum to one.
        emission: Of each symbol in each state, shape (n_symbols, n_states); the symbols of one
            variable sum to one in each state.
        memory: That a lagged variable follows its last symbol rather than the state, in each state,
            shape (n_lagged, n_states).
        following: Of each symbol after each last one, over all pairs, (n_pairs,).
    """

    start: torch.Tensor
    transition: torch.Tensor
    emission: torch.Tensor
    memory: torch.Tensor
    following: torch.Tensor


@dataclass(frozen=True)
class Prior:
    """What is added to the counts, so that nothing is impossible; and what belongs together.

    Args:
        emission: Added for each symbol, in each state, shape (n_symbols,).
        following: Added for each pair, shape (n_pairs,).
        transition: Added for each pair of states, and each first state.
        memory: Added for following the last symbol, and for following the state.
        variable: Which variable each symbol belongs to, shape (n_symbols,), int64.
        last: Which last symbol each pair has, over all lagged variables, (n_pairs,), int64.
        shown: Which symbol each pair shows, shape (n_pairs,), int64.
        lagged: Which lagged variable each pair belongs to, shape (n_pairs,), int64.
        left_right: Whether a sequence begins in the first state and goes from each to the next.
    """

    emission: torch.Tensor
    following: torch.Tensor
    transition: float
    memory: float
    variable: torch.Tensor
    last: torch.Tensor
    shown: torch.Tensor
    lagged: torch.Tensor
    left_right: bool = False

    def moves(self, states: int) -> tuple[torch.Tensor, torch.Tensor]:
        """What is added for each first state, (n_states,), and each move, (n_states, n_states)."""
        every = self.emission.new_full((states + 1, states), self.transition)
        if self.left_right:
            every = torch.cat([every[:1, :1].expand(1, states).tril(), every[1:].triu().tril(1)])
        return every[0], every[1:]

    @staticmethod
    def of(
        emission: npt.NDArray[np.float64],
        kinds: Symbols,
        *,
        transition: float,
        device: torch.device,
        left_right: bool = False,
    ) -> Prior:
        """A prior under which every state and every last symbol begin with the same leaning.

        Args:
            emission: What is added for each symbol, shape (n_symbols,).
            kinds: What there is to emit.
            transition: What is added for each pair of states.
            device: Where the tensors go.
            left_right: Whether states follow each other in their order only.
        """
        begins = kinds.begins
        sizes = np.diff(begins)[list(kinds.lagged)]
        nothing = np.empty(0, dtype=np.int64)
        own = [np.arange(begins[v], begins[v + 1]) for v in kinds.lagged]
        shown = np.concatenate([nothing, *(np.tile(part, len(part)) for part in own)])
        each = np.repeat(sizes, sizes)
        parts = (
            emission,
            emission[shown],
            kinds.variable,
            np.repeat(np.arange(len(each)), each),
            shown,
            np.repeat(np.arange(len(sizes)), sizes**2),
        )
        emitted, following, *indices = (torch.as_tensor(part, device=device) for part in parts)
        owner, last, seen, whose = indices
        return Prior(
            emitted, following, transition, 1.0, owner, last, seen, whose, left_right=left_right
        )


@dataclass(frozen=True)
class Expectation:
    """What forward-backward finds.

    Args:
        log_likelihood: Of each sequence, longest first, shape (n_sequences,).
        states: Probability of each state at each packed row, shape (n_rows, n_states).
        moves: Expected number of moves between states, shape (n_states, n_states).
    """

    log_likelihood: torch.Tensor
    states: torch.Tensor
    moves: torch.Tensor


def _outcomes(chain: Chain, prior: Prior) -> tuple[torch.Tensor, torch.Tensor]:
    """Probability of each outcome in each state, and of it the part that the state accounts for.

    Returns:
        Probabilities (n_outcomes, n_states), the state's part of the pairs' (n_pairs, n_states).
    """
    weight = chain.memory[prior.lagged]
    by_state = (1 - weight) * chain.emission[prior.shown]
    pairs = by_state + weight * chain.following[:, None]
    nothing = torch.ones_like(chain.emission[:1])
    return torch.cat([chain.emission, pairs, nothing]), by_state


def log_emission(chain: Chain, sequences: Sequences, prior: Prior) -> torch.Tensor:
    """Log probability of each packed row's outcomes in each state, shape (n_rows, n_states)."""
    return embedding_bag(sequences.outcomes, _outcomes(chain, prior)[0].log_(), mode="sum")


def forward(
    chain: Chain, sequences: Sequences, logs: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Scaled forward recursion.

    Each row's emissions are divided by their largest and each time's probabilities by their sum;
    the logs of what was divided by add up to the likelihood.

    Returns:
        Filtered probabilities (n_rows, n_states), scaled emissions (n_rows, n_states), sums
        (n_rows, 1), log-likelihoods (n_sequences,), longest first.
    """
    top = logs.amax(dim=1, keepdim=True)
    scaled = (logs - top).exp()
    alpha, sums = filtered(sequences.running, chain.start, chain.transition, scaled)
    steps = (sums.log() + top)[:, 0]
    likelihood = steps.new_zeros(sequences.running[0]).index_add_(0, sequences.who, steps)
    return alpha, scaled, sums, likelihood


def expectation(chain: Chain, sequences: Sequences, prior: Prior) -> Expectation:
    """Forward-backward.

    Reference:
        Rabiner (1989), A tutorial on hidden Markov models, section V.A (scaling).
    """
    alpha, scaled, sums, likelihood = forward(
        chain, sequences, log_emission(chain, sequences, prior)
    )
    beta = smoothed(sequences.running, chain.transition, scaled / sums)
    ahead = (scaled * beta / sums)[sequences.running[0] :]
    moves = alpha[sequences.before].T @ ahead
    return Expectation(likelihood, alpha * beta, moves * chain.transition)


def maximisation(
    found: Expectation, sequences: Sequences, prior: Prior, chain: Chain | None = None
) -> Chain:
    """The chain that explains the expected counts best, given the prior.

    Args:
        found: Expected states and moves.
        sequences: The rows.
        prior: What is added to the counts.
        chain: The chain behind `found`, which says how much of a pair is memory's; at first,
            `None`, all of it counts for both.
    """
    states, n_symbols = found.states, len(prior.emission)
    n_outcomes = n_symbols + len(prior.shown) + 1
    counts = states.new_zeros(n_outcomes, states.shape[1])
    for outcomes in sequences.outcomes.T.contiguous():
        counts.index_add_(0, outcomes, states)
    symbols, pairs = counts[:n_symbols], counts[n_symbols:-1]
    if chain is None:
        n_lagged = int(prior.lagged[-1]) + 1 if len(pairs) else 0
        memory = states.new_full((n_lagged, states.shape[1]), 0.5)
        symbols = symbols.index_add(0, prior.shown, pairs)
        recalled = pairs.sum(dim=1)
    else:
        probability, by_state = _outcomes(chain, prior)
        owed = pairs * by_state / probability[n_symbols:-1]
        symbols = symbols.index_add(0, prior.shown, owed)
        recalled = (pairs - owed).sum(dim=1)
        of = chain.memory.new_full((2, *chain.memory.shape), prior.memory)
        of[0].index_add_(0, prior.lagged, pairs - owed)
        of[1].index_add_(0, prior.lagged, owed)
        memory = of[0] / of.sum(dim=0)
    first, move = prior.moves(states.shape[1])
    start = states[: sequences.running[0]].sum(dim=0) * (first > 0) + first
    moves = found.moves * (move > 0) + move
    return Chain(
        start / start.sum(),
        moves / moves.sum(dim=1, keepdim=True),
        _shares(symbols + prior.emission[:, None], prior.variable),
        memory,
        _shares(recalled + prior.following, prior.last),
    )


def _shares(counts: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Counts divided by their group's sum; groups ascend along the first axis."""
    if not len(groups):
        return counts
    totals = counts.new_zeros(int(groups[-1]) + 1, *counts.shape[1:])
    return counts / totals.index_add_(0, groups, counts)[groups]


def objective(chain: Chain, found: Expectation, prior: Prior) -> float:
    """Log posterior up to a constant: what EM never lowers."""
    return float(
        found.log_likelihood.sum()
        + (prior.emission[:, None] * chain.emission.log()).sum()
        + (prior.following * chain.following.log()).sum()
        + sum(
            torch.xlogy(part, chances).sum()
            for part, chances in zip(
                prior.moves(len(chain.start)), (chain.start, chain.transition), strict=True
            )
        )
        + prior.memory * (chain.memory.log() + (1 - chain.memory).log()).sum()
    )


def initial(sequences: Sequences, prior: Prior, states: int, rng: np.random.Generator) -> Chain:
    """A chain that starts from random rows: each state likes what its row has."""
    n_rows, n_symbols = len(sequences), len(prior.emission)
    device = prior.emission.device
    # What each outcome shows, with or without memory.
    shown = torch.cat([torch.arange(n_symbols, device=device), prior.shown])
    shown = torch.cat([shown, shown.new_tensor([n_symbols])])[sequences.outcomes]
    picked = shown[torch.as_tensor(rng.choice(n_rows, states, replace=n_rows < states)).to(device)]
    likes = prior.emission.new_zeros(n_symbols + 1, states)
    likes.T.scatter_(1, picked, 1.0)
    likes[-1] = 0.0
    # A state holds on for a while: rows that have nothing to do with the last need no chain.
    stay = torch.eye(states, dtype=torch.float64, device=device)
    found = Expectation(
        likes.new_zeros(sequences.running[0]),
        torch.softmax(2.0 * embedding_bag(shown, likes, mode="sum"), dim=1),
        (stay + 1.0 / states) * n_rows / states,
    )
    return maximisation(found, sequences, prior)


def fit(
    sequences: Sequences,
    prior: Prior,
    chain: Chain,
    *,
    iterations: int,
    tolerance: float,
    held_out: Sequences | None = None,
) -> tuple[Chain, list[float], list[float]]:
    """EM from a chain.

    Args:
        sequences: What to fit to.
        prior: Added to the counts.
        chain: Where to start.
        iterations: Most rounds.
        tolerance: Ends when the objective rises by less than this per row.
        held_out: Other sequences; their likelihood ends the fit when it falls twice in a row.

    Returns:
        The chain (the best by `held_out`, where given), the objective before each round, the
        held-out log-likelihood before each round.
    """
    rises: list[float] = []
    fresh: list[float] = []
    best = chain
    for _ in range(iterations):
        found = expectation(chain, sequences, prior)
        rises.append(objective(chain, found, prior))
        if held_out is not None:
            fresh.append(log_likelihood(chain, held_out, prior))
            if fresh[-1] >= max(fresh):
                best = chain
            if len(fresh) - int(np.argmax(fresh)) > 2:  # noqa: PLR2004  twice in a row
                break
        if len(rises) > 1 and rises[-1] - rises[-2] < tolerance * len(sequences):
            break
        chain = maximisation(found, sequences, prior, chain)
    return (best if held_out is not None else chain), rises, fresh


def log_likelihood(chain: Chain, sequences: Sequences, prior: Prior) -> float:
    """Log-likelihood of all sequences together."""
    return float(forward(chain, sequences, log_emission(chain, sequences, prior))[3].sum())
