"""A variational autoencoder of rows: tensors in, tensors out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn

from generators.networks.averaged import AveragedLearner

if TYPE_CHECKING:
    from generators.networks.averaged import Schedule
    from generators.networks.mode_rows import ModeRows

Rows = tuple[torch.Tensor, torch.Tensor]


class Tvae(nn.Module):
    """An encoder to Gaussians and a decoder, both perceptrons; section 4.5 of the paper.

    Args:
        rows: What rows look like.
        latent: Length of a code.
        hidden: Units of the encoder's hidden layers; the decoder has them in reverse.
    """

    def __init__(self, rows: ModeRows, *, latent: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.rows = rows
        self.latent = latent
        self.hidden = hidden
        self.encoder = perceptron((rows.inputs, *hidden, 2 * latent))
        self.decoder = perceptron((latent, *hidden[::-1], rows.outputs))

    def encode(
        self, labels: torch.Tensor, places: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log deviation of each row's code, both (n, latent)."""
        mean, log_deviation = self.encoder(self.rows.vectors(labels, places)).chunk(2, dim=1)
        return mean, log_deviation.clamp(-8.0, 4.0)

    def terms(
        self, labels: torch.Tensor, places: torch.Tensor, rng: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The two terms of the bound of each row's log density, both (n,).

        Returns:
            How likely the row is given a code that is drawn for it, and the divergence of the
            codes' density from the prior.
        """
        mean, log_deviation = self.encode(labels, places)
        noise = torch.randn(mean.shape, generator=rng, device=mean.device)
        code = mean + noise * torch.exp(log_deviation)
        found = self.rows.log_prob(self.decoder(code), labels, places)
        square = mean * mean + torch.exp(2 * log_deviation)
        divergence = 0.5 * (square - 1).sum(dim=1) - log_deviation.sum(dim=1)
        return found, divergence

    @torch.no_grad()
    def draw(self, n: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Labels and places of `n` rows, from codes of the prior."""
        device = next(self.parameters()).device
        code = torch.randn((n, self.latent), generator=rng, device=device)
        return self.rows.draw(self.decoder(code), rng)


def perceptron(widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers of these widths, with SiLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


class TvaeLearner(AveragedLearner[Tvae]):
    """The bound of the density, with the divergence weighted.

    Args:
        network: What is trained.
        learnt: Labels, (n, n_blocks), and places, (n, n_moded), of the rows to learn from.
        held_out: The same of the rows to stop by.
        divergence: Weight of the divergence.
        schedule: How it is trained.
    """

    def __init__(
        self,
        network: Tvae,
        learnt: Rows,
        held_out: Rows,
        *,
        divergence: float,
        schedule: Schedule,
    ) -> None:
        super().__init__(network, n_rows=len(learnt[0]), schedule=schedule)
        self._learnt = learnt
        self._held_out = held_out
        self._divergence = divergence

    def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """The negative bound of these rows."""
        labels, places = self._learnt
        return self._bound(self.network, (labels[rows], places[rows]), rng)

    @torch.no_grad()
    def validate(self, rng: torch.Generator) -> float:
        """The negative bound of the rows held out, by the mean of the weights."""
        return float(self._bound(self.kept, self._held_out, rng))

    def _bound(self, network: Tvae, rows: Rows, rng: torch.Generator) -> torch.Tensor:
        found, divergence = network.terms(*rows, rng)
        return (self._divergence * divergence - found).mean()
