"""Contingency tables of pairs: worked by hand, and the noise against simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.contingency import Binning, pair_distances
from validation.features import FeatureSpace

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(subject: tuple[str, ...] = (), /, **columns: Sequence[object] | np.ndarray) -> Table:
    frame = pd.DataFrame(columns)
    text = [name for name in frame if frame[name].dtype == object]
    frame = frame.astype(dict.fromkeys(text, "string"))
    schema = TableSchema(
        columns=tuple(
            Column(
                name=name,
                sdtype="categorical" if name in text else "id" if name == "who" else "numerical",
                dtype=str(frame[name].dtype),
            )
            for name in frame
        )
    )
    return Table("t", frame, schema, subject)


def binning(train: Table) -> Binning:
    return Binning.learn(train, FeatureSpace.learn(train))


def test_a_distance_worked_by_hand() -> None:
    train = table(x=["a", "a", "b", "b"], y=["u", "u", "v", "v"])
    other = table(x=["a", "a", "b", "b"], y=["u", "v", "u", "v"])
    found = pair_distances(train, other, binning(train))
    assert found.pairs == (("x", "y"),)
    # Half of the rows would have to move.
    assert found.distance[0] == 0.5
    assert pair_distances(train, train, binning(train)).distance[0] == 0


def test_numbers_fall_into_the_train_rows_deciles() -> None:
    train = table(x=np.arange(100.0))
    cut = binning(train)
    codes = cut.codes(table(x=np.array([-5.0, 0.0, 10.0, 10.5, 99.0, 1e9, np.nan])))["x"]
    assert codes.tolist() == [0, 0, 0, 1, 9, 9, 10]
    assert cut.levels("x") == 11


def test_an_atom_has_a_bin_of_its_own() -> None:
    values = np.concatenate([np.zeros(80), np.arange(1.0, 21.0)])
    cut = binning(table(x=values))
    codes = cut.codes(table(x=np.array([0.0, 0.5, -1.0])))["x"]
    assert codes[0] != codes[1]


def test_rare_new_and_missing_categories_have_levels() -> None:
    labels: list[object] = [f"c{i:02d}" for i in range(20) for _ in range(20 - i)]
    cut = binning(table(x=labels))
    codes = cut.codes(table(x=["c00", "c14", "c15", "new", None]))["x"]
    assert codes.tolist() == [0, 14, 15, 15, 16]
    assert cut.levels("x") == 17


def simulated(clusters: int) -> tuple[float, float, float, float]:
    """Mean noise and error as estimated, and mean and spread of the distance as it happens."""
    rng = Seed(clusters, ("noise",)).generator()
    distances, noises, errors = [], [], []
    for _ in range(60):
        sides = []
        for _ in range(2):
            n = 300
            who = np.arange(n) // clusters
            x = rng.integers(0, 3, size=n)[who]
            y = (x + rng.integers(0, 3, size=n)[who]) % 5
            sides.append(
                table(
                    ("who",),
                    x=[f"x{i}" for i in x],
                    y=[f"y{i}" for i in y],
                    who=who,
                )
            )
        found = pair_distances(sides[0], sides[1], binning(sides[0]))
        distances.append(found.distance[0])
        noises.append(found.noise[0])
        errors.append(found.error[0])
    return (
        float(np.mean(noises)),
        float(np.mean(errors)),
        float(np.mean(distances)),
        float(np.std(distances)),
    )


@pytest.mark.parametrize("clusters", [1, 5])
def test_the_noise_is_what_two_samples_of_one_population_differ_by(clusters: int) -> None:
    noise, error, distance, spread = simulated(clusters)
    # Sixty draws: the mean distance has a standard error of spread / 7.7; four of them.
    assert noise == pytest.approx(distance, abs=4 * spread / np.sqrt(60) + 0.003)
    # The error covers the spread, without being twice as large.
    assert 0.8 * spread < error < 2 * spread


def test_association_is_what_independence_would_lose() -> None:
    train = table(x=["a", "b"] * 200, y=["u", "v"] * 200)
    found = pair_distances(train, train, binning(train))
    # Diagonal .5 and .5 against four cells of .25: half, less a noise of about 2 %.
    assert found.association[0] == pytest.approx(0.48, abs=0.02)
    loose = table(x=["a", "b"] * 200, y=["u"] * 200 + ["v"] * 200)
    assert pair_distances(loose, loose, binning(loose)).association[0] == 0
