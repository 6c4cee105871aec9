"""A masked autoregressive flow of mixed columns: tensors in, tensors out.

A column is a label and, where its last label says so, a place in [0, 1]. The network gives the
logits of each label and a spline for each place, which is the place's distribution function, given
the columns before: all of them in one pass, by masks that let no unit see a later column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from generators.networks.splines import Spline, parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    Settle = Callable[[int, torch.Tensor], torch.Tensor]

_STEPS = 16  # of the staircase that a place is told by


@dataclass(frozen=True)
class Shape:
    """What the network is made for.

    Args:
        sizes: Number of labels of each column.
        placed: The columns whose last label stands for a place, increasing.
        bins: Of each spline.
        hidden: Units of each layer.
        blocks: Residual blocks.
    """

    sizes: tuple[int, ...]
    placed: tuple[int, ...]
    bins: int
    hidden: int
    blocks: int

    @property
    def inputs(self) -> list[int]:
        """Length of what is told of each column."""
        return [size + _STEPS * (i in self.placed) for i, size in enumerate(self.sizes)]


class Masked(nn.Module):
    """A linear layer in which a unit sees only units of columns it may see.

    Args:
        inputs: Column of each input.
        outputs: Column of each output.
        strict: Whether an output sees only columns before its own.
    """

    mask: torch.Tensor

    def __init__(self, inputs: torch.Tensor, outputs: torch.Tensor, *, strict: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(len(inputs), len(outputs))
        sees = outputs[:, None] > inputs if strict else outputs[:, None] >= inputs
        self.register_buffer("mask", sees.float(), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (n, inputs) to (n, outputs)."""
        return functional.linear(x, self.linear.weight * self.mask, self.linear.bias)


class Block(nn.Module):
    """x + W relu(W relu(x)), as masked as its layers."""

    def __init__(self, units: torch.Tensor) -> None:
        super().__init__()
        self.first = Masked(units, units, strict=False)
        self.second = Masked(units, units, strict=False)
        nn.init.zeros_(self.second.linear.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (n, units), either way."""
        inner: torch.Tensor = self.second(torch.relu(self.first(torch.relu(x))))
        return x + inner


class Flow(nn.Module):
    """The density of rows, and draws from it.

    Reference: Germain, Gregor, Murray, Larochelle (2015), MADE: masked autoencoder for
    distribution estimation; Durkan, Bekasov, Murray, Papamakarios (2019), Neural spline flows.

    Args:
        shape: Of the network.
        base: Log of the share of each label, column after column; very low for one that never
            is. The network begins with these, all columns independent.
    """

    base: torch.Tensor

    def __init__(self, shape: Shape, base: torch.Tensor) -> None:
        super().__init__()
        self.shape = shape
        columns = torch.arange(len(shape.sizes))
        inputs = columns.repeat_interleave(torch.tensor(shape.inputs))
        # The last column is seen by none.
        units = torch.arange(shape.hidden) * max(len(columns) - 1, 1) // shape.hidden
        self.input = Masked(inputs, units, strict=False)
        self.body = nn.Sequential(*(Block(units) for _ in range(shape.blocks)))
        labels = columns.repeat_interleave(torch.tensor(shape.sizes))
        places = torch.tensor(shape.placed, dtype=torch.int64)
        outputs = torch.cat([labels, places.repeat_interleave(parameters(shape.bins))])
        self.output = Masked(units, outputs, strict=True)
        nn.init.zeros_(self.output.linear.weight)
        nn.init.zeros_(self.output.linear.bias)
        self.register_buffer("base", base.float())

    def forward(
        self, labels: torch.Tensor, middles: torch.Tensor
    ) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
        """Log shares of each column's labels, and the numbers of each place's spline.

        Args:
            labels: Shape (n, n_columns), int64.
            middles: Middle of the interval of each place, shape (n, n_places).

        Returns:
            A tensor for each column, (n, size), and one of shape (n, n_places, parameters).
        """
        out = self.output(torch.relu(self.body(self.input(self._told(labels, middles)))))
        n_labels = sum(self.shape.sizes)
        logits = torch.split(out[:, :n_labels] + self.base, list(self.shape.sizes), dim=1)
        each = (len(self.shape.placed), parameters(self.shape.bins))
        free = out[:, n_labels:].reshape(len(out), *each)
        return tuple(functional.log_softmax(part, dim=1) for part in logits), free

    def _told(self, labels: torch.Tensor, middles: torch.Tensor) -> torch.Tensor:
        """What the network is told of each row: labels one-hot, places as staircases."""
        stairs = torch.arange(_STEPS, device=middles.device)
        parts = []
        for i, size in enumerate(self.shape.sizes):
            parts.append(functional.one_hot(labels[:, i], size).to(middles.dtype))
            if i in self.shape.placed:
                place = middles[:, self.shape.placed.index(i), None]
                parts.append((place * _STEPS - stairs).clamp(0.0, 1.0) * parts[-1][:, -1:])
        return torch.cat(parts, dim=1)

    def log_prob(self, labels: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
        """Log of the probability of each row's labels and intervals, or of the density of points.

        Args:
            labels: Shape (n, n_columns), int64.
            low: Where the interval of each place begins, shape (n, n_places).
            high: Where it ends; the same as `low` for a point.

        Returns:
            Shape (n,).
        """
        logs, free = self(labels, (low + high) / 2)
        spline = Spline.of(free)
        (below, _), (above, slope) = spline(low), spline(high)
        point = high <= low
        mass = torch.where(point, slope, (above - below).clamp_min(1e-12).log())
        return self._labels(logs, labels) + self._there(mass, labels)

    def loss(
        self, labels: torch.Tensor, low: torch.Tensor, high: torch.Tensor, rng: torch.Generator
    ) -> torch.Tensor:
        """An upper bound of minus `log_prob` of intervals by a point drawn in each, mean."""
        logs, free = self(labels, (low + high) / 2)
        share = torch.rand(low.shape, generator=rng, device=low.device)
        _, slope = Spline.of(free)(torch.lerp(low, high, share))
        return -(self._labels(logs, labels) + self._there(slope, labels)).mean()

    def _labels(self, logs: tuple[torch.Tensor, ...], labels: torch.Tensor) -> torch.Tensor:
        picked = [log.gather(1, labels[:, i, None]) for i, log in enumerate(logs)]
        return torch.cat(picked, dim=1).sum(dim=1)

    def _there(self, log: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The sum over the places that a row has."""
        placed = list(self.shape.placed)
        last = torch.tensor([self.shape.sizes[i] - 1 for i in placed], device=labels.device)
        return torch.where(labels[:, placed] == last, log, 0.0).sum(dim=1)

    @torch.no_grad()
    def draw(
        self, n: int, rng: torch.Generator, settle: Settle
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows, column by column.

        Args:
            n: How many.
            rng: Draws them.
            settle: Given a position among the places and places that were drawn, the middles of
                the intervals that they are in.

        Returns:
            Labels, (n, n_columns) int64, and places, (n, n_places).
        """
        device = self.base.device
        labels = torch.zeros((n, len(self.shape.sizes)), dtype=torch.int64, device=device)
        places = torch.zeros((n, len(self.shape.placed)), device=device)
        middles = places.clone()
        for i in range(len(self.shape.sizes)):
            logs, free = self(labels, middles)
            labels[:, i] = torch.multinomial(logs[i].exp(), 1, generator=rng)[:, 0]
            if i in self.shape.placed:
                at = self.shape.placed.index(i)
                u = torch.rand(n, generator=rng, device=device)
                places[:, at] = Spline.of(free[:, at]).inverse(u)
                middles[:, at] = settle(at, places[:, at])
        return labels, places
