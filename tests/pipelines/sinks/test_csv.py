"""CSV as the source would have written it, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import gzip
import io
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import zstandard

from pipelines.settings import Settings
from pipelines.sinks.csv import CsvSink, write_csv
from pipelines.store import Store
from tabular.errors import ReleaseError
from tabular.schema import Column, Schema, TableSchema
from tests.example_release import every_dtype, example_release

if TYPE_CHECKING:
    from collections.abc import Sequence


def _texts(*cells: str | None, gap: str = "") -> tuple[pd.DataFrame, TableSchema]:
    frame = pd.DataFrame({"t": pd.array(cells, dtype="string")})
    return frame, TableSchema(columns=(Column(name="t", missing_token=gap),))


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_file_has_the_source_s_tokens_order_and_number_format(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "x": [1.5, float("nan")],
            "name": pd.array([None, "b, c"], dtype="string"),
        }
    )
    numbers = Column(name="x", dtype="float64", decimals=2, fixed_decimals=True)
    numbers = numbers.model_copy(update={"missing_token": "-"})
    schema = TableSchema(
        columns=(
            Column(name="n", dtype="Int64", missing_token="?"),  # noqa: S106
            numbers,
            Column(name="name", missing_token="?"),  # noqa: S106
        )
    )
    assert write_csv(frame, tmp_path / "x.csv", schema, neutralise=True) == 0
    assert (tmp_path / "x.csv").read_bytes() == b'n,x,name\n1,1.50,?\n?,-,"b, c"\n'


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "-", "+", "--5", "=", "＝1"],  # noqa: RUF001
)
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path: Path, cell: str) -> None:
    frame, schema = _texts("harmless", cell)
    assert write_csv(frame, tmp_path / "x.csv", schema, neutralise=True) == 1
    with (tmp_path / "x.csv").open(newline="") as file:
        assert _rows(file.read()) == [["t"], ["harmless"], [f"'{cell}"]]


@pytest.mark.parametrize(
    "cell", ["-5", "+5", "-0.5", "-.5", "-1,234.5", "+1e-3", "-5.", "a=b", " =1", "1-2", "<=50K"]
)
def test_a_plain_number_and_harmless_text_stay_as_they_are(tmp_path: Path, cell: str) -> None:
    frame, schema = _texts(cell)
    assert write_csv(frame, tmp_path / "x.csv", schema, neutralise=True) == 0
    assert _rows((tmp_path / "x.csv").read_text()) == [["t"], [cell]]


def test_the_source_s_own_token_for_a_missing_cell_may_be_a_dash(tmp_path: Path) -> None:
    frame, schema = _texts(None, "x", gap="-")
    assert write_csv(frame, tmp_path / "x.csv", schema, neutralise=True) == 0
    assert (tmp_path / "x.csv").read_text() == "t\n-\nx\n"


def test_negative_numbers_and_infinities_of_number_columns_are_left_alone(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [-1.5, float("-inf")]})
    schema = TableSchema(columns=(Column(name="x", dtype="float64"),))
    assert write_csv(frame, tmp_path / "x.csv", schema, neutralise=True) == 0


@pytest.mark.parametrize("cell", ["-5 to 0", "=1+1", "@x", "+", "'-5 to 0", "\tx"])
def test_without_neutralising_text_and_headers_are_as_in_the_source(
    tmp_path: Path, cell: str
) -> None:
    frame = pd.DataFrame({"=h": pd.array([cell], dtype="string")})
    schema = TableSchema(columns=(Column(name="=h"),))
    assert write_csv(frame, tmp_path / "x.csv", schema, neutralise=False) == 0
    assert _rows((tmp_path / "x.csv").read_text()) == [["=h"], [cell]]


def test_a_header_can_be_a_formula_too(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=cmd()": [1]})
    schema = TableSchema(columns=(Column(name="=cmd()", dtype="int64"),))
    assert write_csv(frame, tmp_path / "x.csv", schema, neutralise=True) == 1
    assert (tmp_path / "x.csv").read_text() == "'=cmd()\n1\n"


@pytest.mark.parametrize(
    "cells",
    [
        ['a "quote"', "comma, comma", "line\nbreak", "carriage\rreturn", "", "ünï", " blank "],
        [""],
        ["", ""],
        ['"'],
    ],
)
def test_every_text_comes_back_from_a_reader(tmp_path: Path, cells: Sequence[str]) -> None:
    frame, schema = _texts(*cells)
    write_csv(frame, tmp_path / "x.csv", schema, neutralise=True)
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        assert _rows(file.read()) == [["t"], *([cell] for cell in cells)]


def test_a_table_without_rows_has_its_header(tmp_path: Path) -> None:
    frame, schema = every_dtype()
    write_csv(frame.iloc[:0], tmp_path / "x.csv", schema, neutralise=True)
    assert _rows((tmp_path / "x.csv").read_text()) == [list(schema.names)]


def test_the_suffix_decides_the_compression_and_the_bytes_are_the_same_each_time(
    tmp_path: Path,
) -> None:
    frame, schema = every_dtype()
    for name in ("x.csv", "x.csv.gz", "y.csv.gz", "x.csv.zst"):
        write_csv(frame, tmp_path / name, schema, neutralise=True)
    plain = (tmp_path / "x.csv").read_bytes()
    assert gzip.decompress((tmp_path / "x.csv.gz").read_bytes()) == plain
    assert (tmp_path / "x.csv.gz").read_bytes() == (tmp_path / "y.csv.gz").read_bytes()
    zstd = (tmp_path / "x.csv.zst").read_bytes()
    assert zstandard.ZstdDecompressor().decompressobj().decompress(zstd) == plain


def test_many_rows_are_written_in_parts_that_join_without_a_seam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, schema = every_dtype()
    write_csv(frame, tmp_path / "whole.csv", schema, neutralise=True)
    monkeypatch.setattr("pipelines.sinks.csv._ROWS_AT_ONCE", 2)
    write_csv(frame, tmp_path / "parts.csv", schema, neutralise=True)
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_file_that_can_not_be_written_is_one_error_and_leaves_nothing(tmp_path: Path) -> None:
    frame, schema = every_dtype()
    with pytest.raises(ReleaseError, match="can't be written"):
        write_csv(frame, tmp_path / "nowhere" / "x.csv", schema, neutralise=True)
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(ReleaseError, match="can't be written"):
        write_csv(frame, tmp_path / "x.csv", schema, neutralise=True)
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


@pytest.mark.parametrize(
    ("compression", "suffix"), [("none", ".csv"), ("gzip", ".csv.gz"), ("zstd", ".csv.zst")]
)
def test_the_sink_is_a_store_of_csv_that_verifies(
    tmp_path: Path, compression: str, suffix: str
) -> None:
    sink = CsvSink.model_validate({"path": tmp_path / "store", "compression": compression})
    receipt = sink.write(example_release(tmp_path / "work"), Settings())
    file = Path(receipt.location) / "data" / f"every%20dtype{suffix}"
    assert file.is_file()
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(
        (Path(receipt.location) / "README.md").stat().st_mode
    )
    manifest = Store(tmp_path / "store").verify("example", "v1")
    assert manifest.tables["every dtype"].file == f"data/every%20dtype{suffix}"
    (note,) = receipt.notes
    assert note.startswith("table every dtype: 1 cell that a spreadsheet would run as a formula")


@pytest.mark.parametrize(
    ("options", "written", "notes"),
    [
        ({}, "'-5 to 0", 1),
        ({"formulas": "neutralise"}, "'-5 to 0", 1),
        ({"formulas": "keep"}, "-5 to 0", 0),
    ],
)
def test_the_sink_neutralises_formulas_unless_told_to_keep_them(
    tmp_path: Path, options: dict[str, str], written: str, notes: int
) -> None:
    frame, table = _texts("-5 to 0")
    release = example_release(
        tmp_path / "work", frames={"t": frame}, schema=Schema(tables={"t": table})
    )
    sink = CsvSink.model_validate({"path": tmp_path / "store", **options})
    receipt = sink.write(release, Settings())
    assert len(receipt.notes) == notes
    file = Path(receipt.location) / "data" / "t.csv"
    assert _rows(file.read_text()) == [["t"], [written]]


def test_a_store_of_another_format_is_not_mixed_with_csv(tmp_path: Path) -> None:
    from pipelines.sinks.parquet import ParquetSink

    release = example_release(tmp_path / "work")
    ParquetSink(path=tmp_path / "store").write(release, Settings())
    with pytest.raises(ReleaseError, match="a path of its own"):
        CsvSink(path=tmp_path / "store").write(release, Settings())


def test_schema_of_a_release_with_only_harmless_cells_has_no_notes(tmp_path: Path) -> None:
    frame, table = _texts("a")
    release = example_release(
        tmp_path / "work", frames={"t": frame}, schema=Schema(tables={"t": table})
    )
    assert CsvSink(path=tmp_path / "store").write(release, Settings()).notes == ()
