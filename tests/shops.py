"""A small shop in related tables, for tests: every shape that keys can have."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabular.dataset import Dataset
from tabular.schema import Column, ForeignKey, Schema, Subject, TableSchema
from tabular.seeding import Seed

WEALTH = {"gold": 8, "silver": 3, "basic": 1}
"""Orders of a customer, on average, by rank."""


def shop(n: int = 300, *, seed: int = 0) -> Dataset:
    """A shop of `n` customers.

    Countries are public. A customer was invited by another or nobody, has orders in proportion to
    the rank, and a favourite order, which closes a circle. An order has lines, which are counted;
    no line names a product twice. Products know nobody. A passport belongs to one customer.
    """
    rng = Seed(seed, ("shop",)).generator()
    countries = pd.DataFrame(
        {"code": pd.Series(["DE", "FR", "IT"], dtype="string"), "zone": np.array([1, 1, 2])}
    )
    products = pd.DataFrame(
        {
            "product": np.arange(1, 41),
            "kind": pd.Series(np.repeat(["food", "tool"], 20), dtype="string"),
            "price": np.round(np.repeat([5.0, 50.0], 20) + rng.random(40), 2),
        }
    )
    rank = rng.choice(list(WEALTH), size=n, p=[0.2, 0.3, 0.5])
    since = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, size=n), unit="D")
    inviter = np.where(rng.random(n) < 0.4, -1, rng.integers(0, np.maximum(np.arange(n), 1)))
    inviter[0] = -1
    customers = pd.DataFrame(
        {
            "customer": np.arange(1, n + 1),
            "rank": pd.Series(rank, dtype="string"),
            "country": countries["code"].iloc[rng.integers(0, 3, size=n)].reset_index(drop=True),
            "since": pd.Series(since),
            "inviter": pd.Series(inviter + 1, dtype="Int64").mask(pd.Series(inviter < 0)),
        }
    )
    number = rng.poisson([WEALTH[r] for r in rank])
    owner = np.repeat(np.arange(n), number)
    habit = rng.choice(["web", "desk"], size=n)
    orders = pd.DataFrame(
        {
            "order": np.arange(1, len(owner) + 1),
            "customer": owner + 1,
            "day": customers["since"].iloc[owner].reset_index(drop=True)
            + pd.to_timedelta(rng.integers(0, 60, size=len(owner)), unit="D"),
            "way": pd.Series(habit[owner], dtype="string"),
        }
    )
    favourite = orders.groupby("customer")["order"].min()
    customers["favourite"] = customers["customer"].map(favourite).astype("Int64")
    size = rng.integers(1, 5, size=len(orders))
    line_order = np.repeat(np.arange(len(orders)), size)
    tool = (rank[owner[line_order]] == "gold").astype(int)
    lines = pd.DataFrame({"order": line_order + 1, "product": 1 + tool * 20})
    lines["product"] += rng.integers(0, 20, size=len(lines))
    lines = lines.drop_duplicates().reset_index(drop=True)
    lines.insert(1, "line", lines.groupby("order").cumcount() + 1)
    lines["pieces"] = rng.integers(1, 4, size=len(lines))
    holder = np.flatnonzero(rng.random(n) < 0.5)
    passports = pd.DataFrame(
        {"customer": holder + 1, "years": rng.choice([5, 10], size=len(holder))}
    )
    frames = {
        "country": countries,
        "product": products,
        "customer": customers,
        "order": orders,
        "line": lines,
        "passport": passports,
    }
    return Dataset.of(frames, schema_of(frames))


def schema_of(frames: dict[str, pd.DataFrame]) -> Schema:
    """The shop's schema."""
    ids = {"product", "customer", "order", "inviter", "favourite"}
    kinds = {
        "since": "datetime", "day": "datetime", "price": "numerical", "pieces": "numerical",
        "years": "numerical", "zone": "numerical", "line": "numerical",
    }  # fmt: skip
    nullable = {"inviter", "favourite"}
    primary = {
        "country": ("code",), "product": ("product",), "customer": ("customer",),
        "order": ("order",), "line": ("order", "line"), "passport": ("customer",),
    }  # fmt: skip

    def table(name: str, frame: pd.DataFrame) -> TableSchema:
        columns = [
            Column.model_validate(
                {
                    "name": c,
                    "sdtype": "id" if c in ids else kinds.get(c, "categorical"),
                    "dtype": str(frame[c].dtype),
                    "nullable": c in nullable,
                    "decimals": 2 if c == "price" else None,
                }
            )
            for c in frame.columns
        ]
        return TableSchema(
            columns=tuple(columns),
            primary_key=primary[name],
            alternate_keys=(("order", "product"),) if name == "line" else (),
            reference=name == "country",
        )

    def key(table: str, column: str, references: str, referenced: str) -> ForeignKey:
        return ForeignKey(
            table=table, columns=(column,), references=references, referenced=(referenced,)
        )

    return Schema(
        tables={name: table(name, frame) for name, frame in frames.items()},
        foreign_keys=(
            key("customer", "country", "country", "code"),
            key("customer", "inviter", "customer", "customer"),
            key("customer", "favourite", "order", "order"),
            key("order", "customer", "customer", "customer"),
            key("line", "order", "order", "order"),
            key("line", "product", "product", "product"),
            key("passport", "customer", "customer", "customer"),
        ),
        subject=Subject(table="customer", columns=("customer",)),
    )
