"""Workbooks as people have them: dates, formulas, faults, several sheets."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from pipelines.init import source_from_text
from pipelines.settings import Settings
from pipelines.sources.excel import ExcelSource
from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.base import RawTable


def book(folder: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "people.xlsx"
    made.save(path)
    return path


def read(path: Path, **options: object) -> RawTable:
    source = ExcelSource.model_validate({"path": path, **options})
    (table,) = source.read(Settings()).tables.values()
    return table


def test_cells_keep_their_types(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ("Empty", []),
        (
            "People",
            [
                [],
                ["zip", "day", "at", "clock", "n", None, 7],
                ["01234", dt.date(2024, 2, 29), dt.datetime(2024, 1, 1, 10), dt.time(9), 1, "a", 1],  # noqa: DTZ001
                [None, None, None],
                ["99999", dt.date(2023, 1, 1), dt.datetime(2024, 1, 2), None, 2.5, "b"],  # noqa: DTZ001
            ],
        ),
    )
    table = read(path)
    assert {name: c.dtype for name, c in table.columns.items()} == {
        "zip": "string", "day": "datetime64[us]", "at": "datetime64[us]", "clock": "string",
        "n": "float64", "column_6": "string", "7": "Int64",
    }  # fmt: skip
    assert table.columns["day"].datetime_format == "%Y-%m-%d"
    assert table.columns["at"].datetime_format is None
    assert table.frame["zip"].tolist() == ["01234", "99999"]
    assert table.frame["clock"][0] == "09:00:00"
    assert not table.notes


def test_a_sheet_is_named_where_several_hold_cells(tmp_path: Path) -> None:
    path = book(tmp_path, ("A", [["x"], [1]]), ("B b", [["x"], [2]]))
    with pytest.raises(ConfigurationError, match=r"several sheets.*Set `sheet`.*'A', 'B b'"):
        read(path)
    with pytest.raises(ConfigurationError, match="no sheet 'C'"):
        read(path, sheet="C")
    raw = ExcelSource(path=path, sheet="B b").read(Settings())
    assert raw.tables["B b"].frame["x"].tolist() == [2]


def test_faults_are_missing_and_said(tmp_path: Path) -> None:
    path = book(tmp_path, ("A", [["x", "f"], [1, "=A2*2"], ["#DIV/0!", "=1/0"], [3, "=A1"]]))
    table = read(path)
    assert table.frame["x"].tolist()[::2] == [1, 3]
    assert [(note.column, note.says[:5]) for note in table.notes] == [
        ("x", "1 of "), ("f", "no ce"),
    ]  # fmt: skip


def test_values_of_several_types_are_read_as_a_text_file_s(tmp_path: Path) -> None:
    path = book(tmp_path, ("A", [["n", "zip"], [1, 1234], ["NA", "01235"], [3, 4]]))
    table = read(path)
    assert table.columns["n"].dtype == "Int64"
    assert table.frame["zip"].tolist() == ["1234", "01235", "4"]
    assert [note.column for note in table.notes] == ["n", "zip"]


def packed(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged, or no workbook"),
        (b"a,b\n1,2\n", "damaged, or no workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(99), r"an \.xls file, or protected by a password"),
        (packed(x=b"1"), "damaged, or no workbook"),
        (packed(**{"xl/worksheets/sheet1.xml": bytes(3_000_000)}), "WAXWORK_MAX_BYTES"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message):
        source_from_text(str(path)).read(Settings(max_bytes=1_000_000))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the workbook is empty"),
        ([["a", "b"]], "a header, and no rows"),
        ([["a", "a"], [1, 2]], "more than once: 'a'"),
        ([["a"], [1, 2]], "right of the header"),
    ],
)
def test_a_sheet_that_is_no_table_is_refused(
    tmp_path: Path, rows: list[list[object]], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        read(book(tmp_path, ("A", rows)))
