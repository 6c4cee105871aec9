"""The copula: latent correlations known beforehand are found through ties and categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from generators.models.gaussian_copula import (
    GaussianCopula,
    _cell_means,
    _hermite,
    _invert_covariance,
    _valid,
)
from tabular.seeding import Seed
from tests.tables import plain_table


def normals(n: int, correlation: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, n))
    return np.column_stack([x, correlation * x + np.sqrt(1 - correlation**2) * noise])


def test_the_mean_of_half_a_normal_distribution() -> None:
    # E[z | z > 0] = sqrt(2 / pi).
    np.testing.assert_allclose(
        _cell_means(np.array([0.0, 0.5, 1.0])), [-0.7978845608, 0.7978845608]
    )


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.5, 0.9])
def test_two_halves_give_their_tetrachoric_correlation(correlation: float) -> None:
    # Sheppard: P(both above 0) = 1/4 + asin(r) / (2 pi), so the scores' covariance is known.
    edges = np.array([0.0, 0.5, 1.0])
    both = 0.25 + np.arcsin(correlation) / (2 * np.pi)
    covariance = (2 / np.pi) * (4 * both - 1)
    series = np.column_stack([_hermite(edges)] * 2)
    found = _invert_covariance(np.full((2, 2), covariance), series)[0, 1]
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
    valid = _valid(impossible)
    np.testing.assert_allclose(np.diag(valid), 1.0)
    np.linalg.cholesky(valid)
    assert (np.sign(valid) == np.sign(impossible)).all()


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
