"""Related tables: what is always true of them, and what they must have learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from generators.base import GENERATORS
from generators.protection import Protection
from generators.relational import DatasetGenerator, FittedDataset
from generators.relations.links import rank_in_group
from generators.relations.plan import plan
from generators.relations.shape import depths
from tabular.relations import pointed_at
from tabular.seeding import Seed
from tests.shops import shop

if TYPE_CHECKING:
    from pathlib import Path

    from tabular.dataset import Dataset

N = 600


def fit(train: Dataset, kind: str = "trees") -> FittedDataset:
    generator = GENERATORS[kind].model_validate({"trees": 5} if kind == "trees" else {})
    return DatasetGenerator(generator, {}, Protection()).fit(train, seed=Seed(0))


def draw(fitted: FittedDataset, train: Dataset, customers: int = N) -> Dataset:
    sizes = {"customer": customers, "product": len(train["product"])}
    return fitted.sample(sizes, references=train.tables, seed=Seed(1))


@pytest.fixture(scope="module")
def train() -> Dataset:
    return shop(N)


@pytest.fixture(scope="module")
def fitted(train: Dataset) -> FittedDataset:
    return fit(train)


@pytest.fixture(scope="module")
def drawn(fitted: FittedDataset, train: Dataset) -> Dataset:
    return draw(fitted, train)


def test_parents_are_made_before_children_and_circles_are_closed_last(train: Dataset) -> None:
    steps = {step.name: step for step in plan(train.schema, {t.name: len(t) for t in train})}
    assert next(iter(steps)) == "country"
    names = list(steps)
    assert names.index("customer") < names.index("order") < names.index("line")
    assert [key.columns for key in steps["customer"].late] == [("favourite",)]
    assert [key.columns for key in steps["customer"].selves] == [("inviter",)]
    assert steps["line"].owner is not None
    assert steps["line"].owner.references == "order"
    assert [key.references for key in steps["line"].links] == ["product"]


def holds(dataset: Dataset) -> None:
    """Everything that no release of related tables may break."""
    for key in dataset.schema.foreign_keys:
        frame = dataset[key.table].frame
        nowhere = pointed_at(frame, dataset[key.references].frame, key) < 0
        assert not (nowhere & frame[list(key.columns)].notna().all(axis=1)).any(), key
    for table in dataset:
        for names in table.schema.unique_keys:
            assert not table.frame.duplicated(list(names)).any(), (table.name, names)
        for column in table.schema.columns:
            assert column.nullable or not table.frame[column.name].isna().any()
            assert str(table.frame[column.name].dtype) == column.dtype
    customers = dataset["customer"].frame
    inviter = pointed_at(customers, customers, dataset.schema.foreign_keys[1])
    walk = inviter.copy()
    for _ in range(len(customers)):
        walk = np.where(walk >= 0, np.append(inviter, -1)[walk], -1)
    assert (walk < 0).all()
    lines = dataset["line"].frame
    assert (lines["line"] == lines.groupby("order").cumcount() + 1).all()
    orders = dataset["order"].frame.set_index("order")
    favourites = customers.dropna(subset=["favourite"])
    owner = orders.loc[favourites["favourite"].astype("int64"), "customer"].to_numpy()
    assert (owner == favourites["customer"].to_numpy()).all()
    since = customers.set_index("customer")["since"]
    assert (orders["day"].to_numpy() >= since.loc[orders["customer"]].to_numpy()).all()


def test_every_key_holds_whatever_the_size(fitted: FittedDataset, train: Dataset) -> None:
    for customers in (3, 60, 2 * N):
        made = draw(fitted, train, customers)
        assert len(made["customer"]) == customers
        assert len(made["product"]) == len(train["product"])
        holds(made)


@pytest.mark.parametrize("kind", ["independent", "bootstrap"])
def test_keys_hold_whatever_kind_draws_the_cells(kind: str, train: Dataset) -> None:
    holds(draw(fit(train, kind), train))


def test_reference_tables_are_kept_and_products_are_not(train: Dataset, drawn: Dataset) -> None:
    pd.testing.assert_frame_equal(drawn["country"].frame, train["country"].frame)
    prices = set(train["product"].frame["price"])
    assert len(set(drawn["product"].frame["price"]) - prices) > 20


def test_numbers_of_children_follow_the_parent(train: Dataset, drawn: Dataset) -> None:
    for dataset in (train, drawn):
        orders = dataset["order"].frame.groupby("customer").size()
        customers = dataset["customer"].frame
        number = customers["customer"].map(orders).fillna(0).astype(float)
        mean = number.groupby(customers["rank"]).mean()
        # Poisson means 8, 3 and 1 of at least 100 customers: standard errors .26, .13 and .06,
        # and the leaves of the forest blur the groups a little.
        assert mean["gold"] == pytest.approx(8, abs=1.3)
        assert mean["silver"] == pytest.approx(3, abs=0.8)
        assert mean["basic"] == pytest.approx(1, abs=0.5)


def test_siblings_share_their_habit(train: Dataset, drawn: Dataset) -> None:
    def alike(dataset: Dataset) -> float:
        frame = dataset["order"].frame.sort_values(["customer", "order"])
        same = frame["way"].eq(frame["way"].shift())
        inside = frame["customer"].eq(frame["customer"].shift())
        return float(same[inside].mean())

    assert alike(train) == 1.0
    assert alike(drawn) > 0.95


def test_links_are_chosen_by_affinity(train: Dataset, drawn: Dataset) -> None:
    def tools_of_gold(dataset: Dataset) -> float:
        joined = (
            dataset["line"].frame.merge(dataset["order"].frame, on="order")
            .merge(dataset["customer"].frame, on="customer")
            .merge(dataset["product"].frame, on="product")
        )  # fmt: skip
        gold = joined["rank"] == "gold"
        return float(
            (joined["kind"][gold] == "tool").mean() - (joined["kind"][~gold] == "tool").mean()
        )

    assert tools_of_gold(train) == 1.0
    assert tools_of_gold(drawn) > 0.7


def test_a_model_draws_the_same_after_a_round_trip(
    fitted: FittedDataset, train: Dataset, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "model")
    again = draw(FittedDataset.load(tmp_path / "model"), train, 50)
    for table in draw(fitted, train, 50):
        pd.testing.assert_frame_equal(again[table.name].frame, table.frame)


def test_depths_end_at_roots_and_in_circles() -> None:
    # 0 is a root, 1 and 2 hang on it one by one; 3 and 4 are a circle; 5 is its own parent.
    parents = np.array([-1, 0, 1, 4, 3, 5])
    assert depths(parents).tolist() == [0, 1, 2, 0, 0, 0]


def test_ranks_count_within_groups_in_order() -> None:
    assert rank_in_group(np.array([2, 1, 2, 2, 1])).tolist() == [0, 0, 1, 2, 1]
