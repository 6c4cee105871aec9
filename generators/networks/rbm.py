"""Restricted Boltzmann machines over labels: energies, Gibbs steps, annealed importance sampling.

A row is a label for each of several blocks (softmax visible units); the hidden units are binary.
The energy of labels v and hidden units h is

    E(v, h) = - sum_j a[v_j] - b h - sum_j W[v_j] h

with one line of `a` and `W` for each label of each block.

Reference: Smolensky (1986); Salakhutdinov, Mnih, Hinton (2007), Restricted Boltzmann machines for
collaborative filtering, for softmax units; Salakhutdinov, Murray (2008), On the quantitative
analysis of deep belief networks, for the likelihood.
"""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

_FIRST = 0.01  # standard deviation of the first weights


class Blocks(nn.Module):
    """Labels of several blocks side by side.

    Args:
        sizes: Number of labels of each block.
    """

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.sizes = sizes
        begins = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        place = np.arange(max(sizes))
        inside = place < np.array(sizes)[:, None]
        # Label numbers of each block, filled up with one past the last, shape (n_blocks, widest).
        wide = np.where(inside, begins[:, None] + place, sum(sizes))
        self.register_buffer("begins", torch.from_numpy(begins), persistent=False)
        self.register_buffer("wide", torch.from_numpy(wide.reshape(-1)), persistent=False)
        self.begins: torch.Tensor
        self.wide: torch.Tensor

    @property
    def n_labels(self) -> int:
        """Labels of all blocks."""
        return sum(self.sizes)

    def hot(self, labels: torch.Tensor) -> torch.Tensor:
        """Ones at the labels, (n, n_labels) float32, from (n, n_blocks)."""
        out = torch.zeros((len(labels), self.n_labels), device=labels.device)
        return out.scatter_(1, labels + self.begins, 1.0)

    def spread(self, scores: torch.Tensor, fill: float) -> torch.Tensor:
        """Scores by block, (n, n_blocks, widest), from (n, n_labels)."""
        padded = functional.pad(scores, (0, 1), value=fill)
        return padded[:, self.wide].view(len(scores), len(self.sizes), -1)

    def draw(self, scores: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Labels as likely as the softmax of their block's scores, (n, n_blocks)."""
        ladder = torch.softmax(self.spread(scores, -torch.inf), dim=2).cumsum_(dim=2)
        shape = (*ladder.shape[:2], 1)
        place = torch.rand(shape, generator=rng, device=scores.device) * ladder[:, :, -1:]
        return (ladder <= place).sum(dim=2).clamp_(max=ladder.shape[2] - 1)

    def log_normalised(self, scores: torch.Tensor) -> torch.Tensor:
        """Log of the softmax within each block, (n, n_labels)."""
        sums = self.spread(scores, -torch.inf).logsumexp(dim=2)
        sizes = torch.tensor(self.sizes, device=scores.device)
        return scores - sums.repeat_interleave(sizes, dim=1)


class Machine(nn.Module):
    """A restricted Boltzmann machine; gradients are worked out by hand.

    Args:
        sizes: Number of labels of each visible block.
        hidden: Number of binary hidden units.
    """

    def __init__(self, sizes: tuple[int, ...], hidden: int) -> None:
        super().__init__()
        self.blocks = Blocks(sizes)
        self.weight = nn.Parameter(torch.zeros(self.blocks.n_labels, hidden))
        self.visible = nn.Parameter(torch.zeros(self.blocks.n_labels))
        self.hidden = nn.Parameter(torch.zeros(hidden))
        self.requires_grad_(requires_grad=False)

    def start_from(self, base: torch.Tensor, rng: torch.Generator) -> None:
        """Begin with these scores of the labels, shape (n_labels,), and with small weights."""
        self.visible.copy_(base)
        self.weight.normal_(0.0, _FIRST, generator=rng)

    def inputs(self, labels: torch.Tensor) -> torch.Tensor:
        """What the hidden units are told, (n, hidden): their log odds."""
        places = labels + self.blocks.begins
        return functional.embedding_bag(places, self.weight, mode="sum") + self.hidden

    def scores(self, hidden: torch.Tensor) -> torch.Tensor:
        """Log odds of the labels given hidden units, (n, n_labels)."""
        return hidden @ self.weight.T + self.visible

    def free_energy(self, labels: torch.Tensor) -> torch.Tensor:
        """Minus the log of a row's weight, hidden units summed out, (n,)."""
        own = self.visible[labels + self.blocks.begins].sum(dim=1)
        return -own - functional.softplus(self.inputs(labels)).sum(dim=1)

    def step(
        self,
        labels: torch.Tensor,
        rng: torch.Generator,
        *,
        heat: float = 1.0,
        base: torch.Tensor | None = None,
        barred: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Hidden units given labels, then labels given hidden units: a step of Gibbs sampling.

        Args:
            labels: Shape (n, n_blocks).
            rng: Where chance comes from.
            heat: How much the machine counts, in [0, 1]; what is left is the base's.
            base: Scores of labels that know nothing of each other, shape (n_labels,).
            barred: Minus infinity at the labels a row can't have, else 0, shape (n, n_labels).
        """
        hidden = bernoulli(self.inputs(labels) * heat, rng)
        scores = self.scores(hidden) * heat
        if base is not None:
            scores = scores + (1 - heat) * base
        if barred is not None:
            scores = scores + barred
        return self.blocks.draw(scores, rng)

    def pseudo_log_likelihood(self, labels: torch.Tensor) -> torch.Tensor:
        """Log probability of each label given all others of its row, summed, (n,)."""
        inputs = self.inputs(labels)
        out = torch.zeros(len(labels), device=labels.device)
        begin = 0
        for block, size in enumerate(self.blocks.sizes):
            own = slice(begin, begin + size)
            # Hidden units without this block's label, then with each that it could have.
            rest = inputs - self.weight[begin + labels[:, block]]
            log_odds = torch.stack(
                [functional.softplus(rest + line).sum(dim=1) for line in self.weight[own]], dim=1
            )
            log_odds = torch.log_softmax(log_odds + self.visible[own], dim=1)
            out += log_odds.gather(1, labels[:, block, None])[:, 0]
            begin += size
        return out


class Annealed(NamedTuple):
    """Rows drawn by annealing, and how much each of them counts.

    Args:
        labels: Shape (n, n_blocks).
        log_weights: Shape (n,); the log of their mean is that of the partition function.
    """

    labels: torch.Tensor
    log_weights: torch.Tensor

    @property
    def log_partition(self) -> float:
        """Log of the estimated partition function."""
        return float(self.log_weights.double().logsumexp(0)) - log(len(self.log_weights))


def anneal(
    machine: Machine,
    base: torch.Tensor,
    n: int,
    temperatures: int,
    rng: torch.Generator,
    *,
    barred: torch.Tensor | None = None,
) -> Annealed:
    """Annealed importance sampling, from independent labels to the machine.

    Reference: Neal (2001), Annealed importance sampling; Salakhutdinov, Murray (2008), section 4.1.

    Args:
        machine: The machine.
        base: Scores of the labels that it begins with, shape (n_labels,).
        n: How many rows.
        temperatures: How many steps of Gibbs sampling it takes.
        rng: Where chance comes from.
        barred: Minus infinity at the labels a row can't have, else 0, shape (n, n_labels); the
            weights then mean nothing.
    """
    first = base.expand(n, -1)
    labels = machine.blocks.draw(first if barred is None else first + barred, rng)
    normaliser = machine.blocks.spread(base[None], -torch.inf).logsumexp(dim=2).sum()
    # The base's hidden units are fair coins that the labels know nothing of.
    log_weights = torch.full((n,), float(normaliser), device=base.device)
    log_weights += len(machine.hidden) * log(2)
    heats = np.linspace(0.0, 1.0, temperatures + 1)
    gap = machine.visible - base
    for before, now in pairwise(heats):
        inputs = machine.inputs(labels)
        own = gap[labels + machine.blocks.begins].sum(dim=1)
        log_weights += (now - before) * own
        log_weights += functional.softplus(now * inputs).sum(dim=1)
        log_weights -= functional.softplus(before * inputs).sum(dim=1)
        labels = machine.step(labels, rng, heat=float(now), base=base, barred=barred)
    return Annealed(labels, log_weights)


def bernoulli(log_odds: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Zeros and ones with these log odds, float32."""
    draw = torch.rand(log_odds.shape, generator=rng, device=log_odds.device)
    return (draw < torch.sigmoid(log_odds)).to(log_odds.dtype)
