"""A flow's training: rows more likely, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from generators.networks.averaged import AveragedLearner

if TYPE_CHECKING:
    from generators.networks.averaged import Schedule
    from generators.networks.flow import Flow

_AT_ONCE = 1024  # rows that are looked at together

Rows = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class FlowLearner(AveragedLearner["Flow"]):
    """A flow, trained to find rows likely, and stopped by rows held out.

    Args:
        network: The flow.
        learnt: Labels, and both ends of the intervals, of the rows to learn from.
        held_out: The same of the others.
        schedule: How steps are taken.
    """

    def __init__(self, network: Flow, learnt: Rows, held_out: Rows, schedule: Schedule) -> None:
        super().__init__(network, n_rows=len(learnt[0]), schedule=schedule)
        self._learnt = learnt
        self._held_out = held_out

    def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Of numbers drawn in their intervals."""
        labels, low, high = (part[rows] for part in self._learnt)
        return self.network.loss(labels, low, high, rng)

    @torch.no_grad()
    def validate(self, rng: torch.Generator) -> float:  # noqa: ARG002  nothing is drawn
        """Minus the log of the likelihood, per row, exactly."""
        parts = (torch.split(part, _AT_ONCE) for part in self._held_out)
        total = sum(self.kept.log_prob(*rows).sum() for rows in zip(*parts, strict=True))
        return -float(total) / len(self._held_out[0])
