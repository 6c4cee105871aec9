"""Whose rows are whose, along foreign keys."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabular.relations import following, pointed_at
from tabular.schema import ForeignKey
from tabular.seeding import Seed
from tabular.split import split
from tests.shops import shop


def test_tables_follow_the_subject_along_their_keys() -> None:
    follow = following(shop(20).schema)
    assert follow.order[0] == "customer"
    assert set(follow.order) == {"customer", "order", "line", "passport"}
    assert follow.owner["line"].references == "order"


def test_a_composite_key_points_at_the_row_that_agrees_in_all_columns() -> None:
    parent = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"]})
    child = pd.DataFrame({"c": pd.array([1, 2, 1, None], "Int64"), "d": ["y", "x", "z", "x"]})
    key = ForeignKey(table="c", columns=("c", "d"), references="p", referenced=("a", "b"))
    assert pointed_at(child, parent, key).tolist() == [1, 2, -1, -1]


def test_a_split_keeps_families_together_and_products_whole() -> None:
    dataset = shop(400)
    parts = split(dataset, holdout=0.4, seed=Seed(0))
    sides = (parts.train, parts.holdout, parts.reference)
    for side in sides:
        people = set(side["customer"].frame["customer"])
        assert set(side["order"].frame["customer"]) <= people
        assert set(side["passport"].frame["customer"]) <= people
        assert set(side["line"].frame["order"]) <= set(side["order"].frame["order"])
        assert len(side["product"]) == len(dataset["product"])
    for name in ("customer", "order", "line", "passport"):
        assert sum(len(side[name]) for side in sides) == len(dataset[name])


def test_rows_of_one_subject_share_a_code_in_every_table() -> None:
    dataset = shop(50)
    lines = dataset["line"]
    owner = dataset["order"].frame.set_index("order")["customer"].loc[lines.frame["order"]]
    codes = lines.subject_codes
    agree = pd.DataFrame({"owner": owner.to_numpy(), "code": codes}).drop_duplicates()
    assert agree["owner"].is_unique
    assert agree["code"].is_unique
    assert np.unique(codes).tolist() == list(range(lines.n_subjects))
