"""TVAE: a variational autoencoder for mixed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field

from generators.base import Generator, Model, State, require_rows
from generators.mode_encoding import ModeEncoding, below
from generators.neural import FEWEST, NeuralGenerator, NeuralModel, split_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.networks.tvae import Tvae as Network
    from tabular.model import Progress
    from tabular.seeding import Seed

_AT_ONCE = 8192  # rows that are drawn together


class TvaeModel(NeuralModel):
    """A trained decoder (and its encoder), and the components of the numbers.

    Args:
        columns: How each becomes labels and places.
        network: Both perceptrons.
        history: How the training went, in coarse numbers.
    """

    def __init__(self, columns: ModeEncoding, network: Network, history: dict[str, Any]) -> None:
        self.columns = columns
        self.network = network
        self.history = history

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Decode codes that are drawn from the prior."""
        import torch

        rng = torch.Generator().manual_seed(seed.integer(62))
        parts = [
            self.network.draw(min(_AT_ONCE, n - begin), rng) for begin in range(0, n, _AT_ONCE)
        ]
        labels, places = (torch.cat(side).numpy() for side in zip(*parts, strict=True))
        return self.columns.decode(labels, places)

    def state(self) -> State:
        """Weights and components; no row."""
        from generators.networks.weights import stored

        arrays: dict[str, npt.NDArray[Any]] = self.columns.arrays()
        arrays |= stored(self.network, "network")
        values = {
            "latent": self.network.latent,
            "hidden": list(self.network.hidden),
            "training": self.history,
        }
        return State(arrays, values)

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        from generators.networks.mode_rows import ModeRows
        from generators.networks.tvae import Tvae as Network
        from generators.networks.weights import loaded

        columns = ModeEncoding.of_arrays(variables, state.arrays)
        values = state.values
        network = loaded(
            lambda: Network(
                ModeRows.of(columns), latent=values["latent"], hidden=tuple(values["hidden"])
            ),
            below(state.arrays, "network"),
        )
        return cls(columns, network, values["training"])


class Tvae(NeuralGenerator, frozen=True):
    """TVAE: a variational autoencoder for mixed columns, quick to draw from.

    An encoder learns a small code for each row and how sure it is of it; a decoder learns to make
    the row of the code again. New rows are made of codes drawn from a normal distribution.

    Reference:
        Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019), Modeling tabular data using
        conditional GAN, section 4.5. Kingma, Welling (2014), Auto-encoding variational Bayes.
        Higgins and others (2017), beta-VAE: the weight of the divergence.

    Differs from the paper, as `docs/generators/tvae.md` shows with figures: the place of a number
    has a mean and a deviation for each mode and row rather than one for each column; labels and
    places are drawn from what comes out; a learning rate that falls; a running mean of the weights
    is what draws; the training stops by rows held out; spikes of a number are components of their
    own.
    """

    kind: Literal["tvae"] = "tvae"
    model: ClassVar[type[Model]] = TvaeModel

    modes: int = Field(default=10, ge=1, le=100, description="Modes of a number at most.")
    latent: int = Field(default=32, ge=1, le=4096, description="Numbers in a code.")
    hidden: tuple[int, ...] = Field(
        default=(256, 256), min_length=1, description="Units of the encoder's hidden layers."
    )
    divergence: float = Field(
        default=0.5,
        gt=0,
        description="Weight of the divergence of the codes from the prior; the paper has 0.5. "
        "Less makes codes say more, and the prior fit them less.",
    )

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> TvaeModel:
        """Components of the numbers first, then the networks.

        Raises:
            FitError: There are too few rows.
            TrainingDiverged: The learning rate is too high.
        """
        from generators.networks.mode_rows import ModeRows
        from generators.networks.tvae import Tvae as Network
        from generators.networks.tvae import TvaeLearner
        from generators.networks.weights import built, device_of
        from generators.training import train as run

        require_rows(train, FEWEST, self.kind)
        device = device_of(self.device)
        columns, learnt, held_out = split_rows(train, modes=self.modes, device=device, seed=seed)
        network = built(
            lambda: Network(ModeRows.of(columns), latent=self.latent, hidden=self.hidden),
            seed.child("network"),
        )
        learner = TvaeLearner(
            network.to(device),
            learnt,
            held_out,
            divergence=self.divergence,
            schedule=self.schedule,
        )
        history = run(
            learner, self.budget, seed=seed, progress=progress, device=device, name=self.kind
        )
        return TvaeModel(columns, learner.kept.cpu(), history.coarse())
