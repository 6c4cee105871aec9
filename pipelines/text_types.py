"""Cells of a text file: from strings to typed columns, and back to the very same strings.

`typed` finds out the type each column was written in and keeps the text format in its `Column`
(tokens, decimals, date format); `to_text` in `pipelines.text_formats` writes by it. Both work on
the distinct cells of a column, of which there are far fewer than rows.

A type is given only where every cell that is not missing is written in it:

- booleans: true and false in any one case;
- integers without leading zeros or plus signs (007 is text);
- floats with a point, an exponent, or infinite; surrounding blanks don't matter;
- numbers with a decimal comma or thousands separators, as `pipelines.text_numbers` says;
- moments in ISO 8601 order, all of one form. 20230623 is a number unless the owner says otherwise;
- days as 24.03.1996, 03/24/1996, 24-Mar-1996, 1996-03 and the like, if one form alone fits all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipelines import text_days, text_numbers
from pipelines.base import Note
from pipelines.text_formats import to_text
from tabular.schema import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

__all__ = ["to_text", "typed"]

_MISSING_IN_TEXT = ("", "?")
_MISSING_ELSEWHERE = (
    *_MISSING_IN_TEXT, "NA", "N/A", "NULL", "null", "None", "nan", "NaN", ".", "-"
)  # fmt: skip
_TRUE_FALSE = (("True", "False"), ("true", "false"), ("TRUE", "FALSE"))
_INTEGER = r"^-?(0|[1-9][0-9]*)$"
_FLOAT = (
    r"^-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
    r"|^-?([Ii]nf|INF|[Ii]nfinity)$"
)
_FLOAT_PARTS = r"^[^.eE]*\.?(?P<fraction>[0-9]*)(?:[eE](?P<exponent>[+-]?[0-9]+))?$"
_MOMENT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:(?P<gap>[ T])[0-9]{2}:[0-9]{2}(?P<seconds>:[0-9]{2}(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
_DIGITS = 15
_EXACT = float(1 << 53)
_NANOSECONDS = (np.datetime64("1678-01-01"), np.datetime64("2262-01-01"))


@dataclass(frozen=True)
class _Parsed:
    """Distinct cells in a type: `cells` has one entry for each, missing ones hold anything."""

    cells: npt.NDArray[np.generic]
    column: Column


@dataclass(frozen=True)
class _Style:
    """How a file is written, beyond its cells, and what is to be said of it."""

    decimal: str | None
    delimiter: str
    notes: list[Note]


def typed(
    cells: pa.Table,
    *,
    missing: Sequence[str] | None = None,
    decimal: str | None = None,
    delimiter: str = ",",
    notes: list[Note] | None = None,
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """The columns of a text file in their types.

    Args:
        cells: Strings, no nulls.
        missing: Tokens that mean a missing cell in every column, beside the empty one. Without it
            `?` does, and in columns of anything but text the usual abbreviations too.
        decimal: The decimal mark, where the owner says it.
        delimiter: Between the file's cells; where `1,234` may be either it makes one likelier.
        notes: What could be read in two ways is added to it.

    Returns:
        The rows, and the dtype and text format of each column by name.
    """
    import pandas as pd

    frames: dict[str, pd.Series] = {}
    columns: dict[str, Column] = {}
    style = _Style(decimal, delimiter, [] if notes is None else notes)
    for name in cells.column_names:
        frames[name], columns[name] = _typed_column(name, cells[name], missing, style)
    return pd.DataFrame(frames, columns=cells.column_names), columns


def _typed_column(
    name: str, cells: pa.ChunkedArray, missing: Sequence[str] | None, style: _Style
) -> tuple[pd.Series, Column]:
    import pyarrow as pa
    from pyarrow import compute as pc

    encoded = cells.cast(pa.large_string()).combine_chunks().dictionary_encode()
    tokens, codes = encoded.dictionary, encoded.indices.to_numpy()
    counts = np.bincount(codes, minlength=len(tokens))
    bare = pc.utf8_trim_whitespace(tokens)
    in_text = _among(bare, _MISSING_IN_TEXT if missing is None else ("", *missing))
    elsewhere = _among(bare, _MISSING_ELSEWHERE) if missing is None else in_text
    here = ~elsewhere
    parsed = None
    if here.any():
        # Parsers see every token; missing ones are replaced by the first that is there.
        filled = pc.if_else(pa.array(here), bare, bare[int(np.argmax(here))])
        parsed = _parsed(name, filled, style)
        gone = elsewhere if parsed is not None else in_text
    else:
        gone = elsewhere
    column = parsed.column if parsed else Column(name=name, dtype="string")
    token = str(tokens[int(np.argmax(np.where(gone, counts, -1)))]) if gone.any() else ""
    column = _with(column, missing_token=token)
    values = parsed.cells if parsed else tokens.to_numpy(zero_copy_only=False)
    return _series(values, codes, gone, column)


def _parsed(name: str, tokens: pa.Array, style: _Style) -> _Parsed | None:
    """Tokens in the first type that all of them are written in."""
    if style.decimal == "," and (found := _marked(name, tokens, style)):
        return found
    for parse in (_booleans, _integers, _floats, _moments):
        if found := parse(name, tokens):
            return found
    if found := _marked(name, tokens, style):
        return found
    days = _days(name, tokens)
    if isinstance(days, str):
        said = f"its cells fit the day in several orders ({days}), so they stay text"
        order = days.partition(" or ")[0]
        style.notes.append(Note(said, name, f'datetime_format: "{order}"'))
        return None
    return days


def _among(tokens: pa.Array, members: Sequence[str]) -> npt.NDArray[np.bool_]:
    import pyarrow as pa
    from pyarrow import compute as pc

    found = pc.is_in(tokens, value_set=pa.array(members, type=tokens.type))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _series(
    values: npt.NDArray[np.generic],
    codes: npt.NDArray[np.integer],
    gone: npt.NDArray[np.bool_],
    column: Column,
) -> tuple[pd.Series, Column]:
    """Distinct values and their codes as a column; `gone` says which of them are missing."""
    import pandas as pd
    from pandas.api.types import pandas_dtype

    mask = gone[codes]
    any_gone = bool(gone.any())
    dtype = column.dtype
    if dtype == "string":
        distinct = np.where(gone, None, values) if any_gone else values  # type: ignore[call-overload]
        return pd.Series(distinct[codes], name=column.name, dtype="string"), column
    if dtype in {"int64", "uint64", "bool"}:
        if not any_gone:
            return pd.Series(values[codes], name=column.name), column
        nullable = {"int64": "Int64", "uint64": "UInt64", "bool": "boolean"}[dtype]
        plain = pd.Series(values[codes], name=column.name).astype(pandas_dtype(nullable))
        plain[mask] = pd.NA
        return plain, _with(column, dtype=nullable)
    distinct = values.copy()
    distinct[gone] = np.nan if dtype == "float64" else np.datetime64("NaT")
    series = pd.Series(distinct[codes], name=column.name)
    if "," in dtype:
        series = series.dt.tz_localize("UTC").astype(pandas_dtype(dtype))
    return series, column


def _with(column: Column, **changes: object) -> Column:
    """A changed column that still knows which of its fields were found out."""
    return Column.model_validate({**column.model_dump(exclude_unset=True), **changes})


def _all_match(tokens: pa.Array, pattern: str) -> bool:
    from pyarrow import compute as pc

    return bool(pc.all(pc.match_substring_regex(tokens, pattern)).as_py())


def _booleans(name: str, tokens: pa.Array) -> _Parsed | None:
    if len(tokens) > 2 * len(_MISSING_ELSEWHERE):
        return None
    cells = tokens.to_pylist()
    for words in _TRUE_FALSE:
        if set(cells) <= set(words):
            column = Column(name=name, dtype="bool", sdtype="boolean", true_false=words)
            return _Parsed(np.array([cell == words[0] for cell in cells]), column)
    return None


def _integers(name: str, tokens: pa.Array) -> _Parsed | None:
    import pyarrow as pa

    if not _all_match(tokens, _INTEGER):
        return None
    for type_ in (pa.int64(), pa.uint64()):
        try:
            values = tokens.cast(type_).to_numpy()
        except pa.ArrowInvalid:
            continue
        return _Parsed(values, Column(name=name, dtype=str(values.dtype), decimals=0))
    # Longer than any machine integer: a code, not a quantity.
    return _Parsed(tokens.to_numpy(zero_copy_only=False), Column(name=name, dtype="string"))


def _floats(name: str, tokens: pa.Array) -> _Parsed | None:
    import pyarrow as pa
    from pyarrow import compute as pc

    # RE2 reads the two patterns quickest as one; long integers were taken as text before.
    if not _all_match(tokens, _FLOAT):
        return None
    values = tokens.cast(pa.float64()).to_numpy()
    finite = tokens.filter(pa.array(np.isfinite(values)))
    if not len(finite):
        return _Parsed(values, Column(name=name, dtype="float64"))
    parts = pc.extract_regex(finite, pattern=_FLOAT_PARTS)
    shown = pc.utf8_length(parts.field("fraction")).to_numpy().astype(np.int64)
    bare = pc.utf8_rtrim(parts.field("fraction"), "0")
    needed = pc.utf8_length(bare).to_numpy().astype(np.int64)
    exponents = parts.field("exponent").to_numpy(zero_copy_only=False)
    powered = exponents != ""
    powers = np.zeros(len(exponents), dtype=np.int64)
    powers[powered] = [int(text) for text in exponents[powered]]
    most = int(np.maximum(needed - powers, 0).max())
    least = min(int(shown[~powered].min()) if not powered.all() else 1, _DIGITS)
    # A float holds the last digit only while all of them make an integer below 2 ** 53.
    largest = np.abs(values[np.isfinite(values)]).max()
    held = most <= _DIGITS and largest < _EXACT / 10.0**most
    column = Column(
        name=name,
        dtype="float64",
        decimals=most if held else None,
        least_decimals=least,
        fixed_decimals=bool(held and not powered.any() and 0 < least == most),
        scientific=bool(powered.any()),
    )
    return _Parsed(values, column)


def _moments(name: str, tokens: pa.Array) -> _Parsed | None:
    import pyarrow as pa
    from pyarrow import compute as pc

    if not _all_match(tokens, _MOMENT) or pc.any(pc.starts_with(tokens, "0000")).as_py():
        return None
    parts = pc.extract_regex(tokens, pattern=_MOMENT)
    gaps, zones = (pc.unique(parts.field(field)).to_pylist() for field in ("gap", "zone"))
    has_seconds = pc.unique(pc.not_equal(parts.field("seconds"), "")).to_pylist()
    styles = {(len(zone), zone == "Z") for zone in zones}
    if len(gaps) > 1 or len(has_seconds) > 1 or len(styles) > 1:
        return None
    digits = pc.utf8_length(parts.field("fraction")).to_numpy()
    bare = pc.replace_substring_regex(tokens, r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$", "")
    bare = bare if gaps[0] and zones[0] else tokens
    unit = "ns" if digits.max() > 6 else "us"  # noqa: PLR2004  six digits are microseconds
    try:
        moments = bare.cast(pa.timestamp(unit)).to_numpy()
    except pa.ArrowInvalid:
        return None  # 30 February is text
    zone, literal = "", ""
    if zones[0]:
        offsets = {text: _minutes(text) for text in zones}
        minutes = np.array([offsets[text] for text in parts.field("zone").to_pylist()])
        moments = moments - minutes.astype("timedelta64[m]")
        utc = {6: "+00:00", 5: "+0000", 3: "+00"}
        literal = zones[0] if len(zones) == 1 else utc[len(zones[0])]
        zone = ", " + _zone_name(_minutes(literal))
    low, high = _NANOSECONDS
    if unit == "us" and (low <= moments).all() and (moments < high).all():
        unit = "ns"
        moments = moments.astype("datetime64[ns]")
    date_format = "%Y-%m-%d"
    if gaps[0]:
        date_format += f"{gaps[0]}%H:%M" + (":%S" if has_seconds[0] else "")
        date_format += (".%f" if digits.any() else "") + literal
    column = Column(
        name=name,
        dtype=f"datetime64[{unit}{zone}]",
        sdtype="datetime",
        datetime_format=date_format,
        decimals=int(digits.max()),
        fixed_decimals=bool(digits.min() == digits.max() > 0),
    )
    return _Parsed(moments, column)


def _days(name: str, tokens: pa.Array) -> _Parsed | str | None:
    """Days in another order than ISO 8601's; where two orders fit all cells, what to say of it."""
    import pandas as pd

    fits = text_days.fitting(tokens)
    if len(fits) > 1:
        return " or ".join(fits)
    if not fits:
        return None
    ((date_format, days),) = fits.items()
    low, high = _NANOSECONDS
    if (low <= days).all() and (days < high).all():
        days = days.astype("datetime64[ns]")
    column = Column(
        name=name,
        dtype=str(days.dtype),
        sdtype="datetime",
        datetime_format=date_format,
        decimals=0,
        fixed_decimals=False,
    )
    back = to_text(pd.DataFrame({name: days}), [column])[name].to_numpy()
    same = bool((back == tokens.to_numpy(zero_copy_only=False)).all())
    return _Parsed(days, column) if same else None


def _marked(name: str, tokens: pa.Array, style: _Style) -> _Parsed | None:
    """Numbers with a decimal comma or thousands separators."""
    fits = text_numbers.fitting(tokens, style.decimal)
    if not fits:
        return None
    likely = [form for form in fits if form[0] == ("." if style.delimiter == "," else ",")]
    mark, separator = (likely or fits)[0]
    if len({form[0] for form in fits}) > 1:
        style.notes.append(
            Note(
                f"its commas are taken for {'decimal' if mark == ',' else 'thousands'} ones, and "
                "may be the other",
                name,
                f'decimal: "{"." if mark == "," else ","}"  # of the source',
            )
        )
    plain = text_numbers.plain(tokens, mark, separator)
    parsed = _integers(name, plain) or _floats(name, plain)
    if parsed is None or parsed.column.dtype == "string":
        return None
    column = _with(parsed.column, decimal_mark=mark, thousands=separator)
    return _Parsed(parsed.cells, column)


def _minutes(offset: str) -> int:
    """Minutes east of UTC: `+02:00`, `-0330`, `+01` or `Z`."""
    if offset == "Z":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return (-1 if offset[0] == "-" else 1) * (int(digits[:2]) * 60 + int(digits[2:]))


def _zone_name(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}" if minutes else "UTC"
