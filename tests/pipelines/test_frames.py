"""Frames go to disk and come back as they were."""

from __future__ import annotations

import datetime as dt
import json
import stat
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pipelines.frames import SYNTHETIC_MARK, read_parquet, write_parquet, write_parquet_parts
from tabular.errors import ArtifactError
from tabular.schema import Column, TableSchema
from tests.example_release import every_dtype

if TYPE_CHECKING:
    from pathlib import Path

_MOMENTS = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))  # noqa: DTZ001
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_CELLS: dict[str, st.SearchStrategy[object]] = {
    "int8": st.integers(-128, 127),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "Int16": st.none() | st.integers(-(2**15), 2**15 - 1),
    "Int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "UInt8": st.none() | st.integers(0, 255),
    "float32": st.floats(width=32, allow_nan=True),
    "float64": st.floats(allow_nan=True),
    "Float64": st.none() | st.floats(allow_nan=False),
    "bool": st.booleans(),
    "boolean": st.none() | st.booleans(),
    "string": st.none() | _TEXT,
    "category": st.none() | _TEXT,
    "datetime64[ns]": st.none() | _MOMENTS,
    "datetime64[us]": st.none() | _MOMENTS,
    "datetime64[ns, UTC]": st.none() | _MOMENTS,
    "datetime64[ns, America/New_York]": st.none() | _MOMENTS,
    "date": st.none() | st.dates(),
    "decimal": st.none() | st.decimals(-(10**20), 10**20, places=3, allow_nan=False),
}


def _series(cells: list[object], dtype: str) -> pd.Series[Any]:
    if dtype in {"date", "decimal"}:
        return pd.Series(cells, dtype=object)
    if dtype.startswith("datetime64"):
        unit, _, zone = dtype.removeprefix("datetime64[").removesuffix("]").partition(", ")
        moments = pd.Series(np.array(cells, dtype=f"datetime64[{unit}]"))
        return moments.dt.tz_localize("UTC").dt.tz_convert(zone) if zone else moments
    if dtype == "category":
        return pd.Series(cells, dtype=object).astype("category")
    return pd.Series(cells, dtype=pd.api.types.pandas_dtype(dtype))


@pytest.mark.parametrize("dtype", _CELLS)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_dtype_comes_back_as_it_was(dtype: str, data: st.DataObject, tmp_path: Path) -> None:
    cells = data.draw(st.lists(_CELLS[dtype], max_size=6))
    frame = pd.DataFrame({"column": _series(cells, dtype)})
    schema = TableSchema(
        columns=(Column(name="column", dtype=dtype, decimals=3 if dtype == "decimal" else None),)
    )
    write_parquet(frame, tmp_path / "rows.parquet", schema=schema)
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "rows.parquet", schema), frame)


def test_a_table_with_all_dtypes_and_an_odd_column_name_comes_back(tmp_path: Path) -> None:
    frame, schema = every_dtype()
    write_parquet(frame, tmp_path / "rows.parquet", schema=schema)
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "rows.parquet", schema), frame)


def test_parts_make_the_same_table_as_the_whole(tmp_path: Path) -> None:
    frame, schema = every_dtype()
    # The middle part has no cell in some columns, which must not change their types.
    parts = [frame.iloc[:1], frame.iloc[1:2], frame.iloc[2:]]
    write_parquet_parts(parts, tmp_path / "rows.parquet", schema=schema)
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "rows.parquet", schema), frame)


def test_a_file_is_private_even_where_a_public_one_was(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.touch(mode=0o644)
    write_parquet(pd.DataFrame({"a": [1]}), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("synthetic", [True, False])
def test_only_synthetic_rows_are_marked_synthetic(tmp_path: Path, *, synthetic: bool) -> None:
    write_parquet(pd.DataFrame({"a": [1]}), tmp_path / "rows.parquet", synthetic=synthetic)
    metadata = parquet.read_metadata(tmp_path / "rows.parquet").metadata or {}
    assert (SYNTHETIC_MARK.items() <= metadata.items()) == synthetic


def test_a_category_that_no_row_has_is_not_in_the_file(tmp_path: Path) -> None:
    rows = pd.Categorical(["common", "common"], categories=["common", "rare-secret"])
    write_parquet(pd.DataFrame({"a": rows}), tmp_path / "rows.parquet", synthetic=True)
    assert b"rare-secret" not in (tmp_path / "rows.parquet").read_bytes()


@pytest.mark.parametrize("n_parts", [1, 3])
def test_pandas_alone_reads_the_dtypes_that_were_written(tmp_path: Path, n_parts: int) -> None:
    frame, schema = every_dtype()
    parts = [frame.iloc[:1], frame.iloc[1:2], frame.iloc[2:]] if n_parts == 3 else [frame]
    write_parquet_parts(parts, tmp_path / "rows.parquet", schema=schema, synthetic=True)
    read = pd.read_parquet(tmp_path / "rows.parquet")
    assert read.dtypes.astype(str).to_dict() == frame.dtypes.astype(str).to_dict()
    pd.testing.assert_frame_equal(read, frame)


def test_the_metadata_for_pandas_hold_names_and_dtypes_and_nothing_of_the_rows(
    tmp_path: Path,
) -> None:
    def metadata(cells: list[str], categories: list[str]) -> dict[bytes, bytes]:
        frame = pd.DataFrame({"a": pd.Categorical(cells, categories=categories)})
        frame.attrs["note"] = cells[0]
        write_parquet(frame, tmp_path / "rows.parquet")
        return dict(parquet.read_schema(tmp_path / "rows.parquet").metadata or {})

    found = metadata(["x"], ["x"])
    assert json.loads(found[b"pandas"])["index_columns"] == []
    assert found == metadata(["secret", "y", "y"], ["secret", "y", "z"])


def test_equal_categories_give_equal_bytes_whatever_their_list_was(tmp_path: Path) -> None:
    for name, categories in {"one": ["b", "a", "never"], "two": ["a", "b"]}.items():
        rows = pd.Categorical(["b", "a", None, "b"], categories=categories)
        write_parquet(pd.DataFrame({"a": rows}), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_parts_may_each_have_other_categories(tmp_path: Path) -> None:
    cells: list[list[int | None]] = [[1, None], [None, None], [3, 2]]
    parts = [pd.DataFrame({"a": pd.Categorical(part)}) for part in cells]
    write_parquet_parts(parts, tmp_path / "rows.parquet")
    schema = TableSchema(columns=(Column(name="a", dtype="category"),))
    read = read_parquet(tmp_path / "rows.parquet", schema)["a"]
    assert read.dtype == "category"
    assert [None if pd.isna(cell) else int(cell) for cell in read] == [1, None, None, None, 3, 2]


def test_pandas_alone_reads_categories_that_are_no_text_as_their_values(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"n": pd.Categorical([3, None, 1]), "flag": pd.Categorical([True, False, None])}
    )
    write_parquet(frame, tmp_path / "rows.parquet")
    values = frame.astype(object).astype({"n": "Int64", "flag": "boolean"})
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "rows.parquet"), values)


def test_text_without_a_single_cell_is_still_text_to_other_readers(tmp_path: Path) -> None:
    rows = pd.array([None, None], dtype="string")
    write_parquet(pd.DataFrame({"a": rows}), tmp_path / "rows.parquet")
    assert str(parquet.read_schema(tmp_path / "rows.parquet").field("a").type) == "string"


def test_a_cell_that_does_not_fit_its_type_is_not_quoted(tmp_path: Path) -> None:
    frame = pd.DataFrame({"price": pd.Series([Decimal("98765.4321")], dtype=object)})
    schema = TableSchema(columns=(Column(name="price", dtype="decimal", decimals=2),))
    with pytest.raises(ArtifactError, match="column price") as caught:
        write_parquet(frame, tmp_path / "rows.parquet", schema=schema)
    assert "98765" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_cut_file_and_a_missing_column_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    schema = TableSchema(columns=(Column(name="a", dtype="int64"), Column(name="b")))
    write_parquet(pd.DataFrame({"a": [1]}), path)
    with pytest.raises(ArtifactError, match=r"lacks the columns \['b'\]"):
        read_parquet(path, schema)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArtifactError, match="damaged"):
        read_parquet(path, schema)
