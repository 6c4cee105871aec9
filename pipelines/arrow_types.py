"""Arrow columns in the dtypes that `tabular.schema.Column` names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tabular.errors import SourceError
from tabular.schema import Column

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def frame_of(table: pa.Table, where: str) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Rows of an Arrow table, and what its types say of each column.

    Args:
        table: Any columns; index columns without a name that pandas put there are dropped.
        where: What to call the source in an error.

    Raises:
        SourceError: A column is nested, binary, or a duration.
    """
    import pandas as pd

    names = [name for name in table.column_names if name not in _unnamed_index(table)]
    series: dict[str, pd.Series] = {}
    columns: dict[str, Column] = {}
    for name in names:
        series[name], columns[name] = _column(name, table[name], where)
    return pd.DataFrame(series, columns=names), columns


def _unnamed_index(table: pa.Table) -> set[str]:
    try:
        index = json.loads((table.schema.metadata or {})[b"pandas"])["index_columns"]
    except (KeyError, TypeError, ValueError):
        return set()
    return {str(name) for name in index if str(name).startswith("__index_level_")}


def _column(name: str, cells: pa.ChunkedArray, where: str) -> tuple[pd.Series, Column]:
    import pandas as pd
    import pyarrow as pa
    from pyarrow import types

    kind = cells.type
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.uuid":
        texts = [None if cell is None else str(cell) for cell in cells.to_pylist()]
        return pd.Series(texts, name=name, dtype="string"), Column(name=name, dtype="string")
    if types.is_dictionary(kind):
        return _categories(name, cells, where)
    gone = cells.null_count > 0
    if types.is_boolean(kind) or types.is_integer(kind):
        lower = "bool" if types.is_boolean(kind) else str(kind)
        nullable = {"bool": "boolean"}.get(lower) or lower.replace("i", "I").replace("u", "U")
        dtype = nullable if gone else lower
        array = pd.api.types.pandas_dtype(nullable).__from_arrow__(cells)  # type: ignore[union-attr]
        series = pd.Series(array, name=name).astype(dtype)
        sdtype = {"sdtype": "boolean"} if lower == "bool" else {"decimals": 0}
        return series, Column.model_validate({"name": name, "dtype": dtype, **sdtype})
    if types.is_floating(kind):
        dtype = "float64" if types.is_float64(kind) else "float32"
        numbers = cells.cast(getattr(pa, dtype)()).to_numpy()
        return pd.Series(numbers, name=name), Column(name=name, dtype=dtype)
    if types.is_date(kind):
        days = cells.cast(pa.date32()).to_pylist()
        column = Column(name=name, dtype="date", sdtype="datetime", datetime_format="%Y-%m-%d")
        return pd.Series(days, name=name, dtype=object), column
    if types.is_timestamp(kind):
        series = pd.Series(cells.to_pandas().array, name=name)
        return series, Column(name=name, dtype=str(series.dtype), sdtype="datetime")
    if types.is_decimal(kind):
        series = pd.Series(cells.to_pylist(), name=name, dtype=object)
        return series, Column(
            name=name, dtype="decimal", decimals=max(kind.scale, 0), fixed_decimals=kind.scale > 0
        )
    if _is_text(kind) or types.is_null(kind) or types.is_time(kind):
        texts = cells.cast(pa.large_string()).to_numpy(zero_copy_only=False)
        return pd.Series(texts, name=name, dtype="string"), Column(name=name, dtype="string")
    raise _refused(name, kind, where)


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    )


def _categories(name: str, cells: pa.ChunkedArray, where: str) -> tuple[pd.Series, Column]:
    from pyarrow import types

    kind = cells.type.value_type
    if not (_is_text(kind) or types.is_integer(kind) or types.is_boolean(kind)):
        return _column(name, cells.cast(kind), where)
    series = cells.to_pandas().rename(name)
    return series, Column(name=name, dtype="category", sdtype="categorical")


def _refused(name: str, kind: pa.DataType, where: str) -> SourceError:
    from pyarrow import types

    what = "nested values" if types.is_nested(kind) else f"values of type {kind}"
    return SourceError(
        f"there are {what}, which no table of Waxwork holds",
        where=f"{where}, column {name!r}",
        fix="Leave the column out, or turn it into plain columns first",
    )
