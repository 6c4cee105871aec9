"""Drift of a source: what is kept of it, and what is found to have changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.config import PipelineConfig
from tabular.dataset import Dataset
from tabular.profile import profile
from tabular.schema import Schema, Subject
from tabular.seeding import Seed
from validation.drift import Change, Drift
from validation.drift_comparison import compare
from validation.drift_html import compared
from validation.drift_policy import DriftPolicy
from validation.drift_profile import SourceProfile, profile_of
from validation.renames import name_similarity
from validation.report import Report

K = 5


def _dataset(frame: pd.DataFrame, *, subject: str | None = None, name: str = "t") -> Dataset:
    schema = Schema(
        tables={name: profile(name, frame)},
        subject=Subject(table=name, columns=(subject,)) if subject else None,
    )
    return Dataset.of({name: frame}, schema)


def _people(n: int, seed: str = "then") -> pd.DataFrame:
    rng = Seed(0, ("drift", seed)).generator()
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, size=n),
            "salary": np.exp(10 + 0.5 * rng.normal(size=n)).round(2),
            "town": pd.Series(rng.choice(["Ulm", "Rom", "Oslo"], size=n, p=[0.5, 0.3, 0.2])),
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, n), "D"),
            "note": pd.Series([f"{i} came and said something on day {i}" for i in range(n)]),
        }
    ).astype({"town": "string", "note": "string"})


def _compare(now: pd.DataFrame, then: pd.DataFrame | None = None, **policy: object) -> Drift:
    before = profile_of(_dataset(_people(3000) if then is None else then), K)
    wanted = DriftPolicy.model_validate(policy)
    return compare(before, _dataset(now), wanted, since="v1", k=K)


def _said(drift: Drift) -> set[tuple[str, str | None, bool]]:
    return {(change.what, change.column, change.drifts) for change in drift.changes}


def test_other_rows_of_the_same_people_are_no_drift() -> None:
    drift = _compare(_people(3000, "now"))
    assert drift.drifted == ()
    assert {c.what for c in drift.changes} <= {"volume"}
    columns = {column.name for column in drift.tables["t"].columns}
    assert columns == {"age", "salary", "town", "seen", "note"}


def test_a_tenth_of_the_rows_moved_is_a_distance_of_a_tenth() -> None:
    # 1,000 of 10,000 rows move from 1 to 2: the distribution functions differ by .1 at 2 and
    # nowhere else; the reach of the interval is 2 sqrt(ln 80 / 20,000).
    then = pd.DataFrame({"x": np.repeat([1, 2, 3], [4000, 3000, 3000])})
    now = pd.DataFrame({"x": np.repeat([1, 2, 3], [3000, 4000, 3000])})
    before = profile_of(_dataset(then), K)
    drift = compare(before, _dataset(now), DriftPolicy(ks=0.05), since="v1", k=K)
    (column,) = drift.tables["t"].columns
    assert column.value == pytest.approx(0.1)
    reach = 2 * np.sqrt(np.log(80) / 20_000)
    assert column.interval == pytest.approx((0.1 - reach, 0.1 + reach))
    assert [(c.what, c.drifts) for c in drift.changes] == [("distribution", True)]
    # .1 lies beyond .08, but its interval does not: a notice.
    unsure = compare(before, _dataset(now), DriftPolicy(ks=0.08), since="v1", k=K)
    assert [(c.what, c.drifts) for c in unsure.changes] == [("distribution", False)]


def test_columns_come_and_go() -> None:
    now = _people(3000, "now").drop(columns="town")
    now["score"] = Seed(0, ("score",)).generator().normal(size=3000)
    assert _said(_compare(now)) == {("lost", "town", True), ("new", "score", True)}


@pytest.mark.parametrize(
    ("old", "new"), [("salary", "income"), ("salary", "annual_salary"), ("town", "city")]
)
def test_a_renamed_column_is_recognised_by_its_values_and_its_name(old: str, new: str) -> None:
    drift = _compare(_people(3000, "now").rename(columns={old: new}))
    (change,) = drift.changes
    assert (change.what, change.column, change.renamed_to) == ("renamed", old, new)
    assert drift.stopping(DriftPolicy()) == (change,)


def test_a_column_of_another_kind_is_no_new_name() -> None:
    now = _people(3000, "now").drop(columns="salary")
    now["salaries"] = pd.Series(["high", "low", "none"] * 1000, dtype="string")
    assert _said(_compare(now)) == {("lost", "salary", True), ("new", "salaries", True)}


def test_a_declared_new_name_is_compared_as_the_same_column() -> None:
    now = _people(3000, "now").rename(columns={"salary": "income"})
    for said in ({"salary": "income"}, {"t.salary": "income"}, {"t.salary": "t.income"}):
        drift = _compare(now, renamed=said)
        assert drift.changes == ()
        assert "income" in {column.name for column in drift.tables["t"].columns}


def test_a_column_declared_gone_is_gone() -> None:
    now = _people(3000, "now").rename(columns={"salary": "income"})
    drift = _compare(now, renamed={"salary": None})
    assert _said(drift) == {("lost", "salary", False), ("new", "income", True)}
    assert drift.stopping(DriftPolicy()) == ()


def test_a_changed_type_is_drift_and_missing_cells_alone_are_none() -> None:
    now = _people(3000, "now")
    now["age"] = now["age"].astype("string") + " years"
    assert ("type", "age", True) in _said(_compare(now))
    now = _people(3000, "now")
    now["age"] = now["age"].astype("Int64").mask(np.arange(3000) < 3)
    assert _said(_compare(now)) == {("missing", "age", False)}


def test_cells_that_are_missing_now_are_drift_where_there_are_many() -> None:
    # From none to a quarter: h = 2 asin sqrt .25 = 1.047.
    now = _people(3000, "now")
    now["salary"] = now["salary"].mask(np.arange(3000) % 4 == 0)
    (change,) = _compare(now).changes
    assert (change.what, change.column, change.drifts) == ("missing", "salary", True)
    assert change.value == pytest.approx(np.pi / 3)


def test_categories_come_and_go() -> None:
    now = _people(3000, "now")
    now["town"] = now["town"].replace({"Oslo": "Bern"}).astype("string")
    said = _said(_compare(now))
    assert said == {("domain", "town", True), ("distribution", "town", True)}
    now["town"] = _people(3000, "now")["town"].mask(np.arange(3000) < 6, "Bern")
    assert _said(_compare(now)) == {("domain", "town", False)}


def test_numbers_outside_the_former_range_are_named() -> None:
    now = _people(3000, "now")
    now.loc[:299, "salary"] = 1e9
    said = _said(_compare(now))
    assert ("domain", "salary", True) in said


@pytest.mark.parametrize(
    ("n", "drifts"), [(4400, False), (4600, True), (2100, False), (1900, True)]
)
def test_rows_may_grow_or_shrink_by_half(n: int, *, drifts: bool) -> None:
    # 3,000 rows before: from 2,000 to 4,500 is within a factor of 1.5.
    changes = [c for c in _compare(_people(n, "now")).changes if c.what == "volume"]
    assert [change.drifts for change in changes] == [drifts]


def test_tables_come_and_go() -> None:
    then, now = _dataset(_people(100)), _dataset(_people(100), name="other")
    drift = compare(profile_of(then, K), now, DriftPolicy(), since="v1", k=K)
    assert [(c.what, c.table, c.drifts) for c in drift.changes] == [
        ("lost_table", "t", True), ("new_table", "other", True),
    ]  # fmt: skip


def test_rows_of_one_subject_count_once() -> None:
    # 40 people with 100 rows each: as rows the shift would be certain, as people it is not.
    def visits(seed: str) -> pd.DataFrame:
        rng = Seed(0, ("visits", seed)).generator()
        height = np.repeat(rng.normal(170, 10, size=40).round(), 100)
        return pd.DataFrame({"person": np.repeat(np.arange(40), 100), "height": height})

    then = _dataset(visits("then"), subject="person")
    now = _dataset(visits("now"), subject="person")
    drift = compare(profile_of(then, K), now, DriftPolicy(ks=0.02), since="v1", k=K)
    (column,) = drift.tables["t"].columns
    assert column.value > 0.02
    assert drift.drifted == ()


def test_a_profile_holds_nothing_of_fewer_than_k_people() -> None:
    frame = _people(3000)
    frame.loc[7, "town"] = "Zwiesel am Ende"
    frame.loc[8, "salary"] = 87654321.25
    frame.loc[9, "age"] = 113
    found = profile_of(_dataset(frame), K)
    text = found.model_dump_json()
    assert SourceProfile.model_validate_json(text) == found
    for canary in ("Zwiesel", "87654321", "113", "came and said"):
        assert canary not in text
    for column in found.tables["t"].columns.values():
        named = (
            column.counts[:-1] if column.kind == "category" else column.counts[: len(column.labels)]
        )
        assert all(count >= K for count in named)


def test_an_edge_is_round_or_shared() -> None:
    # Few different numbers, one of them one person's, in the middle.
    values = np.concatenate([np.repeat([1.5, 2.5, 3.5], 50), [2.71828]])
    (column,) = profile_of(_dataset(pd.DataFrame({"x": values})), K).tables["t"].columns.values()
    assert 2.71828 not in column.edges
    assert set(column.edges) == {2.5, 3.5}


def test_the_same_rows_in_another_order_have_the_same_profile() -> None:
    frame = _people(500)
    again = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    assert profile_of(_dataset(frame), K) == profile_of(_dataset(again), K)


def test_any_column_can_be_profiled_and_compared() -> None:
    frame = pd.DataFrame(
        {
            "empty": pd.Series([None] * 20, dtype="string"),
            "nan": [float("nan")] * 20,
            "same": [1] * 20,
            "infinite": [float("inf"), *range(19)],
            "flag": [True, False] * 10,
            "id": range(20),
        }
    )
    drift = _compare(frame, then=frame)
    assert drift.changes == ()
    assert compared(drift)["tables"][0]["before"] == "20"
    assert _compare(frame.iloc[:0], then=frame).tables["t"].rows_now == 0


def test_drift_does_not_leave_the_house() -> None:
    change = Change(what="volume", table="t", drifts=True, message="m")
    drift = Drift(since="v1", k=5, changes=(change,))
    assert Report(name="r", results=(), drift=drift).public().drift is None


@pytest.mark.parametrize(
    ("a", "b", "least"), [("salary", "Salary", 1), ("date_of_birth", "birth_date", 0.9)]
)
def test_names_are_compared_by_letters_and_words(a: str, b: str, least: float) -> None:
    assert name_similarity(a, b) >= least
    assert name_similarity("salary", "town") < 0.5


def test_a_word_says_what_to_do() -> None:
    config = {"name": "x", "source": {"kind": "sample", "name": "happiness"}, "drift": "stop"}
    assert PipelineConfig.model_validate(config).drift == DriftPolicy(action="stop")
    assert PipelineConfig.model_validate({**config, "drift": {"ks": 0.2}}).drift.action == "warn"
