"""Every kind scores rows, or says that it can't."""

from __future__ import annotations

import numpy as np
import pytest

from generators.base import GENERATORS
from tabular.errors import SampleError
from tabular.seeding import Seed
from tests.cases import GENERATOR_CASES
from tests.tables import mixed_table

ABLE = [kind for kind in sorted(GENERATORS) if "log_prob" in GENERATORS[kind].capabilities]


@pytest.mark.parametrize("kind", ABLE)
def test_rows_are_scored_whatever_their_order(kind: str) -> None:
    made = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    table = mixed_table(200)
    fitted = made.fit(table, seed=Seed(0))
    scores = fitted.score(table, explain=20, seed=Seed(1))
    assert scores.surprise.shape == scores.share.shape == scores.order.shape == (200,)
    assert not np.isnan(scores.surprise).any()
    assert (np.diff(scores.surprise[scores.order]) <= 0).all()
    assert ((scores.share > 0) & (scores.share <= 1)).all()
    assert scores.explained.shape == (20, len(scores.names))
    assert not np.isnan(scores.explained).any()
    turned = np.arange(200)[::-1].copy()
    again = fitted.score(table.take(turned), explain=0, seed=Seed(1))
    np.testing.assert_allclose(again.surprise, scores.surprise[turned], rtol=1e-9, atol=1e-9)


def test_a_kind_without_likelihood_names_those_that_have_one() -> None:
    table = mixed_table(60)
    fitted = GENERATORS["independent"].model_validate({}).fit(table, seed=Seed(0))
    with pytest.raises(SampleError, match="independent can't say how likely") as caught:
        fitted.score(table, seed=Seed(1))
    assert all(kind in str(caught.value) for kind in ABLE)
