"""What every kind shows of itself: plain data, the same from disk, and nobody's own value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from generators.artifacts import load
from generators.base import GENERATORS
from generators.protection import Protection
from generators.relational import DatasetGenerator
from tabular.portrait import Portrait
from tabular.seeding import Seed
from tests.cases import GENERATOR_CASES
from tests.shops import shop
from tests.tables import mixed_table, plain_table

SHAREABLE = sorted(kind for kind in GENERATORS if GENERATORS[kind].artifact == "shareable")


@pytest.mark.parametrize("kind", SHAREABLE)
def test_a_portrait_is_the_same_from_disk(kind: str, tmp_path: Path) -> None:
    made = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    fitted = made.fit(mixed_table(200), seed=Seed(0))
    fitted.save(tmp_path)
    shown = fitted.portrait()
    assert load(tmp_path).portrait() == shown
    if shown is not None:
        assert Portrait.model_validate_json(shown.model_dump_json()) == shown


@pytest.mark.parametrize("kind", SHAREABLE)
def test_a_portrait_names_no_rare_label_and_no_extreme(kind: str) -> None:
    rng = Seed(0, ("portrait",)).generator()
    number = rng.normal(100, 10, size=400)
    number[:4] = 98_765.4321
    label = np.array(["common", "usual"] * 200, dtype=object)
    label[4:8] = "canary-7f3a"
    frame = pd.DataFrame({"number": number, "label": pd.Series(label, dtype="string")})
    made = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    shown = made.fit(plain_table(frame), seed=Seed(0)).portrait()
    text = shown.model_dump_json() if shown else ""
    assert "canary" not in text
    assert "987" not in text.replace(".", "")


def test_the_portraits_of_related_tables_go_by_their_tables() -> None:
    train = shop(150)
    independent = GENERATORS["independent"].model_validate({})
    own = {"customer": GENERATORS["ctgan"].model_validate(GENERATOR_CASES["ctgan"])}
    fitted = DatasetGenerator(independent, own, Protection()).fit(train, seed=Seed(0))
    shown = fitted.portraits()
    assert {name.partition(",")[0] for name in shown} == {"customer"}
    assert all(portrait.training for portrait in shown.values())
