"""The learner whose rate falls and whose running mean is kept."""

from __future__ import annotations

import torch

from generators.networks.averaged import AveragedLearner, Schedule
from generators.networks.weights import built
from generators.training import Budget, train
from tabular.seeding import Seed


class Mean(AveragedLearner[torch.nn.Linear]):
    """Learns the mean of noisy numbers as the bias of a layer."""

    def __init__(self, schedule: Schedule) -> None:
        network = built(lambda: torch.nn.Linear(1, 1), Seed(0))
        super().__init__(network, n_rows=512, schedule=schedule)
        self.rates: list[float] = []

    def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        self.rates.append(self.optimizer.param_groups[0]["lr"])
        noisy = 2.0 + torch.randn((len(rows), 1), generator=rng)
        loss: torch.Tensor = ((self.network(torch.zeros_like(noisy)) - noisy) ** 2).mean()
        return loss

    def validate(self, rng: torch.Generator) -> float:
        del rng
        return float((self.kept.bias - 2.0).abs())


def test_the_rate_rises_then_falls_and_the_mean_wanders_less_than_the_weights() -> None:
    learner = Mean(Schedule(steps=400, batch=16, learning_rate=0.1, weight_decay=0, average=0.98))
    train(learner, Budget(400, 400), seed=Seed(1))
    highest = max(learner.rates)
    assert highest > 0.099
    assert learner.rates[0] < 0.02
    assert abs(learner.rates[200] - 0.051) < 0.001
    assert learner.rates[-1] < 0.0021
    assert learner.kept is not learner.network
    # One batch of 16 is off by .25 on average; the mean of 50 by far less.
    assert learner.validate(torch.Generator()) < 0.1
