"""Bad and odd input through the commands: one clear line, the right exit code, nothing left."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipelines.cli import entry

ROWS = 60


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))


def _column(text: str) -> str:
    return "\n".join([text.split(",", maxsplit=1)[0], *([text.split(",")[1]] * ROWS)]) + "\n"


def _two(first: list[str], second: list[str], names: str = "a,b") -> str:
    return "\n".join([names, *(f"{x},{y}" for x, y in zip(first, second, strict=True))]) + "\n"


COUNT = [str(i % 9) for i in range(ROWS)]

REFUSED: dict[str, tuple[str, int, str]] = {
    "an empty file": ("", 1, "empty"),
    "a header alone": ("a,b\n", 1, "no rows"),
    "one row": ("a,b\n1,2\n", 1, "subjects"),
    "a column name twice": (_two(COUNT, COUNT, "a,a"), 1, "'a'"),
    "infinities": (_two(["inf", *COUNT[1:]], COUNT), 1, "infinite"),
    "a ragged row": (_two(COUNT, COUNT) + "1,2,3\n", 1, "62"),
    "nothing but free text": (
        "a\n" + "".join(f"the patient number {i} has a story of their own\n" for i in range(ROWS)),
        1,
        "no column is left to learn",
    ),
}

ACCEPTED: dict[str, str] = {
    "one column": "a\n" + "\n".join(COUNT) + "\n",
    "a constant column": _two(["7"] * ROWS, COUNT),
    "an all-null column": _two([""] * ROWS, COUNT),
    "mixed types": _two((["1", "two", "3.5"] * ROWS)[:ROWS], COUNT),
    "odd column names": _two(COUNT, COUNT, '"a ""quoted""\nname",\U0001f980'),
    "numbers with gaps": _two(["", *COUNT[1:]], COUNT),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("kind", ["trees", "independent"])
def test_a_bad_file_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str, kind: str
) -> None:
    text, code, words = REFUSED[case]
    source, model = tmp_path / "input.csv", tmp_path / "model"
    source.write_text(text, encoding="utf-8")
    arguments = ["fit", "--source", str(source), "--generator", kind, "--out", str(model)]
    assert entry(arguments) == code
    (error,) = [line for line in capsys.readouterr().err.splitlines() if "Error" in line[:6]]
    assert words in error
    assert not model.exists()


@pytest.mark.parametrize("case", ACCEPTED)
@pytest.mark.parametrize("kind", ["trees", "independent", "gaussian_copula"])
def test_an_odd_file_works(tmp_path: Path, case: str, kind: str) -> None:
    source, model, out = tmp_path / "input.csv", tmp_path / "model", tmp_path / "out.csv"
    source.write_text(ACCEPTED[case], encoding="utf-8")
    arguments = ["fit", "--source", str(source), "--generator", kind, "--out", str(model)]
    assert entry(arguments) == 0
    assert entry(["sample", str(model), "--rows", "33", "--out", str(out)]) == 0
    real = pd.read_csv(source, dtype=str, keep_default_na=False, skip_blank_lines=False)
    made = pd.read_csv(out, dtype=str, keep_default_na=False, skip_blank_lines=False)
    assert made.shape == (33, real.shape[1])
    assert list(made) == list(real)
    for name in real:
        if real[name].nunique() < 12:
            assert set(made[name]) <= set(real[name])


def test_a_truncated_parquet_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "input.parquet"
    pd.DataFrame({"a": range(500)}).to_parquet(source)
    source.write_bytes(source.read_bytes()[:-40])
    assert entry(["fit", "--source", str(source), "--out", str(tmp_path / "model")]) == 1
    assert "Error" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("config", "code", "words"),
    [
        ("name: x\nsource: {kind: csv, path: none.csv}\n", 1, "none.csv"),
        ("name: x\nsource: {kind: csv, pth: none.csv}\n", 2, "source.csv.pth"),
        ("name: x\nsource: {kind: sql, url: {secret: nope}, tables: [t]}\n", 2, "nope"),
    ],
)
def test_a_run_that_can_not_begin_says_why(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    config: str,
    code: int,
    words: str,
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(config)
    assert entry(["run", str(path)]) == code
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "releases").exists()
