"""The flow as a kind: it finds what was planted, and its likelihood is one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from generators.base import GENERATORS
from generators.fitted import FittedGenerator
from tabular.seeding import Seed
from tests.tables import plain_table


def fit(frame: pd.DataFrame, **parameters: object) -> FittedGenerator:
    small = {
        "kind": "flow",
        "hidden": 48,
        "blocks": 1,
        "batch": 256,
        "learning_rate": 0.005,
        "average": 0.95,
        "check_every": 50,
    }
    generator = GENERATORS["flow"].model_validate({**small, "steps": 200, **parameters})
    return generator.fit(plain_table(frame), seed=Seed(0))


def test_a_covariance_is_recovered() -> None:
    rng = np.random.default_rng(0)
    expected = np.array([[1.0, 0.8, -0.3], [0.8, 1.0, 0.0], [-0.3, 0.0, 1.0]])
    drawn = rng.multivariate_normal(np.zeros(3), expected, size=4000)
    made = fit(pd.DataFrame(drawn, columns=["a", "b", "c"])).sample(8000, seed=Seed(1)).frame
    # Errors: .016 of a covariance of 4,000 rows, .011 of 8,000, and the model's own.
    np.testing.assert_allclose(np.cov(made.to_numpy().T), expected, atol=0.12)


def test_a_number_that_depends_on_a_category_and_a_spike_on_a_number_are_learnt() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, size=4000)
    number = np.where(label == 1, rng.normal(5, 1, 4000), rng.normal(-5, 1, 4000))
    income = np.where(number > 5, 0.0, np.exp(rng.normal(size=4000)))
    frame = pd.DataFrame({"label": label == 1, "number": number, "income": income})
    made = fit(frame, steps=400).sample(4000, seed=Seed(1)).frame
    assert ((made["number"] > 0) == made["label"]).mean() > 0.99
    zero = made["income"] == 0
    assert (zero == (made["number"] > 5)).mean() > 0.95


def test_the_likelihood_of_one_number_integrates_to_one() -> None:
    rng = np.random.default_rng(0)
    model = fit(pd.DataFrame({"x": rng.normal(size=2000)}), steps=50)
    values = np.linspace(-4, 4, 40_001)
    density = np.exp(model.log_prob(plain_table(pd.DataFrame({"x": values}))))
    # What is clipped to the extremes has their density: it counts between them only.
    made = model.sample(5000, seed=Seed(0)).frame["x"]
    inside = (values >= made.min()) & (values <= made.max())
    assert abs(np.sum(density[inside]) * (values[1] - values[0]) - 1) < 0.02


def test_the_likelihood_of_shared_values_adds_up_to_one() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": np.rint(rng.normal(100, 12, 4000)).clip(70, 130).astype(np.int64)})
    frame["y"] = rng.random(4000) < 0.3
    model = fit(frame, steps=50)
    grid = pd.MultiIndex.from_product(
        [np.unique(frame["x"]).tolist(), [False, True]], names=["x", "y"]
    )
    total = np.exp(model.log_prob(plain_table(grid.to_frame(index=False)))).sum()
    assert total == pytest.approx(1, abs=1e-3)


def test_likely_rows_are_those_like_the_rows_learnt() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=3000)
    model = fit(pd.DataFrame({"a": a, "b": a + 0.1 * rng.normal(size=3000)}))
    near, far = (plain_table(pd.DataFrame({"a": a[:300], "b": s * a[:300]})) for s in (1, -1))
    assert model.log_prob(near).mean() > model.log_prob(far).mean() + 3
