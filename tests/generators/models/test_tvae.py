"""The variational autoencoder on tables whose answer is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from generators.fitted import FittedGenerator
from generators.models.tvae import Tvae, TvaeModel
from tabular.dataset import Table
from tabular.seeding import Seed
from tests.tables import plain_table


def planted(n: int = 1500) -> Table:
    """Two groups; which it is says the number's mean, and the number's sign a label."""
    rng = Seed(0, ("planted",)).generator()
    group = rng.random(n) < 0.3
    number = np.where(group, 8.0, -8.0) + rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "group": pd.Series(np.where(group, "a", "b"), dtype="string"),
            "number": number,
            "idle": rng.normal(size=n),
            "often": np.where(rng.random(n) < 0.6, 0.0, rng.normal(50, 5, size=n)),
        }
    )
    return plain_table(frame)


@cache
def fitted() -> FittedGenerator:
    generator = Tvae(
        steps=500, batch=128, latent=4, hidden=(64, 64), average=0.98, learning_rate=5e-3
    )
    return generator.fit(planted(), seed=Seed(0))


def test_a_planted_dependence_comes_out_again() -> None:
    made = fitted().sample(4000, seed=Seed(1)).frame
    group = made["group"] == "a"
    # Twenty standard errors of a share of 4,000 are .14; a copy of the rows would be off by .04.
    assert abs(group.mean() - 0.3) < 0.1
    assert (made["number"] > 0).eq(group).mean() > 0.85  # columns drawn by themselves: .58
    assert abs(made["number"].corr(made["idle"])) < 0.1


def test_a_spike_comes_out_exactly_and_as_often() -> None:
    made = fitted().sample(4000, seed=Seed(1)).frame["often"]
    assert abs((made == 0.0).mean() - 0.6) < 0.1
    assert made[made != 0.0].between(25, 75).all()


def test_the_training_stops_by_rows_held_out_and_says_how_it_went() -> None:
    model = fitted().model
    assert isinstance(model, TvaeModel)
    history = model.history
    assert history["scores"][-1] < history["scores"][0]
    assert history["steps"][-1] <= 500
