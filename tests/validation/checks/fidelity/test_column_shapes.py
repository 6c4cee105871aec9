"""Column shapes: planted distances are found with their size, chance is taken off."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from validation.base import CheckResult, Evidence
from validation.checks.fidelity.column_shapes import ColumnShapes

SCHEMA = TableSchema(
    columns=(
        Column(name="c", sdtype="categorical"),
        Column(name="x", sdtype="numerical", dtype="float64"),
        Column(name="who", sdtype="id", dtype="int64"),
    )
)


def rows(
    n: int,
    name: str,
    *,
    share: float = 0.5,
    shift: float = 0.0,
    missing: float = 0.0,
    repeat: int = 1,
) -> Table:
    """Labels `a` with a share, uniform numbers moved by `shift`, each row `repeat` times."""
    rng = Seed(0, (name,)).generator()
    who = np.arange(n) // repeat
    x = rng.random(n)[who] + shift
    x[rng.random(n)[who] < missing] = np.nan
    c = np.where(rng.random(n)[who] < share, "a", "b")
    frame = pd.DataFrame({"c": pd.Series(c, dtype="string"), "x": x, "who": who})
    return Table("t", frame, SCHEMA, ("who",) if repeat > 1 else ())


def answer(synthetic: Table, *, n: int = 3000, repeat: int = 1, seed: int = 0) -> CheckResult:
    evidence = Evidence(
        train=rows(n, f"train{seed}", repeat=repeat),
        synthetic=synthetic,
        holdout=rows(n, f"holdout{seed}", repeat=repeat),
        seed=Seed(seed),
    )
    return ColumnShapes().answer(evidence)


def test_fresh_rows_pass_with_nothing_beyond_chance() -> None:
    result = answer(rows(3000, "fresh"))
    assert result.status == "pass"
    assert result.interval is not None
    assert result.interval[0] == 0
    assert set(result.details["columns"]) == {"c", "x"}


@pytest.mark.parametrize(
    ("planted", "column", "distance"),
    [
        ({"share": 0.7}, "c", 0.2),
        ({"shift": 0.3}, "x", 0.3),
        # A fifth of the cells goes missing, which moves a fifth of the mass to the bottom.
        ({"missing": 0.2}, "x", 0.2),
    ],
)
def test_a_planted_distance_is_measured_and_refused(
    planted: dict[str, float], column: str, distance: float
) -> None:
    result = answer(rows(3000, "planted", **planted))  # type: ignore[arg-type]
    assert result.status == "fail"
    assert result.message.startswith(f"the worst column, {column},")
    assert result.interval is not None
    assert result.interval[0] < distance < result.interval[1]


def test_columns_drawn_independently_pass() -> None:
    table = rows(3000, "linked")
    frame = table.frame.copy()
    frame["x"] = frame["x"].to_numpy()[::-1]
    assert answer(table.with_frame(frame)).status == "pass"


def test_few_rows_leave_a_small_fault_undecided() -> None:
    result = answer(rows(60, "few", share=0.6), n=60)
    assert result.status == "undecided"
    assert result.smallest_effect is not None
    assert result.smallest_effect > 0.1


def test_the_noise_is_what_fresh_samples_differ_by() -> None:
    distances, noises = [], []
    for i in range(30):
        details = answer(rows(400, f"draw{i}"), n=400, seed=i).details["columns"]["x"]
        distances.append(details["distance"])
        noises.append(details["noise"])
    spread = float(np.std(distances))
    # Thirty draws: four standard errors of their mean.
    assert np.mean(noises) == pytest.approx(np.mean(distances), abs=4 * spread / np.sqrt(30))
    # The mean of Kolmogorov's distribution over the root of the joint size, sqrt(400 / 2).
    assert np.mean(noises) == pytest.approx(0.8687 / np.sqrt(200), rel=0.15)


def test_repeated_rows_of_a_subject_count_as_one() -> None:
    result = answer(rows(1500, "clustered", repeat=5), n=1500, repeat=5)
    loose = answer(rows(1500, "clustered"), n=1500)
    assert result.status != "fail"
    noise = result.details["columns"]["x"]["noise"]
    # Five equal rows each: the noise of a fifth of the rows, sqrt 5 as large.
    ratio = noise / loose.details["columns"]["x"]["noise"]
    assert ratio == pytest.approx(np.sqrt(5), rel=0.25)
