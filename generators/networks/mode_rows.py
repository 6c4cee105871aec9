"""What networks put in and out as a row of labels and places (`generators.mode_encoding`).

In: a one-hot block of labels for each column, then the places. Out: the logits of each block, then
the mean and the log deviation of the place in each mode, column after column.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from generators.networks.weights import gumbel

if TYPE_CHECKING:
    from generators.mode_encoding import ModeEncoding

_NARROWEST, _WIDEST = -6.0, 1.0  # log deviation of a place


@dataclass(frozen=True)
class ModeRows:
    """What stands where.

    Args:
        sizes: Length of each block of labels.
        moded: The blocks that have modes, increasing.
        spikes: Labels before the modes, of each of these blocks.
        modes: Number of modes of each of these blocks.
    """

    sizes: tuple[int, ...]
    moded: tuple[int, ...]
    spikes: tuple[int, ...]
    modes: tuple[int, ...]

    @classmethod
    def of(cls, columns: ModeEncoding) -> ModeRows:
        """The rows that these columns become."""
        found = [(i, own) for i, own in enumerate(columns.modes) if own is not None and own.n_modes]
        return cls(
            columns.sizes,
            tuple(i for i, _ in found),
            tuple(own.n_spikes for _, own in found),
            tuple(own.n_modes for _, own in found),
        )

    @cached_property
    def begins(self) -> tuple[int, ...]:
        """Where each block of labels begins."""
        return tuple(accumulate(self.sizes, initial=0))[:-1]

    @property
    def labels(self) -> int:
        """Labels in all."""
        return sum(self.sizes)

    @property
    def inputs(self) -> int:
        """Length of a row that goes in."""
        return self.labels + len(self.moded)

    @property
    def outputs(self) -> int:
        """Length of a row that comes out."""
        return self.labels + 2 * sum(self.modes)

    def vectors(self, labels: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Rows to put in, (n, inputs), from labels, (n, n_blocks), and places, (n, n_moded)."""
        out = torch.zeros((len(labels), self.inputs), device=labels.device)
        out.scatter_(1, labels + torch.tensor(self.begins, device=labels.device), 1.0)
        out[:, self.labels :] = places
        return out

    def log_prob(
        self, out: torch.Tensor, labels: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        """How likely rows are by what came out, (n,): labels, and places within their modes."""
        blocks = torch.split(out[:, : self.labels], list(self.sizes), dim=1)
        total = torch.zeros(len(out), device=out.device)
        for block, label in zip(blocks, labels.unbind(1), strict=True):
            total = total - functional.cross_entropy(block, label, reduction="none")
        if not self.moded:
            return total
        mode, there = self._mode(labels)
        mean, log_deviation = self._place(out, mode)
        z = (places - mean) * torch.exp(-log_deviation)
        density = -0.5 * z * z - log_deviation - 0.5 * math.log(2 * math.pi)
        return total + (density * there).sum(dim=1)

    @torch.no_grad()
    def draw(self, out: torch.Tensor, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Labels, (n, n_blocks) int64, and places, (n, n_moded), as likely as they came out."""
        noisy = out[:, : self.labels] + gumbel(out[:, : self.labels], rng)
        blocks = torch.split(noisy, list(self.sizes), dim=1)
        labels = torch.stack([block.argmax(dim=1) for block in blocks], dim=1)
        if not self.moded:
            return labels, torch.zeros((len(out), 0), device=out.device)
        mean, log_deviation = self._place(out, self._mode(labels)[0])
        spread = torch.randn(mean.shape, generator=rng, device=out.device)
        return labels, (mean + spread * torch.exp(log_deviation)).clamp(-1.0, 1.0)

    def _mode(self, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The mode of each place, and whether there is one, both (n, n_moded)."""
        first = torch.tensor(self.spikes, device=labels.device)
        most = torch.tensor(self.modes, device=labels.device)
        mode = labels[:, list(self.moded)] - first
        there = (mode >= 0) & (mode < most)
        return torch.where(there, mode, 0), there

    def _place(self, out: torch.Tensor, mode: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log deviation of the places in these modes, both (n, n_moded)."""
        begins = torch.tensor([*accumulate(self.modes, initial=0)][:-1], device=out.device)
        at = self.labels + begins + mode
        mean = out.gather(1, at)
        log_deviation = out.gather(1, at + sum(self.modes))
        # A deviation of e^-1.4 is that of a mode as it was found.
        return mean, (log_deviation - 1.4).clamp(_NARROWEST, _WIDEST)
