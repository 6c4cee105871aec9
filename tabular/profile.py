"""A schema from rows: types, nullability, decimals, personal data.

What a profile finds out is structural. No cell value gets into the schema: categories and bounds
are there only where the source or the owner declares them.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from tabular.pii import DIRECT, Recogniser, recognise, words
from tabular.schema import Column, TableSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from tabular.schema import Sdtype

_DISTINCT = 0.9
"""Share of distinct cells above which text is no category."""
_FEW = 20
"""Distinct cells up to which text always is one."""
_SENTENCE = 4.0
"""Words per cell above which text is free."""
_DIGITS = 15
_NUMBERS = 0.95
"""Share of numbers from which text is a column of numbers that a few words got into."""
_NUMBER = r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s*"
_MOMENT = r"^\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}:\d{2}"
"""Text that may be a date or a time of day, in whatever order."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ID_WORDS = _set("id ids key pk uid guid uuid identifier nr no num number code index rowid rownum")


def profile(
    name: str,
    frame: pd.DataFrame,
    known: Mapping[str, Column] | None = None,
    *,
    primary_key: tuple[str, ...] = (),
    recogniser: Recogniser = recognise,
) -> TableSchema:
    """The schema of a table.

    Args:
        name: The table's name.
        frame: Its rows.
        known: What is known of its columns, by name; a field that was set there is taken as said.
        primary_key: Its primary key, if declared.
        recogniser: What tells personal data.

    Raises:
        DataError: Two columns share a name, or a name is not text.
    """
    _must_be_named(name, frame)
    columns = []
    for label in frame.columns:
        said = known[label].model_dump(exclude_unset=True) if known and label in known else {}
        found = _found(name, frame[label], said, recogniser, is_key=primary_key == (label,))
        columns.append(Column.model_validate({**found, **said}))
    return TableSchema(columns=tuple(columns), primary_key=primary_key)


def _must_be_named(name: str, frame: pd.DataFrame) -> None:
    from tabular.errors import DataError

    where = f"table {name}"
    if not len(frame.columns):
        raise DataError("there are no columns", where=where)
    if bad := [i for i, label in enumerate(frame.columns) if not isinstance(label, str)]:
        raise DataError(f"the names of the columns at positions {bad} are not text", where=where)
    if repeated := sorted(set(frame.columns[frame.columns.duplicated()])):
        raise DataError(
            f"column names stand more than once: {', '.join(map(repr, repeated))}", where=where
        )


def _found(
    table: str,
    cells: pd.Series,
    said: Mapping[str, object],
    recogniser: Recogniser,
    *,
    is_key: bool,
) -> dict[str, object]:
    """The fields of a column, found out from its cells."""
    label = str(cells.name)
    dtype = dtype_name(cells)
    found: dict[str, object] = {
        "name": label,
        "dtype": dtype,
        "nullable": bool(cells.isna().any()),
    }
    guess = None
    if not {"pii", "sdtype", "role"} & said.keys():
        guess = recogniser(label, cells, table=table)
    if guess and guess.kind in DIRECT:
        found["pii"], found["locale"] = guess.kind, guess.locale
        found["sdtype"] = _personal_sdtype(guess.kind, cells)
    else:
        found["sdtype"] = _sdtype(label, cells, dtype, is_key=is_key)
    if "decimals" not in said:
        found["decimals"] = _decimals(cells, dtype)
    return found


def _personal_sdtype(kind: str, cells: pd.Series) -> Sdtype:
    """Repeated people (the doctor of many patients) stay repeated where they are a category."""
    if kind == "uuid":
        return "id"
    there = cells.dropna()
    return "categorical" if there.nunique() <= len(there) / 2 else "unknown"


def dtype_name(cells: pd.Series) -> str:
    """The name that `Column.dtype` has for a series: its dtype's, `date` or `decimal`."""
    if cells.dtype != object:
        return str(cells.dtype)
    first = next((cell for cell in cells if cell is not None and cell == cell), None)  # noqa: PLR0124
    if isinstance(first, Decimal):
        return "decimal"
    if isinstance(first, dt.date) and not isinstance(first, dt.datetime):
        return "date"
    return "string"


def _sdtype(label: str, cells: pd.Series, dtype: str, *, is_key: bool) -> Sdtype:
    from pandas.api import types

    if dtype.lower().startswith("bool"):
        return "boolean"
    if dtype == "date" or types.is_datetime64_any_dtype(cells):
        return "datetime"
    if dtype == "decimal" or types.is_numeric_dtype(cells):
        whole = types.is_integer_dtype(cells)
        return "id" if is_key or (whole and _is_row_id(label, cells)) else "numerical"
    return "id" if is_key else _text_sdtype(cells)


def _is_row_id(label: str, cells: pd.Series) -> bool:
    """Whether whole numbers tell the rows apart and nothing else."""
    if len(cells) <= 1 or cells.isna().any() or not cells.is_unique:
        return False
    if looks_like_id(label):
        return True
    first = int(cells.iloc[0])
    counted = np.arange(first, first + len(cells))
    return first in {0, 1} and len(cells) > _FEW and bool((cells.to_numpy() == counted).all())


def looks_like_id(label: str) -> bool:
    """Whether a column is named like an identifier."""
    parts = words(label)
    return bool(parts) and (parts[-1] in _ID_WORDS or parts[0] in {"id", "uuid", "guid"})


def _text_sdtype(cells: pd.Series) -> Sdtype:  # noqa: PLR0911  a cascade
    there = cells.dropna()
    if there.empty:
        return "categorical"
    distinct = there.drop_duplicates()
    share = len(distinct) / len(there)
    if share <= 0.5:  # noqa: PLR2004  most cells have a twin
        return "categorical"
    sample = distinct.head(2_000).astype(str)
    moments = sample.str.contains(_MOMENT)
    if float(moments.mean()) > _DISTINCT or _is_numbers_and_words(sample, distinct):
        # Quantities: few share a cell, and a code made up in their likeness would be no quantity.
        return "unknown"
    if len(distinct) <= _FEW:
        return "categorical"
    n_words = sample.str.count(r"\S+")
    if float(n_words.mean()) > _SENTENCE:
        return "unknown"
    if share <= _DISTINCT:
        return "categorical"
    coded = sample.str.fullmatch(r"\S{1,64}") & sample.str.contains(r"\d|^[A-Z]+$") & ~moments
    return "id" if float(coded.mean()) > _DISTINCT else "unknown"


def _is_numbers_and_words(sample: pd.Series, distinct: pd.Series) -> bool:
    """Whether most cells are numbers, and some are not; all numbers may be codes, like 007."""
    if float(sample.str.fullmatch(_NUMBER).mean()) < _NUMBERS:
        return False
    numbers = distinct.astype(str).str.fullmatch(_NUMBER)
    return _NUMBERS <= float(numbers.mean()) < 1.0


def _decimals(cells: pd.Series, dtype: str) -> int | None:  # noqa: PLR0911  a cascade
    """Digits after the point that are enough for every number; `None` where none are."""
    from pandas.api import types

    if dtype == "decimal":
        exponents = [cell.as_tuple().exponent for cell in cells.dropna()]
        return max((-e for e in exponents if isinstance(e, int) and e < 0), default=0)
    if dtype.lower().startswith(("int", "uint")):
        return 0
    if not types.is_float_dtype(cells):
        return None
    kind = np.float32 if dtype.lower() == "float32" else np.float64
    numbers = cells.dropna().to_numpy(dtype=kind)
    numbers = np.unique(numbers[np.isfinite(numbers)])
    if not len(numbers):
        return None
    # A float holds the last digit only while all of them make an integer below its mantissa.
    exact = float(1 << (np.finfo(kind).nmant + 1))
    for digits in range(_DIGITS + 1):
        if np.abs(numbers).max() >= exact / 10.0**digits:
            return None
        if bool((np.round(numbers[:1000], digits) == numbers[:1000]).all()) and bool(
            (np.round(numbers, digits) == numbers).all()
        ):
            return digits
    return None
