"""The copula: latent correlations known beforehand are found through ties and categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from generators.copula.columns import cell_means
from generators.copula.correlation import hermite, invert_covariance, valid
from generators.models.gaussian_copula import GaussianCopula
from tabular.schema import Column
from tabular.seeding import Seed
from tests.tables import plain_table


def normals(n: int, correlation: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, n))
    return np.column_stack([x, correlation * x + np.sqrt(1 - correlation**2) * noise])


def test_the_mean_of_half_a_normal_distribution() -> None:
    # E[z | z > 0] = sqrt(2 / pi).
    np.testing.assert_allclose(cell_means(np.array([0.0, 0.5, 1.0])), [-0.7978845608, 0.7978845608])


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.5, 0.9])
def test_two_halves_give_their_tetrachoric_correlation(correlation: float) -> None:
    # Sheppard: P(both above 0) = 1/4 + asin(r) / (2 pi), so the scores' covariance is known.
    edges = np.array([0.0, 0.5, 1.0])
    both = 0.25 + np.arcsin(correlation) / (2 * np.pi)
    covariance = (2 / np.pi) * (4 * both - 1)
    series = np.column_stack([hermite(edges)] * 2)
    found = invert_covariance(np.full((2, 2), covariance), series)[0, 1]
    assert abs(found - correlation) < 0.02


@pytest.mark.parametrize("correlation", [-0.8, 0.0, 0.4, 0.8])
def test_a_correlation_is_found_whatever_the_columns_show_of_it(correlation: float) -> None:
    n = 20_000
    latent = normals(n, correlation)
    frame = pd.DataFrame(
        {
            "smooth": latent[:, 0],
            "three": np.digitize(latent[:, 1], [-0.5, 1.0]),
            "half": np.where(latent[:, 1] > 0, latent[:, 1], 0.0),
        }
    )
    for name in ("three", "half"):
        fitted = GaussianCopula().fit(plain_table(frame[["smooth", name]]), seed=Seed(0))
        root = fitted.model._root  # type: ignore[attr-defined]
        # Three levels lose less than half of the information: four standard errors.
        assert abs((root @ root.T)[0, 1] - correlation) < 4 * np.sqrt(2 / n) + 0.005


def test_columns_keep_their_distribution_and_the_pair_its_table() -> None:
    n = 8000
    latent = normals(n, 0.6)
    frame = pd.DataFrame(
        {
            "a": np.round(np.exp(latent[:, 0]), 2),
            "b": pd.Series(np.array(["x", "y", "z"])[np.digitize(latent[:, 1], [-0.3, 0.8])]),
        }
    )
    frame["b"] = frame["b"].astype("string")
    made = GaussianCopula().fit(plain_table(frame), seed=Seed(0)).sample(n, seed=Seed(1)).frame
    values = np.sort(frame["a"])
    gap = np.abs(
        np.searchsorted(values, values, side="right")
        - np.searchsorted(np.sort(made["a"]), values, side="right")
    ).max()
    assert gap / n < 1.95 * np.sqrt(2 / n)  # Kolmogorov's 99.9 % point for two samples
    real, drawn = (
        pd.crosstab(pd.cut(part["a"], [0, 0.5, 1, 2, 99]), part["b"], normalize=True)
        for part in (frame, made)
    )
    assert float((real - drawn).abs().to_numpy().max()) < 5 * np.sqrt(2 * 0.25 * 0.75 / n)


def test_unordered_labels_are_put_in_the_order_of_the_others() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 5, 5000)
    level = np.array([3.0, -3.0, 1.0, 0.0, -1.0])[label]
    frame = pd.DataFrame({"number": level + rng.normal(size=5000)})
    frame["label"] = pd.Series(np.array(list("abcde"))[label], dtype="string")
    made = GaussianCopula().fit(plain_table(frame), seed=Seed(0)).sample(5000, seed=Seed(1)).frame
    real, drawn = (part.groupby("label")["number"].mean() for part in (frame, made))
    # In alphabetical order a straight line through the labels' means would be nearly flat.
    assert np.corrcoef(real, drawn)[0, 1] > 0.97


def test_gaps_come_together_where_they_did() -> None:
    rng = np.random.default_rng(0)
    n = 5000
    gone = rng.random(n) < 0.3
    other = gone ^ (rng.random(n) < 0.05)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    frame = frame.assign(a=frame["a"].mask(gone), b=frame["b"].mask(other))
    made = GaussianCopula().fit(plain_table(frame), seed=Seed(0)).sample(n, seed=Seed(1)).frame
    real, drawn = (float((part["a"].isna() & part["b"].isna()).mean()) for part in (frame, made))
    assert abs(real - drawn) < 5 * np.sqrt(2 * 0.28 * 0.72 / n)
    assert abs(float(made["a"].isna().mean()) - 0.3) < 5 * np.sqrt(2 * 0.3 * 0.7 / n)


def test_a_matrix_that_is_none_becomes_the_nearest_kind_of_one() -> None:
    impossible = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    mended = valid(impossible)
    np.testing.assert_allclose(np.diag(mended), 1.0)
    np.linalg.cholesky(mended)
    assert (np.sign(mended) == np.sign(impossible)).all()


def test_copies_of_one_column_stay_copies() -> None:
    rng = np.random.default_rng(0)
    number = rng.normal(size=2000)
    frame = pd.DataFrame({f"c{i}": number for i in range(6)})
    made = GaussianCopula().fit(plain_table(frame), seed=Seed(0)).sample(500, seed=Seed(1)).frame
    assert made.corr().to_numpy().min() > 0.98


def test_few_rows_draw_the_correlation_towards_none() -> None:
    latent = normals(20, 0.0, seed=3)
    frame = pd.DataFrame({"a": latent[:, 0], "b": latent[:, 1]})
    fitted = GaussianCopula().fit(plain_table(frame), seed=Seed(0))
    root = fitted.model._root  # type: ignore[attr-defined]
    plain = np.corrcoef(latent.T)[0, 1]
    assert abs((root @ root.T)[0, 1]) < abs(plain)


def test_probabilities_of_all_rows_there_can_be_add_up_to_one() -> None:
    latent = normals(3000, 0.6)
    third = latent[:, 0] * 0.5 + np.random.default_rng(1).normal(size=3000)
    cells = [np.digitize(z, cuts) for z, cuts in zip((*latent.T, third), CUTS, strict=True)]
    frame = pd.DataFrame({name: c.astype(np.int64) for name, c in zip("abc", cells, strict=True)})
    columns = {name: Column(name=name, sdtype="ordinal", dtype="int64") for name in "abc"}
    fitted = GaussianCopula().fit(plain_table(frame, **columns), seed=Seed(0))
    every = pd.DataFrame(
        np.stack(np.meshgrid([0, 1, 2], [0, 1], [0, 1, 2, 3]), axis=-1).reshape(-1, 3),
        columns=[*"abc"],
    ).astype(np.int64)
    every["p"] = np.exp(fitted.log_prob(plain_table(every[[*"abc"]], **columns)))
    # The rule's error is a few percent of each, and these are 24.
    assert every["p"].sum() == pytest.approx(1, abs=0.01)
    drawn = fitted.sample(50_000, seed=Seed(1)).frame.value_counts(normalize=True)
    both = every.merge(drawn.rename("share").reset_index(), on=[*"abc"])
    assert len(both) > 20
    gap = (both["p"] - both["share"]).abs()
    assert (gap < 5 * np.sqrt(both["share"] / 50_000) + 0.03 * both["share"]).all()


CUTS = ([-0.5, 0.7], [0.2], [-1.0, 0.0, 1.0])


def test_the_density_of_two_numbers_integrates_to_one() -> None:
    latent = normals(4000, 0.7)
    frame = pd.DataFrame({"x": latent[:, 0], "y": np.exp(latent[:, 1])})
    fitted = GaussianCopula().fit(plain_table(frame), seed=Seed(0))
    # Over rows that the model draws in a rectangle, the mean of 1 / p is the rectangle's area.
    drawn = fitted.sample(20_000, seed=Seed(1))
    inside = drawn.frame["x"].between(-1, 1) & drawn.frame["y"].between(0.5, 2)
    inverse = np.exp(-fitted.log_prob(drawn))[inside.to_numpy()]
    assert inverse.sum() / 20_000 == pytest.approx(2 * 1.5, rel=0.05)


def test_the_others_follow_what_is_given() -> None:
    n = 6000
    latent = normals(n, 0.8)
    frame = pd.DataFrame({"x": latent[:, 0], "y": latent[:, 1]})
    frame["word"] = pd.Series(
        np.array(["low", "mid", "top"])[np.digitize(latent[:, 1], [-0.5, 0.5])], dtype="string"
    )
    fitted = GaussianCopula().fit(plain_table(frame), seed=Seed(0))
    made = fitted.sample(4000, conditions={"x": 1.0}, seed=Seed(1))
    # y given x = 1 is N(.8, .36); the correlation's error is about .005, a mean's .0095.
    assert abs(made.frame["y"].mean() - 0.8) < 0.06
    assert abs(made.frame["y"].std() - 0.6) < 0.05
    top = fitted.sample(4000, conditions={"word": "top"}, seed=Seed(1)).frame
    real = frame[frame["word"] == "top"]
    spread = np.sqrt(real["x"].var() * (1 / len(real) + 1 / 4000))
    assert abs(top["x"].mean() - real["x"].mean()) < 5 * spread + 0.02
