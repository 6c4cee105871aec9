from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular.dataset import Dataset, Table
from tabular.errors import DataError
from tabular.schema import Column, Schema, TableSchema
from tabular.seeding import Seed
from tabular.split import Split, halves
from tabular.split import split as split_dataset

SEED = Seed(0).child("split")


def table(
    frame: pd.DataFrame, *, subject: tuple[str, ...] = (), key: tuple[str, ...] = ()
) -> Table:
    columns = tuple(Column(name=str(name)) for name in frame.columns)
    return Table("t", frame, TableSchema(columns=columns, primary_key=key), subject)


def split(rows: Table, *, holdout: float, seed: Seed) -> Split:
    return split_dataset(
        Dataset({rows.name: rows}, Schema(tables={rows.name: rows.schema})),
        holdout=holdout,
        seed=seed,
    )


def sides(parts: Split, column: str) -> tuple[set[int], set[int], set[int]]:
    train, holdout, reference = (
        set(part.frame[column])
        for part in (parts.train.only, parts.holdout.only, parts.reference.only)
    )
    return train, holdout, reference


@given(st.integers(200, 2000), st.floats(0.1, 0.9), st.integers(0, 1000))
def test_the_three_parts_are_the_table_and_share_no_row(n: int, holdout: float, root: int) -> None:
    parts = split(table(pd.DataFrame({"row": np.arange(n)})), holdout=holdout, seed=Seed(root))
    train, held, reference = sides(parts, "row")
    assert train | held | reference == set(range(n))
    assert len(train) + len(held) + len(reference) == n


def test_the_shares_are_those_asked_for() -> None:
    parts = split(table(pd.DataFrame({"row": np.arange(20_000)})), holdout=0.2, seed=SEED)
    # The standard error of a share of .1 is .0021, of .8 it is .0028; 4 of them.
    assert len(parts.train.only) / 20_000 == pytest.approx(0.8, abs=0.0113)
    assert len(parts.holdout.only) / 20_000 == pytest.approx(0.1, abs=0.0085)
    assert len(parts.reference.only) / 20_000 == pytest.approx(0.1, abs=0.0085)


def test_all_rows_of_a_subject_stay_on_one_side() -> None:
    frame = pd.DataFrame({"person": np.repeat(np.arange(300), 4), "x": np.arange(1200)})
    parts = split(table(frame, subject=("person",)), holdout=0.5, seed=SEED)
    train, holdout, reference = sides(parts, "person")
    assert not train & holdout
    assert not train & reference
    assert not holdout & reference


@pytest.mark.parametrize("identity", ["subject", "key"])
def test_a_subject_stays_on_its_side_while_others_come_and_go(identity: str) -> None:
    frame = pd.DataFrame({"id": np.arange(1000), "x": np.arange(1000) % 7})
    tomorrow = frame.iloc[500:].assign(x=9).sample(frac=1, random_state=0).reset_index(drop=True)
    today = sides(split(table(frame, **{identity: ("id",)}), holdout=0.3, seed=SEED), "id")
    then = sides(split(table(tomorrow, **{identity: ("id",)}), holdout=0.3, seed=SEED), "id")
    for before, after in zip(today, then, strict=True):
        assert after == {i for i in before if i >= 500}


def test_equal_rows_without_an_identity_fall_on_different_sides() -> None:
    parts = split(table(pd.DataFrame({"a": ["same"] * 400})), holdout=0.5, seed=SEED)
    # 200 expected, with a standard error of 10.
    assert 160 < len(parts.train.only) < 240


def test_another_seed_gives_another_split() -> None:
    rows = table(pd.DataFrame({"row": np.arange(1000)}))
    one = split(rows, holdout=0.5, seed=Seed(0)).train.only.frame["row"]
    other = split(rows, holdout=0.5, seed=Seed(1)).train.only.frame["row"]
    shared = len(set(one) & set(other))
    # Independent halves share 250 of 1,000 rows, with a standard error of 14.
    assert 194 < shared < 306


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.Series(range(500)), pd.Series(range(500), dtype="float64")),
        (pd.Series(range(500)), pd.Series(range(500), dtype="Int64")),
        (pd.Series(range(500)), pd.Series(range(500), dtype="uint16")),
        (pd.Series(range(500)), pd.Series(range(500)).astype("category")),
        (pd.Series(range(500)) + 2**60, (pd.Series(range(500)) + 2**60).astype("Int64")),
        (pd.Series(range(500)).astype(str), pd.Series(range(500)).astype("string")),
        (
            pd.Series(pd.date_range("2020-01-01", periods=500)),
            pd.Series(pd.date_range("2020-01-01", periods=500, unit="s", tz="UTC")),
        ),
    ],
)
def test_a_subject_stays_on_its_side_when_its_column_changes_its_dtype(
    one: pd.Series, other: pd.Series
) -> None:
    first, second = (
        split(table(pd.DataFrame({"id": ids, "row": range(500)}), subject=("id",)), holdout=0.3,
              seed=SEED)
        for ids in (one, other)
    )  # fmt: skip
    assert sides(first, "row") == sides(second, "row")


def test_long_ids_that_differ_in_the_last_digit_are_different_subjects() -> None:
    frame = pd.DataFrame({"id": np.arange(1000) + 2**62})
    parts = split(table(frame, subject=("id",)), holdout=0.5, seed=SEED)
    # 500 expected, with a standard error of 16.
    assert 436 < len(parts.train.only) < 564


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([0.5, None, 1.5, np.inf] * 100),
        pd.Series([True, False] * 200),
        pd.Series([True, None] * 200, dtype="boolean"),
        pd.Series([1, None] * 200, dtype="Int64"),
        pd.Series(["a", None] * 200, dtype="string"),
        pd.Series(["a", None] * 200, dtype="category"),
        pd.Series([date(2020, 1, 1), None] * 200, dtype=object),
        pd.Series([Decimal("1.5"), None] * 200, dtype=object),
        pd.Series(["2020-01-01", None] * 200, dtype="datetime64[ns]"),
        pd.Series(["2020-01-01", None] * 200, dtype="datetime64[ns, UTC]"),
    ],
)
def test_rows_of_any_dtype_can_be_divided(cells: pd.Series) -> None:
    parts = split(table(pd.DataFrame({"a": cells})), holdout=0.5, seed=SEED)
    assert len(parts.train.only) + len(parts.holdout.only) + len(parts.reference.only) == 400
    assert 140 < len(parts.train.only) < 260


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_rows_for_three_parts_are_an_error(n: int) -> None:
    rows = table(pd.DataFrame({"row": np.arange(n)}))
    with pytest.raises(DataError, match=f"{n} rows of {n} subjects are too few"):
        split(rows, holdout=0.2, seed=SEED)


def test_halves_share_no_subject_and_are_the_table() -> None:
    frame = pd.DataFrame({"person": np.repeat(np.arange(200), 3)})
    one, other = halves(table(frame, subject=("person",)), SEED)
    assert not set(one.frame["person"]) & set(other.frame["person"])
    assert len(one) + len(other) == 600
    # 100 subjects expected, with a standard error of 7.
    assert 70 < one.n_subjects < 130
