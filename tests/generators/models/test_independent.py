"""The control that draws each column by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from generators.models.independent import Independent
from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed


@pytest.fixture(scope="module")
def real() -> Table:
    rng = np.random.default_rng(0)
    colour = rng.choice(["blue", "red"], size=2000, p=[0.25, 0.75])
    size = np.where(colour == "red", rng.normal(10, 1, 2000), rng.normal(0, 1, 2000))
    size[:500] = np.nan
    frame = pd.DataFrame({"colour": colour, "size": size}).astype({"colour": "string"})
    columns = (
        Column(name="colour", sdtype="categorical", dtype="string", nullable=False),
        Column(name="size", sdtype="numerical", dtype="float64"),
    )
    return Table("things", frame, TableSchema(columns=columns))


def test_each_column_keeps_its_own_distribution(real: Table) -> None:
    drawn = Independent().fit(real, seed=Seed(0)).sample(4000, seed=Seed(1)).frame
    share = (real.frame["colour"] == "red").mean()
    # Three standard errors of a share at 4,000 rows are at most .024.
    assert (drawn["colour"] == "red").mean() == pytest.approx(share, abs=0.024)
    assert drawn["size"].isna().mean() == pytest.approx(0.25, abs=0.024)
    quantiles = [0.1, 0.25, 0.5, 0.75, 0.9]
    below = [(drawn["size"].dropna() <= real.frame["size"].quantile(q)).mean() for q in quantiles]
    assert below == pytest.approx(quantiles, abs=0.03)


def test_columns_know_nothing_of_each_other(real: Table) -> None:
    drawn = Independent().fit(real, seed=Seed(0)).sample(4000, seed=Seed(1)).frame.dropna()
    large = drawn["size"] > 5
    shares = (drawn["colour"] == "red").groupby(large).mean()
    # Two groups of at least 700: three standard errors of the difference are .06.
    assert shares[True] == pytest.approx(shares[False], abs=0.06)


def test_the_model_has_one_leaf_per_column(real: Table) -> None:
    state = Independent().fit(real, seed=Seed(0)).model.state()
    children = [array for name, array in state.arrays.items() if name.endswith(".child")]
    assert [len(array) for array in children] == [1, 1, 1]  # colour, size, its missing cells
