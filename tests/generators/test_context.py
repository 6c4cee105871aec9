"""Rows drawn given what is known of each before it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from generators.artifacts import load
from generators.base import GENERATORS
from tabular.dataset import Table
from tabular.errors import ConfigurationError, SampleError
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed

if TYPE_CHECKING:
    from pathlib import Path

    from generators.fitted import FittedGenerator

ABLE = sorted(kind for kind, g in GENERATORS.items() if "context" in g.capabilities)


def tables(n: int) -> tuple[Table, Table]:
    """Rows whose number follows the context's number, and whose word follows its word."""
    rng = Seed(0, ("context",)).generator()
    place = rng.choice(["north", "south"], size=n)
    size = np.round(rng.normal(size=n), 2)
    spread = rng.normal(scale=0.1, size=n)
    context = pd.DataFrame({"x": size, "place": pd.Series(place, dtype="string")})
    own = pd.DataFrame(
        {"x": np.round(3 * size + spread, 2), "word": pd.Series(place, dtype="string").str.upper()}
    )
    kinds = {"x": "numerical", "place": "categorical", "word": "categorical"}
    made = []
    for name, frame in (("rows", own), ("context", context)):
        columns = tuple(
            Column(name=c, sdtype=kinds[c], dtype=str(frame[c].dtype)) for c in frame.columns
        )
        made.append(Table(name, frame, TableSchema(columns=columns)))
    return made[0], made[1]


def fitted(kind: str, n: int = 2000) -> FittedGenerator:
    own, context = tables(n)
    return GENERATORS[kind].model_validate({}).fit(own, context=context, seed=Seed(0))


@pytest.mark.parametrize("kind", ABLE)
def test_rows_follow_their_context(kind: str) -> None:
    context = pd.DataFrame(
        {
            "x": np.repeat([-1.0, 1.0], 200),
            "place": pd.Series(["north", "south"] * 200, dtype="string"),
        }
    )
    like = tables(2000)[1]
    drawn = fitted(kind).sample_given(like.with_frame(context), seed=Seed(1)).frame
    assert len(drawn) == 400
    agrees = drawn["word"].eq(context["place"].str.upper())
    assert agrees.mean() > 0.97
    # A tenth of the rows are in a leaf, about a quarter wide at x = 1; without context it is 3.
    assert (drawn["x"] - 3 * context["x"]).abs().median() < 1.0


@pytest.mark.parametrize("kind", ABLE)
def test_a_model_with_context_draws_the_same_after_a_round_trip(kind: str, tmp_path: Path) -> None:
    model, (_, context) = fitted(kind), tables(300)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model").sample_given(context, seed=Seed(2))
    pd.testing.assert_frame_equal(
        again.frame, model.sample_given(context, seed=Seed(2)).frame, check_exact=True
    )


def test_a_kind_without_the_capability_refuses_context() -> None:
    own, context = tables(100)
    with pytest.raises(ConfigurationError, match="takes no context"):
        GENERATORS["independent"].model_validate({}).fit(own, context=context, seed=Seed(0))


def test_a_model_fitted_without_context_says_so() -> None:
    own, context = tables(200)
    model = GENERATORS["trees"].model_validate({}).fit(own, seed=Seed(0))
    with pytest.raises(SampleError, match="without context"):
        model.sample_given(context, seed=Seed(0))
