"""A diffusion's training: labels that are masked, and scores with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from generators.networks.averaged import AveragedLearner

if TYPE_CHECKING:
    from generators.networks.averaged import Schedule
    from generators.networks.diffusion import Diffusion

_AT_ONCE = 2048  # rows that are looked at together
_SEED = 0  # of the noise of all validations


class DiffusionLearner(AveragedLearner["Diffusion"]):
    """Both networks of a diffusion, trained at once, and stopped by rows held out.

    Args:
        network: The diffusion.
        learnt: Labels, and both ends of the intervals of ranks, of the rows to learn from.
        held_out: The same of the others.
        schedule: How steps are taken.
    """

    def __init__(
        self,
        network: Diffusion,
        learnt: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
        held_out: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
        schedule: Schedule,
    ) -> None:
        super().__init__(network, n_rows=len(learnt[0]), schedule=schedule)
        self._learnt = learnt
        self._held_out = held_out

    def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Of labels and of scores, together."""
        labels, low, high = (part[rows] for part in self._learnt)
        return _loss(self.network, labels, low, high, rng)

    @torch.no_grad()
    def validate(self, rng: torch.Generator) -> float:
        """The same loss of rows held out, with the same masks and the same noise each time."""
        fixed = torch.Generator(rng.device).manual_seed(_SEED)
        total = 0.0
        for labels, low, high in zip(
            *(torch.split(part, _AT_ONCE) for part in self._held_out), strict=True
        ):
            total += len(labels) * float(_loss(self.kept, labels, low, high, fixed))
        return total / len(self._held_out[0])


def _loss(
    network: Diffusion,
    labels: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    rng: torch.Generator,
) -> torch.Tensor:
    share = torch.rand(low.shape, generator=rng, device=low.device)
    loss = network.label_loss(labels, rng)
    if low.shape[1]:
        loss = loss + network.score_loss(scores(torch.lerp(low, high, share)), labels, rng)
    return loss


def scores(ranks: torch.Tensor) -> torch.Tensor:
    """Normal quantiles of ranks in [0, 1], within some five standard deviations."""
    out: torch.Tensor = torch.special.ndtri(ranks.clamp(1e-6, 1 - 1e-6))
    return out
