"""Files of one table, read apart, brought to common dtypes.

A text file shows only the types its own cells need: a column of whole numbers in one file may hold
a missing cell or a fraction in the next. Real files are widened to what all of them need. The
synthetic file is cast only where nothing is lost by it: what then still differs is a fault for the
contract to find, not for us to mend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabular.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from tabular.schema import TableSchema


def same_columns(frame: pd.DataFrame, names: Sequence[str], where: str) -> pd.DataFrame:
    """The columns `names` of a frame, in that order.

    Raises:
        DataError: Some are not there.
    """
    if lost := [name for name in names if name not in frame.columns]:
        raise DataError(
            f"columns are missing that the train file has: {', '.join(map(repr, lost))}",
            where=where,
        )
    if new := [str(name) for name in frame.columns if name not in names]:
        raise DataError(
            f"there are columns that the train file does not have: {', '.join(map(repr, new))}",
            where=where,
        )
    return frame[list(names)]


def widened(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Real frames with equal columns, each column in the narrowest dtype that holds all of them."""
    first = next(iter(frames.values()))
    out = {side: frame.copy() for side, frame in frames.items()}
    for name in first.columns:
        cells = [frame[name] for frame in frames.values()]
        if len({str(column.dtype) for column in cells}) == 1:
            continue
        for side, frame in frames.items():
            out[side][name] = _widen(frame[name], cells)
    return out


def cast(frame: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """A frame in the schema's dtypes, wherever nothing is lost by it."""
    out = frame.copy()
    for column in schema.columns:
        out[column.name] = _cast(frame[column.name], column.dtype, column.datetime_format)
    return out


def _widen(column: pd.Series, all_cells: Sequence[pd.Series]) -> pd.Series:
    from pandas.api import types

    if all(types.is_bool_dtype(cells) for cells in all_cells):
        return column.astype("boolean")
    if all(_is_number(cells) for cells in all_cells):
        whole = all(types.is_integer_dtype(cells) for cells in all_cells)
        return column.astype("Int64") if whole else column.astype("Float64").astype("float64")
    present = [cells for cells in all_cells if cells.notna().any()]
    if len({str(cells.dtype) for cells in present}) == 1 and not column.notna().any():
        # A file without a single value in the column takes the others' dtype.
        return present[0].iloc[:0].reindex(column.index)
    return column.astype("string")


def _cast(column: pd.Series, dtype: str, datetime_format: str | None) -> pd.Series:
    from pandas.api import types

    if str(column.dtype) == dtype or dtype in {"date", "decimal"}:
        return column
    if not column.notna().any():
        return _empty(column, dtype)
    casts = {
        "int": types.is_integer_dtype(column) and not (column.isna().any() and dtype[0] == "i"),
        "float": _is_number(column),
        "string": not types.is_float_dtype(column),
        "category": not types.is_float_dtype(column),
        "boolean": types.is_bool_dtype(column),
    }
    for family, fits in casts.items():
        if dtype.lower().startswith(family):
            return _as(column, family, dtype) if fits else column
    if dtype.startswith("datetime64") and types.is_string_dtype(column):
        return _moments(column, dtype, datetime_format)
    return column


_THROUGH = {"int": "Int64", "float": "Float64", "string": "string", "category": "string"}


def _as(column: pd.Series, family: str, dtype: str) -> pd.Series:
    """A column in a dtype, through the one of its family that holds missing cells."""
    from pandas.api import types

    through = types.pandas_dtype(_THROUGH.get(family, dtype))
    return column.astype(through).astype(types.pandas_dtype(dtype))


def _moments(column: pd.Series, dtype: str, datetime_format: str | None) -> pd.Series:
    import pandas as pd
    from pandas.api import types

    moments = pd.to_datetime(column, format=datetime_format or "ISO8601", errors="coerce")
    if moments.isna().sum() != column.isna().sum():
        return column
    return moments.astype(types.pandas_dtype(dtype))


def _empty(column: pd.Series, dtype: str) -> pd.Series:
    import pandas as pd
    from pandas.api import types

    if dtype.startswith(("int", "uint", "bool")):
        return column  # these can't hold a missing cell: the contract will say so
    cells = pd.Series([None] * len(column), index=column.index, dtype=object)
    return cells.astype(types.pandas_dtype(dtype))


def _is_number(column: pd.Series) -> bool:
    from pandas.api import types

    return bool(types.is_numeric_dtype(column) and not types.is_bool_dtype(column))
