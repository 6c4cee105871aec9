"""Frames on disk: Parquet that gives back the dtypes, to us by the schema, to pandas by itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tabular.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from tabular.schema import Column, TableSchema

SYNTHETIC_MARK = {b"waxwork.synthetic": b"true"}
"""Parquet key-value metadata that marks a file as synthetic."""


def write_parquet(
    frame: pd.DataFrame, path: Path, *, schema: TableSchema | None = None, synthetic: bool = False
) -> None:
    """Write a frame with mode 0600, flushed to the disk.

    Args:
        frame: The rows.
        path: Where; the folder exists.
        schema: Gives columns their type where the cells don't: decimals their scale, and text
            of which every cell is missing.
        synthetic: Whether to mark the file as synthetic.

    Raises:
        ArtifactError: A column holds what its type can't.
    """
    write_parquet_parts([frame], path, schema=schema, synthetic=synthetic)


def write_parquet_parts(
    frames: Iterable[pd.DataFrame],
    path: Path,
    *,
    schema: TableSchema | None = None,
    synthetic: bool = False,
) -> None:
    """Write frames with equal columns into one file; only one of them is in memory at a time.

    Args:
        frames: At least one.
        path: As `write_parquet`, like the rest.
        schema: As `write_parquet`.
        synthetic: As `write_parquet`.

    Raises:
        ArtifactError: A column holds what its type can't.
    """
    from pyarrow import parquet

    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # the file may have been there
        tables = (_table(frame, schema, synthetic=synthetic) for frame in frames)
        first = next(tables)
        with parquet.ParquetWriter(file, first.schema, compression="zstd") as writer:
            writer.write_table(first)
            for table in tables:
                writer.write_table(_fitted(table, first.schema))
        file.flush()
        os.fsync(file.fileno())


def _table(frame: pd.DataFrame, schema: TableSchema | None, *, synthetic: bool) -> pa.Table:
    import pyarrow as pa

    fields = {c.name: c for c in schema.columns} if schema else {}
    arrays = [_stored(frame[name], fields.get(str(name))) for name in frame.columns]
    table = pa.table(arrays, names=[str(name) for name in frame.columns])
    mark = SYNTHETIC_MARK if synthetic else {}
    return table.replace_schema_metadata({**_pandas_metadata(frame, table.schema), **mark})


def _pandas_metadata(frame: pd.DataFrame, stored: pa.Schema) -> dict[bytes, bytes]:
    """What lets pandas give back nullable dtypes: names and dtypes, from a frame without rows."""
    import pandas as pd
    import pyarrow as pa

    empty = frame.iloc[:0].set_axis([str(name) for name in frame.columns], axis=1)
    empty.attrs = {}  # they would be written, whatever they hold
    for name in empty.columns:
        if isinstance(empty[name].dtype, pd.CategoricalDtype):
            # Parquet keeps dictionaries of text only; other categories come back as their values.
            kind = stored.field(name).type.value_type
            whole = "Int64" if pa.types.is_integer(kind) else "category"
            dtype = "boolean" if pa.types.is_boolean(kind) else whole
            empty[name] = pd.Series([], dtype=pd.api.types.pandas_dtype(dtype))
    metadata: dict[bytes, bytes] = pa.Schema.from_pandas(empty, preserve_index=False).metadata
    return metadata


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A later part with the types of the first; Arrow casts no dictionary to another one."""
    from pyarrow import types

    for place, wanted in enumerate(schema):
        cells = table.column(place)
        if types.is_dictionary(wanted.type) and cells.type != wanted.type:
            plain = cells.cast(cells.type.value_type).cast(wanted.type.value_type)
            table = table.set_column(place, wanted, plain.dictionary_encode())
    return table.cast(schema)


def read_parquet(path: Path, schema: TableSchema) -> pd.DataFrame:
    """Read a frame that `write_parquet` wrote.

    Raises:
        ArtifactError: The file is damaged.
    """
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError("the file is damaged", where=str(path)) from error
    if lost := sorted(set(schema.names) - set(table.column_names)):
        raise ArtifactError(f"the file lacks the columns {lost}", where=str(path))
    try:
        columns = {c.name: _series(table[c.name], c) for c in schema.columns}
    except (ValueError, TypeError, pa.ArrowException) as error:
        raise ArtifactError(
            "the file holds other types than the schema", where=str(path)
        ) from error
    return pd.DataFrame(columns)


def _stored(series: pd.Series, column: Column | None) -> object:
    import pyarrow as pa

    try:
        return _array(series, column)
    except (ValueError, TypeError, pa.ArrowException):
        # Not chained: the library's text quotes the cell.
        raise ArtifactError(
            f"the cells are not all of one type ({column.dtype if column else series.dtype})",
            where=f"column {series.name}",
        ) from None


def _array(series: pd.Series, column: Column | None) -> object:
    import pandas as pd
    import pyarrow as pa

    if column is not None and column.dtype == "decimal":
        kind = pa.decimal128(38, column.decimals or 0)
        return pa.array(series.tolist(), type=kind, from_pandas=True)
    if column is not None and column.dtype == "date":
        return pa.array(series.tolist(), type=pa.date32(), from_pandas=True)
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _dictionary(series)
    if isinstance(series.dtype, pd.StringDtype) or series.dtype == object:
        cells = series.astype(object)
        kind = pa.string() if cells.isna().all() else None
        return pa.array(cells, type=kind, from_pandas=True)
    return pa.array(series, from_pandas=True)


def _dictionary(series: pd.Series) -> pa.DictionaryArray:
    """A category as a dictionary of the values that rows have, in sorted order.

    The list of categories can name some that no row has, and those may be rare values of the
    source. It is without order, like the dtype `category` of a schema: parts of a table need not
    have the same values.
    """
    import pyarrow as pa

    used = series.cat.remove_unused_categories()
    used = used.cat.reorder_categories(sorted(used.cat.categories))
    values = used.cat.categories.astype(object)
    codes = used.cat.codes.to_numpy().astype("int32")
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=codes < 0),
        pa.array(values, type=None if len(values) else pa.string()),
    )


def _series(array: object, column: Column) -> pd.Series:
    import pandas as pd
    import pyarrow as pa

    assert isinstance(array, pa.ChunkedArray)  # noqa: S101  for the type checker
    if column.dtype in {"date", "decimal"}:
        return pd.Series(array.to_pylist(), name=column.name, dtype=object)
    dtype = pd.api.types.pandas_dtype(column.dtype)
    if column.dtype.startswith(("Int", "UInt", "boolean", "Float")):
        values = dtype.__from_arrow__(array)  # type: ignore[union-attr]  # the nullable dtypes' own
        return pd.Series(values, name=column.name)
    series: pd.Series
    if pa.types.is_dictionary(array.type):
        # The same list of categories whatever the file's parts were.
        series = array.cast(array.type.value_type).to_pandas()
    else:
        series = array.to_pandas()
    return pd.Series(series.array, name=column.name).astype(dtype)
