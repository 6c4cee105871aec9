"""Train on synthetic, test on real: classes, numbers, and what can't be learnt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.base import CheckResult, Evidence
from validation.checks.utility.train_synthetic_test_real import TrainSyntheticTestReal


def rows(n: int, name: str, kind: str, *, link: float = 2.0) -> Table:
    """Two features and a target of a kind that depends on their sum with strength `link`."""
    rng = Seed(0, (name,)).generator()
    a, b, noise = rng.normal(size=(3, n))
    latent = link * (a + b) + noise
    target: pd.Series
    if kind == "number":
        target = pd.Series(latent)
        column = Column(name="t", sdtype="numerical", dtype="float64", role="target")
    elif kind == "flag":
        target = pd.Series((latent > 0).astype(np.int64))
        column = Column(name="t", sdtype="numerical", dtype="int64", role="target")
    else:
        words = np.array(["low", "mid", "top"])[np.digitize(latent, [-1, 1])]
        target = pd.Series(words, dtype="string").mask(pd.Series(rng.random(n) < 0.1))
        column = Column(name="t", sdtype="categorical", role="target")
    schema = TableSchema(
        columns=(
            Column(name="a", sdtype="numerical", dtype="float64"),
            Column(name="b", sdtype="numerical", dtype="float64"),
            column,
        )
    )
    return Table("t", pd.DataFrame({"a": a, "b": b, "t": target}), schema)


def answer(synthetic: Table, kind: str, *, link: float = 2.0, n: int = 1500) -> CheckResult:
    evidence = Evidence(
        train=rows(n, "train", kind, link=link),
        synthetic=synthetic,
        holdout=rows(n, "holdout", kind, link=link),
        seed=Seed(0),
    )
    return TrainSyntheticTestReal().answer(evidence)


def shuffled(table: Table) -> Table:
    order = Seed(0, ("shuffle",)).generator().permutation(len(table))
    return table.with_frame(table.frame.assign(t=table.frame["t"].iloc[order].to_numpy()))


KINDS = ["flag", "words", "number"]


@pytest.mark.parametrize("kind", KINDS)
def test_fresh_rows_keep_the_skill(kind: str) -> None:
    result = answer(rows(1500, "fresh", kind), kind)
    assert result.status == "pass"
    assert result.value == pytest.approx(1, abs=0.05)
    assert result.baseline == pytest.approx(1, abs=0.1)
    assert result.details["metric"] == ("R2" if kind == "number" else "AUC")
    assert result.details["classes"] == {"flag": 2, "words": 3, "number": 0}[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_without_its_link_loses_the_skill(kind: str) -> None:
    table = rows(1500, "fresh", kind)
    synthetic = shuffled(table)
    synthetic = table.with_frame(synthetic.frame.astype(table.frame.dtypes.to_dict()))
    result = answer(synthetic, kind)
    assert result.status == "fail"
    assert result.value is not None
    # A linear model without a link points anywhere, also the wrong way.
    assert result.value < 0.3


def test_copies_keep_exactly_all_of_it() -> None:
    # The two models draw their rows and features from streams of their own.
    result = answer(rows(1500, "train", "words"), "words")
    assert result.value == pytest.approx(1, abs=0.01)


def test_what_real_rows_do_not_teach_can_not_be_lost() -> None:
    result = answer(rows(1500, "fresh", "flag", link=0.0), "flag", link=0.0)
    assert result.status == "insufficient"
    assert "hardly be predicted" in result.message


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_became_one_value_teaches_nothing(kind: str) -> None:
    table = rows(1500, "fresh", kind)
    frame = table.frame.assign(t=table.frame["t"].dropna().iloc[0])
    constant = table.with_frame(frame.astype(table.frame.dtypes.to_dict()))
    result = answer(constant, kind)
    assert result.status == "fail"
    assert result.value == pytest.approx(0, abs=0.05)


def test_no_target_does_not_apply() -> None:
    table = rows(100, "train", "number")
    plain = tuple(c.model_copy(update={"role": "feature"}) for c in table.schema.columns)
    bare = Table("t", table.frame, TableSchema(columns=plain))
    evidence = Evidence(train=bare, synthetic=bare, holdout=bare, seed=Seed(0))
    assert TrainSyntheticTestReal().answer(evidence).status == "not_applicable"


def test_classes_that_hardly_occur_are_left_out() -> None:
    tables = []
    for name in ("train", "fresh", "holdout"):
        table = rows(600, name, "words")
        cells = table.frame["t"].copy()
        cells.iloc[:3] = "once"
        tables.append(table.with_frame(table.frame.assign(t=cells)))
    evidence = Evidence(train=tables[0], synthetic=tables[1], holdout=tables[2], seed=Seed(0))
    result = TrainSyntheticTestReal().answer(evidence)
    assert result.details["classes"] == 3
