"""The default generator, from rows to rows."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from generators.artifacts import load
from generators.encoding.table import TableEncoder
from generators.models.trees import Trees
from generators.protection import Protection
from tabular.dataset import Table
from tabular.errors import FitError
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


def _households(n: int = 3000) -> Table:
    """Town, income with a heavy zero and gaps, a rent that follows income, and the town's zip."""
    rng = np.random.default_rng(7)
    town = rng.integers(3, size=n)
    income = np.where(rng.random(n) < 0.2, 0.0, np.exp(rng.normal(7 + town, 0.3)))
    rent = 100 + 0.3 * income + rng.normal(0, 5, n)
    income[rng.random(n) < 0.1 + 0.3 * (town == 2)] = np.nan
    frame = pd.DataFrame(
        {
            "town": np.array(["ash", "bay", "cove"])[town],
            "income": income,
            "rent": rent,
            "zip": 10 * town + 5,
        }
    ).astype({"town": "string"})
    columns = (
        Column(name="town", sdtype="categorical", dtype="string", nullable=False),
        Column(name="income", sdtype="numerical", dtype="float64"),
        Column(name="rent", sdtype="numerical", dtype="float64", nullable=False),
        Column(name="zip", sdtype="numerical", dtype="int64", nullable=False),
    )
    return Table("households", frame, TableSchema(columns=columns))


@pytest.fixture(scope="module")
def real() -> Table:
    return _households()


@pytest.fixture(scope="module")
def drawn(real: Table) -> pd.DataFrame:
    return Trees(trees=3).fit(real, seed=Seed(1)).sample(3000, seed=Seed(2)).frame


def test_a_column_that_is_a_function_of_another_stays_one(drawn: pd.DataFrame) -> None:
    codes = {"ash": 5, "bay": 15, "cove": 25}
    assert (drawn["town"].map(codes) == drawn["zip"]).all()


def test_missing_cells_depend_on_other_columns_as_they_did(drawn: pd.DataFrame) -> None:
    share = drawn["income"].isna().groupby(drawn["town"]).mean()
    # About 1,000 rows a town: three standard errors are .028 at .1 and .047 at .4, on both sides.
    assert share["ash"] == pytest.approx(0.1, abs=0.04)
    assert share["cove"] == pytest.approx(0.4, abs=0.066)


def test_a_heavy_value_is_drawn_exactly_and_as_often(drawn: pd.DataFrame) -> None:
    # .2 of the cells that are there; three standard errors of two samples of 2,400 are .035.
    assert (drawn["income"].dropna() == 0).mean() == pytest.approx(0.2, abs=0.035)


def test_a_column_follows_the_one_it_depended_on(real: Table, drawn: pd.DataFrame) -> None:
    def rank_correlation(frame: pd.DataFrame) -> float:
        there = frame.dropna()
        return float(there["income"].rank().corr(there["rent"].rank()))

    assert rank_correlation(real.frame) > 0.95
    assert rank_correlation(drawn) == pytest.approx(rank_correlation(real.frame), abs=0.05)


def _values_of_one_person(real: Table) -> npt.NDArray[np.float64]:
    """Rents that one row has, extremes that the protection clips to a common bound left out."""
    encoder = TableEncoder.learn(real, Protection())
    values, counts = np.unique(encoder.encode(real)["rent"], return_counts=True)
    alone = np.asarray(values[counts == 1], dtype=np.float64)
    assert len(alone) > 2900
    return alone


def test_no_number_of_one_person_is_drawn_again(real: Table, drawn: pd.DataFrame) -> None:
    assert not drawn["rent"].isin(_values_of_one_person(real)).any()


def test_the_model_holds_no_number_of_one_person(real: Table) -> None:
    state = Trees(trees=2).fit(real, seed=Seed(1)).model.state()
    floats = [array.ravel() for array in state.arrays.values() if array.dtype.kind == "f"]
    held = np.concatenate(floats)
    assert len(held) > 1000
    assert not np.isin(_values_of_one_person(real), held).any()


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(real: Table) -> None:
    def rows(fit: int, sample: int) -> pd.DataFrame:
        fitted = Trees(trees=2, order="schema").fit(real, seed=Seed(fit))
        return fitted.sample(200, seed=Seed(sample)).frame

    pd.testing.assert_frame_equal(rows(1, 2), rows(1, 2))
    assert not rows(1, 2).equals(rows(1, 3))


def test_a_saved_model_draws_the_same_rows(real: Table, tmp_path: Path) -> None:
    fitted = Trees(trees=2).fit(real, seed=Seed(1))
    fitted.save(tmp_path / "model")
    pd.testing.assert_frame_equal(
        load(tmp_path / "model").sample(500, seed=Seed(3)).frame,
        fitted.sample(500, seed=Seed(3)).frame,
    )


def test_without_correction_loading_and_drawing_do_not_need_scikit_learn(
    real: Table, tmp_path: Path
) -> None:
    Trees(trees=1, correction=False).fit(real, seed=Seed(1)).save(tmp_path / "model")
    code = (
        "import sys; from pathlib import Path; from generators.artifacts import load;"
        "from tabular.seeding import Seed;"
        f"load(Path({str(tmp_path / 'model')!r})).model.sample(10, seed=Seed(0));"
        "print('sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_progress_names_every_column(real: Table) -> None:
    said: list[tuple[float, str]] = []
    Trees(trees=1).fit(
        real, seed=Seed(1), progress=lambda done, message="": said.append((done, message))
    )
    assert {"town", "income", "rent", "zip"} <= {message for _, message in said}
    assert [done for done, _ in said] == sorted(done for done, _ in said)


def test_too_few_rows_for_two_leaves_are_refused(real: Table) -> None:
    with pytest.raises(FitError, match="at least 10 subjects, there are 9"):
        Trees(leaf=20).fit(real.take(np.arange(9)), seed=Seed(0))


def test_columns_that_are_constant_or_all_missing_come_back_so() -> None:
    frame = pd.DataFrame(
        {"one": np.full(60, 3.5), "none": np.full(60, np.nan), "two": np.arange(60) % 2}
    )
    columns = (
        Column(name="one", sdtype="numerical", dtype="float64", nullable=False),
        Column(name="none", sdtype="numerical", dtype="float64"),
        Column(name="two", sdtype="boolean", dtype="int64", nullable=False),
    )
    table = Table("t", frame, TableSchema(columns=columns))
    drawn = Trees(trees=2).fit(table, seed=Seed(0)).sample(50, seed=Seed(1)).frame
    assert (drawn["one"] == 3.5).all()
    assert drawn["none"].isna().all()
    assert set(drawn["two"]) == {0, 1}


def test_a_model_without_protection_still_holds_only_backed_numbers() -> None:
    frame = pd.DataFrame({"value": np.concatenate([np.zeros(100), [1.25, 2.5, 1e6]])})
    columns = (Column(name="value", sdtype="numerical", dtype="float64", nullable=False),)
    table = Table("t", frame, TableSchema(columns=columns))
    fitted = Trees(trees=1).fit(table, seed=Seed(0), protection=Protection(k=1))
    assert set(fitted.sample(500, seed=Seed(1)).frame["value"]) == {0.0}


def test_privacy_sets_what_is_left_out_and_nothing_else() -> None:
    strict, faithful = Trees(privacy="strict"), Trees(privacy="faithful")
    assert strict.growth(10_000).leaf > Trees().growth(10_000).leaf > faithful.growth(10_000).leaf
    assert Trees(privacy="strict", leaf=7).growth(10_000).leaf == 7
    assert Trees(privacy="strict", leaf=7).growth(10_000).share == strict.growth(10_000).share


def test_leaves_are_smaller_where_there_are_few_rows() -> None:
    assert Trees(leaf=100).growth(1000).leaf == 50
    assert Trees(leaf=100).growth(40).leaf == 5
