"""Mixed-type diffusion: labels by unmasking, then numbers by removing noise. Tensors in and out.

A row is a label for each column, and a score for each place: the normal quantile of its rank, so
that every score by itself is standard normal. Labels are drawn first: all are masked, and one after
the other is drawn given those that are there, in an order of each row's own. Scores come next,
given all labels: from pure noise, along the path on which the noise gets less.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEPS = 16  # of the staircase that a score is told by
_WAVES = 16  # that a noise level is told by
_LEVEL = 64  # units that a noise level is told by, after a layer
_LEAST, _MOST = 0.01, 20.0  # noise levels of a draw
_BEND = 7.0  # how strongly the levels of a draw gather at the least


@dataclass(frozen=True)
class Shape:
    """What the networks are made for.

    Args:
        sizes: Number of labels of each column.
        placed: The columns whose last label stands for a place, increasing.
        hidden: Units of each layer.
        blocks: Residual blocks of each network.
    """

    sizes: tuple[int, ...]
    placed: tuple[int, ...]
    hidden: int
    blocks: int

    @property
    def labels(self) -> int:
        """Labels of all columns together."""
        return sum(self.sizes)

    def one_hot(self, labels: torch.Tensor) -> torch.Tensor:
        """Shape (n, n_columns) to (n, labels)."""
        parts = [functional.one_hot(labels[:, i], size) for i, size in enumerate(self.sizes)]
        return torch.cat(parts, dim=1).float()

    def there(self, labels: torch.Tensor) -> torch.Tensor:
        """Which places a row has, (n, n_places)."""
        last = torch.tensor([self.sizes[i] - 1 for i in self.placed], device=labels.device)
        return labels[:, list(self.placed)] == last

    def per_column(self, known: torch.Tensor) -> torch.Tensor:
        """What is said of each column, (n, n_columns), said of each of its labels."""
        sizes = torch.tensor(self.sizes, device=known.device)
        return known.repeat_interleave(sizes, dim=1, output_size=self.labels)


class Block(nn.Module):
    """x + W silu(W norm(x)), the norm shifted and scaled by the noise level."""

    def __init__(self, hidden: int, level: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.first = nn.Linear(hidden, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.level = nn.Linear(level, 2 * hidden) if level else None
        nn.init.zeros_(self.second.weight)

    def forward(self, x: torch.Tensor, level: torch.Tensor | None) -> torch.Tensor:
        """Shapes (n, hidden) and (n, level) to (n, hidden)."""
        inner = self.norm(x)
        if self.level is not None:
            scale, shift = self.level(level).chunk(2, dim=1)
            inner = inner * (1 + scale) + shift
        out: torch.Tensor = self.second(functional.silu(self.first(inner)))
        return x + out


class Residual(nn.Module):
    """A residual network that begins with zeros.

    Args:
        inputs: Length of what it is told.
        outputs: Length of what it says.
        shape: Units and blocks.
        level: Length of what it is told of the noise level; 0 where there is none.
    """

    def __init__(self, inputs: int, outputs: int, shape: Shape, *, level: int) -> None:
        super().__init__()
        self.input = nn.Linear(inputs, shape.hidden)
        self.blocks = nn.ModuleList(Block(shape.hidden, level) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.hidden)
        self.output = nn.Linear(shape.hidden, outputs)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, x: torch.Tensor, level: torch.Tensor | None = None) -> torch.Tensor:
        """Shape (n, inputs) to (n, outputs)."""
        x = self.input(x)
        for block in self.blocks:
            x = block(x, level)
        out: torch.Tensor = self.output(functional.silu(self.norm(x)))
        return out


class Diffusion(nn.Module):
    """Both networks, their losses, and draws.

    Reference: Austin, Johnson, Ho, Tarlow, van den Berg (2021), Structured denoising diffusion
    models in discrete state-spaces, section 3 (absorbing states); Hoogeboom, Gritsenko, Bastings,
    Poole, van den Berg, Salimans (2022), Autoregressive diffusion models, equations 4 and 5;
    Karras, Aittala, Aila, Laine (2022), Elucidating the design space of diffusion-based generative
    models, algorithm 1 and table 1.

    Args:
        shape: Of the networks.
        base: Log of the share of each label, column after column; very low for one that never
            is. Both networks begin with independent columns.
    """

    base: torch.Tensor

    def __init__(self, shape: Shape, base: torch.Tensor) -> None:
        super().__init__()
        self.shape = shape
        n_places = len(shape.placed)
        self.unmask = Residual(shape.labels + len(shape.sizes), shape.labels, shape, level=0)
        self.level = nn.Sequential(nn.Linear(2 * _WAVES, _LEVEL), nn.SiLU())
        told = shape.labels + n_places * (1 + _STEPS)
        self.denoise: nn.Module = nn.Identity()  # where there is nothing to denoise
        if n_places:
            self.denoise = Residual(told, n_places, shape, level=_LEVEL)
        self.register_buffer("base", base.float())

    def logits(self, labels: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Log shares of each column's labels given those that are known.

        Args:
            labels: Shape (n, n_columns), int64; what stands where none is known means nothing.
            known: Of the same shape, bool.
        """
        seen = self.shape.one_hot(labels) * self.shape.per_column(known)
        out = self.unmask(torch.cat([seen, known.float()], dim=1)) + self.base
        parts = torch.split(out, list(self.shape.sizes), dim=1)
        return tuple(functional.log_softmax(part, dim=1) for part in parts)

    def clean(self, noisy: torch.Tensor, labels: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        """The mean of the scores given what noise made of them, table 1 of Karras et al.

        Args:
            noisy: Scores with noise, shape (n, n_places).
            labels: Shape (n, n_columns), int64.
            level: Standard deviation of the noise, shape (n, 1).
        """
        spread = (1 + level**2).sqrt()
        there = self.shape.there(labels)
        scaled = noisy / spread * there
        stairs = torch.arange(_STEPS, device=noisy.device)
        ranks = torch.special.ndtr(scaled)[..., None]
        told = (ranks * _STEPS - stairs).clamp(0.0, 1.0) * there[..., None]
        waves = torch.exp2(torch.linspace(-2, 3, _WAVES, device=noisy.device))
        angle = level.log() * waves
        about = self.level(torch.cat([angle.sin(), angle.cos()], dim=1))
        inputs = [self.shape.one_hot(labels), scaled, told.flatten(1)]
        found: torch.Tensor = self.denoise(torch.cat(inputs, dim=1), about)
        return noisy / spread**2 + level / spread * found

    def label_loss(self, labels: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Cross entropy of masked labels, mean over these and then over rows, scalar.

        Times the number of columns, it is an upper bound of minus the labels' log likelihood.
        """
        n, columns = labels.shape
        order = torch.rand((n, columns), generator=rng, device=labels.device)
        rank = order.argsort(dim=1).argsort(dim=1)
        # As many known as likely as any other number, evenly over the mini-batch.
        known = rank < (_even(n, rng) * columns).long()
        logs = self.logits(labels, known)
        picked = torch.cat([log.gather(1, labels[:, i, None]) for i, log in enumerate(logs)], dim=1)
        hidden = ~known
        loss: torch.Tensor = -((picked * hidden).sum(dim=1) / hidden.sum(dim=1)).mean()
        return loss

    def score_loss(
        self, scores: torch.Tensor, labels: torch.Tensor, rng: torch.Generator
    ) -> torch.Tensor:
        """Mean square of what is left of the noise, weighted as by Karras et al., scalar."""
        level = torch.exp(_LOG_MEAN + _LOG_SPREAD * torch.special.ndtri(_even(len(labels), rng)))
        noise = torch.randn(scores.shape, generator=rng, device=scores.device)
        found = self.clean(scores + level * noise, labels, level)
        there = self.shape.there(labels)
        error = (1 + level**2) / level**2 * (found - scores) ** 2 * there
        return error.sum() / there.sum().clamp(min=1)

    @torch.no_grad()
    def draw_labels(
        self, labels: torch.Tensor, known: torch.Tensor, rng: torch.Generator
    ) -> torch.Tensor:
        """The labels that are not known, given those that are; shapes as in `logits`."""
        labels, known = labels.clone(), known.clone()
        order = torch.rand(known.shape, generator=rng, device=labels.device)
        order = order.masked_fill(known, 2.0).argsort(dim=1)
        rows = torch.arange(len(labels), device=labels.device)
        for turn in range(int((~known).sum(dim=1).max())):
            column = order[:, turn]
            drawn = torch.stack(
                [
                    torch.multinomial(log.exp(), 1, generator=rng)[:, 0]
                    for log in self.logits(labels, known)
                ],
                dim=1,
            )
            free = ~known[rows, column]
            labels[rows[free], column[free]] = drawn[rows[free], column[free]]
            known[rows, column] = True
        return labels

    @torch.no_grad()
    def draw_scores(self, labels: torch.Tensor, steps: int, rng: torch.Generator) -> torch.Tensor:
        """Scores of each row by Heun's method, algorithm 1 of Karras et al., (n, n_places)."""
        shape = (len(labels), len(self.shape.placed))
        if not shape[1]:
            return torch.zeros(shape, device=labels.device)
        levels = noise_levels(steps)
        noise = torch.randn(shape, generator=rng, device=labels.device)
        x = noise * math.sqrt(1 + levels[0] ** 2)
        for now, then in itertools.pairwise(levels):
            slope = self._slope(x, labels, now)
            moved = x + (then - now) * slope
            if then > 0:
                moved = x + (then - now) * (slope + self._slope(moved, labels, then)) / 2
            x = moved
        return x

    def _slope(self, x: torch.Tensor, labels: torch.Tensor, level: float) -> torch.Tensor:
        levels = torch.full((len(x), 1), level, device=x.device)
        return (x - self.clean(x, labels, levels)) / level


_LOG_MEAN, _LOG_SPREAD = -1.0, 1.2  # of the noise levels of the training


def noise_levels(steps: int) -> Sequence[float]:
    """From the most to the least, and 0; equation 5 of Karras et al."""
    most, least = _MOST ** (1 / _BEND), _LEAST ** (1 / _BEND)
    shares = [i / max(steps - 1, 1) for i in range(steps)]
    return [*((most + share * (least - most)) ** _BEND for share in shares), 0.0]


def _even(n: int, rng: torch.Generator) -> torch.Tensor:
    """Numbers in (0, 1), one in each n-th of it, in random order, shape (n, 1)."""
    order = torch.randperm(n, generator=rng, device=rng.device)
    share = torch.rand(n, generator=rng, device=rng.device)
    return ((order + share) / n).clamp(1e-6, 1 - 1e-6)[:, None]
