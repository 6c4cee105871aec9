"""The recursions of a hidden Markov chain over few long sequences, many rows at once.

A step of the recursions is a matrix product, and products may be bracketed as one likes: a long
sequence is cut into blocks, the product of each block is found for all blocks together, the blocks
are put in a row, and each is gone through again from where it begins, again all together. A
sequence of n rows so takes some three times the square root of n steps instead of n.

Reference:
    Sarkka, Garcia-Fernandez (2021), Temporal parallelization of Bayesian smoothers, section IV.
    Differs from the paper: two levels of blocks rather than a tree; scaled rather than logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch

_LONG, _FEW = 256, 256


def is_worth_it(running: tuple[int, ...]) -> bool:
    """Whether the longest sequence is long, and few run side by side: else a plain loop is faster.

    Args:
        running: How many sequences there are at each time.
    """
    return len(running) >= _LONG and sum(running) <= _FEW * len(running)


def spans_of(running: tuple[int, ...]) -> list[slice]:
    """The packed rows of each time."""
    return [slice(end - n, end) for end, n in zip(accumulate(running), running, strict=True)]


def filtered(
    running: tuple[int, ...], start: torch.Tensor, transition: torch.Tensor, scaled: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The scaled forward recursion, as `Blocks.filtered`, the way that is faster."""
    if is_worth_it(running):
        return Blocks.of(running, scaled.device).filtered(start, transition, scaled)
    alpha, sums = torch.empty_like(scaled), torch.empty_like(scaled[:, :1])
    spans = spans_of(running)
    for t, here in enumerate(spans):
        predicted = alpha[spans[t - 1]][: running[t]] @ transition if t else start
        joint = predicted * scaled[here]
        sums[here] = joint.sum(dim=1, keepdim=True)
        alpha[here] = joint / sums[here]
    return alpha, sums


def smoothed(
    running: tuple[int, ...], transition: torch.Tensor, ahead: torch.Tensor
) -> torch.Tensor:
    """The scaled backward recursion, as `Blocks.smoothed`, the way that is faster."""
    if is_worth_it(running):
        return Blocks.of(running, ahead.device).smoothed(transition, ahead)
    beta = torch.ones_like(ahead)
    spans = spans_of(running)
    for t in range(len(spans) - 1, 0, -1):
        here, n = spans[t], running[t]
        before = slice(spans[t - 1].start, spans[t - 1].start + n)
        beta[before] = (ahead[here] * beta[here]) @ transition.T
    return beta


@dataclass(frozen=True)
class Blocks:
    """Where the rows of each block stand.

    Args:
        rows: Packed rows, those after a sequence's end have the number of all rows, shape
            (n_sequences, n_blocks, length), int64.
        there: Which of them are rows, of the same shape.
    """

    rows: torch.Tensor
    there: torch.Tensor

    @staticmethod
    def of(running: tuple[int, ...], device: torch.device) -> Blocks:
        """The blocks of packed sequences."""
        times = len(running)
        length = int(np.ceil(np.sqrt(times)))
        n_blocks = -(-times // length)
        begin = np.zeros(n_blocks * length, dtype=np.int64)
        begin[:times] = [0, *accumulate(running)][:-1]
        still = np.zeros(n_blocks * length, dtype=np.int64)
        still[:times] = running
        who = np.arange(running[0])[:, None]
        there = who < still
        rows = np.where(there, begin + who, sum(running))
        shape = (running[0], n_blocks, length)
        return Blocks(
            torch.as_tensor(rows.reshape(shape), device=device),
            torch.as_tensor(there.reshape(shape), device=device),
        )

    def filtered(
        self, start: torch.Tensor, transition: torch.Tensor, scaled: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The scaled forward recursion.

        Args:
            start: Of the first state, shape (n_states,).
            transition: From each state to each, shape (n_states, n_states).
            scaled: Scaled emissions of packed rows, shape (n_rows, n_states).

        Returns:
            Filtered probabilities (n_rows, n_states) and what they were divided by (n_rows, 1).
        """
        n_states = len(start)
        emitted = torch.cat([scaled, torch.ones_like(scaled[:1])])
        product = torch.eye(n_states, dtype=scaled.dtype, device=scaled.device)
        product = product.expand(*self.rows.shape[:2], n_states, n_states)
        for t in range(self.rows.shape[2]):
            moved = (product @ transition) * emitted[self.rows[..., t]][..., None, :]
            moved = moved / moved.sum(dim=(-2, -1), keepdim=True)
            product = torch.where(self.there[..., t, None, None], moved, product)
        # Every block's beginning, given the one before it; the first knows its first row.
        entering = [torch.ones_like(start).expand(len(self.rows), -1)]
        first = start * emitted[self.rows[:, 0, 0]]
        state = first / first.sum(dim=-1, keepdim=True)
        for t in range(1, self.rows.shape[2]):
            moved = (state @ transition) * emitted[self.rows[:, 0, t]]
            moved = moved / moved.sum(dim=-1, keepdim=True)
            state = torch.where(self.there[:, 0, t, None], moved, state)
        for block in range(1, self.rows.shape[1]):
            entering.append(state)
            state = (state[:, None, :] @ product[:, block])[:, 0]
            state = state / state.sum(dim=-1, keepdim=True)
        state = torch.stack(entering, dim=1)
        alpha, sums = torch.empty_like(emitted), torch.empty_like(emitted[:, :1])
        for t in range(self.rows.shape[2]):
            predicted = state @ transition
            if t == 0:
                predicted[:, 0] = start
            joint = predicted * emitted[self.rows[..., t]]
            total = joint.sum(dim=-1, keepdim=True)
            moved = joint / total
            state = torch.where(self.there[..., t, None], moved, state)
            alpha[self.rows[..., t]], sums[self.rows[..., t]] = state, total
        return alpha[:-1], sums[:-1]

    def smoothed(self, transition: torch.Tensor, ahead: torch.Tensor) -> torch.Tensor:
        """The scaled backward recursion: what follows each row, shape (n_rows, n_states).

        Args:
            transition: From each state to each, shape (n_states, n_states).
            ahead: Scaled emissions over what the forward recursion divided by, of packed rows,
                shape (n_rows, n_states).
        """
        n_states = len(transition)
        emitted = torch.cat([ahead, torch.ones_like(ahead[:1])])
        product = torch.eye(n_states, dtype=ahead.dtype, device=ahead.device)
        product = product.expand(*self.rows.shape[:2], n_states, n_states)
        for t in range(self.rows.shape[2] - 1, -1, -1):
            # From the last row backwards; the product's rows are states before the block.
            moved = (transition * emitted[self.rows[..., t]][..., None, :]) @ product
            product = torch.where(self.there[..., t, None, None], moved, product)
        state = torch.ones_like(emitted[: len(self.rows)])
        leaving = [state]
        for block in range(self.rows.shape[1] - 1, 0, -1):
            state = (product[:, block] @ state[..., None])[..., 0]
            leaving.append(state)
        state = torch.stack(leaving[::-1], dim=1)
        beta = torch.empty_like(emitted)
        for t in range(self.rows.shape[2] - 1, -1, -1):
            beta[self.rows[..., t]] = state
            moved = (emitted[self.rows[..., t]] * state) @ transition.T
            state = torch.where(self.there[..., t, None], moved, state)
        return beta[:-1]
