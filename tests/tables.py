"""Tables that tests share: small, made from fixed streams, with every dtype in them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from tabular.dataset import Table
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed

ODD_NAME = 'odd "name"\nwith \U0001f980'


def _choice(rng: np.random.Generator, labels: list[str], n: int) -> list[str]:
    return [labels[i] for i in rng.integers(len(labels), size=n)]


def _gaps(rng: np.random.Generator, n: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return rng.random(n) < 0.2


def mixed_table(n: int = 300, *, seed: int = 0) -> Table:
    """`n` rows of every dtype, related to each other, with a key and personal data."""
    rng = Seed(seed, ("mixed",)).generator()
    base = rng.normal(size=n)
    start = pd.Timestamp("2024-03-30 22:00")  # Europe changes its clocks on the 31st
    hours = pd.Series(rng.integers(0, 60, size=n))
    flags = pd.Series(base + rng.normal(size=n) > 0, dtype="boolean")
    counts = pd.Series(np.rint(20 + 5 * base), dtype="Int64")
    frame = pd.DataFrame(
        {
            "id": pd.Series([f"A-{i:05d}" for i in range(n)], dtype="string"),
            "email": pd.Series([f"someone{i}@real.org" for i in range(n)], dtype="string"),
            "age": np.rint(40 + 10 * base).astype(np.int64),
            "count": counts.mask(_gaps(rng, n)),
            "huge": np.uint64(2**64 - 100) + rng.integers(0, 50, size=n).astype(np.uint64),
            "price": np.round(100 + 20 * base + rng.normal(size=n), 2),
            "ratio": (0.1 * base).astype(np.float32),
            "gaps": pd.Series(np.round(base, 1)).mask(_gaps(rng, n)),
            "true": base > 0,
            "maybe": flags.mask(_gaps(rng, n)),
            "town": pd.Series(_choice(rng, ["Ulm", "Köln", "Rom"], n), dtype="string").mask(
                _gaps(rng, n)
            ),
            "grade": pd.Categorical(
                np.array(["low", "mid", "top"])[np.digitize(base, [-0.5, 0.5])],
                categories=["low", "mid", "top"],
                ordered=True,
            ),
            "code": rng.integers(1, 4, size=n).astype(np.int64),
            "when": start + pd.to_timedelta(hours, unit="h"),
            "zoned": (start + pd.to_timedelta(hours, unit="h"))
            .dt.tz_localize("UTC")
            .dt.tz_convert("Europe/Berlin"),
            "day": pd.Series(
                [date(2024, 2, 20) + timedelta(days=int(d)) for d in rng.integers(0, 30, size=n)],
                dtype=object,
            ),
            "amount": pd.Series(
                [Decimal(int(c)).scaleb(-2) for c in rng.integers(500, 1500, size=n)], dtype=object
            ),
            "constant": np.full(n, 7, dtype=np.int64),
            "nothing": pd.Series([None] * n, dtype="string"),
            "void": np.full(n, np.nan),
            ODD_NAME: pd.Series(_choice(rng, ["x", "y"], n), dtype="string"),
        }
    )
    schema = TableSchema(
        columns=(
            Column(name="id", sdtype="id", nullable=False),
            Column(name="email", sdtype="unknown", pii="email", nullable=False),
            Column(name="age", sdtype="numerical", dtype="int64", nullable=False),
            Column(name="count", sdtype="numerical", dtype="Int64"),
            Column(name="huge", sdtype="numerical", dtype="uint64", nullable=False),
            Column(name="price", sdtype="numerical", dtype="float64", decimals=2, nullable=False),
            Column(name="ratio", sdtype="numerical", dtype="float32", nullable=False),
            Column(name="gaps", sdtype="numerical", dtype="float64", decimals=1),
            Column(name="true", sdtype="boolean", dtype="bool", nullable=False),
            Column(name="maybe", sdtype="boolean", dtype="boolean"),
            Column(name="town", sdtype="categorical"),
            Column(name="grade", sdtype="ordinal", dtype="category", nullable=False),
            Column(name="code", sdtype="categorical", dtype="int64", nullable=False),
            Column(name="when", sdtype="datetime", dtype="datetime64[ns]", nullable=False),
            Column(
                name="zoned",
                sdtype="datetime",
                dtype="datetime64[ns, Europe/Berlin]",
                nullable=False,
            ),
            Column(name="day", sdtype="datetime", dtype="date", nullable=False),
            Column(name="amount", sdtype="numerical", dtype="decimal", decimals=2, nullable=False),
            Column(name="constant", sdtype="numerical", dtype="int64", nullable=False),
            Column(name="nothing", sdtype="categorical"),
            Column(name="void", sdtype="numerical", dtype="float64"),
            Column(name=ODD_NAME, sdtype="categorical", nullable=False),
        ),
        primary_key=("id",),
    )
    return Table("mixed", frame, schema)


def plain_table(frame: pd.DataFrame, **columns: Column) -> Table:
    """A table of numbers and categories, read off the dtypes where no column is given."""
    found = []
    for name in frame.columns:
        dtype = str(frame[name].dtype)
        sdtype = "numerical" if frame[name].dtype.kind in "iuf" else "categorical"
        found.append(columns.get(name, Column(name=name, sdtype=sdtype, dtype=dtype)))
    return Table("plain", frame, TableSchema(columns=tuple(found)))


def panel_table(entities: int = 60, *, seed: int = 0) -> Table:
    """People with 3 to 6 rows each, a static column, gaps, and years that may skip some."""
    rng = Seed(seed, ("panel",)).generator()
    lengths = rng.integers(3, 7, size=entities)
    who = np.repeat(np.arange(entities), lengths)
    n = len(who)
    first = np.concatenate([[True], who[1:] != who[:-1]])
    step = np.where(first, 0, rng.integers(1, 3, size=n))
    year = np.array([2000 + step[who == i].cumsum() for i in range(entities)], dtype=object)
    level = rng.normal(size=entities)[who]
    frame = pd.DataFrame(
        {
            "person": pd.Series([f"p{i}" for i in who], dtype="string"),
            "year": np.concatenate(year).astype(np.int64),
            "group": pd.Series(np.array(["a", "b"])[(level > 0).astype(int)], dtype="string"),
            "score": np.round(50 + 10 * level + rng.normal(size=n), 1),
            "note": pd.Series(_choice(rng, ["x", "y"], n), dtype="string").mask(_gaps(rng, n)),
            "gaps": pd.Series(np.round(rng.normal(size=n), 1)).mask(_gaps(rng, n)),
        }
    ).sample(frac=1, random_state=seed, ignore_index=True)
    schema = TableSchema(
        columns=(
            Column(name="person", sdtype="id", nullable=False),
            Column(name="year", sdtype="numerical", dtype="int64", nullable=False),
            Column(name="group", sdtype="categorical", nullable=False),
            Column(name="score", sdtype="numerical", dtype="float64", decimals=1, nullable=False),
            Column(name="note", sdtype="categorical"),
            Column(name="gaps", sdtype="numerical", dtype="float64", decimals=1),
        ),
        primary_key=("person", "year"),
        sequence=Sequence(entity="person", index="year"),
    )
    return Table("panel", frame, schema, ("person",))


def unrelated_columns(n: int = 16000, *, seed: int = 7) -> pd.DataFrame:
    """People whose columns have nothing to do with each other, and no rare value.

    `independent` is their true model, so that every check has to pass it.
    """
    rng = Seed(seed, ("unrelated",)).generator()
    return pd.DataFrame(
        {
            "height": np.clip(np.round(rng.normal(170, 8, n)), 152, 188).astype(np.int64),
            "visits": np.minimum(rng.poisson(3, n), 9),
            "region": rng.choice(["north", "south", "east", "west"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "group": rng.choice(["a", "b"], n),
            "score": np.minimum(rng.gamma(3, 4, n).astype(np.int64), 30),
        }
    )
