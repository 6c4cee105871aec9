"""What generators have in common that train one network by one loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from generators.base import Generator, Model
from tabular.portrait import Portrait

if TYPE_CHECKING:
    import torch

    from generators.encoding.arrays import EncodedTable
    from generators.encoding.words import Words
    from generators.mode_encoding import ModeEncoding
    from generators.networks.averaged import Schedule
    from generators.training import Budget
    from tabular.seeding import Seed

    Rows = tuple[torch.Tensor, torch.Tensor]

FEWEST = 20  # rows; some of them are held out of the training
HELD_OUT = 0.1  # share of the subjects that the training is stopped by
MOST_HELD_OUT = 5000  # rows


class NeuralModel(Model):
    """A trained network.

    Attributes:
        history: How the training went, in coarse numbers; part of the saved state.
    """

    history: dict[str, Any]

    def portrait(self, words: Words) -> Portrait:
        """The losses along the training."""
        del words
        return Portrait.of_training(self.history)


class NeuralGenerator(Generator, frozen=True):
    """A network whose learning rate falls, and the mean of whose weights is kept."""

    steps: int = Field(
        default=2000, ge=1, description="Most mini-batches; the learning rate falls until there."
    )
    batch: int = Field(default=512, ge=2, le=100_000, description="Rows in a mini-batch.")
    check_every: int = Field(
        default=200, ge=1, description="Mini-batches between two looks at the rows held out."
    )
    patience: int = Field(
        default=4, ge=1, description="Looks in a row without a better one that end the training."
    )
    learning_rate: float = Field(default=2e-3, gt=0, description="The highest.")
    weight_decay: float = Field(default=1e-4, ge=0, description="AdamW's.")
    average: float = Field(
        default=0.998, ge=0, lt=1, description="Share a step leaves of the mean network."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="cpu",
        description="Where to train; `auto` takes a GPU where there is one, which sums in no "
        "fixed order, so that fits differ in the last digits. Models load on either.",
    )

    @property
    def budget(self) -> Budget:
        """How long to train."""
        from generators.training import Budget

        return Budget(self.steps, self.check_every, self.patience)

    @property
    def schedule(self) -> Schedule:
        """How steps are taken."""
        from generators.networks.averaged import Schedule

        return Schedule(self.steps, self.batch, self.learning_rate, self.weight_decay, self.average)


def split_rows(
    train: EncodedTable, *, modes: int, device: torch.device, seed: Seed
) -> tuple[ModeEncoding, Rows, Rows]:
    """Rows as labels and places: how, those to learn from, and those to stop by.

    Args:
        train: The rows.
        modes: Of a number at most.
        device: Where labels, (n, n_variables), and places, (n, n_moded), go.
        seed: For who is held out, and the modes of numbers that several claim.
    """
    import numpy as np
    import torch

    from generators.inner_split import inner_split
    from generators.mode_encoding import ModeEncoding

    columns = ModeEncoding.learn(train, modes)
    encoded = columns.encode(train, seed.child("modes").generator())
    labels, places = (torch.from_numpy(np.ascontiguousarray(part)).to(device) for part in encoded)
    learnt, held_out = (
        torch.from_numpy(side).to(device)
        for side in inner_split(train, share=HELD_OUT, most=MOST_HELD_OUT, seed=seed)
    )
    return columns, (labels[learnt], places[learnt]), (labels[held_out], places[held_out])
