"""A network trained by one loss, whose running mean is what counts; the learning rate falls."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from generators.networks.weights import Average, Module
from generators.training import LossLearner

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

_WARM_UP = 0.02  # share of the steps in which the learning rate rises
_LAST_RATE = 0.02  # of the learning rate at the end, of the highest


@dataclass(frozen=True)
class Schedule:
    """How steps are taken.

    Args:
        steps: Mini-batches in which the learning rate falls.
        batch: Rows in a mini-batch.
        learning_rate: The highest.
        weight_decay: AdamW's.
        average: Share of the old mean that a step keeps.
    """

    steps: int
    batch: int
    learning_rate: float
    weight_decay: float
    average: float


class AveragedLearner(LossLearner, Generic[Module]):
    """One network and one loss; the mean of its weights is validated and kept.

    The learning rate rises in a straight line at first, then falls along half a cosine.

    Args:
        network: What is trained, on its device.
        n_rows: Rows to learn from.
        schedule: How steps are taken.
    """

    network: Module

    def __init__(self, network: Module, *, n_rows: int, schedule: Schedule) -> None:
        super().__init__(
            network,
            n_rows=n_rows,
            batch=schedule.batch,
            learning_rate=schedule.learning_rate,
            weight_decay=schedule.weight_decay,
        )
        self._schedule = schedule
        self._average = Average(network, schedule.average)

    @property
    def kept(self) -> Module:
        """The running mean."""
        return self._average.module

    def parts(self) -> Mapping[str, Any]:
        """The network, its mean and the optimiser."""
        return {**super().parts(), "average": self._average}

    def step(self, rows: torch.Tensor, rng: torch.Generator) -> dict[str, torch.Tensor]:
        """One step down the loss, at the learning rate that is due."""
        share = self._average.steps / self._schedule.steps
        fallen = 0.5 + 0.5 * math.cos(math.pi * min(share, 1.0))
        factor = min(
            (share + 1 / self._schedule.steps) / _WARM_UP, _LAST_RATE + (1 - _LAST_RATE) * fallen
        )
        self.optimizer.param_groups[0]["lr"] = self._schedule.learning_rate * factor
        losses = super().step(rows, rng)
        self._average.update()
        return losses
