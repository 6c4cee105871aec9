"""CTGAN's two networks: tensors in, tensors out.

A row is one vector: a block of probabilities for each variable (the labels of a category, the
components of a number), then a place in [-1, 1] for each number that has modes. A condition asks
for one label of one block; it is a one-hot vector over the labels of all blocks that may be asked
for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from torch import nn
from torch.nn import functional

from generators.networks.weights import gumbel

_SLOPE = 0.2  # of leaky ReLU, below zero
_TEMPERATURE = 0.2  # of the Gumbel softmax


@dataclass(frozen=True)
class Layout:
    """What stands where in a row.

    Args:
        sizes: Length of each block of probabilities.
        places: Number of places, which come after the blocks.
        asked: The blocks that a condition may ask for.
    """

    sizes: tuple[int, ...]
    places: int
    asked: tuple[int, ...]

    @property
    def labels(self) -> int:
        """Probabilities in all."""
        return sum(self.sizes)

    @property
    def width(self) -> int:
        """Length of a row."""
        return self.labels + self.places

    @property
    def asked_sizes(self) -> tuple[int, ...]:
        """Length of each block that may be asked for."""
        return tuple(self.sizes[block] for block in self.asked)

    @property
    def condition(self) -> int:
        """Length of a condition."""
        return sum(self.asked_sizes)

    def blocks(self, labels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Cut shape (n, labels) into the blocks."""
        return torch.tensor_split(labels, list(self.begins[1:]), dim=1)

    @property
    def begins(self) -> tuple[int, ...]:
        """Where each block begins."""
        return tuple(accumulate(self.sizes, initial=0))[:-1]


class Residual(nn.Module):
    """A layer beside its own input: ReLU(BatchNorm(Wx)) and x, one after the other."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (n, inputs) to (n, outputs + inputs)."""
        return torch.cat([torch.relu(self.norm(self.linear(x))), x], dim=1)


class RowGenerator(nn.Module):
    """Noise and a condition to the logits of a row, section 4.4 of the paper.

    Args:
        layout: Of the rows.
        noise: Length of the noise.
        hidden: Units of each hidden layer.
    """

    def __init__(self, layout: Layout, *, noise: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.layout = layout
        self.noise = noise
        self.hidden = hidden
        layers: list[nn.Module] = []
        width = noise + layout.condition
        for units in hidden:
            layers.append(Residual(width, units))
            width += units
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width, layout.width)

    def forward(self, noise: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """Shapes (n, noise) and (n, condition) to (n, layout.width)."""
        inner: torch.Tensor = self.body(torch.cat([noise, condition], dim=1))
        return functional.linear(inner, self.head.weight, self.head.bias)

    @torch.no_grad()
    def start_from(self, shares: torch.Tensor) -> None:
        """Begin with labels as frequent as these, shape (layout.labels,)."""
        self.head.bias[: self.layout.labels] = shares.clamp(min=1e-6).log().to(torch.float32)

    def soft(self, logits: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Rows that gradients go through: Gumbel softmax of each block, tanh of the places."""
        labels = self.layout.labels
        noisy = (logits[:, :labels] + gumbel(logits[:, :labels], rng)) / _TEMPERATURE
        parts = [functional.softmax(part, dim=1) for part in self.layout.blocks(noisy)]
        parts.append(torch.tanh(logits[:, labels:]))
        return torch.cat(parts, dim=1)

    @torch.no_grad()
    def draw(
        self, condition: torch.Tensor, rng: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Labels of each block, (n, n_blocks) int64, and places, (n, layout.places)."""
        noise = torch.randn((len(condition), self.noise), generator=rng, device=condition.device)
        logits = self(noise, condition)
        labels = self.layout.labels
        noisy = logits[:, :labels] + gumbel(logits[:, :labels], rng)
        drawn = [part.argmax(dim=1) for part in self.layout.blocks(noisy)]
        return torch.stack(drawn, dim=1), torch.tanh(logits[:, labels:])


class Critic(nn.Module):
    """How real a pack of rows looks, section 4.4 of the paper.

    Args:
        inputs: Length of a row and its condition.
        pack: Rows that are looked at together.
        hidden: Units of each hidden layer.
        dropout: Share of the units that are left out of each look.
    """

    def __init__(self, inputs: int, *, pack: int, hidden: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.inputs = inputs * pack
        self.keep = 1.0 - dropout
        widths = (self.inputs, *hidden)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.head = nn.Linear(widths[-1], 1)

    def forward(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Shape (n, inputs) to (n / pack,)."""
        x = rows.reshape(-1, self.inputs)
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), _SLOPE)
            x = x * self._mask(x, rng)
        return functional.linear(x, self.head.weight, self.head.bias)[:, 0]

    def slope(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Length of the gradient by the rows of each pack, (n / pack,), to be differentiated.

        Between its kinks the critic is linear, so the gradient is a product of its matrices, some
        of their rows scaled: no second pass back through it is needed.
        """
        scales = []
        with torch.no_grad():
            x = rows.reshape(-1, self.inputs)
            for layer in self.layers:
                x = layer(x)
                mask = self._mask(x, rng)
                scale = torch.where(x > 0, mask, _SLOPE * mask)
                x = x * scale
                scales.append(scale)
        gradient = self.head.weight.expand(len(x), -1)
        weights = [p for name, p in self.layers.named_parameters() if name.endswith("weight")]
        for weight, scale in zip(reversed(weights), reversed(scales), strict=True):
            gradient = functional.linear(gradient * scale, weight.t())
        length: torch.Tensor = torch.linalg.vector_norm(gradient, dim=1)
        return length

    def _mask(self, like: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        return torch.empty_like(like).bernoulli_(self.keep, generator=rng).div_(self.keep)
