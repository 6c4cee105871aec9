"""Autoregressive: column by column in any order, each given those before it by a small network."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Capability, Generator, Model, State, require_rows
from generators.dependencies import Dependencies
from generators.digits import Digits, arrays_of, learn_digits, of_arrays
from generators.discretization import Discretization
from generators.mode_encoding import below
from generators.neural import FEWEST, HELD_OUT, MOST_HELD_OUT, NeuralGenerator, NeuralModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import torch

    from generators.encoding.arrays import EncodedTable, Variable
    from generators.networks.autoregressive import AnyOrder, Shape
    from tabular.model import Progress
    from tabular.seeding import Seed

_AT_ONCE = 8192  # rows that are drawn, or told how likely they are, together
_FINE = 16  # fine bins in a coarse one


class AutoregressiveModel(NeuralModel):
    """Bins of the numbers, columns that follow from others, and a network for the rest's digits.

    Args:
        columns: Fine bins of the numbers.
        links: Columns that are a function of another.
        digits: How the codes of the free columns are told.
        network: How likely digits are given other columns.
        history: How the training went, in coarse numbers.
    """

    def __init__(
        self,
        columns: Discretization,
        links: Dependencies,
        digits: tuple[Digits, ...],
        network: AnyOrder,
        history: dict[str, Any],
    ) -> None:
        self.columns = columns
        self.links = links
        self.digits = digits
        self.network = network
        self.history = history

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw the columns one after the other, in their own order."""
        codes = np.zeros((len(self.digits), n), dtype=np.int32)
        drawn = self._drawn(codes, np.zeros(len(codes), dtype=np.bool_), {}, seed)
        return self.columns.decode(self.links.fill(drawn), seed.child("bins").generator())

    def complete(self, known: EncodedTable, fixed: tuple[int, ...], *, seed: Seed) -> EncodedTable:
        """Draw the other columns given the fixed ones, which come first in the order."""
        given = self.columns.encode(known)
        free = self.links.free
        is_known = np.isin(free, fixed)
        masks = self.links.allowed(given, fixed, self.columns.sizes)
        allowed = {place: fits for place, fits in masks.items() if not is_known[place]}
        drawn = self._drawn(given[free], is_known, allowed, seed)
        rng = seed.child("bins").generator()
        return self.columns.decode_beside(self.links.fill(drawn), known, fixed, rng)

    def log_prob(self, rows: EncodedTable) -> npt.NDArray[np.float64]:
        """Exact for the columns' own order; minus infinity where a dependency is broken."""
        rank = np.arange(len(self.digits))
        codes = self.columns.encode(rows)
        told = self._told(codes, rank[:, None] < rank).sum(axis=1)
        out = told + self.columns.log_density(rows, codes)
        return np.where(self.links.are_kept(codes), out, -np.inf)

    def column_scores(self, rows: EncodedTable, *, seed: Seed) -> npt.NDArray[np.float64]:
        """Of each column given the others, as the network says it; no two of them are consistent.

        A column that is a function of another is no surprise, or an infinite one.
        """
        del seed
        codes = self.columns.encode(rows)
        told = self._told(codes, ~np.eye(len(self.digits), dtype=np.bool_))
        out = np.zeros((rows.n_rows, len(codes)))
        for place, column in enumerate(self.links.free):
            inside = self.columns.log_density(rows, codes, (int(column),))
            out[:, column] = -told[:, place] - inside
        for link in self.links.links:
            kept = link.image[codes[link.parent]] == codes[link.column]
            out[:, link.column] = np.where(kept, 0.0, np.inf)
        return out

    def _told(
        self, codes: npt.NDArray[np.int32], before: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """Log probability of each free column's code given those before it, (n, n_free)."""
        import torch

        from generators.networks.autoregressive import NEVER

        # In double precision: whatever else is looked at together, a row is as likely.
        network = copy.deepcopy(self.network).double()
        mask = network.mask(torch.from_numpy(before)).double()
        with torch.no_grad():
            parts = [
                network.log_prob(part, mask).numpy()
                for part in torch.split(self._split(codes[self.links.free]), _AT_ONCE)
            ]
        told = np.concatenate(parts)
        return np.where(told > NEVER / 2, told, -np.inf)

    def _split(self, codes: npt.NDArray[np.int32]) -> torch.Tensor:
        """Digits of the free columns' codes, (n, n_free, 2)."""
        import torch

        split = [own.split(code) for own, code in zip(self.digits, codes, strict=True)]
        return torch.from_numpy(np.stack(split, axis=1))

    def _drawn(
        self,
        codes: npt.NDArray[np.int32],
        known: npt.NDArray[np.bool_],
        allowed: Mapping[int, npt.NDArray[np.bool_]],
        seed: Seed,
    ) -> npt.NDArray[np.int32]:
        """Codes of the free columns, shape (n_free, n), where some columns are known.

        Args:
            codes: What is known, same shape; elsewhere any code.
            known: Which columns are, shape (n_free,).
            allowed: For columns that may not have every code: a mask of shape (n, size) each.
            seed: Where chance comes from.
        """
        import torch

        rng = torch.Generator().manual_seed(seed.integer(62))
        out = codes.copy()
        # What is known in part comes right after what is known.
        waiting = sorted(np.flatnonzero(~known).tolist(), key=lambda c: (c not in allowed, c))
        for begin in range(0, codes.shape[1], _AT_ONCE):
            part = slice(begin, begin + _AT_ONCE)
            digits = self._split(codes[:, part])
            there = torch.from_numpy(known.copy())
            with torch.no_grad():
                seen = self.network.embed(digits)[0] * there[:, None]
                for column in waiting:
                    may = allowed[column][part] if column in allowed else None
                    told = self._draw_column(column, seen, there, may, rng)
                    there[column] = True
                    seen[:, column] = self.network.see(column, told)
                    out[column, part] = self.digits[column].join(told.numpy())
        return out

    def _draw_column(
        self,
        column: int,
        seen: torch.Tensor,
        known: torch.Tensor,
        allowed: npt.NDArray[np.bool_] | None,
        rng: torch.Generator,
    ) -> torch.Tensor:
        """Both digits of a column, (n, 2), given what is seen of the known columns."""
        import torch

        from generators.networks.weights import draw_labels

        told = torch.zeros((len(seen), 2), dtype=torch.int64)
        for digit in range(1 + (self.digits[column].n_second > 1)):
            target = self.network.shape.targets.index((column, digit))
            logits = self.network.logits(target, seen, known, told[:, 0])
            if allowed is not None:
                # Only columns with one digit are what others follow from.
                logits = logits.masked_fill(~torch.from_numpy(allowed), -torch.inf)
            told[:, digit] = draw_labels(logits, rng)
        return told

    def state(self) -> State:
        """Bins, digits and weights; no row."""
        from generators.networks.weights import stored

        arrays = self.columns.arrays() | self.links.arrays() | arrays_of(self.digits)
        arrays |= stored(self.network, "network")
        shape = self.network.shape
        values = {
            "embedding": shape.embedding,
            "hidden": shape.hidden,
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
        from generators.networks.autoregressive import AnyOrder
        from generators.networks.weights import loaded

        columns = Discretization.of_arrays(variables, state.arrays)
        links = Dependencies.of_arrays(len(variables), state.arrays)
        digits = of_arrays(len(links.free), state.arrays)
        shape = _shape(digits, state.values["embedding"], state.values["hidden"])
        network = loaded(lambda: AnyOrder(shape), below(state.arrays, "network"))
        return cls(columns, links, digits, network, state.values["training"])


class Autoregressive(NeuralGenerator, frozen=True):
    """Any-order autoregressive network: conditions on any columns, imputation, likelihood.

    A row's density is a product: each column given those before it. A small network for each
    column says how likely its values are given any of the others, so that whatever is known can
    come first.

    Reference: Uria, Murray, Larochelle (2014), A deep and tractable density estimator, section 3;
    Germain, Gregor, Murray, Larochelle (2015), MADE, section 4; Tiwald and others (2025),
    TabularARGN. Differs from them: half of the rows are learnt in the columns' own order, in which
    rows are drawn; a number is told by a coarse and a fine bin and drawn inside it; columns that
    are a function of another are taken out first; a running mean of the weights is what draws.
    """

    kind: Literal["autoregressive"] = "autoregressive"
    model: ClassVar[type[Model]] = AutoregressiveModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"conditions", "log_prob"})

    steps: int = Field(
        default=1500, ge=1, description="Most mini-batches; the learning rate falls until there."
    )
    check_every: int = Field(
        default=100, ge=1, description="Mini-batches between two looks at the rows held out."
    )
    patience: int = Field(
        default=3, ge=1, description="Looks in a row without a better one that end the training."
    )
    weight_decay: float = Field(default=1e-3, ge=0, description="AdamW's.")
    average: float = Field(
        default=0.995, ge=0, lt=1, description="Share a step leaves of the mean network."
    )
    bins: int = Field(
        default=32, ge=2, le=1000, description="Coarse bins of a number, spikes aside."
    )
    single: int = Field(
        default=50, ge=2, le=1000, description="Values up to which a number is told in one go."
    )
    embedding: int = Field(default=16, ge=1, le=1024, description="Numbers a column is seen as.")
    hidden: int = Field(default=96, ge=1, le=4096, description="Units of each column's layers.")

    def fit_encoded(
        self, train: EncodedTable, *, seed: Seed, progress: Progress
    ) -> AutoregressiveModel:
        """Bins and dependencies first, then the network.

        Raises:
            FitError: There are too few rows.
            TrainingDiverged: The learning rate is too high.
        """
        import torch

        from generators.inner_split import inner_split
        from generators.networks.autoregressive import AnyOrder, AnyOrderLearner
        from generators.networks.weights import built, device_of
        from generators.training import train as run

        require_rows(train, FEWEST, self.kind)
        columns = Discretization.learn(train, self.bins * _FINE)
        codes = columns.encode(train)
        owners = train.subjects if train.owners is None else train.owners
        every = learn_digits(columns, most=self.bins, single=self.single)
        told_once = np.array([own.n_second == 1 for own in every])
        links = Dependencies.learn(columns, codes, owners, train.k, told_once)
        digits = tuple(every[j] for j in links.free)
        shape = _shape(digits, self.embedding, self.hidden)
        network = built(lambda: AnyOrder(shape), seed.child("network"))
        split = [own.split(code) for own, code in zip(digits, codes[links.free], strict=True)]
        told = torch.from_numpy(np.stack(split, axis=1))
        device = device_of(self.device)
        learnt, held_out = (
            told[torch.from_numpy(side)].to(device)
            for side in inner_split(train, share=HELD_OUT, most=MOST_HELD_OUT, seed=seed)
        )
        network.start_from(told)
        learner = AnyOrderLearner(network.to(device), learnt, held_out, self.schedule)
        history = run(
            learner, self.budget, seed=seed, progress=progress, device=device, name=self.kind
        )
        return AutoregressiveModel(columns, links, digits, learner.kept.cpu(), history.coarse())


def _shape(digits: tuple[Digits, ...], embedding: int, hidden: int) -> Shape:
    from generators.networks.autoregressive import Shape

    return Shape(tuple(tuple(own.counts.tolist()) for own in digits), embedding, hidden)
