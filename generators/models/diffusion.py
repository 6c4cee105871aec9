"""Mixed-type diffusion: labels by unmasking them, then numbers by removing noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Generator, Model, State, require_rows
from generators.mode_encoding import below
from generators.neural import FEWEST, HELD_OUT, MOST_HELD_OUT, NeuralGenerator, NeuralModel
from generators.ranks import Ranks

if TYPE_CHECKING:
    import torch

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.networks.diffusion import Diffusion
    from tabular.model import Progress
    from tabular.seeding import Seed

_AT_ONCE = 8192  # rows that are drawn together


class DiffusionModel(NeuralModel):
    """Ranks of the numbers, and both networks.

    Args:
        ranks: Rows as labels and places.
        network: Draws labels, and scores given these.
        noise_steps: Steps on which the noise gets less.
        history: How the training went, in coarse numbers.
    """

    def __init__(
        self, ranks: Ranks, network: Diffusion, noise_steps: int, history: dict[str, Any]
    ) -> None:
        self.ranks = ranks
        self.network = network
        self.noise_steps = noise_steps
        self.history = history

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw the labels, then the numbers given these."""
        import torch

        labels = torch.zeros((n, len(self.ranks.sizes)), dtype=torch.int64)
        return self._drawn(labels, torch.zeros_like(labels, dtype=torch.bool), seed)

    def propose(self, wanted: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw rows with the categories, spikes and missing cells that are wanted.

        Other numbers that are wanted are not drawn for: whoever asks takes the rows that have them.
        """
        import torch

        labels = torch.from_numpy(self.ranks.encode(wanted).labels)
        known = torch.from_numpy(np.isin(self.ranks.links.free, fixed))
        return self._drawn(labels, known.expand(labels.shape), seed)

    def _drawn(self, labels: torch.Tensor, known: torch.Tensor, seed: Seed) -> EncodedTable:
        """Rows with the labels that are known."""
        import torch

        rng = torch.Generator().manual_seed(seed.integer(62))
        parts = []
        for given, there in zip(
            torch.split(labels, _AT_ONCE), torch.split(known, _AT_ONCE), strict=True
        ):
            drawn = self.network.draw_labels(given, there, rng)
            parts.append((drawn, self.network.draw_scores(drawn, self.noise_steps, rng)))
        found, scores = (torch.cat(part) for part in zip(*parts, strict=True))
        places = torch.special.ndtr(scores.double()).numpy()
        return self.ranks.decode(found.numpy(), places, seed.child("rest").generator())

    def state(self) -> State:
        """Supports, weights and shares; no row."""
        from generators.networks.weights import stored

        arrays = self.ranks.arrays()
        arrays |= stored(self.network, "network")
        shape = self.network.shape
        values = {"hidden": shape.hidden, "blocks": shape.blocks}
        values |= {"noise_steps": self.noise_steps}
        return State(arrays, values | {"training": self.history})

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        import torch

        from generators.networks.diffusion import Diffusion, Shape
        from generators.networks.weights import loaded

        ranks = Ranks.of_arrays(variables, state.arrays)
        values = state.values
        shape = Shape(ranks.sizes, ranks.placed, values["hidden"], values["blocks"])
        network = loaded(
            lambda: Diffusion(shape, torch.zeros(shape.labels)), below(state.arrays, "network")
        )
        return cls(ranks, network, values["noise_steps"], values["training"])


class MixedDiffusion(NeuralGenerator, frozen=True):
    """Mixed-type diffusion: labels are unmasked one by one, then noise is taken from numbers.

    Reference:
        Austin, Johnson, Ho, Tarlow, van den Berg (2021), Structured denoising diffusion models in
        discrete state-spaces. Hoogeboom, Gritsenko, Bastings, Poole, van den Berg, Salimans (2022),
        Autoregressive diffusion models. Karras, Aittala, Aila, Laine (2022), Elucidating the design
        space of diffusion-based generative models.

    Differs from the papers: labels before numbers, instead of both at once; numbers are normal
    quantiles of their ranks; noise levels are spread evenly over each mini-batch.
    """

    kind: Literal["diffusion"] = "diffusion"
    model: ClassVar[type[Model]] = DiffusionModel

    hidden: int = Field(default=256, ge=1, le=8192, description="Units of each layer.")
    blocks: int = Field(default=3, ge=0, le=32, description="Residual blocks of each network.")
    noise_steps: int = Field(
        default=20, ge=2, le=1000, description="Steps of a draw on which the noise gets less."
    )

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> DiffusionModel:
        """Ranks of the numbers first, then both networks at once.

        Raises:
            FitError: There are too few rows.
            TrainingDiverged: The learning rate is too high.
        """
        import torch

        from generators.inner_split import inner_split
        from generators.networks.diffusion import Diffusion, Shape
        from generators.networks.diffusion_training import DiffusionLearner
        from generators.networks.weights import built, device_of
        from generators.training import train as run

        require_rows(train, FEWEST, self.kind)
        ranks = Ranks.learn(train)
        ranked = ranks.encode(train)
        learnt, held_out = inner_split(train, share=HELD_OUT, most=MOST_HELD_OUT, seed=seed)
        shape = Shape(ranks.sizes, ranks.placed, self.hidden, self.blocks)
        base = torch.from_numpy(ranks.log_shares(ranked, train.k))
        device = device_of(self.device)
        learner = DiffusionLearner(
            built(lambda: Diffusion(shape, base), seed.child("network")).to(device),
            ranked.rows(learnt).tensors(device),
            ranked.rows(held_out).tensors(device),
            self.schedule,
        )
        history = run(
            learner, self.budget, seed=seed, progress=progress, device=device, name=self.kind
        )
        return DiffusionModel(ranks, learner.kept.cpu(), self.noise_steps, history.coarse())
