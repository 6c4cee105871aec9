"""What every kind promises of rows of which some cells are given."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from generators.base import GENERATORS
from generators.conditions import impute, rebalance
from generators.fitted import FittedGenerator
from tabular.errors import SampleError
from tabular.seeding import Seed
from tests.cases import GENERATOR_CASES
from tests.tables import mixed_table

# One draw of an SDV model is a process of its own.
KINDS = sorted(kind for kind in GENERATORS if not kind.startswith("sdv_"))
ABLE = [kind for kind in KINDS if "conditions" in GENERATORS[kind].capabilities]


@cache
def fitted(kind: str) -> FittedGenerator:
    generator = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    return generator.fit(mixed_table(), seed=Seed(0))


@pytest.mark.parametrize("kind", KINDS)
class TestAnyKind:
    def test_rows_have_the_labels_that_are_asked_for(self, kind: str) -> None:
        made = fitted(kind).sample(40, conditions={"town": "Ulm", "true": True}, seed=Seed(1))
        assert len(made) == 40
        assert (made.frame["town"] == "Ulm").all()
        assert made.frame["true"].all()
        assert made.frame.dtypes.to_dict() == mixed_table().frame.dtypes.to_dict()
        assert made.frame["id"].is_unique

    def test_each_row_has_what_its_row_of_the_frame_says(self, kind: str) -> None:
        frame = pd.DataFrame({"grade": ["top", "low", "mid"] * 8, "code": [1, 2, 3] * 8})
        made = fitted(kind).sample(24, conditions=frame, seed=Seed(1)).frame
        assert made["grade"].astype(str).tolist() == frame["grade"].tolist()
        assert made["code"].tolist() == frame["code"].tolist()

    def test_the_same_seed_gives_the_same_rows(self, kind: str) -> None:
        first, again = (
            fitted(kind).sample(10, conditions={"town": "Rom"}, seed=Seed(3)).frame
            for _ in range(2)
        )
        pd.testing.assert_frame_equal(first, again)

    def test_a_missing_cell_can_be_asked_for(self, kind: str) -> None:
        made = fitted(kind).sample(10, conditions={"town": None}, seed=Seed(1)).frame
        assert made["town"].isna().all()

    def test_shares_are_met_to_the_row(self, kind: str) -> None:
        made = rebalance(fitted(kind), 30, "grade", {"top": 0.5, "low": 0.5}, seed=Seed(1))
        assert made.frame["grade"].astype(str).value_counts().to_dict() == {"top": 15, "low": 15}
        assert made.frame["grade"].astype(str).head(15).nunique() == 2


@pytest.mark.parametrize("kind", ABLE)
class TestExact:
    def test_numbers_and_moments_can_be_given_too(self, kind: str) -> None:
        real = mixed_table().frame
        real = real[real["price"].between(80, 120) & real["age"].between(30, 50)]
        columns = ["age", "price", "when", "zoned", "day", "amount", "count", "town"]
        wanted = real[columns].head(30).reset_index(drop=True)
        made = fitted(kind).sample(len(wanted), conditions=wanted, seed=Seed(1)).frame
        pd.testing.assert_frame_equal(made[columns], wanted)

    def test_only_missing_cells_are_filled_and_all_of_them(self, kind: str) -> None:
        table = mixed_table(60)
        learnt = ["count", "gaps", "maybe", "town"]
        first, second = impute(fitted(kind), table, draws=2, seed=Seed(1))
        for name in learnt:
            there = table.frame[name].notna()
            assert first.frame[name].notna().all()
            pd.testing.assert_series_equal(first.frame[name][there], table.frame[name][there])
        assert first.frame.dtypes.to_dict() == table.frame.dtypes.to_dict()
        assert not first.frame[learnt].equals(second.frame[learnt])


def test_what_cannot_be_asked_for_is_named() -> None:
    model = fitted("independent")
    for conditions, message in (
        ({"nowhere": 1}, "there is no column nowhere"),
        ({"email": "a@b.c"}, "made anew"),
        ({"town": "Paris"}, "column town: there is a value that the model does not know"),
        ({"price": 1e9}, "column price: there is a value that the model does not know"),
        ({"price": "dear"}, "column price: there is a value that is no float64"),
        ({}, "no column is given"),
        (pd.DataFrame({"town": ["Ulm", "Rom"]}), "for 2 rows were given, not for 5"),
    ):
        with pytest.raises(SampleError, match=message) as caught:
            model.sample(5, conditions=conditions, seed=Seed(0))
        assert "Paris" not in str(caught.value)


def test_rejection_ends_and_says_how_many_rows_would_do() -> None:
    with pytest.raises(SampleError, match=r"of 3 rows were found in [\d,]+ drawn: 0\.\d\d%"):
        fitted("bootstrap").sample(3, conditions={"town": "Ulm", "price": 100.17}, seed=Seed(0))


def test_a_kind_that_can_not_complete_rows_does_not_impute() -> None:
    with pytest.raises(SampleError, match="can't draw the other columns"):
        impute(fitted("bootstrap"), mixed_table(20), draws=1, seed=Seed(0))


def test_shares_add_up_to_one() -> None:
    with pytest.raises(SampleError, match="add up to one"):
        rebalance(fitted("independent"), 10, "grade", {"top": 0.5}, seed=Seed(0))


def test_a_column_no_value_of_which_is_known_stays_missing() -> None:
    table = mixed_table(20)
    gone = table.with_frame(table.frame.assign(price=np.nan))
    filled = impute(fitted("independent"), gone, draws=1, seed=Seed(0))[0].frame
    assert filled["price"].notna().all()
    assert filled["void"].isna().all()
    assert filled["nothing"].isna().all()
