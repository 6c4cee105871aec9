"""Pictures: the right shares, and no cell of a few people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.seeding import Seed
from tests.people import SCHEMA, evidence, people
from tests.tables import mixed_table, panel_table, plain_table
from validation.base import Evidence
from validation.pictures import ColumnPicture, draw


def picture(train: Sequence[str | None], synthetic: Sequence[str | None]) -> ColumnPicture:
    ours, theirs = (
        plain_table(pd.DataFrame({"c": pd.Series(list(cells), dtype="string")}))
        for cells in (train, synthetic)
    )
    return draw(Evidence(train=ours, synthetic=theirs, seed=Seed(0))).columns[0]


def test_shares_are_of_all_rows_and_rare_categories_stand_together() -> None:
    found = picture(
        ["a"] * 10 + ["b"] * 6 + ["rare"] * 3 + ["single"] * 2 + [None] * 9,
        ["a"] * 5 + ["rare"] * 2 + ["new"] * 3,
    )
    assert found.labels == ("a", "b", "all others", "missing")
    # Two rare labels of five people together make a cell.
    np.testing.assert_allclose(found.real, np.array([10, 6, 5, 9]) / 30)
    np.testing.assert_allclose(found.synthetic, [0.5, 0, 0.5, 0])
    # (|1/3 - 1/2| + 1/5 + |1/6 - 1/2| + 3/10) / 2
    assert found.distance == pytest.approx(0.5)


def test_a_cell_of_fewer_than_k_people_is_not_shown() -> None:
    found = picture(["a"] * 20 + ["rare"] * 4, ["a"] * 20 + ["rare"] * 4)
    assert found.labels == ("a", "all others")
    assert found.real == (1.0, 0.0)
    assert "rare" not in draw(evidence(n=100)).model_dump_json()


@pytest.mark.parametrize("table", [mixed_table(400), panel_table(80)], ids=["mixed", "panel"])
def test_every_dtype_has_a_picture_whose_shares_sum_to_one(table: Table) -> None:
    pictures = draw(Evidence(train=table, synthetic=table, seed=Seed(0)))
    for column in pictures.columns:
        assert len(column.labels) == len(column.real) == len(column.synthetic)
        assert len(column.labels) <= 22
        assert sum(column.synthetic) == pytest.approx(1)
        assert sum(column.real) == pytest.approx(1)
        assert column.distance < 0.05


def test_what_goes_together_has_association_one_and_chance_has_none() -> None:
    rng = Seed(0, ("pairs",)).generator()
    a = rng.integers(4, size=2000)
    frame = pd.DataFrame(
        {
            "a": pd.Series(a).map(str).astype("string"),
            "same": pd.Series(a).map({0: "w", 1: "x", 2: "y", 3: "z"}).astype("string"),
            "other": pd.Series(rng.integers(4, size=2000)).map(str).astype("string"),
        }
    )
    table = plain_table(frame)
    broken = table.with_frame(frame.assign(same=frame["same"].sample(frac=1, random_state=0).array))
    found = draw(Evidence(train=table, synthetic=broken, seed=Seed(0))).association
    assert found is not None
    assert found.real[0][1] == pytest.approx(1)
    assert found.real[0][2] == pytest.approx(0, abs=0.04)
    assert found.difference[0][1] < -0.9
    assert np.allclose(found.real, np.transpose(found.real))


def test_groups_show_their_shares_and_outcomes() -> None:
    whole = evidence()
    pictures = draw(whole)
    women = next(group for group in pictures.groups if group.group == "sex = f")
    frame = whole.train.frame
    inside = frame["sex"] == "f"
    assert pictures.outcome == "yes in hired"
    assert women.rows == inside.sum()
    assert women.real == pytest.approx(inside.mean())
    assert women.outcome_real == pytest.approx((frame.loc[inside, "hired"] == "yes").mean())


def test_a_group_of_a_few_people_is_left_out_and_so_is_an_outcome_of_a_few() -> None:
    frame = people(500, "train").frame
    frame.loc[:3, "sex"] = "x"
    women = frame.index[frame["sex"] == "f"]
    frame.loc[women, "hired"] = "no"
    frame.loc[women[:3], "hired"] = "yes"
    pictures = draw(replace(evidence(n=500), train=Table("people", frame, SCHEMA)))
    assert {group.group for group in pictures.groups} == {"sex = f", "sex = m"}
    assert next(g for g in pictures.groups if g.group == "sex = f").outcome_real is None


def test_the_public_face_is_rounded() -> None:
    public = draw(evidence(n=700)).public()
    shares = [share for column in public.columns for share in (*column.real, *column.synthetic)]
    assert all(share == round(share, 3) for share in shares)
    assert all(group.rows % 10 == 0 for group in public.groups)
