"""The one training loop of all kinds that learn by gradients.

A family brings a `Learner`: its modules, one step, and how good it is on rows held out of the
training. The loop brings mini-batches, early stopping with the best weights kept, divergence by
name, checkpoints, progress, a fixed number of threads, and random numbers of its own.

    class Foo(LossLearner):
        def loss(self, rows, rng): ...      # of a mini-batch, mean over its rows
        def validate(self, rng): ...        # of the rows held out; smaller is better

    learner = Foo(network, n_rows=len(x))
    history = train(learner, Budget(steps=5000), seed=seed, progress=progress)
    # learner.kept now has the weights of the best check

A family with several optimisers derives from `Learner` and writes `step` itself. Modules are made
by `generators.networks.weights.built`, so that their first weights come from a seed; what is random
in a step takes the generator it is given; `generators.inner_split` says what is held out. Neither
the step nor the validation may take much longer than half a second: a signal that cancels the run
is heard between two of them.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from generators import checkpoints
from tabular.errors import TrainingDiverged
from tabular.model import silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tabular.model import Progress
    from tabular.seeding import Seed

_WATCHED = 20  # steps between two looks at whether the losses are numbers
_TOLD = 0.5  # seconds between two reports of progress


class Learner(ABC):
    """What a family brings to the loop.

    Attributes:
        n_rows: Rows to learn from, numbered from 0.
        batch: Rows in a mini-batch.
        remedy: What to lower where the training diverges.
    """

    n_rows: int
    batch: int
    remedy: ClassVar[str] = "Lower `learning_rate`"

    @property
    @abstractmethod
    def kept(self) -> torch.nn.Module:
        """The module whose best weights count; it has them when the training is over."""

    @abstractmethod
    def parts(self) -> Mapping[str, Any]:
        """Modules and optimisers by name: whatever a step changes and a checkpoint must hold."""

    @abstractmethod
    def step(self, rows: torch.Tensor, rng: torch.Generator) -> dict[str, torch.Tensor]:
        """Learn from a mini-batch.

        Args:
            rows: Which rows, shape (batch,), int64, on the generator's device.
            rng: For all that is drawn.

        Returns:
            The losses by name, without gradients.
        """

    @abstractmethod
    def validate(self, rng: torch.Generator) -> float:
        """How far off the kept module is on rows it has not learnt from; smaller is better."""


class LossLearner(Learner):
    """One network and one loss, by AdamW with clipped gradients.

    Args:
        network: What is trained, on its device.
        n_rows: Rows to learn from.
        batch: Rows in a mini-batch.
        learning_rate: AdamW's.
        weight_decay: AdamW's.
        clip: Largest norm of all gradients together.
    """

    def __init__(
        self,
        network: torch.nn.Module,
        *,
        n_rows: int,
        batch: int = 256,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-5,
        clip: float = 1.0,
    ) -> None:
        self.network = network
        self.n_rows = n_rows
        self.batch = batch
        self.clip = clip
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True
        )

    @abstractmethod
    def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """The mean loss of these rows, a scalar."""

    @property
    def kept(self) -> torch.nn.Module:
        """The network."""
        return self.network

    def parts(self) -> Mapping[str, Any]:
        """The network and its optimiser."""
        return {"network": self.network, "optimizer": self.optimizer}

    def step(self, rows: torch.Tensor, rng: torch.Generator) -> dict[str, torch.Tensor]:
        """One step down the loss."""
        self.network.train()
        loss = self.loss(rows, rng)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.optimizer.step()
        return {"loss": loss.detach()}


@dataclass(frozen=True)
class Budget:
    """How long to train.

    Args:
        steps: Most mini-batches.
        check_every: Mini-batches between two validations.
        patience: Validations in a row without a better one that end the training.
        threads: Of torch, while it trains. More than one seldom pays for small networks, and
            another number sums in another order.
    """

    steps: int
    check_every: int = 200
    patience: int = 5
    threads: int = 1


@dataclass
class History:
    """How the training went.

    Args:
        steps: After how many mini-batches each check was.
        losses: Mean of each loss since the check before, by name, one number per check.
        scores: What the validations found.
        best: The check whose weights were kept.
    """

    steps: list[int] = field(default_factory=list)
    losses: dict[str, list[float]] = field(default_factory=dict)
    scores: list[float] = field(default_factory=list)
    best: int = -1

    def coarse(self, points: int = 100) -> dict[str, Any]:
        """At most so many points of each curve, to three digits, for a picture; JSON."""
        every = max(1, -(-len(self.steps) // points))

        def thinned(numbers: list[float]) -> list[float]:
            return [float(f"{number:.3g}") for number in numbers[::every]]

        return {
            "steps": self.steps[::every],
            "losses": {name: thinned(numbers) for name, numbers in self.losses.items()},
            "scores": thinned(self.scores),
            "best_step": self.steps[self.best] if self.steps else 0,
        }


def train(
    learner: Learner,
    budget: Budget,
    *,
    seed: Seed,
    progress: Progress = silent,
    device: torch.device | None = None,
    name: str = "training",
) -> History:
    """Train until the validation has not been better for a while, and keep the best weights.

    Args:
        learner: What to train; `learner.kept` has its best weights afterwards.
        budget: How long.
        seed: For the order of the rows and all that is drawn; the same seed, learner and number
            of threads give the same weights on the same processor, also after an interruption.
        progress: Told the share of the budget, the losses and the seconds left.
        device: Where the learner's tensors are; the CPU unless given.
        name: What is trained, for the checkpoint's file.

    Raises:
        TrainingDiverged: A loss or the validation is no longer a number.
    """
    run = _Run(learner, budget, seed, device or torch.device("cpu"))
    with _threads(budget.threads):
        place = checkpoints.place(run.name(name))
        if place and (saved := place.read()):
            run.restore(saved)
        watch = _Watch(run.step, budget.steps, progress)
        while not run.over:
            run.advance()
            watch.tell(run)
            if place and run.checked and place.due(last=run.over):
                place.write(run.state())
        run.keep_best()
    return run.history


class _Run:
    """A training that is under way."""

    def __init__(self, learner: Learner, budget: Budget, seed: Seed, device: torch.device) -> None:
        self.learner = learner
        self.budget = budget
        self.seed = seed
        self.device = device
        self.step = 0
        self.rng = _generator(seed.child("steps"), device)
        self.history = History()
        self.best: dict[str, torch.Tensor] = {}
        self.sums: dict[str, torch.Tensor] = {}
        self.since = 0
        self.checked = False
        self._order = torch.empty(0, dtype=torch.int64)
        self._epoch = -1

    def name(self, name: str) -> str:
        """A name that no other training of the same fit has: of another table, say."""
        shapes = {k: tuple(v.shape) for k, v in self.learner.kept.state_dict().items()}
        told = repr((self.seed.root, self.seed.path, self.budget, self.learner.n_rows, shapes))
        return f"{name}-{blake2b(told.encode(), digest_size=8).hexdigest()}"

    @property
    def over(self) -> bool:
        """Whether the budget is spent, or patience at its end."""
        waited = len(self.history.scores) - 1 - self.history.best
        return self.step >= self.budget.steps or waited >= self.budget.patience

    def advance(self) -> None:
        """One mini-batch, and a check where one is due."""
        for name, loss in self.learner.step(self._rows(), self.rng).items():
            known = self.sums.get(name)
            self.sums[name] = loss.double() if known is None else known + loss
        self.step += 1
        self.since += 1
        self.checked = self.step % self.budget.check_every == 0 or self.step >= self.budget.steps
        if self.checked or self.step % _WATCHED == 0:
            self._require_numbers()
        if self.checked:
            self._check()

    def _rows(self) -> torch.Tensor:
        """The next mini-batch of an order that is shuffled anew each time all rows were seen."""
        batch = min(self.learner.batch, self.learner.n_rows)
        epoch, turn = divmod(self.step, self.learner.n_rows // batch)
        if epoch != self._epoch:
            # From a stream of its own, so that an order need not stand in a checkpoint.
            stream = self.seed.child("order", str(epoch)).generator()
            order = torch.from_numpy(stream.permutation(self.learner.n_rows))
            self._order, self._epoch = order.to(self.device), epoch
        return self._order[turn * batch : (turn + 1) * batch]

    def means(self) -> dict[str, float]:
        """Mean of each loss since the last check."""
        return {name: float(total) / max(self.since, 1) for name, total in self.sums.items()}

    def _require_numbers(self) -> None:
        for name, mean in self.means().items():
            if not np.isfinite(mean):
                self._diverged(f"the loss {name!r}")

    def _diverged(self, what: str) -> None:
        raise TrainingDiverged(
            f"the training diverged: {what} is not a number after step {self.step:,}",
            fix=f"{self.learner.remedy}, or fit with another seed",
        )

    def _check(self) -> None:
        # Its own stream: how often it is looked at doesn't change what is learnt.
        rng = _generator(self.seed.child("check", str(self.step)), self.device)
        score = self.learner.validate(rng)
        if not np.isfinite(score):
            self._diverged("the validation")
        history = self.history
        history.steps.append(self.step)
        history.scores.append(score)
        for name, mean in self.means().items():
            history.losses.setdefault(name, []).append(mean)
        self.sums, self.since = {}, 0
        if history.best < 0 or score < history.scores[history.best]:
            history.best = len(history.scores) - 1
            weights = self.learner.kept.state_dict()
            self.best = {name: tensor.detach().clone() for name, tensor in weights.items()}

    def keep_best(self) -> None:
        """Give the kept module its best weights."""
        if self.best:
            self.learner.kept.load_state_dict(self.best)
        self.learner.kept.eval()

    def state(self) -> dict[str, Any]:
        """All that a later run needs to go on from here; only made right after a check."""
        return {
            "step": self.step,
            "rng": self.rng.get_state(),
            "parts": {name: part.state_dict() for name, part in self.learner.parts().items()},
            "best": self.best,
            "history": vars(self.history),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.step = saved["step"]
        self.rng.set_state(saved["rng"].cpu())
        for name, part in self.learner.parts().items():
            part.load_state_dict(saved["parts"][name])
        self.best = saved["best"]
        self.history = History(**saved["history"])


class _Watch:
    """Tells how far a training is, not too often."""

    def __init__(self, first: int, steps: int, progress: Progress) -> None:
        self._first = first
        self._steps = steps
        self._progress = progress
        self._begun = self._last = time.monotonic()

    def tell(self, run: _Run) -> None:
        """The share of the budget, the losses and the seconds left at most."""
        now = time.monotonic()
        if now - self._last < _TOLD:
            return
        self._last = now
        left = (now - self._begun) / (run.step - self._first) * (self._steps - run.step)
        told = [f"step {run.step:,} of {self._steps:,} at most"]
        told += [f"{name} {mean:.3g}" for name, mean in run.means().items()]
        told.append(f"{left:.0f} s left")
        self._progress(run.step / self._steps, ", ".join(told))


def _generator(seed: Seed, device: torch.device) -> torch.Generator:
    return torch.Generator(device).manual_seed(seed.integer(62))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Torch with so many threads, and with as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
