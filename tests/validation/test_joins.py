"""Joins worked by hand, and faults across tables that single tables don't show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Dataset
from tabular.seeding import Seed
from tabular.split import split
from tests.shops import schema_of, shop
from validation.base import Evidence, Related
from validation.checks.fidelity.children_per_parent import ChildrenPerParent
from validation.checks.fidelity.family_trends import FamilyTrends
from validation.checks.validity.references import References
from validation.joins import with_children, with_counts, with_sibling


def evidence(synthetic: Dataset, table: str) -> Evidence:
    parts = split(shop(600), holdout=0.4, seed=Seed(0))
    related = Related(parts.train, synthetic, parts.holdout, parts.reference)
    return Evidence(
        train=parts.train[table],
        synthetic=synthetic[table],
        holdout=parts.holdout[table],
        reference=parts.reference[table],
        seed=Seed(0),
        related=related,
    )


def changed(dataset: Dataset, table: str, frame: pd.DataFrame) -> Dataset:
    frames = {t.name: t.frame for t in dataset} | {table: frame}
    return Dataset.of(frames, schema_of(frames))


def test_children_are_counted_and_summed() -> None:
    whole = shop(3, seed=4)
    orders = whole["order"].frame.iloc[:3].assign(customer=[1, 1, 3])
    lines = pd.DataFrame({"order": [1, 1, 2], "line": [1, 2, 1], "product": [1, 2, 1]})
    lines["pieces"] = [1, 3, 2]
    small = changed(changed(whole, "order", orders), "line", lines)
    assert with_counts(small, "customer").frame["number of order"].tolist() == [2, 0, 1]
    joined = with_children(small, "order", {}).frame
    assert joined["number of line"].tolist() == [2, 1, 0]
    assert joined["mean line.pieces"].tolist()[:2] == [2.0, 2.0]
    assert joined["greatest line.pieces"].tolist()[:2] == [3.0, 2.0]
    assert np.isnan(joined["least line.pieces"].iloc[2])


def test_siblings_are_others_of_the_same_parent() -> None:
    dataset = shop(200)
    key = next(k for k in dataset.schema.foreign_keys if k.table == "order")
    pairs = with_sibling(dataset, key, Seed(0)).frame
    # A customer's orders all came the same way.
    assert (pairs["way"] == pairs["sibling's way"]).all()
    several = dataset["order"].frame.groupby("customer").size()
    assert len(pairs) == several[several > 1].sum()


def test_fresh_tables_pass_and_a_lost_row_fails() -> None:
    good = shop(600, seed=1)
    assert References().run(evidence(good, "line")).status == "pass"
    lines = good["line"].frame.copy()
    lines.loc[7, "product"] = 999
    verdict = References().run(evidence(changed(good, "line", lines), "line"))
    assert verdict.status == "fail"
    assert verdict.value == pytest.approx(1 / len(lines))


def test_rows_dealt_to_any_parent_are_seen() -> None:
    good = shop(600, seed=1)
    assert FamilyTrends().run(evidence(good, "order")).status == "pass"
    assert ChildrenPerParent().run(evidence(good, "customer")).status == "pass"
    # Every column of every table stays as it is, only whose orders they are does not.
    orders = good["order"].frame
    rng = Seed(0, ("dealt",)).generator()
    dealt = orders.assign(customer=rng.integers(1, 601, size=len(orders)))
    bad = changed(good, "order", dealt)
    assert FamilyTrends().run(evidence(bad, "order")).status == "fail"
    assert ChildrenPerParent().run(evidence(bad, "customer")).status == "fail"


def test_a_table_without_relatives_is_not_judged() -> None:
    alone = replace(evidence(shop(600, seed=1), "product"), related=None)
    assert References().answer(alone).status == "not_applicable"
