"""What models are good for: rows that are tampered with, and classes that are drawn more often."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks import anomalies, augmentation
from benchmarks.job import Job
from benchmarks.tables import BenchmarkTable, Meta, find_tables
from tabular.seeding import Seed


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> BenchmarkTable:
    """Three columns that go together closely, and a rare class that follows from them in part."""
    folder = tmp_path_factory.mktemp("data") / "towns"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for part, n in (("train", 2000), ("holdout", 1000)):
        town = rng.integers(0, 4, n)
        pay = np.round(1000 * town + rng.normal(0, 40, n))
        odds = 1 / (1 + np.exp(3.2 - (town == 3) * 2.8))
        frame = pd.DataFrame(
            {
                "town": np.array(list("abcd"))[town],
                "road": np.array(["north", "south", "east", "west"])[town],
                "pay": pay,
                "left": np.where(rng.random(n) < odds, "yes", "no"),
            }
        )
        frame.to_csv(folder / f"{part}.csv", index=False)
    meta = Meta("left", "classification", ("town", "road", "left"), ("pay",))
    (folder / "meta.json").write_text(json.dumps(vars(meta)))
    return find_tables(folder.parent)[0]


@pytest.mark.parametrize(("way", "many"), [("swapped", 2), ("single", 1)])
def test_tampering_changes_as_many_cells_as_it_says_and_no_other(way: str, many: int) -> None:
    rows = pd.DataFrame({name: np.arange(200) for name in "abcd"})
    changed, where = anomalies.tamper(rows, way, Seed(0))
    assert (where.sum(axis=1) == many).all()
    differs = (changed != rows).to_numpy()
    assert (differs[:20] == where).all()
    assert not differs[20:].any()
    assert changed.isin(np.arange(200)).all(axis=None)


def test_rows_that_were_tampered_with_stand_out(table: BenchmarkTable) -> None:
    figures = anomalies.measure(Job("latent_class@components=8", table, 0)).figures
    assert figures["changed"] == 100
    assert figures["swapped_auc"] > 0.9
    assert figures["single_auc"] > figures["single_forest_auc"]
    assert figures["single_column_found"] > 0.5


def test_a_class_drawn_more_often_is_found_more_often(table: BenchmarkTable) -> None:
    outcome = augmentation.measure(Job("latent_class@components=8", table, 0))
    figures = outcome.figures
    train = pd.read_csv(table.train)
    assert outcome.parameters["drawn"] == 2000 - 2 * (train["left"] == "yes").sum()
    assert figures["augmented_recall"] > figures["real_recall"]
    assert 0 < figures["rare_share"] < 0.5
