"""Files as people have them: each is read, or refused in one sentence that says what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from pipelines.init import source_from_text, write_config
from pipelines.settings import Settings
from tests.bad_input import CASES, page
from tests.bad_input_case import CANARY, Answer, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD = 'odd "name"\nof two lines \U0001f980'

PAGE = Path(__file__).parents[2] / "docs" / "tables" / "bad_input.md"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Answer, Path]]]:
    """What each case was answered, and the folder it ran in; filled as the tests ask for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAXWORK_HOME", str(tmp_path_factory.mktemp("home")))
        yield {}


def _ask(
    name: str, answers: dict[str, tuple[Answer, Path]], request: pytest.FixtureRequest
) -> Answer:
    if CASES[name].needs:
        request.getfixturevalue(f"{CASES[name].needs}_url")
    if name not in answers:
        folder = request.getfixturevalue("tmp_path_factory").mktemp("bad")
        answers[name] = answer(CASES[name], folder), folder
    return answers[name][0]


@pytest.mark.parametrize("name", list(CASES))
def test_bad_input_is_answered_in_one_sentence_and_leaves_nothing(
    name: str, answers: dict[str, tuple[Answer, Path]], request: pytest.FixtureRequest
) -> None:
    case, found = CASES[name], _ask(name, answers, request)
    assert found.code == case.code, found.err
    assert re.search(case.says, found.err if case.code else found.out)
    assert CANARY not in found.out + found.err
    assert "fault of Waxwork" not in found.err
    assert not found.left
    if case.code:
        (line,) = [each for each in found.err.splitlines() if each.startswith("Error")]
        assert len(line.replace(str(answers[name][1]), "")) < 300
        assert not found.out


def test_the_page_says_what_is_answered(
    answers: dict[str, tuple[Answer, Path]], request: pytest.FixtureRequest
) -> None:
    """Run `python -m tests.bad_input > docs/tables/bad_input.md` where this fails."""
    found = {name: _ask(name, answers, request) for name in CASES}
    made = page(found, {name: folder for name, (_, folder) in answers.items()})
    assert made == PAGE.read_text(encoding="utf-8")


# the columns of a table that is odd, but can be read
READ: dict[str, dict[str, list[object]]] = {
    "one row": {"a": [1], "b": ["x"]},
    "one column": {"a": [1, 2, 3]},
    "a constant column": {"a": [1, 1, 1], "b": ["x", "x", "x"]},
    "an all-null column": {"a": [1, 2], "b": [None, None]},
    "nothing but nulls": {"a": [None, None], "b": [None, None]},
    "mixed types in a column": {"a": ["1", "x", "2024-01-01", "1.5"], "b": [1, 2, 3, 4]},
    "infinities": {"a": [np.inf, -np.inf, 1.5], "b": [1, 2, 3]},
    "an odd name": {ODD: [1, 2], "b": ["x", "y"]},
    "names that are words of YAML": {"yes": [1, 2], "null": [3, 4], "1": [5, 6], "a: b": [7, 8]},
    "a name like an option": {"columns": [1, 2], "sdtype": ["x", "y"], "#": [1, 1], "-": [2, 2]},
    "zero-width characters in names": {"a\u200b": [1, 2], "a": [3, 4]},
    "emoji and right-to-left text": {"a": ["\U0001f980", "שלום"], "b": ["عربى", "é"]},
    "dates in the years 1 and 9999": {"a": ["0001-01-01", "9999-12-31"], "b": [1, 2]},
    "huge integers": {"a": [str(10**30), str(10**31)], "b": [2**64 - 1, 1]},
    "a formula in a cell": {"a": ["=1+1", "@x"], "b": ["+1", "-1"]},
    "3,000 categories": {"a": [f"c{i % 3000}" for i in range(6000)]},
    "300 columns": {f"c{i}": [i, i + 1] for i in range(300)},
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("case", sorted(READ))
def test_odd_tables_are_read_and_can_be_configured(case: str, form: str, tmp_path: Path) -> None:
    import yaml

    from pipelines.config import PipelineConfig, validate

    frame = pd.DataFrame(READ[case])
    path = tmp_path / f"odd.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    source = source_from_text(str(path))
    table = source.read(Settings()).tables["odd"]
    assert table.frame.columns.tolist() == list(frame.columns)
    assert len(table.frame) == len(frame)
    assert table.frame.isna().to_numpy().tolist() == frame.isna().to_numpy().tolist()
    config = validate(PipelineConfig, yaml.safe_load(write_config(source, Settings())), path)
    assert list(config.tables["odd"].columns) == list(frame.columns)
    assert config.source == source


def test_infinities_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\ninf\n-inf\n1.5\n")
    (table,) = source_from_text(str(path)).read(Settings()).tables.values()
    assert table.frame["a"].tolist() == [np.inf, -np.inf, 1.5]


def test_a_decimal_comma_does_not_hide_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a;b\n1;2,5\n1;2\n3;4\n3,3;3,3\n")
    (table,) = source_from_text(str(path)).read(Settings()).tables.values()
    assert table.frame["a"].tolist() == [1, 1, 3, 3.3]
    assert table.frame["b"].tolist() == [2.5, 2, 4, 3.3]
