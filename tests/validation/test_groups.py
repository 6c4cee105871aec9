"""Groups: of one attribute, of two together, of numbers by quarter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from tabular.dataset import Table
from tabular.schema import Column, Sdtype, TableSchema
from tabular.seeding import Seed
from validation.base import Evidence
from validation.groups import group_rows, shown


def table(**columns: list[object]) -> Table:
    sdtypes: dict[str, Sdtype] = {"sex": "categorical", "old": "boolean", "age": "numerical"}
    frame = pd.DataFrame(
        {
            name: pd.Series(cells, dtype="string" if name == "sex" else None)
            for name, cells in columns.items()
        }
    )
    return Table(
        "t",
        frame,
        TableSchema(
            columns=tuple(
                Column(
                    name=name,
                    sdtype=sdtypes[name],
                    dtype=str(frame[name].dtype),
                    role="sensitive",
                )
                for name in columns
            )
        ),
    )


def test_single_and_joint_groups_with_their_shares() -> None:
    train = table(sex=["f", "f", "m", None], old=[True, False, True, True])
    synthetic = table(sex=["m", "m", "m", "x"], old=[False, False, True, True])
    evidence = Evidence(train=train, synthetic=synthetic, k=1, seed=Seed(0))
    groups = {g.name: g for g in group_rows(evidence, ("train", "synthetic", "fresh"))}
    assert set(groups) == {
        "sex = f",
        "sex = m",
        "old = false",
        "old = true",
        "sex = f, old = false",
        "sex = f, old = true",
        "sex = m, old = true",
    }
    assert groups["sex = m"].rows("synthetic") == 3
    assert groups["sex = f"].share("train") == 0.5
    assert groups["sex = m, old = true"].rows("synthetic") == 1
    assert groups["sex = f"].rate("train").n == 4
    assert not groups["sex = f"].has("fresh")


def test_numbers_with_many_values_make_quarters() -> None:
    train = table(age=list(range(100)))
    evidence = Evidence(train=train, synthetic=train, k=1, seed=Seed(0))
    groups = group_rows(evidence, ("train",))
    assert [g.name for g in groups] == [f"age = quarter {i}" for i in (1, 2, 3, 4)]
    assert [g.rows("train") for g in groups] == [25, 25, 25, 25]


def test_a_single_attribute_can_be_asked_for_alone() -> None:
    train = table(sex=["f", "m"], old=[True, False])
    evidence = Evidence(train=train, synthetic=train, k=1, seed=Seed(0))
    assert len(group_rows(evidence, ("train",), together=False)) == 4


def test_subjects_weigh_once() -> None:
    train = replace(table(sex=["f", "f", "m", "m"], old=[1, 1, 2, 2]), subject=("old",))
    evidence = Evidence(train=train, synthetic=train, k=1, seed=Seed(0))
    assert group_rows(evidence, ("train",))[0].rate("train").n == np.float64(1)


def test_labels_are_shown_as_people_write_them() -> None:
    assert shown(Column(name="a", sdtype="boolean"), "1.0") == "true"
    assert shown(Column(name="a", sdtype="categorical"), "3.0") == "3"
    assert shown(Column(name="a", sdtype="categorical"), "3.5") == "3.5"


def test_fewer_than_k_subjects_make_no_group() -> None:
    train = table(sex=[*"ffffff", *"mm"], old=[i < 5 for i in range(8)])
    evidence = Evidence(train=train, synthetic=train, k=3, seed=Seed(0))
    names = {group.name for group in group_rows(evidence, ("train",))}
    assert names == {"sex = f", "old = true", "old = false", "sex = f, old = true"}
