"""Forests of sequences: what follows what, and whose leaves are whose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from generators.encoding.arrays import EncodedTable, Variable
from generators.forests.chain import Chain
from generators.forests.learning import Growth
from generators.forests.pruning import prune
from generators.forests.support import Support
from generators.forests.symbols import Symbols
from generators.models.trees import Trees
from generators.sequences.forecast import Forecast
from tabular.dataset import Table
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed


def visits(n: int = 400, seed: int = 0) -> Table:
    """People with moods that last, a score around a level of their own, and days with ties."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, n)
    who = np.repeat(np.arange(n), lengths)
    first = np.diff(who, prepend=-1) != 0
    turn = rng.random(len(who)) < 0.2
    mood = np.empty(len(who), dtype=np.int64)
    for i in range(len(who)):
        mood[i] = rng.integers(3) if first[i] or turn[i] else mood[i - 1]
    step = np.where(first, rng.integers(0, 5, len(who)), rng.choice([0, 1, 7], len(who)))
    total = step.cumsum()
    begin = np.repeat((total - step)[first], lengths)
    level = rng.normal(size=n)[who]
    frame = pd.DataFrame(
        {
            "person": who,
            "day": total - begin,
            "mood": pd.Series(np.array(["a", "b", "c"])[mood], dtype="string"),
            "score": np.round(10 * level + rng.normal(size=len(who)), 2),
            "home": pd.Series(np.where(level > 0, "x", "y"), dtype="string"),
        }
    )
    columns = (
        Column(name="person", sdtype="id", dtype="int64", nullable=False),
        Column(name="day", sdtype="numerical", dtype="int64", nullable=False, decimals=0),
        Column(name="mood", sdtype="categorical", nullable=False),
        Column(name="score", sdtype="numerical", dtype="float64", nullable=False, decimals=2),
        Column(name="home", sdtype="categorical", nullable=False),
    )
    sequence = Sequence(entity="person", index="day", index_unique=False)
    return Table("visits", frame, TableSchema(columns=columns, sequence=sequence), ("person",))


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    fitted = Trees(trees=2).fit(visits(), seed=Seed(0))
    return fitted.sample(400, unit="subjects", seed=Seed(1)).frame


def test_lengths_come_out_as_they_are(drawn: pd.DataFrame) -> None:
    sizes = drawn.groupby("person").size()
    share = sizes.value_counts(normalize=True).reindex(range(1, 9), fill_value=0)
    # Each of eight lengths has an eighth of 400 entities on either side.
    assert (share - 1 / 8).abs().max() < 5 * np.sqrt(2 * 7 / 64 / 400)


def test_moods_last_as_long_as_they_do(drawn: pd.DataFrame) -> None:
    real = visits().frame
    stays = []
    for frame in (real, drawn):
        same = frame["mood"].eq(frame["mood"].shift())[frame["person"].eq(frame["person"].shift())]
        stays.append((same.mean(), len(same)))
    (a, n), (b, m) = stays
    assert abs(a - b) < 5 * np.sqrt(0.14 * 0.86 * (1 / n + 1 / m))


def test_people_stay_near_a_level_of_their_own(drawn: pd.DataFrame) -> None:
    within = []
    for frame in (visits().frame, drawn):
        score = frame.groupby("person")["score"]
        within.append((frame["score"] - score.transform("mean")).var() / frame["score"].var())
    # Drawn row by row without memory, rows of a person would differ as those of two people do.
    assert within[0] < 0.03
    assert within[1] < 0.15


def test_days_tie_as_often_as_they_may_and_never_go_back(drawn: pd.DataFrame) -> None:
    steps = drawn.groupby("person")["day"].diff().dropna()
    assert (steps >= 0).all()
    assert abs((steps == 0).mean() - 1 / 3) < 5 * np.sqrt(2 * 2 / 9 / len(steps))


def test_what_never_changes_does_not(drawn: pd.DataFrame) -> None:
    assert drawn[["person", "home"]].drop_duplicates()["person"].is_unique


def test_no_leaf_is_fewer_peoples_than_asked_for() -> None:
    owner = np.repeat(np.arange(40), 25)
    # Everyone has values of his own: a leaf of twenty rows would be one person's.
    x, y = owner.astype(np.int32), ((7 * owner) % 40).astype(np.int32)
    names = ("x", "y")
    variables = tuple(Variable(name=name, cardinality=40, ordered=True) for name in names)
    ones = np.ones(1000, dtype=np.int64)
    table = Symbols.of(EncodedTable(variables, (x, y), ones, owner, 5), 5)
    growth = Growth(3, 20, 5)
    chain = Chain.learn(table, (0, 1), growth, Seed(0))
    assert fewest_owners(chain, table) < 5
    assert fewest_owners(prune(chain, table, growth), table) >= 5


def fewest_owners(chain: Chain, table: Symbols) -> int:
    stage = chain.columns[1].value
    assert stage is not None
    features = stage.features(table.codes)
    least = table.n_rows
    for tree in range(len(stage.trees.roots)):
        leaf = stage.trees.apply(features, tree)
        sizes = pd.Series(table.owners).groupby(leaf).nunique()
        least = min(least, int(sizes.min()))
    return least


def test_a_forecast_takes_numbers_apart_and_puts_them_together() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 2))
    values = 3 * x[:, 0] + rng.normal(size=500)
    values[:100], values[100:120] = 2.0, np.nan
    owners = np.arange(500)
    forecast = Forecast.learn(x, values, Support.learn(values, owners, 5))
    assert forecast.level[:2] == pytest.approx([3.0, 0.0], abs=0.3)
    last = np.roll(values, 1)
    last[200] = values[200]
    expected = forecast.expected(x)
    which, surprise = forecast.split(values, expected, last)
    assert set(which[:100]) <= {1, 3}  # the spike, or the same as the last
    assert (which[100:120] == 2).all()
    assert which[200] == 3
    again = forecast.join(which, surprise, expected, last)
    np.testing.assert_allclose(again, values, atol=1e-9)
