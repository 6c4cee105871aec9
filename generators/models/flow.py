"""A neural spline flow for mixed columns, with an exact likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.mode_encoding import below
from generators.neural import FEWEST, HELD_OUT, MOST_HELD_OUT, NeuralGenerator, NeuralModel
from generators.ranks import Ranks

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.networks.flow import Flow
    from tabular.model import Progress
    from tabular.seeding import Seed

_AT_ONCE = 8192  # rows that are drawn together


class FlowModel(NeuralModel):
    """Ranks of the numbers, and the network.

    Args:
        ranks: Rows as labels and places.
        network: Their density.
        history: How the training went, in coarse numbers.
    """

    def __init__(self, ranks: Ranks, network: Flow, history: dict[str, Any]) -> None:
        self.ranks = ranks
        self.network = network
        self.history = history

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw the columns one by one, each given those before."""
        import torch

        rng = torch.Generator().manual_seed(seed.integer(62))

        def settle(at: int, places: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(self.ranks.middles(at, places.double().numpy())).float()

        drawn = [
            self.network.draw(min(_AT_ONCE, n - begin), rng, settle)
            for begin in range(0, n, _AT_ONCE)
        ]
        labels, places = (torch.cat(parts).numpy() for parts in zip(*drawn, strict=True))
        return self.ranks.decode(labels, places.astype(np.float64), seed.child("rest").generator())

    def log_prob(self, rows: EncodedTable) -> npt.NDArray[np.float64]:
        """Exact: probabilities of labels and of values that many share, densities of the others.

        Minus infinity where a column that follows from another does not.
        """
        import torch

        ranked = self.ranks.encode(rows)
        with torch.no_grad():
            parts = [
                self.network.log_prob(*ranked.rows(slice(begin, begin + _AT_ONCE)).tensors())
                for begin in range(0, rows.n_rows, _AT_ONCE)
            ]
        out = torch.cat(parts).double().numpy() + ranked.log_scale.sum(axis=1)
        return np.where(self.ranks.follows(rows), out, -np.inf)

    def state(self) -> State:
        """Supports, weights and shares; no row."""
        from generators.networks.weights import stored

        arrays = self.ranks.arrays()
        arrays |= stored(self.network, "network")
        shape = self.network.shape
        values = {"bins": shape.bins, "hidden": shape.hidden, "blocks": shape.blocks}
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

        from generators.networks.flow import Flow, Shape
        from generators.networks.weights import built
        from tabular.seeding import Seed

        ranks = Ranks.of_arrays(variables, state.arrays)
        values = dict(state.values)
        history = values.pop("training")
        shape = Shape(ranks.sizes, ranks.placed, **values)
        # Its masks are no weights and must be made, so that the module can't begin empty.
        network = built(lambda: Flow(shape, torch.zeros(sum(ranks.sizes))), Seed(0, ("load",)))
        weights = below(state.arrays, "network")
        network.load_state_dict({n: torch.from_numpy(array) for n, array in weights.items()})
        return cls(ranks, network.eval(), history)


class SplineFlow(NeuralGenerator, frozen=True):
    """Neural spline flow: each column's density given those before it, with exact likelihood.

    One network, masked so that no column sees a later one, gives each column's labels (categories,
    spikes, a missing cell) and a monotone spline, which maps the place of a number on its rank
    scale to a uniform number. The network begins with independent columns.

    Reference:
        Durkan, Bekasov, Murray, Papamakarios (2019), Neural spline flows, sections 3.1 and 3.2.
        Germain, Gregor, Murray, Larochelle (2015), MADE: masked autoencoder for distribution
        estimation.

    Differs from the papers: one transform of each number, from its ranks to a uniform base, as
    every one-dimensional density is within a spline's reach; labels are columns of the same
    autoregression; a value that many rows share is an interval of ranks, whose probability is
    exact, instead of a point with noise added.
    """

    kind: Literal["flow"] = "flow"
    model: ClassVar[type[Model]] = FlowModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"log_prob"})

    hidden: int = Field(default=384, ge=1, le=8192, description="Units of each layer.")
    blocks: int = Field(default=2, ge=0, le=32, description="Residual blocks of two layers.")
    bins: int = Field(default=16, ge=2, le=256, description="Bins of each spline.")

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> FlowModel:
        """Ranks of the numbers first, then the network.

        Raises:
            FitError: There are too few rows.
            TrainingDiverged: The learning rate is too high.
        """
        import torch

        from generators.inner_split import inner_split
        from generators.networks.flow import Flow, Shape
        from generators.networks.flow_training import FlowLearner
        from generators.networks.weights import built, device_of
        from generators.training import train as run

        require_rows(train, FEWEST, self.kind)
        ranks = Ranks.learn(train)
        ranked = ranks.encode(train)
        learnt, held_out = inner_split(train, share=HELD_OUT, most=MOST_HELD_OUT, seed=seed)
        shape = Shape(ranks.sizes, ranks.placed, self.bins, self.hidden, self.blocks)
        base = torch.from_numpy(ranks.log_shares(ranked, train.k))
        device = device_of(self.device)
        learner = FlowLearner(
            built(lambda: Flow(shape, base), seed.child("network")).to(device),
            ranked.rows(learnt).tensors(device),
            ranked.rows(held_out).tensors(device),
            self.schedule,
        )
        history = run(
            learner, self.budget, seed=seed, progress=progress, device=device, name=self.kind
        )
        return FlowModel(ranks, learner.kept.cpu(), history.coarse())
