"""A density of rows, column by column and in any order: tensors in, tensors out.

Each column has a small perceptron of its own that says how likely its digits are, given embeddings
of the columns that come before it. All of them are computed at once: which column sees which is a
mask on the first layer's weights, so that the same weights serve every order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from generators.networks.averaged import AveragedLearner

if TYPE_CHECKING:
    from generators.networks.averaged import Schedule

NEVER = -1e9  # log probability of what is impossible


@dataclass(frozen=True)
class Shape:
    """Of columns and of what tells them.

    Args:
        counts: For each column, the number of second digits of each of its first digits.
        embedding: Numbers that a column is seen as.
        hidden: Units of each perceptron's two layers.
    """

    counts: tuple[tuple[int, ...], ...]
    embedding: int
    hidden: int

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.counts)

    @cached_property
    def twice(self) -> tuple[int, ...]:
        """The columns that have second digits."""
        return tuple(c for c, counts in enumerate(self.counts) if max(counts) > 1)

    @cached_property
    def targets(self) -> tuple[tuple[int, int], ...]:
        """What is predicted: column and digit; all first digits, then the second ones."""
        firsts = [(c, 0) for c in range(self.n_columns)]
        return (*firsts, *((c, 1) for c in self.twice))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each target."""
        return tuple(
            max(self.counts[c]) if digit else len(self.counts[c]) for c, digit in self.targets
        )


class AnyOrder(nn.Module):
    """Perceptrons for all targets, whose first layer a mask restricts.

    Args:
        shape: Of columns and layers.
    """

    begins: torch.Tensor
    many: torch.Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        columns, targets = shape.n_columns, len(shape.targets)
        width, hidden = shape.embedding, shape.hidden
        lengths = [len(counts) for counts in shape.counts]
        total = sum(lengths)
        # Buffers are part of the state, so that a network can be made without computing them.
        self.register_buffer("begins", torch.tensor([*accumulate(lengths, initial=0)][:-1]))
        self.register_buffer("many", torch.tensor([*chain.from_iterable(shape.counts)]))
        self.middle = nn.Parameter(torch.randn(total, width))
        self.slope = nn.Parameter(torch.randn(total, width) * 0.5)
        scale = (columns * width) ** -0.5
        self.into = nn.Parameter(torch.randn(columns, width, targets, hidden) * scale)
        self.unknown = nn.Parameter(torch.randn(columns, targets, hidden) * columns**-0.5)
        # One at least: what is saved has no empty part.
        told_twice = max(len(shape.twice), 1)
        self.own = nn.Parameter(torch.randn(told_twice, width, hidden) * width**-0.5)
        self.inner = nn.Parameter(torch.randn(targets, hidden, hidden) * hidden**-0.5)
        self.shift = nn.Parameter(torch.zeros(2, targets, 1, hidden))
        self.heads = nn.ModuleList(nn.Linear(hidden, size) for size in shape.sizes)
        for i, column in enumerate(shape.twice):
            counts = torch.tensor(shape.counts[column])
            allowed = torch.arange(max(shape.counts[column])) < counts[:, None]
            self.register_buffer(f"ban_{i}", torch.where(allowed, 0.0, NEVER))

    @torch.no_grad()
    def start_from(self, digits: torch.Tensor) -> None:
        """Begin with digits as frequent as in these rows, shape (n, n_columns, 2).

        A first digit that no row has stays impossible.
        """
        for (column, digit), head in zip(self.shape.targets, self.heads, strict=True):
            assert isinstance(head, nn.Linear)  # noqa: S101  for the type checker
            count = torch.bincount(digits[:, column, digit], minlength=head.out_features)
            share = torch.log((count + 0.5) / (count + 0.5).sum())
            head.bias.copy_(share if digit else torch.where(count > 0, share, NEVER))
            head.weight.mul_(0.1)

    def mask(self, before: torch.Tensor) -> torch.Tensor:
        """Which column each target sees, from which column is before which.

        Args:
            before: Whether column c is known when column d is told, shape (n_columns, n_columns).

        Returns:
            Shape (n_columns, n_targets), of zeros and ones.
        """
        of = torch.tensor([c for c, _ in self.shape.targets], device=before.device)
        return before[:, of].to(torch.float32)

    def embed(self, digits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What columns are seen as, by both digits and by the first alone.

        Args:
            digits: Shape (n, n_columns, 2).

        Returns:
            Shapes (n, n_columns, embedding) and (n, n_twice, embedding).
        """
        at = digits[:, :, 0] + self.begins
        middle = functional.embedding(at, self.middle)
        twice = list(self.shape.twice)
        if not twice:
            return middle, middle[:, :0]
        within = (digits[:, :, 1] + 0.5) / self.many[at] - 0.5
        whole = middle + functional.embedding(at, self.slope) * within[:, :, None]
        return whole, middle[:, twice]

    def hidden(self, seen: tuple[torch.Tensor, torch.Tensor], mask: torch.Tensor) -> torch.Tensor:
        """What each target's head sees, shape (n_targets, n, hidden)."""
        whole, own = seen
        columns = self.shape.n_columns
        into = (self.into * mask[:, None, :, None]).flatten(2).flatten(0, 1)
        x = (whole.flatten(1) @ into).view(len(whole), -1, self.shape.hidden).transpose(0, 1)
        gone = ((1 - mask)[:, :, None] * self.unknown).sum(0)[:, None, :]
        x = x + gone + self.shift[0]
        if len(self.shape.twice):
            told = torch.bmm(own.transpose(0, 1), self.own)
            x = torch.cat([x[:columns], x[columns:] + told])
        x = functional.silu(x)
        return x + functional.silu(torch.baddbmm(self.shift[1], x, self.inner))

    def log_prob(self, digits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log probability of each column's digits given those it sees, shape (n, n_columns).

        Their sum is the row's, where the mask is that of an order.
        """
        hidden = self.hidden(self.embed(digits), mask)
        found: list[torch.Tensor] = []
        for target, (column, digit) in enumerate(self.shape.targets):
            logits = self._logits(target, hidden[target], digits[:, column, 0])
            told = digits[:, column, digit]
            lost = functional.cross_entropy(logits, told, reduction="none")
            if digit:
                found[column] = found[column] - lost
            else:
                found.append(-lost)
        return torch.stack(found, dim=1)

    def see(self, column: int, digits: torch.Tensor) -> torch.Tensor:
        """What one column is seen as, (n, embedding), by its digits, (n, 2)."""
        at = digits[:, 0] + self.begins[column]
        within = (digits[:, 1] + 0.5) / self.many[at] - 0.5
        return self.middle[at] + self.slope[at] * within[:, None]

    def logits(
        self, target: int, seen: torch.Tensor, known: torch.Tensor, first: torch.Tensor
    ) -> torch.Tensor:
        """Log shares of a target's values, up to a constant, given the known columns.

        Args:
            target: Its number.
            seen: What the known columns are seen as, and zero for others, shape
                (n, n_columns, embedding).
            known: Which columns are, shape (n_columns,), bool.
            first: First digits of the target's column, (n,), where it is for the second ones.
        """
        x = seen.flatten(1) @ self.into[:, :, target].flatten(0, 1) + self.shift[0, target]
        x = x + self.unknown[~known, target].sum(0)
        column, digit = self.shape.targets[target]
        if digit:
            own = self.own[target - self.shape.n_columns]
            x = x + self.middle[first + self.begins[column]] @ own
        x = functional.silu(x)
        x = x + functional.silu(x @ self.inner[target] + self.shift[1, target])
        return self._logits(target, x, first)

    def _logits(self, target: int, hidden: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.heads[target](hidden)
        if not self.shape.targets[target][1]:
            return logits
        ban: torch.Tensor = getattr(self, f"ban_{target - self.shape.n_columns}")
        return logits + ban[first]


class AnyOrderLearner(AveragedLearner[AnyOrder]):
    """Half of each mini-batch is told in the columns' own order, half in a random one.

    Args:
        network: What is trained.
        digits: Of the rows to learn from, (n, n_columns, 2).
        held_out: Of the rows to stop by.
        schedule: How it is trained.
    """

    def __init__(
        self, network: AnyOrder, digits: torch.Tensor, held_out: torch.Tensor, schedule: Schedule
    ) -> None:
        super().__init__(network, n_rows=len(digits), schedule=schedule)
        self._digits = digits
        self._held_out = held_out

    def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Negative log likelihood of these rows."""
        return self._loss(self.network, self._digits[rows], rng)

    @torch.no_grad()
    def validate(self, rng: torch.Generator) -> float:
        """Negative log likelihood of the rows held out, by the mean of the weights."""
        rows, network = self._held_out, self.kept
        # The same order at each look, lest luck decide which was best.
        same = torch.Generator(rows.device).manual_seed(0)
        del rng
        return float(self._loss(network, torch.cat([rows, rows]), same))

    def _loss(self, network: AnyOrder, digits: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        columns = network.shape.n_columns
        own = torch.arange(columns, device=digits.device)
        other = torch.randperm(columns, generator=rng, device=digits.device)
        found = [
            network.log_prob(part, network.mask(rank[:, None] < rank[None, :]))
            for part, rank in zip(torch.tensor_split(digits, 2), (own, other), strict=True)
        ]
        return -torch.cat(found).sum(dim=1).mean()
