"""A deterministic autoencoder of rows: tensors in, tensors out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from generators.networks.averaged import AveragedLearner
from generators.networks.tvae import perceptron

if TYPE_CHECKING:
    from generators.networks.averaged import Schedule
    from generators.networks.mode_rows import ModeRows

    Rows = tuple[torch.Tensor, torch.Tensor]


class Autoencoder(nn.Module):
    """An encoder to codes and a decoder back.

    Args:
        rows: What rows look like.
        latent: Length of a code.
        hidden: Units of the encoder's hidden layers; the decoder has them in reverse.
        noise: Deviation of what is added to a code before it is decoded.
    """

    def __init__(
        self, rows: ModeRows, *, latent: int, hidden: tuple[int, ...], noise: float
    ) -> None:
        super().__init__()
        self.rows = rows
        self.latent = latent
        self.hidden = hidden
        self.noise = noise
        self.encoder = perceptron((rows.inputs, *hidden, latent))
        self.decoder = perceptron((latent, *hidden[::-1], rows.outputs))

    def encode(self, labels: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """The code of each row, (n, latent)."""
        codes: torch.Tensor = self.encoder(self.rows.vectors(labels, places))
        return codes

    def noisy(self, codes: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Codes as the decoder knows them."""
        noise = torch.randn(codes.shape, generator=rng, device=codes.device)
        return codes + self.noise * noise

    @torch.no_grad()
    def decode(
        self, codes: torch.Tensor, rng: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Labels and places of rows with these codes."""
        return self.rows.draw(self.decoder(self.noisy(codes, rng)), rng)


class AutoencoderLearner(AveragedLearner[Autoencoder]):
    """Rows are likely given their noisy codes, and codes stay near zero.

    Args:
        network: What is trained.
        learnt: Labels, (n, n_blocks), and places, (n, n_moded), of the rows to learn from.
        held_out: The same of the rows to stop by.
        penalty: Weight of half the squared length of a code.
        schedule: How it is trained.
    """

    def __init__(
        self,
        network: Autoencoder,
        learnt: Rows,
        held_out: Rows,
        *,
        penalty: float,
        schedule: Schedule,
    ) -> None:
        super().__init__(network, n_rows=len(learnt[0]), schedule=schedule)
        self._learnt = learnt
        self._held_out = held_out
        self._penalty = penalty

    def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """How unlikely these rows are, and how long their codes."""
        labels, places = self._learnt
        return self._loss(self.network, (labels[rows], places[rows]), rng)

    @torch.no_grad()
    def validate(self, rng: torch.Generator) -> float:
        """The same of the rows held out, by the mean of the weights."""
        return float(self._loss(self.kept, self._held_out, rng))

    def _loss(self, network: Autoencoder, rows: Rows, rng: torch.Generator) -> torch.Tensor:
        codes = network.encode(*rows)
        found = network.rows.log_prob(network.decoder(network.noisy(codes, rng)), *rows)
        return (0.5 * self._penalty * (codes * codes).sum(dim=1) - found).mean()
