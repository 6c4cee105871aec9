"""Every kind on disk: what comes back, who may read it, and what must not stand in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from generators.artifacts import load
from generators.base import GENERATORS
from tabular.errors import ArtifactError
from tabular.seeding import Seed
from tests.cases import GENERATOR_CASES
from tests.tables import mixed_table, plain_table

KINDS = sorted(GENERATORS)
PRIVATE = [kind for kind in KINDS if GENERATORS[kind].artifact == "private"]
SHAREABLE = [kind for kind in KINDS if GENERATORS[kind].artifact == "shareable"]

_SAMPLE = """
import sys
from pathlib import Path
from generators.artifacts import load
from tabular.seeding import Seed
load(Path(sys.argv[1])).sample(50, seed=Seed(1)).frame.to_pickle(sys.argv[2])
"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_gives_the_same_rows_in_another_process(kind: str, tmp_path: Path) -> None:
    made = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    fitted = made.fit(mixed_table(100), seed=Seed(0))
    fitted.save(tmp_path / "model")
    frame = fitted.sample(50, seed=Seed(1)).frame
    target = tmp_path / "frame.pickle"
    command = [sys.executable, "-c", _SAMPLE, str(tmp_path / "model"), str(target)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
    pd.testing.assert_frame_equal(pd.read_pickle(target), frame)  # noqa: S301  our own file


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_open_to_nobody_else(kind: str, tmp_path: Path) -> None:
    made = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    folder = tmp_path / "model"
    made.fit(mixed_table(60), seed=Seed(0)).save(folder)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_model_from_an_unknown_hand_is_not_opened(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    made.fit(mixed_table(60), seed=Seed(0)).save(tmp_path / "model")
    assert load(tmp_path / "model").kind == kind
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "another home"))
    with pytest.raises(ArtifactError, match="was not written by this user"):
        load(tmp_path / "model")


@pytest.mark.parametrize("kind", SHAREABLE)
def test_a_shareable_model_holds_no_canary(kind: str, tmp_path: Path) -> None:
    rng = Seed(0, ("canary",)).generator()
    secret, extreme, middle = "canary-7f3a", 98_765.4321, 101.2345678
    number = rng.normal(100, 10, size=400)
    number[0], number[1] = extreme, middle
    label = np.array(["a", "b"] * 200, dtype=object)
    label[2] = secret
    frame = pd.DataFrame({"number": number, "label": pd.Series(label, dtype="string")})
    made = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    made.fit(plain_table(frame), seed=Seed(0)).save(tmp_path)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert secret.encode() not in content
    for value in (extreme, middle):
        assert repr(value).encode() not in content
        for dtype in (np.float64, np.float32):
            assert dtype(value).tobytes() not in content


@pytest.mark.parametrize("kind", SHAREABLE)
def test_what_one_person_has_often_is_still_one_persons(kind: str, tmp_path: Path) -> None:
    rng = Seed(0, ("often",)).generator()
    person = np.repeat(np.arange(100), 4)
    number = rng.normal(100, 10, size=400)
    number[:4] = 101.2345678  # four times, and again below: nine rows of one person
    person[4:9], number[4:9] = 0, 101.2345678
    frame = pd.DataFrame({"person": person, "number": number, "label": person % 2 == 0})
    table = plain_table(frame)
    table = type(table)(table.name, frame, table.schema, ("person",))
    made = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    made.fit(table, seed=Seed(0)).save(tmp_path)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert np.float64(101.2345678).tobytes() not in content
