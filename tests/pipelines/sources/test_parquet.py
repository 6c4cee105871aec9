from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipelines.settings import Settings
from pipelines.sources.parquet import ParquetSource
from tabular.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.base import RawTable


def read(path: Path) -> RawTable:
    (table,) = ParquetSource(path=path).read(Settings()).tables.values()
    return table


def one(folder: Path, array: pa.Array) -> pd.Series:
    parquet.write_table(pa.table({"x": array}), folder / "x.parquet")
    return read(folder / "x.parquet").frame["x"]


@pytest.mark.parametrize(
    ("array", "dtype", "cells"),
    [
        (pa.array([1.5, None], pa.float16()), "float32", None),
        (pa.array([dt.date(2024, 1, 1)], pa.date64()), "object", [dt.date(2024, 1, 1)]),
        (pa.array([dt.time(1, 2, 3)]), "string", ["01:02:03.000000"]),
        (pa.array([None, None], pa.null()), "string", None),
        (pa.array(["a", None], pa.string_view()), "string", None),
        (pa.array([Decimal("0.1")], pa.decimal256(60, 3)), "object", [Decimal("0.100")]),
        (
            pa.array([UUID(int=1).bytes], pa.binary(16)).cast(pa.uuid()),
            "string",
            [str(UUID(int=1))],
        ),
        (pa.array([1.5, 2.5, 1.5]).dictionary_encode(), "float64", [1.5, 2.5, 1.5]),
        (pa.array(["b", "a", "b"]).dictionary_encode(), "category", ["b", "a", "b"]),
        (pa.array([5], pa.timestamp("s", "Asia/Tokyo")), "datetime64[ms, Asia/Tokyo]", None),
    ],
)
def test_types_of_arrow_are_read_as_dtypes_of_columns(
    tmp_path: Path, array: pa.Array, dtype: str, cells: list[object] | None
) -> None:
    series = one(tmp_path, array)
    assert str(series.dtype) == dtype
    if cells is not None:
        assert series.tolist() == cells


@pytest.mark.parametrize(
    "array",
    [
        pa.array([[1], [2]]),
        pa.array([{"a": 1}]),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array([b"\x00"]),
        pa.array([dt.timedelta(1)]),
    ],
)
def test_types_that_no_table_holds_are_refused_by_the_column_s_name(
    tmp_path: Path, array: pa.Array
) -> None:
    with pytest.raises(SourceError, match=r"column 'x': there are .* which no table of Waxwork"):
        one(tmp_path, array)


def test_files_of_a_folder_are_one_table_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "sales"
    folder.mkdir()
    for part, cells in (("b", [3]), ("a", [1, 2])):
        pd.DataFrame({"x": cells, "y": part}).to_parquet(folder / f"part-{part}.parquet")
    raw = ParquetSource(path=folder).read(Settings())
    assert list(raw.tables) == ["sales"]
    assert raw.tables["sales"].frame["x"].tolist() == [1, 2, 3]
    assert read(folder / "part-*.parquet").frame["y"].tolist() == ["a", "a", "b"]
    assert read(folder / "*b.parquet").frame["x"].tolist() == [3]


def test_files_may_differ_in_order_and_width_of_their_columns(tmp_path: Path) -> None:
    pd.DataFrame({"x": pd.array([1], dtype="int32"), "y": ["a"]}).to_parquet(tmp_path / "1.parquet")
    pd.DataFrame({"y": [None], "x": [2**40]}).to_parquet(tmp_path / "2.parquet")
    frame = read(tmp_path).frame
    assert frame["x"].tolist() == [1, 2**40]
    assert frame["y"].isna().tolist() == [False, True]


def test_files_of_two_tables_are_refused(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "1.parquet")
    pd.DataFrame({"y": [1]}).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(SourceError, match=r"2\.parquet: .* same columns: 'x', 'y'"):
        read(tmp_path)
    pd.DataFrame({"x": ["text"]}).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(SourceError, match="don't go together"):
        read(tmp_path)


def test_an_index_without_a_name_is_no_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2]}, index=[5, 6])
    frame.to_parquet(tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet").frame.columns.tolist() == ["x"]
    frame.rename_axis("key").to_parquet(tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet").frame.columns.tolist() == ["x", "key"]


def test_metadata_of_a_foreign_writer_does_not_matter(tmp_path: Path) -> None:
    for note in (b"not json", b"[]", b"{}"):
        table = pa.table({"x": [1]}).replace_schema_metadata({b"pandas": note})
        parquet.write_table(table, tmp_path / "x.parquet")
        assert read(tmp_path / "x.parquet").frame["x"].tolist() == [1]


@pytest.mark.parametrize("cut", [1, 8, 40, 200])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.parquet"
    pd.DataFrame({"x": range(1000)}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(SourceError, match="damaged, cut short"):
        read(path)


def test_a_file_with_a_damaged_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pd.DataFrame({"x": [f"cell {i}" for i in range(1000)]}).to_parquet(path)
    content = bytearray(path.read_bytes())
    content[4:2000] = b"\xff" * 1996
    path.write_bytes(content)
    with pytest.raises(SourceError, match="damaged"):
        read(path)


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    parquet.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="more than once: 'a'"):
        read(tmp_path / "x.parquet")


def test_a_table_without_columns_is_refused(tmp_path: Path) -> None:
    pd.DataFrame(index=range(3)).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="no columns"):
        read(tmp_path / "x.parquet")
