"""A deterministic autoencoder, and a mixture of Gaussians for the codes it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field

from generators.base import Generator, Model, State, require_rows
from generators.gaussian_mixture import GaussianMixture, learn_gaussian_mixture
from generators.mode_encoding import ModeEncoding, below
from generators.neural import FEWEST, NeuralGenerator, NeuralModel, split_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.networks.autoencoder import Autoencoder as Network
    from tabular.model import Progress
    from tabular.seeding import Seed

_AT_ONCE = 8192  # rows that are drawn together


class AutoencoderModel(NeuralModel):
    """A trained autoencoder, the density of its codes, and the components of the numbers.

    Args:
        columns: How each becomes labels and places.
        network: Encoder and decoder.
        density: Of the codes.
        history: How the training went, in coarse numbers.
    """

    def __init__(
        self,
        columns: ModeEncoding,
        network: Network,
        density: GaussianMixture,
        history: dict[str, Any],
    ) -> None:
        self.columns = columns
        self.network = network
        self.density = density
        self.history = history

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Decode codes that are drawn from their density."""
        import torch

        codes = torch.from_numpy(self.density.draw(n, seed.child("codes").generator())).float()
        rng = torch.Generator().manual_seed(seed.integer(62))
        parts = [self.network.decode(part, rng) for part in torch.split(codes, _AT_ONCE)]
        labels, places = (torch.cat(side).numpy() for side in zip(*parts, strict=True))
        return self.columns.decode(labels, places)

    def state(self) -> State:
        """Weights, the density and the components; no row."""
        from generators.networks.weights import stored

        arrays: dict[str, npt.NDArray[Any]] = self.columns.arrays()
        arrays |= stored(self.network, "network")
        arrays["density.weights"] = self.density.weights
        arrays["density.means"] = self.density.means
        arrays["density.factors"] = self.density.factors
        values = {
            "latent": self.network.latent,
            "hidden": list(self.network.hidden),
            "noise": self.network.noise,
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
        from generators.networks.autoencoder import Autoencoder as Network
        from generators.networks.mode_rows import ModeRows
        from generators.networks.weights import loaded

        columns = ModeEncoding.of_arrays(variables, state.arrays)
        values = dict(state.values)
        history = values.pop("training")
        hidden = tuple(values.pop("hidden"))
        network = loaded(
            lambda: Network(ModeRows.of(columns), hidden=hidden, **values),
            below(state.arrays, "network"),
        )
        return cls(columns, network, GaussianMixture(**below(state.arrays, "density")), history)


class Autoencoder(NeuralGenerator, frozen=True):
    """Autoencoder with a density of its codes: for small tables and a latent space to look at.

    An encoder learns a small code for each row, a decoder to make the row of its code again, a
    little noise added. Then a mixture of Gaussians is fitted to the codes, and new rows are made of
    codes drawn from it.

    Reference:
        Ghosh, Sajjadi, Vergari, Black, Schölkopf (2020), From variational to deterministic
        autoencoders, sections 3 and 4. Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019),
        section 4.2: how numbers become labels and places.

    Differs from the paper: noise on the codes instead of a penalty on the decoder's slope; the
    number of Gaussians is the one that rows held out find most likely, each backed by k rows;
    columns are labels and places, drawn from what the decoder says.
    """

    kind: Literal["autoencoder"] = "autoencoder"
    model: ClassVar[type[Model]] = AutoencoderModel

    modes: int = Field(default=10, ge=1, le=100, description="Modes of a number at most.")
    latent: int = Field(default=16, ge=1, le=256, description="Numbers in a code.")
    hidden: tuple[int, ...] = Field(
        default=(256, 256), min_length=1, description="Units of the encoder's hidden layers."
    )
    noise: float = Field(
        default=0.25, ge=0, description="Deviation of the noise on a code; more is smoother."
    )
    penalty: float = Field(
        default=0.05, ge=0, description="Weight of half the squared length of a code."
    )
    components: int = Field(
        default=256, ge=1, le=10_000, description="Gaussians at most; rows held out say how many."
    )

    def fit_encoded(
        self, train: EncodedTable, *, seed: Seed, progress: Progress
    ) -> AutoencoderModel:
        """Components of the numbers, then the networks, then the density of the codes.

        Raises:
            FitError: There are too few rows.
            TrainingDiverged: The learning rate is too high.
        """
        import torch

        from generators.networks.autoencoder import Autoencoder as Network
        from generators.networks.autoencoder import AutoencoderLearner
        from generators.networks.mode_rows import ModeRows
        from generators.networks.weights import built, device_of
        from generators.training import train as run

        require_rows(train, FEWEST, self.kind)
        device = device_of(self.device)
        columns, learnt, held_out = split_rows(train, modes=self.modes, device=device, seed=seed)
        network = built(
            lambda: Network(
                ModeRows.of(columns), latent=self.latent, hidden=self.hidden, noise=self.noise
            ),
            seed.child("network"),
        )
        learner = AutoencoderLearner(
            network.to(device),
            learnt,
            held_out,
            penalty=self.penalty,
            schedule=self.schedule,
        )
        history = run(
            learner, self.budget, seed=seed, progress=progress, device=device, name=self.kind
        )
        with torch.no_grad():
            codes, others = (
                learner.kept.encode(*side).double().cpu().numpy() for side in (learnt, held_out)
            )
        density = learn_gaussian_mixture(
            codes,
            others,
            most=self.components,
            least=train.k,
            floor=1e-4,
            rng=seed.child("density").generator(),
        )
        return AutoencoderModel(columns, learner.kept.cpu(), density, history.coarse())
