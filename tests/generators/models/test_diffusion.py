"""Diffusion as a kind: it finds what was planted, and draws what is asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from generators.base import GENERATORS
from generators.fitted import FittedGenerator
from tabular.seeding import Seed
from tests.tables import plain_table


def fit(frame: pd.DataFrame, **parameters: object) -> FittedGenerator:
    small = {"kind": "diffusion", "hidden": 48, "blocks": 1, "batch": 256, "check_every": 50}
    small |= {"steps": 400, "learning_rate": 0.005, "average": 0.95}
    generator = GENERATORS["diffusion"].model_validate({**small, **parameters})
    return generator.fit(plain_table(frame), seed=Seed(0))


def planted(n: int = 4000) -> pd.DataFrame:
    """A number that depends on a label, and a spike that depends on the number."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, size=n) == 1
    number = np.where(label, rng.normal(5, 1, n), rng.normal(-5, 1, n))
    income = np.where(number > 5, 0.0, np.exp(rng.normal(size=n)))
    return pd.DataFrame({"label": label, "number": number, "income": income})


def test_a_covariance_is_recovered() -> None:
    rng = np.random.default_rng(0)
    expected = np.array([[1.0, 0.8, -0.3], [0.8, 1.0, 0.0], [-0.3, 0.0, 1.0]])
    drawn = rng.multivariate_normal(np.zeros(3), expected, size=4000)
    made = fit(pd.DataFrame(drawn, columns=["a", "b", "c"])).sample(8000, seed=Seed(1)).frame
    # Errors: .016 of a covariance of 4,000 rows, .011 of 8,000, and the model's own.
    np.testing.assert_allclose(np.cov(made.to_numpy().T), expected, atol=0.12)


def test_a_number_that_depends_on_a_category_and_a_spike_on_a_number_are_learnt() -> None:
    made = fit(planted()).sample(4000, seed=Seed(1)).frame
    assert ((made["number"] > 0) == made["label"]).mean() > 0.97
    # A quarter of the rows has the spike; error .007.
    zero = made["income"] == 0
    assert abs(zero.mean() - 0.25) < 0.04
    assert (made["number"] > 5)[zero].mean() > 0.9


def test_labels_and_spikes_that_are_asked_for_are_drawn_for() -> None:
    model = fit(planted(), steps=100)
    asked = {"label": True, "income": 0.0}
    made = model.sample(500, conditions=asked, seed=Seed(1)).frame
    assert made["label"].all()
    assert (made["income"] == 0).all()
    assert made["number"].nunique() > 400
