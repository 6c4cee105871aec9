"""Parents that hold what their children come to hold it in what is drawn."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from generators.base import GENERATORS
from generators.protection import Protection
from generators.relational import DatasetGenerator, FittedDataset
from tabular.dataset import Dataset
from tabular.schema import Column, Schema
from tabular.seeding import Seed
from tests.shops import shop

if TYPE_CHECKING:
    from pathlib import Path


def _with(dataset: Dataset, table: str, name: str, cells: pd.Series, **column: Any) -> Dataset:
    """The dataset with one more number in a table."""
    dtype = column.pop("dtype", str(cells.dtype))
    added = Column(name=name, sdtype="numerical", dtype=dtype, **column)
    old = dataset.schema.tables[table]
    new = old.model_copy(update={"columns": (*old.columns, added)})
    schema = dataset.schema.model_copy(update={"tables": {**dataset.schema.tables, table: new}})
    frames = {t.name: t.frame for t in dataset} | {
        table: dataset[table].frame.assign(**{name: cells})
    }
    return Dataset.of(frames, Schema.model_validate(schema.model_dump()))


def _sums(dataset: Dataset, child: str, key: str, part: str, parent: str) -> pd.Series:
    added = dataset[child].frame.groupby(key)[part].sum()
    return dataset[parent].frame[key].map(added)


def _fit(train: Dataset) -> FittedDataset:
    generator = GENERATORS["independent"].model_validate({})
    return DatasetGenerator(generator, {}, Protection()).fit(train, seed=Seed(0))


def _draw(fitted: FittedDataset, train: Dataset) -> Dataset:
    sizes = {"customer": 150, "product": len(train["product"])}
    return fitted.sample(sizes, references=train.tables, seed=Seed(1))


@pytest.fixture(scope="module")
def train() -> Dataset:
    """Orders know their pieces, customers those of all their orders, in cents and in full."""
    made = shop(300)
    pieces = _sums(made, "line", "order", "pieces", "order").astype("int64")
    made = _with(made, "order", "pieces", pieces)
    basket = _sums(made, "order", "customer", "pieces", "customer").fillna(0).astype("int64")
    made = _with(made, "customer", "basket", basket)
    weight = np.round(Seed(5).generator().gamma(2, 3, len(made["line"])), 2)
    made = _with(made, "line", "weight", pd.Series(weight), decimals=2)
    heavy = _sums(made, "line", "order", "weight", "order")
    exact = pd.Series([Decimal(f"{x:.2f}") for x in heavy], dtype=object)
    return _with(made, "order", "heavy", exact, dtype="decimal", decimals=2)


def test_sums_hold_to_the_last_digit_and_through_two_tables(train: Dataset) -> None:
    drawn = _draw(_fit(train), train)
    orders, customers = drawn["order"].frame, drawn["customer"].frame
    assert len(orders) > 50
    wanted = _sums(drawn, "line", "order", "pieces", "order").fillna(0)
    assert (orders["pieces"] == wanted).all()
    assert orders["pieces"].dtype == "int64"
    assert (
        customers["basket"] == _sums(drawn, "order", "customer", "pieces", "customer").fillna(0)
    ).all()
    heavy = _sums(drawn, "line", "order", "weight", "order").fillna(0)
    assert (orders["heavy"].astype(float) - heavy).abs().max() < 1e-6
    assert {type(cell) for cell in orders["heavy"]} == {Decimal}


def test_sums_hold_after_a_round_trip(train: Dataset, tmp_path: Path) -> None:
    fitted = _fit(train)
    fitted.save(tmp_path / "model")
    again = _draw(FittedDataset.load(tmp_path / "model"), train)
    pd.testing.assert_frame_equal(again["order"].frame, _draw(fitted, train)["order"].frame)


def test_what_is_no_sum_in_one_row_is_drawn(train: Dataset) -> None:
    frame = train["order"].frame.copy()
    frame["pieces"] += np.arange(len(frame)) == 3
    frames = {t.name: t.frame for t in train} | {"order": frame}
    fitted = _fit(Dataset.of(frames, train.schema))
    columns = [total.column for total in fitted.related["order"].shape.totals]
    assert columns == ["heavy"]
    assert [total.column for total in fitted.related["customer"].shape.totals] == []


def test_parents_without_children_stay_without_a_sum() -> None:
    made = shop(300)
    number = _sums(made, "line", "order", "pieces", "order")
    made = _with(made, "order", "pieces", number.astype("int64"))
    basket = _sums(made, "order", "customer", "pieces", "customer").astype("Int64")
    made = _with(made, "customer", "basket", basket, nullable=True)
    assert basket.isna().any()
    drawn = _draw(_fit(made), made)
    found = drawn["customer"].frame["basket"]
    wanted = _sums(drawn, "order", "customer", "pieces", "customer")
    assert (found.isna() == wanted.isna()).all()
    assert (found.dropna() == wanted.dropna()).all()
