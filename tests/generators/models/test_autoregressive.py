"""The autoregressive generator on tables whose answer is known."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pandas as pd
import pytest

from generators.fitted import FittedGenerator
from generators.models.autoregressive import Autoregressive
from tabular.dataset import Table
from tabular.seeding import Seed
from tests.tables import plain_table

QUICK = Autoregressive(
    steps=400, batch=256, embedding=8, hidden=32, check_every=50, learning_rate=1e-2, average=0.97
)


@cache
def labels() -> Table:
    """Three labels in a chain: each is that before it, but for a fifth of the rows."""
    rng = Seed(0, ("labels",)).generator()
    first = rng.integers(3, size=3000)
    second = np.where(rng.random(3000) < 0.8, first, rng.integers(3, size=3000))
    third = np.where(rng.random(3000) < 0.8, second, rng.integers(3, size=3000))
    names = np.array(["a", "b", "c"], dtype=object)
    codes = {"x": first, "y": second, "z": third}
    frame = {name: pd.Series(names[code], dtype="string") for name, code in codes.items()}
    return plain_table(pd.DataFrame(frame))


@cache
def of_labels() -> FittedGenerator:
    return QUICK.fit(labels(), seed=Seed(0))


@cache
def of_numbers() -> tuple[pd.DataFrame, FittedGenerator]:
    rng = Seed(0, ("numbers",)).generator()
    x = rng.normal(size=3000)
    frame = pd.DataFrame(
        {
            "x": x,
            "y": 2 * x + 0.1 * rng.normal(size=3000),
            "sign": pd.Series(np.where(x > 0, "+", "-"), dtype="string"),
            "name": pd.Series(np.where(x > 0, "plus", "minus"), dtype="string"),
            "gap": pd.Series(rng.normal(size=3000)).mask(x > 1),
        }
    )
    return frame, QUICK.fit(plain_table(frame), seed=Seed(0))


def cells() -> pd.DataFrame:
    return pd.DataFrame([*product("abc", repeat=3)], columns=[*"xyz"], dtype="string")


def test_the_probabilities_of_all_cells_add_up_to_one() -> None:
    found = np.exp(of_labels().log_prob(labels().with_frame(cells())))
    assert found.sum() == pytest.approx(1.0, rel=1e-5)


def test_each_cell_is_as_likely_as_it_was_frequent() -> None:
    every = cells()
    found = np.exp(of_labels().log_prob(labels().with_frame(every)))
    counted = labels().frame.groupby([*"xyz"]).size() / 3000
    expected = counted.reindex(pd.MultiIndex.from_frame(every), fill_value=0).to_numpy()
    # Five standard errors of the most frequent cell's share, .24, are .039.
    np.testing.assert_allclose(found, expected, atol=0.039)


def test_draws_are_as_frequent_as_their_probability_says() -> None:
    every = cells()
    found = np.exp(of_labels().log_prob(labels().with_frame(every)))
    made = of_labels().sample(20_000, seed=Seed(1)).frame
    counted = made.groupby([*"xyz"]).size() / 20_000
    expected = counted.reindex(pd.MultiIndex.from_frame(every), fill_value=0).to_numpy()
    np.testing.assert_allclose(found, expected, atol=0.016)  # five standard errors


@pytest.mark.parametrize("given", ["x", "y", "z"])
def test_given_any_column_the_others_are_as_frequent_as_bayes_says(given: str) -> None:
    """The conditional of the last column's model, by counting the rows it was fitted to."""
    made = of_labels().sample(10_000, conditions={given: "b"}, seed=Seed(2)).frame
    assert (made[given] == "b").all()
    real = labels().frame[labels().frame[given] == "b"]
    for other in {"x", "y", "z"} - {given}:
        found, counted = (
            rows[other].value_counts(normalize=True).sort_index().to_numpy()
            for rows in (made, real)
        )
        # Some 1,000 rows were counted, 10,000 drawn: five standard errors are .075.
        np.testing.assert_allclose(found, counted, atol=0.075)


def test_a_column_is_as_surprising_as_its_share_given_the_others_says() -> None:
    every = cells()
    encoded = of_labels().encoder.encode(labels().with_frame(every))
    found = np.exp(-of_labels().model.column_scores(encoded, seed=Seed(0)))
    counted = labels().frame.groupby([*"xyz"]).size()
    counts = counted.reindex(pd.MultiIndex.from_frame(every), fill_value=0).to_numpy()
    cube = counts.reshape(3, 3, 3)
    for column in range(3):
        shares = (cube / cube.sum(axis=column, keepdims=True)).reshape(-1)
        many = np.broadcast_to(cube.sum(axis=column, keepdims=True), cube.shape).reshape(-1) > 200
        # Five standard errors of a share of 200 rows are at most .18.
        np.testing.assert_allclose(found[many, column], shares[many], atol=0.18)


def test_numbers_that_hang_together_are_drawn_together_whichever_is_given() -> None:
    real, model = of_numbers()
    made = model.sample(3000, seed=Seed(1)).frame
    assert np.corrcoef(made["x"], made["y"])[0, 1] > 0.97
    back = model.sample(200, conditions={"y": float(real["y"].iloc[0])}, seed=Seed(2)).frame
    assert abs(back["x"].median() - real["x"].iloc[0]) < 0.3


def test_a_column_that_follows_from_another_always_does() -> None:
    made = of_numbers()[1].sample(2000, seed=Seed(1)).frame
    assert made["sign"].map({"+": "plus", "-": "minus"}).eq(made["name"]).all()
    asked = of_numbers()[1].sample(300, conditions={"name": "plus"}, seed=Seed(3)).frame
    assert (asked["sign"] == "+").all()
    assert (asked["x"] > 0).mean() > 0.9


def test_cells_are_missing_where_they_were() -> None:
    made = of_numbers()[1].sample(3000, seed=Seed(1)).frame
    assert made["gap"].isna().eq(made["x"] > 1).mean() > 0.97


def test_unlikely_rows_are_told_from_likely_ones() -> None:
    real, model = of_numbers()
    odd = real.assign(y=real["y"].sample(frac=1, random_state=1).to_numpy())
    table = plain_table(real)
    gap = model.log_prob(table).mean() - model.log_prob(table.with_frame(odd)).mean()
    assert gap > 1


def test_a_broken_dependency_is_impossible() -> None:
    real, model = of_numbers()
    wrong = real.head(20).assign(name=pd.Series(["plus", "minus"] * 10, dtype="string"))
    found = model.log_prob(plain_table(real).with_frame(wrong))
    right = wrong["sign"].map({"+": "plus", "-": "minus"}).eq(wrong["name"])
    np.testing.assert_array_equal(np.isfinite(found), right)
