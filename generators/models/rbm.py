"""Restricted Boltzmann machines: one layer of binary units that ties the columns together."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.dependencies import Dependencies
from generators.discretization import Discretization
from tabular.portrait import Portrait

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.encoding.words import Words
    from generators.networks.rbm import Machine
    from tabular.model import Progress
    from tabular.seeding import Seed

_FEWEST = 20  # rows; some of them are held out of the training
_HELD_OUT = 0.1  # share of the subjects that the training is stopped by
_COMPARED = 1000  # rows that are held out at most
_AT_ONCE = 4096  # rows that are drawn together
_WEIGHED = 500  # rows by which the partition function is estimated


class RbmModel(Model):
    """Bins of the numbers, columns that follow from others, and a machine over the rest's codes.

    Args:
        columns: What codes are.
        links: Columns that are functions of others.
        machine: Over the labels of the free columns.
        base: Scores of the labels that drawing begins with, shape (n_labels,), float32.
        values: `temperatures`, `log_partition` and `training`, as they are saved.
    """

    def __init__(
        self,
        columns: Discretization,
        links: Dependencies,
        machine: Machine,
        base: npt.NDArray[np.float32],
        values: dict[str, Any],
    ) -> None:
        self.columns = columns
        self.links = links
        self.machine = machine
        self.base = base
        self.values = values

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw by annealing, from independent columns to the machine."""
        codes = self._drawn(n, seed.child("codes"), {})
        return self.columns.decode(self.links.fill(codes), seed.generator())

    def complete(self, known: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw the other columns by annealing, the fixed ones held: nearly exact, not exact."""
        given = self.columns.encode(known)
        allowed = self.links.allowed(given, fixed, self.columns.sizes)
        codes = self.links.fill(self._drawn(given.shape[1], seed.child("codes"), allowed))
        return self.columns.decode_beside(codes, known, fixed, seed.generator())

    def _drawn(
        self, n: int, seed: Seed, allowed: dict[int, npt.NDArray[np.bool_]]
    ) -> npt.NDArray[np.int32]:
        """Codes of the free columns, shape (n_free, n)."""
        import torch

        from generators.networks.rbm import anneal

        rng = torch.Generator().manual_seed(seed.integer(62))
        base = torch.from_numpy(self.base)
        sizes = self.machine.blocks.sizes
        out = np.empty((len(sizes), n), dtype=np.int32)
        for begin in range(0, n, _AT_ONCE):
            part = slice(begin, min(begin + _AT_ONCE, n))
            count = part.stop - begin
            barred = None
            if allowed:
                free = [np.zeros((count, size), dtype=np.float32) for size in sizes]
                for place, mask in allowed.items():
                    free[place][~mask[part]] = -np.inf
                barred = torch.from_numpy(np.concatenate(free, axis=1))
            drawn = anneal(
                self.machine, base, count, self.values["temperatures"], rng, barred=barred
            )
            out[:, part] = drawn.labels.numpy().T
        return out

    def log_prob(self, rows: EncodedTable) -> npt.NDArray[np.float64]:
        """By the estimated partition function; minus infinity where a dependency is broken."""
        import torch

        codes = self.columns.encode(rows)
        labels = torch.from_numpy(codes[self.links.free].T.astype(np.int64))
        # In float32 a row's figure would depend on which rows stand beside it.
        machine = copy.deepcopy(self.machine).double()
        parts = [-machine.free_energy(part) for part in torch.split(labels, _AT_ONCE)]
        out = torch.cat(parts).numpy() - self.values["log_partition"]
        out += self.columns.log_density(rows, codes)
        return np.where(self.links.are_kept(codes), out, -np.inf)

    def portrait(self, words: Words) -> Portrait:
        """How the free energies of real and dreamt rows went, and the rows held out."""
        del words
        return Portrait.of_training(self.values["training"])

    def state(self) -> State:
        """Bins and weights; no row."""
        from generators.networks.weights import stored

        arrays = self.columns.arrays() | self.links.arrays() | {"base": self.base}
        arrays |= stored(self.machine, "machine")
        return State(arrays, self.values)

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        import torch

        from generators.networks.rbm import Machine

        columns = Discretization.of_arrays(variables, state.arrays)
        links = Dependencies.of_arrays(len(variables), state.arrays)
        weights = {
            name: torch.from_numpy(state.arrays[f"machine.{name}"])
            for name in ("weight", "visible", "hidden")
        }
        sizes = tuple(columns.sizes[j] for j in links.free)
        machine = Machine(sizes, len(weights["hidden"]))
        machine.load_state_dict(weights)
        return cls(columns, links, machine, state.arrays["base"], dict(state.values))


class Rbm(Generator, frozen=True):
    """Restricted Boltzmann machine: softmax visible and binary hidden units, likelihood estimated.

    Reference: Smolensky (1986), Information processing in dynamical systems; Salakhutdinov, Mnih,
    Hinton (2007), Restricted Boltzmann machines for collaborative filtering, section 2 (softmax
    units); Tieleman (2008) for the training; Salakhutdinov, Murray (2008) for the likelihood.
    Differs from them: numbers are bins, as softmax units, rather than Gaussian units, with what is
    left of them drawn inside; the enhanced gradient; rows are drawn by annealing.
    """

    kind: Literal["rbm"] = "rbm"
    model: ClassVar[type[Model]] = RbmModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"conditions", "log_prob"})

    bins: int = Field(default=20, ge=2, le=1000, description="Bins of a number, spikes aside.")
    hidden: int = Field(default=256, ge=1, le=100_000, description="Hidden units.")
    steps: int = Field(
        default=1000, ge=1, description="Most mini-batches; the learning rate falls until there."
    )
    batch: int = Field(default=250, ge=2, le=100_000, description="Rows in a mini-batch.")
    chains: int = Field(default=250, ge=1, le=100_000, description="Chains that dream.")
    gibbs: int = Field(default=2, ge=1, le=1000, description="Steps of the chains a mini-batch.")
    check_every: int = Field(
        default=250, ge=1, description="Mini-batches between two looks at the rows held out."
    )
    patience: int = Field(
        default=4, ge=1, description="Looks in a row without a better one that end the training."
    )
    learning_rate: float = Field(default=1e-2, gt=0, description="Adam's, at the beginning.")
    weight_decay: float = Field(default=1e-3, ge=0, description="Pull of the weights to zero.")
    average: float = Field(
        default=0.99, ge=0, lt=1, description="Share a step leaves of the mean machine."
    )
    temperatures: int = Field(
        default=60, ge=1, description="Steps from independent columns to the machine, in drawing."
    )

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> RbmModel:
        """Bins first, then the machine, then its partition function.

        Raises:
            FitError: There are too few rows.
            TrainingDiverged: The learning rate is too high.
        """
        import torch

        from generators.inner_split import inner_split
        from generators.networks.rbm import Machine, anneal
        from generators.networks.rbm_training import Options, RbmLearner
        from generators.training import Budget
        from generators.training import train as run

        require_rows(train, _FEWEST, self.kind)
        columns = Discretization.learn(train, self.bins)
        codes = columns.encode(train)
        owners = train.owner_codes
        subjects = np.arange(train.n_rows) if owners is None else owners
        links = Dependencies.learn(columns, codes, subjects, train.k)
        labels = torch.from_numpy(codes[links.free].T.astype(np.int64))
        inner, held = inner_split(train, share=_HELD_OUT, most=_COMPARED, seed=seed)
        sizes = tuple(columns.sizes[j] for j in links.free)
        machine = Machine(sizes, self.hidden)
        base = base_scores(codes[links.free], sizes)
        first = torch.Generator().manual_seed(seed.child("machine").integer(62))
        machine.start_from(torch.from_numpy(base), first)
        options = Options(**self.model_dump(include=set(Options.__dataclass_fields__)))
        learner = RbmLearner(machine, labels[inner], labels[held], options)
        budget = Budget(self.steps, self.check_every, self.patience)
        history = run(learner, budget, seed=seed, progress=progress, name=self.kind)
        rng = torch.Generator().manual_seed(seed.child("partition").integer(62))
        weighed = anneal(learner.kept, torch.from_numpy(base), _WEIGHED, 2 * self.temperatures, rng)
        values = {
            "temperatures": self.temperatures,
            "log_partition": weighed.log_partition,
            "training": history.coarse(),
        }
        return RbmModel(columns, links, learner.kept, base, values)


def base_scores(codes: npt.NDArray[np.int32], sizes: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Log of the share of each label, a little above none, shape (n_labels,)."""
    shares = [
        np.maximum(np.bincount(code, minlength=size) / len(code), 1e-9)
        for code, size in zip(codes, sizes, strict=True)
    ]
    return np.asarray(np.log(np.concatenate(shares)), dtype=np.float32)
