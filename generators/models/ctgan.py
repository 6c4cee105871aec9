"""CTGAN: a generator and a critic, trained against each other; rare labels are asked for too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Generator, Model, State, require_rows
from generators.mode_encoding import ModeEncoding, below
from generators.neural import NeuralModel

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.networks.ctgan import Layout, RowGenerator
    from tabular.model import Progress
    from tabular.seeding import Seed

_FEWEST = 20  # rows; some of them are held out of the training
_HELD_OUT = 0.1  # share of the subjects that the training is stopped by
_COMPARED = 5000  # rows that are held out at most; twice as many are drawn to be compared
_AT_ONCE = 8192  # rows that are drawn together


class CtganModel(NeuralModel):
    """A trained generator, the components of the numbers, and how frequent each label is.

    Args:
        columns: How each becomes labels and places.
        network: Draws labels and places.
        shares: Of the labels of each block that can be asked for, shape (layout.condition,).
        history: How the training went, in coarse numbers.
    """

    def __init__(
        self,
        columns: ModeEncoding,
        network: RowGenerator,
        shares: npt.NDArray[np.float64],
        history: dict[str, Any],
    ) -> None:
        self.columns = columns
        self.network = network
        self.shares = shares
        self.history = history

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` rows, each asked for a label as frequent as in the training rows."""
        import torch

        return self.draw(n, torch.Generator().manual_seed(seed.integer(62)))

    def propose(self, wanted: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Ask for the rarest label of each row that is wanted."""
        import torch

        rng = torch.Generator().manual_seed(seed.integer(62))
        layout = self.network.layout
        begins = np.cumsum([0, *layout.asked_sizes])
        asked = [
            begin + np.asarray(wanted.arrays[block], dtype=np.int64)
            for begin, block in zip(begins, layout.asked, strict=False)
            if block in fixed
        ]
        if not asked:
            return self.draw(wanted.n_rows, rng)
        choices = np.stack(asked, axis=1)
        rarest = np.argmin(self.shares[choices], axis=1)
        chosen = choices[np.arange(wanted.n_rows), rarest]
        return self.draw(wanted.n_rows, rng, asked=torch.from_numpy(chosen))

    def draw(
        self, n: int, rng: torch.Generator, *, asked: torch.Tensor | None = None
    ) -> EncodedTable:
        """Draw `n` rows on the generator's device.

        Args:
            n: How many.
            rng: Draws them.
            asked: The label that each is asked for, numbered through all that can be asked for,
                shape (n,); else each label as often as it was in the training rows.
        """
        import torch

        from generators.networks.ctgan_training import LabelDraw

        layout = self.network.layout
        shares = torch.from_numpy(self.shares).to(rng.device)
        if asked is None and layout.asked:
            asked = LabelDraw(shares, layout.asked_sizes)(n, rng)
        labels, places = [], []
        for begin in range(0, n, _AT_ONCE):
            count = min(_AT_ONCE, n - begin)
            condition = torch.zeros((count, layout.condition), device=rng.device)
            if asked is not None:
                condition.scatter_(1, asked[begin : begin + count, None], 1.0)
            drawn = self.network.draw(condition, rng)
            labels.append(drawn[0].cpu().numpy())
            places.append(drawn[1].cpu().numpy())
        return self.columns.decode(np.concatenate(labels), np.concatenate(places))

    def state(self) -> State:
        """Weights, components and shares; no row."""
        from generators.networks.weights import stored

        arrays: dict[str, npt.NDArray[Any]] = {"shares": self.shares}
        arrays |= stored(self.network, "network")
        arrays |= self.columns.arrays()
        values = {
            "asked": list(self.network.layout.asked),
            "noise": self.network.noise,
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
        from generators.networks.ctgan import RowGenerator
        from generators.networks.weights import loaded

        columns = ModeEncoding.of_arrays(variables, state.arrays)
        values = state.values
        layout = _layout(columns, tuple(values["asked"]))
        network = loaded(
            lambda: RowGenerator(layout, noise=values["noise"], hidden=tuple(values["hidden"])),
            below(state.arrays, "network"),
        )
        return cls(columns, network, state.arrays["shares"], values["training"])


class Ctgan(Generator, frozen=True):
    """CTGAN: a conditional generative adversarial network for mixed columns.

    A generator makes rows from noise, a critic tells them from real ones, and each learns from the
    other. The generator is asked for one label of one column at a time, rare labels as good as
    often as frequent ones, so that it learns them too.

    Reference:
        Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019), Modeling tabular data using
        conditional GAN, sections 4.2 to 4.4. Lin, Khetan, Fanti, Oh (2018), PacGAN. Gulrajani,
        Ahmed, Arjovsky, Dumoulin, Courville (2017), Improved training of Wasserstein GANs.

    Differs from the paper, as `docs/generators/ctgan.md` shows with figures: the critic looks at
    single rows, without dropout, and is held less tightly; higher learning rates that fall; a
    running mean of the generator is what draws; the training stops by rows held out; spikes of a
    number are components of their own.
    """

    kind: Literal["ctgan"] = "ctgan"
    model: ClassVar[type[Model]] = CtganModel

    steps: int = Field(
        default=3000, ge=1, description="Most mini-batches; the learning rates fall until there."
    )
    batch: int = Field(default=500, ge=2, le=100_000, description="Rows in a mini-batch.")
    check_every: int = Field(
        default=250, ge=1, description="Mini-batches between two looks at the rows held out."
    )
    patience: int = Field(
        default=4, ge=1, description="Looks in a row without a better one that end the training."
    )
    modes: int = Field(default=10, ge=1, le=100, description="Modes of a number at most.")
    noise: int = Field(default=128, ge=1, le=4096, description="Numbers each row is made from.")
    hidden: tuple[int, ...] = Field(
        default=(256, 256), min_length=1, description="Units of the generator's hidden layers."
    )
    critic_hidden: tuple[int, ...] = Field(
        default=(256, 256), min_length=1, description="Units of the critic's hidden layers."
    )
    pack: int = Field(
        default=1,
        ge=1,
        le=100,
        description="Rows the critic looks at together. More keep the generator from making the "
        "same rows over and over, and take many more steps.",
    )
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="Share of units left out of each look of the critic."
    )
    learning_rate: float = Field(default=5e-4, gt=0, description="The generator's.")
    critic_learning_rate: float = Field(default=1e-3, gt=0, description="The critic's.")
    weight_decay: float = Field(default=1e-6, ge=0, description="The generator's.")
    penalty: float = Field(
        default=1.0, ge=0, description="How strictly the critic's slope is held at one."
    )
    penalty_every: int = Field(
        default=2, ge=1, description="Steps to one in which the slope is looked at."
    )
    average: float = Field(
        default=0.998, ge=0, lt=1, description="Share a step leaves of the mean generator."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="cpu",
        description="Where to train; `auto` takes a GPU where there is one, which sums in no "
        "fixed order, so that fits differ in the last digits. Models load on either.",
    )

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> CtganModel:
        """Components of the numbers first, then both networks.

        Raises:
            FitError: There are too few rows.
            TrainingDiverged: The learning rates are too high.
        """
        import torch

        from generators.inner_split import inner_split
        from generators.networks import ctgan as networks
        from generators.networks.ctgan_training import CtganLearner, Options
        from generators.networks.weights import built, device_of
        from generators.pair_distance import PairDistance
        from generators.training import Budget
        from generators.training import train as run

        require_rows(train, _FEWEST, self.kind)
        columns = ModeEncoding.learn(train, self.modes)
        sides = inner_split(train, share=_HELD_OUT, most=_COMPARED, seed=seed)
        learnt, held_out = (train.take_subjects(side) for side in sides)
        labels, places = columns.encode(learnt, seed.child("modes").generator())
        layout = _layout(columns, _asked(train.variables))
        frequencies = [
            np.bincount(labels[:, b], minlength=s) / len(labels) for b, s in enumerate(layout.sizes)
        ]
        shares = np.concatenate([frequencies[b] for b in layout.asked] or [np.empty(0)])
        device = device_of(self.device)
        generator = built(
            lambda: networks.RowGenerator(layout, noise=self.noise, hidden=self.hidden),
            seed.child("generator"),
        )
        generator.start_from(torch.from_numpy(np.concatenate(frequencies)))
        critic = built(
            lambda: networks.Critic(
                layout.width + layout.condition,
                pack=self.pack,
                hidden=self.critic_hidden,
                dropout=self.dropout,
            ),
            seed.child("critic"),
        )
        distance = PairDistance(held_out)

        def score(network: RowGenerator, rng: torch.Generator) -> float:
            model = CtganModel(columns, network, shares, {})
            return distance(model.draw(2 * _COMPARED, rng))

        learner = CtganLearner(
            generator.to(device),
            critic.to(device),
            torch.from_numpy(labels).to(device),
            torch.from_numpy(places).to(device),
            Options(**self.model_dump(include=set(Options.__dataclass_fields__))),
            score,
        )
        budget = Budget(self.steps, self.check_every, self.patience)
        history = run(learner, budget, seed=seed, progress=progress, device=device, name=self.kind)
        network = learner.kept.cpu()
        return CtganModel(columns, network, shares, history.coarse())


def _asked(variables: tuple[Variable, ...]) -> tuple[int, ...]:
    """The columns whose labels can be asked for."""
    return tuple(i for i, v in enumerate(variables) if (v.cardinality or 0) > 1)


def _layout(columns: ModeEncoding, asked: tuple[int, ...]) -> Layout:
    from generators.networks.ctgan import Layout

    return Layout(columns.sizes, len(columns.moded), asked)
