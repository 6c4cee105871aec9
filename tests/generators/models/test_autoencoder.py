"""The autoencoder on a small table whose answer is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import torch

from generators.fitted import FittedGenerator
from generators.models.autoencoder import Autoencoder, AutoencoderModel
from tabular.seeding import Seed
from tests.tables import plain_table


def planted(n: int = 800) -> pd.DataFrame:
    """Two groups; which it is says the number's mean, and the number a second one."""
    rng = Seed(0, ("planted",)).generator()
    group = rng.random(n) < 0.3
    number = np.where(group, 8.0, -8.0) + rng.normal(size=n)
    return pd.DataFrame(
        {
            "group": pd.Series(np.where(group, "a", "b"), dtype="string"),
            "number": number,
            "twice": 2 * number + rng.normal(size=n),
        }
    )


@cache
def fitted() -> FittedGenerator:
    generator = Autoencoder(
        steps=500, batch=128, latent=4, hidden=(64, 64), average=0.98, learning_rate=5e-3
    )
    return generator.fit(plain_table(planted()), seed=Seed(0))


def test_planted_dependences_come_out_again() -> None:
    made = fitted().sample(4000, seed=Seed(1)).frame
    group = made["group"] == "a"
    # Six standard errors of a share of 800.
    assert abs(group.mean() - 0.3) < 0.1
    assert (made["number"] > 0).eq(group).mean() > 0.97  # columns drawn by themselves: .58
    assert made["number"].corr(made["twice"]) > 0.9


def test_a_code_decodes_to_its_row() -> None:
    model = fitted().model
    assert isinstance(model, AutoencoderModel)
    encoded = fitted().encoder.encode(plain_table(planted()))
    labels, places = (
        torch.from_numpy(part) for part in model.columns.encode(encoded, Seed(0).generator())
    )
    with torch.no_grad():
        codes = model.network.encode(labels, places)
    again, _ = model.network.decode(codes, torch.Generator().manual_seed(0))
    assert (again[:, 0] == labels[:, 0]).float().mean() > 0.98


def test_some_rows_stand_behind_each_gaussian() -> None:
    model = fitted().model
    assert isinstance(model, AutoencoderModel)
    assert (model.density.weights * 720 >= 5 - 1e-9).all()
