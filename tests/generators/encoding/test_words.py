"""What encoded columns and values read as."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from generators.encoding.numerical import NumericalCodec
from generators.encoding.table import TableEncoder
from generators.encoding.words import Words
from generators.protection import Protection
from tabular.dataset import Table
from tabular.profile import profile
from tabular.rules import Rule

_RULES: TypeAdapter[tuple[Rule, ...]] = TypeAdapter(tuple[Rule, ...])


def _profiled(frame: pd.DataFrame) -> Table:
    return Table("t", frame, profile("t", frame))


def _words(frame: pd.DataFrame, *rules: dict[str, Any]) -> Words:
    table = _profiled(frame)
    schema = table.schema.model_copy(update={"rules": _RULES.validate_python(list(rules))})
    return Words(TableEncoder.learn(Table("t", frame, schema), Protection()))


def _read(words: Words, values: list[float], variable: int = 0) -> tuple[str, ...]:
    return words.values(variable, np.array(values))


def test_labels_read_as_they_are_and_rare_ones_as_rare() -> None:
    cells = ["b", "a"] * 20 + [None] * 10 + ["only one"]
    words = _words(pd.DataFrame({"letter": pd.Series(cells, dtype="string")}))
    assert words.column(0) == "letter"
    assert _read(words, [0, 1, 2, 3]) == ("a", "b", "missing", "rare")


def test_numbers_read_as_their_column_rounds_them() -> None:
    frame = pd.DataFrame({"whole": np.arange(100) * 50_001, "part": np.linspace(0, 1, 100)})
    words = _words(frame)
    codec = words.encoder.codecs[0]
    assert isinstance(codec, NumericalCodec)
    assert codec.low == 200_004  # the fifth of them: what lies below is nobody's to tell
    assert _read(words, [250_000.4, 1_234_567.0, 0.0]) == ("250000", "1235000", "200000")
    assert _read(words, [0.123456, np.nan], 1) == ("0.1235", "missing")


def test_moments_read_as_days_or_minutes() -> None:
    days = pd.Series(pd.date_range("2024-02-27", periods=50))
    frame = pd.DataFrame({"day": days, "minute": days + pd.Timedelta(minutes=90)})
    frame.loc[::2, "minute"] += pd.Timedelta(minutes=1)
    words = _words(frame)
    start = words.encoder.encode(_profiled(frame))
    row = 20
    assert words.values(0, start["day"][row : row + 1]) == ("2024-03-18",)
    assert words.values(1, start["minute"][row : row + 1]) == ("2024-03-18 01:31",)


def test_what_rules_make_of_columns_is_named() -> None:
    n = 60
    low = np.arange(n) % 7
    city = pd.Series(["Ulm", "Pau"] * 30, dtype="string")
    frame = pd.DataFrame(
        {
            "low": low,
            "high": low + 3 + np.arange(n) % 5,
            "city": city,
            "country": city.map({"Ulm": "de", "Pau": "fr"}).astype("string"),
        }
    )
    words = _words(
        frame,
        {"kind": "inequality", "low": "low", "high": "high"},
        {"kind": "fixed_combinations", "columns": ["city", "country"]},
    )
    names = [words.column(i) for i in range(len(words.encoder.variables))]
    assert names == ["low", "high \N{MINUS SIGN} low", "city + country"]
    assert _read(words, [4.0], 1) == ("4",)
    assert set(_read(words, [0, 1], 2)) == {"Ulm + de", "Pau + fr"}


def test_context_comes_first() -> None:
    own = _words(pd.DataFrame({"own": [True, False] * 10})).encoder
    around = _words(pd.DataFrame({"size": np.arange(20) % 3})).encoder
    words = Words(own, around)
    assert [words.column(0), words.column(1)] == ["given size", "own"]
    assert _read(words, [2.0]) == ("2",)
    assert _read(words, [1.0], 1) == ("True",)
