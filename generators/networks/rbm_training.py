"""Training of restricted Boltzmann machines by persistent contrastive divergence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from generators.networks.weights import Average
from generators.training import Learner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generators.networks.rbm import Machine

_BETAS = (0.5, 0.99)
# Adam's own 1e-8 takes full steps for labels that hardly occur, and the machine runs away.
_DAMPING = 3e-3
_LAST_RATE = 0.05  # of the learning rate at the end, of what it was at the beginning


@dataclass(frozen=True)
class Options:
    """How a machine is trained; see the fields of `generators.models.rbm.Rbm`."""

    steps: int
    batch: int
    chains: int
    gibbs: int
    learning_rate: float
    weight_decay: float
    average: float


class Chains(nn.Module):
    """Rows that the machine dreams of, which go on from step to step.

    Args:
        labels: Where they begin, shape (n_chains, n_blocks).
    """

    def __init__(self, labels: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("labels", labels.clone())
        self.labels: torch.Tensor

    def go_on(self, machine: Machine, steps: int, rng: torch.Generator) -> torch.Tensor:
        """Some steps of Gibbs sampling; the labels after them."""
        for _ in range(steps):
            self.labels = machine.step(self.labels, rng)
        return self.labels


class RbmLearner(Learner):
    """Persistent contrastive divergence, with the enhanced gradient.

    Reference: Tieleman (2008), Training restricted Boltzmann machines using approximations to the
    likelihood gradient; Cho, Raiko, Ilin (2011), Enhanced gradient and adaptive learning rate for
    training restricted Boltzmann machines, equations 9 to 11.

    Args:
        machine: What is trained.
        labels: Rows to learn from, shape (n_rows, n_blocks), int64.
        held_out: Rows to stop by, of the same shape but for their number.
        options: How.
    """

    def __init__(
        self,
        machine: Machine,
        labels: torch.Tensor,
        held_out: torch.Tensor,
        options: Options,
    ) -> None:
        self.n_rows = len(labels)
        self.batch = options.batch
        self._machine = machine
        self._labels = labels
        self._held_out = held_out
        self._options = options
        self._average = Average(machine, options.average)
        first = torch.arange(options.chains, device=labels.device) % len(labels)
        self._chains = Chains(labels[first])
        self._optimizer = optimizer_of(machine, options)

    @property
    def kept(self) -> Machine:
        """The running mean of the machine."""
        return self._average.module

    def parts(self) -> Mapping[str, Any]:
        """The machine, its mean, the chains and the optimiser."""
        return {
            "machine": self._machine,
            "average": self._average,
            "chains": self._chains,
            "optimizer": self._optimizer,
        }

    def step(self, rows: torch.Tensor, rng: torch.Generator) -> dict[str, torch.Tensor]:
        """Make rows likelier, and what the chains dream of less likely."""
        real = self._labels[rows]
        dreamt = self._chains.go_on(self._machine, self._options.gibbs, rng)
        set_gradients(self._machine, real, dreamt)
        self._optimizer.step()
        self._average.update()
        slow_down(self._optimizer, self._options, self._average.steps)
        gap = self._machine.free_energy(real).mean() - self._machine.free_energy(dreamt).mean()
        return {"free energy, real less dreamt": gap}

    def validate(self, rng: torch.Generator) -> float:
        """Minus the mean pseudo-log-likelihood of rows held out."""
        del rng
        return -float(self.kept.pseudo_log_likelihood(self._held_out).mean())


def optimizer_of(module: nn.Module, options: Options) -> torch.optim.Optimizer:
    """Adam for gradients that are worked out by hand."""
    return torch.optim.AdamW(
        module.parameters(),
        lr=options.learning_rate,
        betas=_BETAS,
        eps=_DAMPING,
        weight_decay=options.weight_decay,
    )


def slow_down(optimizer: torch.optim.Optimizer, options: Options, step: int) -> None:
    """The learning rate falls in a straight line."""
    left = 1 - min(step / options.steps, 1.0)
    for group in optimizer.param_groups:
        group["lr"] = options.learning_rate * (_LAST_RATE + (1 - _LAST_RATE) * left)


def set_gradients(machine: Machine, real: torch.Tensor, dreamt: torch.Tensor) -> None:
    """The gradient of minus the log-likelihood: what the dreams have less what the rows have."""
    statistics = []
    for labels in (real, dreamt):
        visible = machine.blocks.hot(labels)
        hidden = torch.sigmoid(machine.inputs(labels))
        means = visible.mean(dim=0), hidden.mean(dim=0)
        both = visible.T @ hidden / len(labels) - torch.outer(*means)
        statistics.append((both, *means))
    (both, visible, hidden), (both_dreamt, visible_dreamt, hidden_dreamt) = statistics
    weight = both_dreamt - both
    machine.weight.grad = weight
    machine.visible.grad = visible_dreamt - visible - weight @ (hidden + hidden_dreamt) / 2
    machine.hidden.grad = hidden_dreamt - hidden - (visible + visible_dreamt) @ weight / 2
