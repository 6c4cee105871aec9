"""Tables of few rows: others hang on them, and nothing of one row is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from generators.base import GENERATORS
from generators.protection import Protection
from generators.relational import DatasetGenerator, FittedDataset
from generators.relations.learning import counted, mean_children
from generators.relations.plan import TablePlan
from generators.relations.world import World
from tabular.dataset import Dataset
from tabular.relations import pointed_at
from tabular.schema import Column, ForeignKey, Schema, Subject, TableSchema
from tabular.seeding import Seed

if TYPE_CHECKING:
    from pathlib import Path

_N = 400


def media(parents: int, *, people: bool) -> Dataset:
    """Items of a few kinds, with a table of settings that no key leads to or from."""
    rng = Seed(0, ("media",)).generator()
    kinds = pd.DataFrame(
        {
            "kind": np.arange(1, parents + 1),
            "size": 1000.25 + np.arange(parents),
            "name": pd.Series([f"secret {i}" for i in range(parents)], dtype="string"),
        }
    )
    items = pd.DataFrame(
        {
            "item": np.arange(1, _N + 1),
            "kind": rng.integers(1, parents + 1, size=_N),
            "weight": np.round(rng.normal(5, 1, size=_N), 2),
            "colour": pd.Series(rng.choice(["red", "blue"], size=_N), dtype="string"),
        }
    )
    settings = pd.DataFrame({"key": np.arange(3), "value": [0.5, 1.5, 2.5]})
    sdtypes = {"size": "numerical", "weight": "numerical", "name": "text",
               "colour": "categorical", "value": "numerical"}  # fmt: skip
    frames = {"kinds": kinds, "items": items, "settings": settings}
    tables = {
        name: TableSchema(
            columns=tuple(
                Column.model_validate(
                    {
                        "name": column,
                        "sdtype": sdtypes.get(column, "id"),
                        "dtype": str(frame[column].dtype),
                        "nullable": False,
                    }
                )
                for column in frame.columns
            ),
            primary_key=(str(frame.columns[0]),),
        )
        for name, frame in frames.items()
    }
    key = ForeignKey(table="items", columns=("kind",), references="kinds", referenced=("kind",))
    subject = Subject(table="kinds", columns=("kind",)) if people else None
    return Dataset.of(frames, Schema(tables=tables, foreign_keys=(key,), subject=subject))


def _fit(train: Dataset) -> FittedDataset:
    generator = GENERATORS["trees"].model_validate({"trees": 3})
    return DatasetGenerator(generator, {}, Protection()).fit(train, seed=Seed(0))


@pytest.mark.parametrize("people", [False, True])
@pytest.mark.parametrize("parents", [3, 5])
def test_children_of_few_parents_are_learnt_and_nothing_of_a_parent_is_held(
    parents: int, *, people: bool, tmp_path: Path
) -> None:
    train = media(parents, people=people)
    _fit(train).save(tmp_path / "model")
    held = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"1000.25" not in held
    assert b"secret" not in held
    fitted = FittedDataset.load(tmp_path / "model")
    sizes = {name: len(train[name]) for name in fitted.roots}
    made = fitted.sample(sizes, references={}, seed=Seed(1))
    assert len(made["kinds"]) == parents
    assert len(made["settings"]) == 3
    items, kinds = made["items"].frame, made["kinds"].frame
    (key,) = train.schema.foreign_keys
    assert (pointed_at(items, kinds, key) >= 0).all()
    assert items["kind"].nunique() == parents
    if people:
        # What the mean was rounded to, by at most a factor of the root of two, and five standard
        # errors of the Poisson draw.
        assert _N / 2**0.5 - 100 < len(items) < _N * 2**0.5 + 120
    else:
        assert len(items) == _N
        assert abs(items["weight"].mean() - 5) < 0.3
        assert abs((items["colour"] == "red").mean() - 0.5) < 0.12


@pytest.mark.parametrize(
    ("numbers", "mean"), [([37], 32.0), ([3, 100, 20], 32.0), ([100, 101, 99, 7, 4, 3], 52.0)]
)
def test_a_mean_of_too_few_parents_is_rounded(numbers: list[int], mean: float) -> None:
    train = media(len(numbers), people=False)
    rows = np.repeat(np.arange(len(numbers)), numbers)
    plan = TablePlan(name="items", owner=train.schema.foreign_keys[0])
    world = World(train.schema)
    world.finish(TablePlan(name="kinds"), train["kinds"].frame, (), np.full(len(numbers), -1),
                 np.full(len(numbers), -1), [])  # fmt: skip
    table = counted(plan, world, rows, len(numbers))
    assert mean_children(table, Protection()) == mean
