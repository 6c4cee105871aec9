"""Scores of rows: known answers, brute force over small tables, and what stands out in them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from generators.base import GENERATORS
from generators.encoding.arrays import EncodedTable
from generators.scoring import by_leaving_out, by_replacement
from tabular.dataset import Table
from tabular.profile import profile
from tabular.rules import Rule
from tabular.seeding import Seed

if TYPE_CHECKING:
    from generators.fitted import FittedGenerator
    from generators.models.gaussian_copula import GaussianCopulaModel
    from generators.models.latent_class import LatentClassModel

_RULES: TypeAdapter[tuple[Rule, ...]] = TypeAdapter(tuple[Rule, ...])


def _people(n: int = 2000) -> Table:
    """Towns with their own language and pay; a district follows from the town."""
    rng = Seed(3).child("people").generator()
    town = rng.integers(0, 3, n)
    other = rng.random(n) < 0.05
    tongue = np.where(other, rng.integers(0, 3, n), town)
    frame = pd.DataFrame(
        {
            "town": np.array(["Ulm", "Pau", "Bari"])[town],
            "district": np.array(["north", "south", "south"])[town],
            "tongue": np.array(["de", "fr", "it"])[tongue],
            "pay": np.round(rng.normal(1000 + 500 * town, 50), 1),
        }
    ).astype(dict.fromkeys(("town", "district", "tongue"), "string"))
    rule = {"kind": "range", "column": "pay", "minimum": 0}
    schema = profile("people", frame)
    schema = schema.model_copy(update={"rules": _RULES.validate_python([rule])})
    return Table("people", frame, schema)


def _fit(kind: str, table: Table) -> FittedGenerator:
    options = {"components": 6} if kind == "latent_class" else {}
    return GENERATORS[kind].model_validate(options).fit(table, seed=Seed(0))


@pytest.fixture(scope="module")
def fitted() -> FittedGenerator:
    return _fit("latent_class", _people())


def _scored(fitted: FittedGenerator, **cells: object) -> tuple[float, float, str]:
    """Surprise, share and the column that is most to blame of a row that is usual otherwise."""
    usual = {"town": "Ulm", "district": "north", "tongue": "de", "pay": 1010.0}
    frame = pd.DataFrame([{**usual, **cells}]).astype(_people(20).frame.dtypes.to_dict())
    scores = fitted.score(_people().with_frame(frame), seed=Seed(1))
    blamed = scores.names[int(scores.explained[0].argmax())]
    return float(scores.surprise[0]), float(scores.share[0]), blamed


def test_a_usual_row_is_as_likely_as_the_models_own(fitted: FittedGenerator) -> None:
    surprise, share, _ = _scored(fitted)
    assert surprise < 1
    assert share > 0.3
    own = fitted.sample(2000, seed=Seed(9))
    shares = np.sort(fitted.score(own, explain=0, seed=Seed(1)).share)
    # Kolmogorov and Smirnov, at one in a thousand.
    assert np.abs(shares - (np.arange(2000) + 0.5) / 2000).max() < 1.95 / np.sqrt(2000) + 0.02


def test_what_does_not_go_together_is_named(fitted: FittedGenerator) -> None:
    surprise, share, blamed = _scored(fitted, pay=2000.0)
    assert surprise > 3
    assert share < 0.01
    assert blamed == "pay"
    assert _scored(fitted, district="south")[2] in {"town", "district"}


def test_a_label_never_seen_and_a_number_far_away_are_named(fitted: FittedGenerator) -> None:
    surprise, share, blamed = _scored(fitted, tongue="rm")
    assert surprise > np.log(400)
    assert share < 0.01
    assert blamed == "tongue"
    near, far = (_scored(fitted, pay=pay) for pay in (2200.0, 1e7))
    assert far[0] > near[0] + 5
    assert far[2] == "pay"


def test_a_broken_rule_makes_a_row_impossible(fitted: FittedGenerator) -> None:
    surprise, share, blamed = _scored(fitted, pay=-5.0)
    assert np.isinf(surprise)
    assert share == pytest.approx(1 / 1001, rel=1e-2)
    assert blamed == "pay"


def _every(rows: EncodedTable, i: int) -> list[EncodedTable]:
    """The rows with every code of a variable in its place."""
    size = rows.variables[i].cardinality
    assert size is not None
    return [
        rows.with_arrays(
            np.full_like(array, code) if j == i else array for j, array in enumerate(rows.arrays)
        )
        for code in range(size)
    ]


@pytest.mark.parametrize("kind", ["latent_class", "gaussian_copula"])
def test_leaving_a_column_out_is_the_sum_over_all_it_may_be(kind: str) -> None:
    table = _people()
    frame = table.frame.assign(pay=(table.frame["pay"] > 1500).map({True: "much", False: "little"}))
    frame["pay"] = frame["pay"].astype("string")
    fitted = _fit(kind, Table("people", frame, profile("people", frame)))
    model: LatentClassModel | GaussianCopulaModel = fitted.model  # type: ignore[assignment]
    sizes = [v.cardinality or 0 for v in fitted.encoder.variables]
    codes = np.array(list(product(*map(range, sizes))), dtype=np.int32).T
    ones = np.ones(codes.shape[1], dtype=np.int64)
    rows = EncodedTable(fitted.encoder.variables, tuple(codes), ones)
    # What few rows have, the copula knows to within a few percent of the probability only.
    margin = 1e-6 if kind == "latent_class" else 0.02
    whole = np.exp(model.log_prob(rows))
    assert whole.sum() == pytest.approx(1, abs=margin)
    for i in range(len(sizes)):
        others = tuple(j for j in range(len(sizes)) if j != i)
        expected = sum(np.exp(model.log_prob(each)) for each in _every(rows, i))
        np.testing.assert_allclose(np.exp(model.log_marginal(rows, others)), expected, atol=margin)
    likely = np.flatnonzero(whole > 0.01)
    scored = model.column_scores(rows.take_subjects(likely), seed=Seed(0))
    expected = np.log(np.exp(model.log_marginal(rows.take_subjects(likely), (1, 2, 3))))
    np.testing.assert_allclose(scored[:, 0], expected - np.log(whole[likely]), atol=1e-9)


def test_cells_of_other_rows_blame_the_same_column() -> None:
    table = _people()
    fitted = _fit("latent_class", table)
    frame = table.frame.head(200).copy()
    wrong = np.arange(0, 200, 10)
    frame.loc[wrong, "pay"] = 1250.0  # nobody's
    rows = fitted.encoder.encode(table.with_frame(frame))
    model = fitted.model
    exact = model.column_scores(rows, seed=Seed(0))
    about = by_replacement(model, rows, Seed(0))
    usual = np.setdiff1d(np.arange(200), wrong)
    pay = 3
    for found in (exact, about):
        above = found - np.median(found[usual], axis=0)
        assert (above[wrong].argmax(axis=1) == pay).all()


def test_the_others_of_an_impossible_row_are_not_to_blame() -> None:
    table = _people(20)
    encoded = _fit("gaussian_copula", table).encoder.encode(table)

    def log_marginal(rows: EncodedTable, fixed: tuple[int, ...]) -> np.ndarray:
        return np.full(rows.n_rows, -np.inf if 2 in fixed else -1.0)

    scores = by_leaving_out(log_marginal, encoded)
    assert np.isposinf(scores[:, 2]).all()
    assert (scores[:, [0, 1, 3]] == 0).all()
