"""Arrow columns in the dtypes that `tabular.schema.Column` names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tabular.errors import SourceError
from tabular.schema import Column

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


_MOST_DIGITS = 38
"""Of a decimal."""


def frame_of(table: pa.Table, where: str) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Rows of an Arrow table, and what its types say of each column.

    Args:
        table: Any columns; index columns without a name that pandas put there are dropped.
        where: What to call the source in an error.

    Raises:
        SourceError: A column is nested, binary, or a duration.
    """
    import pandas as pd
    import pyarrow as pa

    unnamed = _unnamed_index(table)
    names = [name for name in table.column_names if name not in unnamed]
    series: dict[str, pd.Series] = {}
    columns: dict[str, Column] = {}
    for name in names:
        try:
            series[name], columns[name] = _column(name, table[name], where)
        except (pa.ArrowException, UnicodeError, OverflowError):
            # Not chained: the library's text quotes the cell.
            raise SourceError(
                "there is a cell that can't be held: text that is not UTF-8, or a damaged value",
                where=f"{where}, column {name!r}",
                fix="Write the file anew, or leave the column out",
            ) from None
    return pd.DataFrame(series, columns=names), columns


def _unnamed_index(table: pa.Table) -> set[str]:
    try:
        index = json.loads((table.schema.metadata or {})[b"pandas"])["index_columns"]
    except (KeyError, TypeError, ValueError):
        return set()
    return {str(name) for name in index if str(name).startswith("__index_level_")}


def _column(name: str, cells: pa.ChunkedArray, where: str) -> tuple[pd.Series, Column]:
    from pyarrow import types

    kind = cells.type
    if types.is_dictionary(kind):
        return _categories(name, cells, where)
    if types.is_boolean(kind) or types.is_integer(kind):
        return _whole(name, cells)
    if types.is_floating(kind) or types.is_decimal(kind):
        return _fractional(name, cells, where)
    if types.is_date(kind) or types.is_timestamp(kind):
        return _moments(name, cells)
    return _texts(name, cells, where)


def _whole(name: str, cells: pa.ChunkedArray) -> tuple[pd.Series, Column]:
    """Booleans and integers, in a nullable dtype only where one is missing."""
    import pandas as pd
    from pandas.api.types import pandas_dtype
    from pyarrow import types

    is_boolean = types.is_boolean(cells.type)
    plain = "bool" if is_boolean else str(cells.type)
    nullable = "boolean" if is_boolean else plain.replace("i", "I").replace("u", "U")
    dtype = nullable if cells.null_count else plain
    array = pandas_dtype(nullable).__from_arrow__(cells)  # type: ignore[union-attr]
    series = pd.Series(array, name=name).astype(pandas_dtype(dtype))
    if is_boolean:
        return series, Column(name=name, dtype=dtype, sdtype="boolean")
    return series, Column(name=name, dtype=dtype, decimals=0)


def _fractional(name: str, cells: pa.ChunkedArray, where: str) -> tuple[pd.Series, Column]:
    import pandas as pd
    import pyarrow as pa
    from pyarrow import types

    if types.is_decimal(cells.type):
        scale = max(cells.type.scale, 0)
        if cells.type.precision > _MOST_DIGITS:
            try:
                cells = cells.cast(pa.decimal128(_MOST_DIGITS, scale))
            except pa.ArrowInvalid:
                raise SourceError(
                    f"there are numbers of more than {_MOST_DIGITS} digits",
                    where=f"{where}, column {name!r}",
                    fix="Cast the column to text or to floats first",
                ) from None
        series = pd.Series(cells.to_pylist(), name=name, dtype=object)
        column = Column(name=name, dtype="decimal", decimals=scale, fixed_decimals=scale > 0)
        return series, column
    dtype = "float64" if types.is_float64(cells.type) else "float32"
    numbers = cells.cast(getattr(pa, dtype)()).to_numpy()
    return pd.Series(numbers, name=name), Column(name=name, dtype=dtype)


def _moments(name: str, cells: pa.ChunkedArray) -> tuple[pd.Series, Column]:
    import pandas as pd
    import pyarrow as pa
    from pyarrow import types

    if types.is_date(cells.type):
        days = cells.cast(pa.date32()).to_pylist()
        column = Column(name=name, dtype="date", sdtype="datetime", datetime_format="%Y-%m-%d")
        return pd.Series(days, name=name, dtype=object), column
    series = pd.Series(cells.to_pandas().array, name=name)
    return series, Column(name=name, dtype=str(series.dtype), sdtype="datetime")


def _texts(name: str, cells: pa.ChunkedArray, where: str) -> tuple[pd.Series, Column]:
    import pandas as pd
    import pyarrow as pa
    from pyarrow import types

    kind = cells.type
    texts: object
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.uuid":
        texts = [None if cell is None else str(cell) for cell in cells.to_pylist()]
    elif _is_text(kind) or types.is_null(kind) or types.is_time(kind):
        texts = cells.cast(pa.large_string()).to_numpy(zero_copy_only=False)
    else:
        raise _refused(name, kind, where)
    return pd.Series(texts, name=name, dtype="string"), Column(name=name, dtype="string")


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _categories(name: str, cells: pa.ChunkedArray, where: str) -> tuple[pd.Series, Column]:
    from pyarrow import types

    kind = cells.type.value_type
    if not (_is_text(kind) or types.is_integer(kind) or types.is_boolean(kind)):
        return _column(name, cells.cast(kind), where)
    series = cells.to_pandas().rename(name)
    return series, Column(name=name, dtype="category")


def _refused(name: str, kind: pa.DataType, where: str) -> SourceError:
    from pyarrow import types

    what = "nested values" if types.is_nested(kind) else f"values of type {kind}"
    return SourceError(
        f"there are {what}, which no table of Waxwork holds",
        where=f"{where}, column {name!r}",
        fix="Leave the column out, or turn it into plain columns first",
    )
