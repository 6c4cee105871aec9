"""Files as people have them: each is read, or refused in one sentence that says what to do."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipelines.init import source_from_text, write_config
from pipelines.settings import Settings
from tabular.errors import ConfigurationError, SourceError, WaxworkError

if TYPE_CHECKING:
    from pathlib import Path

ODD = 'odd "name"\nof two lines \U0001f980'

# name of the file, its bytes, the sort of error, what it says
REFUSED: dict[str, tuple[str, bytes, type[WaxworkError], str]] = {
    "an empty file": ("x.csv", b"", SourceError, "the file is empty"),
    "blank lines": ("x.csv", b"\n\r\n\n", SourceError, "the file is empty"),
    "a byte order mark alone": ("x.csv", b"\xef\xbb\xbf", SourceError, "the file is empty"),
    "a header alone": ("x.csv", b"a,b\n", SourceError, "a header, and no rows"),
    "a header without an end": ("x.csv", b"a,b", SourceError, "a header, and no rows"),
    "duplicate names": ("x.csv", b"a,b,a\n1,2,3\n", SourceError, "more than once: 'a'.*own"),
    "duplicate odd names": ("x.csv", b'"a\nb","a\nb"\n1,2\n', SourceError, "more than once"),
    "a short row": ("x.csv", b"a,b\n1,2\n3\n4,5\n", SourceError, "line 3 has 1 cells.*has 2"),
    "a long row": ("x.csv", b"a,b\n1,2\n\n3,4,5\n", SourceError, "line 4 has 3 cells.*has 2"),
    "a short row after line ends in quotes": (
        "x.csv",
        b'a,b\n"1\n1\n1",2\n3\n',
        SourceError,
        "line 5 has 1 cells",
    ),
    "a quote that is never closed": (
        "x.csv",
        b'a,b\n1,2\n"3,4\n5,6\n',
        SourceError,
        "row that begins on line 3",
    ),
    "zero bytes": ("x.csv", b"a,b\n1,\x00\n", SourceError, "zero bytes"),
    "a Parquet file called csv": ("x.csv", b"PAR1\x15\x04\x15\x00", SourceError, "not text|zero"),
    "plain text called gz": ("x.csv.gz", b"a,b\n1,2\n", SourceError, "not compressed as its name"),
    "gzip cut short": (
        "x.csv.gz",
        gzip.compress(b"a,b\n" + os.urandom(99))[:-20],
        SourceError,
        "cut short",
    ),
    "zstd cut short": (
        "x.csv.zst",
        pa.compress(b"a,b\n1,2\n" * 99, codec="zstd", asbytes=True)[:-5],
        SourceError,
        "cut short",
    ),
    "csv called parquet": ("x.parquet", b"a,b\n1,2\n", SourceError, "no Parquet.*kind: csv"),
    "an empty Parquet file": ("x.parquet", b"", SourceError, "damaged, cut short"),
    "a long row after a long cell": (
        "x.csv",
        b'a,b\n"' + b"x" * 200_000 + b'",1\n1,2,3\n',
        SourceError,
        "line 3 has 3 cells",
    ),
    "a row longer than a block": (
        "x.csv",
        b"a,b\n" + b"x" * 20_000_000 + b",1\n1,2\n",
        SourceError,
        "can't be told apart; one may be longer",
    ),
    "JSON": ("x.json", json.dumps([{"a": 1}]).encode(), ConfigurationError, r"reads \.json files"),
    "a database of SQLite": (
        "x.sqlite",
        b"SQLite format 3\x00",
        SourceError,
        "the database is damaged",
    ),
    "a file without a suffix": (
        "x",
        b"\x89PNG\r\n\x1a\n\0",
        ConfigurationError,
        "reads such files",
    ),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_can_t_be_read_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    name, content, kind, message = REFUSED[case]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(kind, match=message) as caught:
        source_from_text(str(path)).read(Settings(max_bytes=100_000_000))
    said = str(caught.value)
    assert name in said
    assert "\n" not in said.replace("a\\nb", "")
    assert len(said) < 300
    assert caught.value.exit_code == (2 if kind is ConfigurationError else 1)
    assert [left.name for left in tmp_path.iterdir()] == [name]


def test_a_folder_called_like_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.mkdir()
    with pytest.raises(SourceError, match=r"x\.csv: the folder holds no"):
        source_from_text(str(path)).read(Settings())


def test_a_file_that_went_away_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.csv: there is no such file"):
        source_from_text(str(tmp_path / "gone.csv")).read(Settings())
    with pytest.raises(SourceError, match="gone: there is no such file"):
        source_from_text(str(tmp_path / "gone"))


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
