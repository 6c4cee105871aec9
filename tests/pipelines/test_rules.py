"""A declared rule goes the whole way: rows that break it are set aside, what is made keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from pipelines import stages
from pipelines.config import load
from pipelines.settings import Settings
from tabular.errors import ConfigurationError
from tabular.rules import broken
from tabular.seeding import Seed

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """
name: stays
source: {kind: csv, path: stays.csv}
generator: {kind: independent}
tables:
  stays:
    rules:
      - {kind: inequality, low: came, high: left}
      - {kind: sum, total: paid, parts: [room, board]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = Seed(5).child("stays").generator()
    came = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, 400), unit="D")
    rows = pd.DataFrame(
        {
            "came": came,
            "left": came + pd.to_timedelta(rng.integers(0, 9, 400), unit="D"),
            "room": rng.integers(40, 90, 400),
            "board": rng.integers(0, 30, 400),
        }
    )
    rows["paid"] = rows["room"] + rows["board"]
    rows.loc[3, "left"] = pd.Timestamp("2023-12-01")
    rows.loc[[7, 9], "paid"] += 1
    rows.to_csv(tmp_path / "stays.csv", index=False)
    (tmp_path / "stays.yaml").write_text(_CONFIG)
    return tmp_path


def test_rows_that_break_a_rule_are_set_aside_and_none_is_made(folder: Path) -> None:
    config = load(folder / "stays.yaml")
    dataset = stages.describe(stages.read(config, Settings()), config)
    kept = stages.keep_contract(dataset, config)
    assert kept.counts == {
        "stays": {"rule:inequality(came, left)": 1, "rule:sum(paid, room, board)": 2}
    }
    assert kept.aside["stays"].index.tolist() == [3, 7, 9]
    table = kept.dataset.only
    fitted = stages.fit(kept.dataset, config)
    sizes = stages.Sizes.of(kept.dataset)
    drawn = stages.sample(fitted, sizes, kept.dataset, config).only
    assert len(drawn) == 397
    assert not broken(table.schema.rules, drawn.frame).any()
    from validation.base import Evidence
    from validation.checks.validity.rules import Rules

    verdict = Rules().run(Evidence(train=table, synthetic=drawn, seed=Seed(0)))
    assert verdict.status == "pass"
    assert set(verdict.details["violations"].values()) == {0}
    worse = drawn.with_frame(drawn.frame.assign(paid=np.int64(1)))
    verdict = Rules().run(Evidence(train=table, synthetic=worse, seed=Seed(0)))
    assert verdict.status == "fail"
    assert verdict.details["violations"]["sum(paid, room, board)"] == 397


def test_a_rule_about_a_column_that_is_not_there_says_so(folder: Path) -> None:
    path = folder / "stays.yaml"
    path.write_text(_CONFIG.replace("board]", "bord]"))
    config = load(path)
    with pytest.raises(ConfigurationError, match=r"names columns that are not there: \['bord'\]"):
        stages.describe(stages.read(config, Settings()), config)
