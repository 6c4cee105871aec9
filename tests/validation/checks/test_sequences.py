"""What checks of sequences see: each damage by the check that is there for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed
from validation.base import CHECKS, CheckResult, Evidence
from validation.entities import Entities, with_runs
from validation.features import FeatureSpace
from validation.runner import default_checks, run_checks

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = (
    Column(name="person", sdtype="id", dtype="int64", nullable=False),
    Column(name="year", sdtype="numerical", dtype="int64", nullable=False),
    Column(name="job", sdtype="categorical", nullable=False),
    Column(name="wage", sdtype="numerical", dtype="float64", nullable=False),
)
SCHEMA = TableSchema(columns=COLUMNS, sequence=Sequence(entity="person", index="year"))


def table(frame: pd.DataFrame) -> Table:
    return Table("careers", frame[list(SCHEMA.names)].reset_index(drop=True), SCHEMA, ("person",))


def careers(n: int, seed: int) -> pd.DataFrame:
    """People with three to eight years, a job that lasts, and a wage around their own level."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 9, n)
    who = np.repeat(np.arange(n), lengths)
    first = np.diff(who, prepend=-1) != 0
    place = np.arange(len(who)) - np.flatnonzero(first)[who]
    period = np.cumsum(first | (rng.random(len(who)) < 0.25)) - 1
    job = rng.integers(3, size=period[-1] + 1)[period]
    wage = rng.normal(size=n)[who] + 0.3 * place + 0.3 * rng.normal(size=len(who))
    return pd.DataFrame(
        {
            "person": who,
            "year": 2000 + place,
            "job": pd.Series(np.array(["a", "b", "c"])[job], dtype="string"),
            "wage": wage,
        }
    )


def answer(kind: str, damage: Callable[[pd.DataFrame], pd.DataFrame]) -> CheckResult:
    sides = [table(careers(n, seed)) for seed, n in enumerate((700, 350, 350))]
    train, holdout, reference = sides
    return (
        CHECKS[kind]
        .model_validate({})
        .answer(
            Evidence(
                train=train,
                synthetic=table(damage(careers(700, 9))),
                holdout=holdout,
                reference=reference,
                seed=Seed(0),
            )
        )
    )


def as_it_is(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def cut_short(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["year"] < 2004]


def first_as_any(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame["wage"] = frame["wage"].where(frame["year"] > 2000, frame["wage"] + 2)
    return frame


def forgetful(frame: pd.DataFrame) -> pd.DataFrame:
    order = np.random.default_rng(0).permutation(len(frame))
    return frame.assign(job=frame["job"].array.take(order), wage=frame["wage"].to_numpy()[order])


def same_year(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(year=2000 + (frame["year"] - 2000) // 2)


DAMAGES = {
    "sequence_lengths": cut_short,
    "sequence_starts": first_as_any,
    "sequence_steps": forgetful,
    "sequence_runs": forgetful,
    "sequence_transitions": forgetful,
    "sequence_memory": forgetful,
    "sequence_index": same_year,
    "entity_two_sample": forgetful,
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_the_check_that_is_there_for_a_damage_fails(kind: str) -> None:
    found = answer(kind, DAMAGES[kind])
    assert found.status == "fail", found.message
    assert found.baseline is not None


@pytest.mark.parametrize("kind", [*DAMAGES, "entity_membership"])
def test_fresh_entities_pass(kind: str) -> None:
    assert answer(kind, as_it_is).status == "pass"


def test_entities_that_are_copied_are_members() -> None:
    def copied(_: pd.DataFrame) -> pd.DataFrame:
        return careers(700, 0)  # the train rows

    assert answer("entity_membership", copied).status == "fail"


def test_a_run_is_as_long_as_its_value_stays() -> None:
    frame = pd.DataFrame(
        {
            "person": [1, 1, 1, 2, 1],
            "year": [3, 1, 2, 1, 4],
            "job": pd.Series(["b", "a", "a", "a", "a"], dtype="string"),
            "wage": [1.0, 1.0, 1.0, 1.0, 2.0],
        }
    )
    small = table(frame)
    runs = with_runs(small, FeatureSpace.learn(small)).frame
    # By entity and year: jobs a a b a of the first, a of the second.
    assert runs["run of job"].tolist() == [2, 2, 1, 1, 1]
    assert runs["run of wage"].tolist() == [3, 3, 3, 1, 1]
    assert Entities.of(small).lengths.tolist() == [4, 1]


def test_a_table_without_a_sequence_is_not_asked_about_one() -> None:
    plain = TableSchema(columns=COLUMNS[1:])
    frame = careers(40, 0).drop(columns="person")
    rows = Table("rows", frame, plain)
    evidence = Evidence(train=rows, synthetic=rows, seed=Seed(0))
    asked = {found.check for found in run_checks(evidence, default_checks())}
    assert not {kind for kind in asked if kind.startswith(("sequence_", "entity_"))}
