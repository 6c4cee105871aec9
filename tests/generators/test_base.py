"""Drawing rows: how many, with which keys, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from generators.fitted import FittedGenerator
from generators.models.bootstrap import Bootstrap
from tabular.dataset import Table
from tabular.errors import SampleError
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed


def keyed(n_keys: int) -> FittedGenerator:
    """A bootstrap of a table whose key takes `n_keys` values and is learnt."""
    names = ("a", "b")
    frame = pd.DataFrame({"a": np.arange(n_keys) % 10, "b": np.arange(n_keys) // 10})
    frame = pd.concat([frame] * 5, ignore_index=True)
    columns = tuple(
        Column(name=name, sdtype="categorical", dtype="int64", nullable=False) for name in names
    )
    schema = TableSchema(
        columns=(Column(name="id", sdtype="id", dtype="int64", nullable=False), *columns),
        primary_key=names,
    )
    frame.insert(0, "id", np.arange(len(frame)))
    return Bootstrap().fit(Table("keyed", frame, schema), seed=Seed(0))


def test_nearly_every_key_can_be_drawn() -> None:
    frame = keyed(100).sample(95, seed=Seed(0)).frame
    assert len(frame) == 95
    assert not frame.duplicated(["a", "b"]).any()
    assert frame["id"].is_unique


def test_more_rows_than_there_are_keys_are_refused() -> None:
    with pytest.raises(SampleError, match="fewer than 1 % of the rows drawn have a new key"):
        keyed(100).sample(101, seed=Seed(0))


def test_identifiers_stay_unique_where_rows_with_old_keys_fall_away() -> None:
    fitted = keyed(1000)
    parts = list(fitted.sample_batches(600, batch_rows=200, seed=Seed(0)))
    assert sum(map(len, parts)) == 600
    assert pd.concat([part.frame["id"] for part in parts]).is_unique


def diary() -> Table:
    """Ten people with ten rows each, every row with a number of its own."""
    frame = pd.DataFrame(
        {
            "entry": np.arange(100),
            "person": np.repeat(np.arange(10), 10),
            "day": np.tile(np.arange(10), 10),
        }
    )
    schema = TableSchema(
        columns=(
            Column(name="entry", sdtype="id", dtype="int64", nullable=False),
            Column(name="person", sdtype="id", dtype="int64", nullable=False),
            Column(name="day", sdtype="numerical", dtype="int64", nullable=False),
        ),
        primary_key=("entry",),
        sequence=Sequence(entity="person", index="day"),
    )
    return Table("diary", frame, schema, ("person",))


def test_rows_are_numbered_by_row_and_entities_by_entity() -> None:
    fitted = Bootstrap().fit(diary(), seed=Seed(0))
    frame = pd.concat(
        [part.frame for part in fitted.sample_batches(70, batch_rows=30, seed=Seed(0))]
    )
    assert frame["entry"].tolist() == list(range(1, 71))
    assert frame["person"].tolist() == np.repeat(np.arange(1, 8), 10).tolist()


def test_a_column_that_names_the_subject_is_never_learnt() -> None:
    table = diary()
    schema = TableSchema(
        columns=tuple(
            column.model_copy(update={"sdtype": "numerical"}) if column.name == "person" else column
            for column in table.schema.columns
        ),
        primary_key=("entry",),
    )
    fitted = Bootstrap().fit(Table("diary", table.frame, schema, ("person",)), seed=Seed(0))
    assert [variable.name for variable in fitted.encoder.variables] == ["day"]


def test_what_must_be_backed_is_told_to_the_model() -> None:
    table = diary()
    schema = TableSchema(columns=table.schema.columns, primary_key=("entry",))
    people = Table("diary", table.frame, schema, ("person",))
    fitted = Bootstrap().fit(people, seed=Seed(0))
    train = fitted.model._train  # type: ignore[attr-defined]
    assert train.k == 5
    assert train.n_subjects == 100
    np.testing.assert_array_equal(train.owner_codes, np.repeat(np.arange(10), 10))
