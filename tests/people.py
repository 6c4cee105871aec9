"""A population that checks of privacy and fairness are tried on, and ways to leak it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.base import Evidence

SCHEMA = TableSchema(
    columns=(
        Column(name="age", sdtype="numerical", dtype="int64", nullable=False),
        Column(name="salary", sdtype="numerical", dtype="int64", nullable=False),
        Column(name="hours", sdtype="numerical", dtype="float64"),
        Column(name="town", sdtype="categorical", nullable=False),
        Column(name="sex", sdtype="categorical", nullable=False, role="sensitive"),
        Column(name="hired", sdtype="categorical", nullable=False, role="target"),
    )
)


def people(n: int, *name: str) -> Table:
    """`n` people: a heavy-tailed salary, a few small towns, women hired less often than men."""
    rng = Seed(0, ("people", *name)).generator()
    sex = np.where(rng.random(n) < 0.3, "f", "m")
    age = rng.integers(18, 80, size=n)
    salary = np.exp(10 + 0.01 * age + 0.6 * rng.normal(size=n)).astype(np.int64)
    hours = pd.Series(np.round(rng.normal(38, 6, size=n), 1)).mask(rng.random(n) < 0.1)
    town = np.array(["Ulm", "Rom", "Köln", "Enns"])[rng.choice(4, p=[0.6, 0.3, 0.08, 0.02], size=n)]
    hired = rng.random(n) < np.where(sex == "m", 0.5, 0.28)
    return Table(
        "people",
        pd.DataFrame(
            {
                "age": age,
                "salary": salary,
                "hours": hours,
                "town": pd.Series(town, dtype="string"),
                "sex": pd.Series(sex, dtype="string"),
                "hired": pd.Series(np.where(hired, "yes", "no"), dtype="string"),
            }
        ),
        SCHEMA,
    )


def evidence(synthetic: Table | None = None, n: int = 2000, *, own: bool = False) -> Evidence:
    """Train and fresh rows; the synthetic ones are other fresh rows unless given."""
    return Evidence(
        train=people(n, "train"),
        synthetic=people(n, "synthetic") if synthetic is None else synthetic,
        holdout=people(n // 2, "holdout"),
        reference=people(n // 2, "reference"),
        own=own,
        seed=Seed(0),
    )


def with_copies(positions: np.ndarray, n: int = 2000) -> Table:
    """Fresh rows, the first of which are the train rows at these positions."""
    copied = people(n, "train").take(positions).frame
    fresh = people(n, "synthetic").frame.iloc[len(positions) :]
    both = pd.concat([copied, fresh], ignore_index=True)
    return Table("people", both, SCHEMA)


def outliers(count: int, n: int = 2000) -> np.ndarray:
    """Positions of the train rows with the rarest values: the best paid of the smallest towns."""
    frame = people(n, "train").frame
    small = frame["town"].map({"Ulm": 0, "Rom": 1, "Köln": 2, "Enns": 3}).astype(int)
    return np.argsort(-(small + frame["salary"].rank(pct=True)).to_numpy())[:count]


def changed(**columns: np.ndarray | pd.Series) -> Table:
    """The usual synthetic rows with some columns replaced."""
    frame = people(2000, "synthetic").frame
    for name, cells in columns.items():
        frame[name] = cells
    return Table("people", frame.astype(people(5).frame.dtypes.to_dict()), SCHEMA)
