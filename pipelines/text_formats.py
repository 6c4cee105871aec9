"""Typed columns as the strings a text file holds, in the format their `Column` records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tabular.schema import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

_EXACT = float(1 << 50)
"""Below this a float64 times a power of ten still rounds to the right integer."""
_POSITIONAL = 15
"""Decimals that fit beside an integer part in `_EXACT`."""


def to_text(frame: pd.DataFrame, columns: Iterable[Column]) -> pd.DataFrame:
    """Every cell as the text of its column's format; missing cells as its missing token.

    Args:
        frame: Typed rows.
        columns: Their text format; a column without one is written in the plainest form.

    Returns:
        A frame of dtype object that holds strings only, with the same columns and index.
    """
    import pandas as pd

    formats = {column.name: column for column in columns}
    written = {
        position: _written(frame.iloc[:, position], formats.get(str(name)) or _plain(str(name)))
        for position, name in enumerate(frame.columns)
    }
    text = pd.DataFrame(written, index=frame.index)
    text.columns = frame.columns
    return text


def _plain(name: str) -> Column:
    return Column(name=name)


def _written(series: pd.Series, column: Column) -> npt.NDArray[np.object_]:
    out = np.full(len(series), column.missing_token, dtype=object)
    here = series.notna().to_numpy(dtype=bool)
    if here.any():
        out[here] = _format(series[here], column)
    return out


def _format(values: pd.Series, column: Column) -> npt.NDArray[np.object_]:
    """Cells that are all there, as text."""
    import pandas as pd
    from pandas.api import types

    if isinstance(values.dtype, pd.CategoricalDtype):
        names = _format(pd.Series(values.cat.categories), column)
        return names[values.cat.codes.to_numpy()]
    if types.is_bool_dtype(values):
        true, false = column.true_false or ("True", "False")
        return np.where(values.to_numpy(dtype=bool), true, false).astype(object)
    if types.is_integer_dtype(values):
        return _marked(_integers(values), column)
    if types.is_float_dtype(values):
        return _marked(_floats(values.to_numpy(dtype=np.float64), column), column)
    if types.is_datetime64_any_dtype(values):
        return _moments(values, column)
    return _distinct(values, _object_format(values, column))


def _integers(values: pd.Series) -> npt.NDArray[np.object_]:
    import pyarrow as pa

    plain = values.to_numpy(dtype=np.dtype(str(values.dtype).lower()))
    return _strings(pa.array(plain).cast(pa.large_string()))


def _marked(texts: npt.NDArray[np.object_], column: Column) -> npt.NDArray[np.object_]:
    """Plain numbers with the column's decimal mark and thousands separators."""
    if column.decimal_mark == "." and not column.thousands:
        return texts
    import pandas as pd

    from pipelines.text_numbers import marked

    codes, distinct = pd.factorize(texts)
    written = np.empty(len(distinct), dtype=object)
    written[:] = [marked(text, column.decimal_mark, column.thousands) for text in distinct]
    return written[codes]


def _strings(array: pa.Array) -> npt.NDArray[np.object_]:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=object)


def _joined(*parts: pa.Array, by: pa.Array | str = "") -> pa.Array:
    import pyarrow as pa
    from pyarrow import compute as pc

    between = (
        pa.scalar(by, pa.large_string()) if isinstance(by, str) else by.cast(pa.large_string())
    )
    return pc.binary_join_element_wise(*(part.cast(pa.large_string()) for part in parts), between)


def _object_format(values: pd.Series, column: Column) -> Callable[[object], str]:
    import datetime as dt
    from decimal import Decimal

    first = values.iloc[0]
    if isinstance(first, Decimal):
        digits = column.decimals
        return lambda cell: format(cell, "f" if digits is None else f".{digits}f")
    if isinstance(first, dt.date) and column.datetime_format not in {None, "%Y-%m-%d"}:
        return lambda cell: cell.strftime(column.datetime_format)  # type: ignore[attr-defined]
    return str


def _distinct(values: pd.Series, write: Callable[[object], str]) -> npt.NDArray[np.object_]:
    import pandas as pd

    codes, distinct = pd.factorize(values.to_numpy(dtype=object))
    written = np.empty(len(distinct), dtype=object)
    written[:] = [write(cell) for cell in distinct]
    return written[codes]


def _floats(values: npt.NDArray[np.float64], column: Column) -> npt.NDArray[np.object_]:
    decimals, least = column.decimals, column.least_decimals
    if decimals is not None and not column.scientific:
        if column.fixed_decimals:
            least = max(least, decimals)
        most = max(least, decimals)
        if most <= _POSITIONAL and bool((np.abs(values) < _EXACT / 10.0**most).all()):
            # Digits past the column's own would be noise, not shown.
            return _positional(np.round(values, decimals), most, least)
    return _shortest(values, column)


def _positional(values: npt.NDArray[np.float64], most: int, least: int) -> npt.NDArray[np.object_]:
    """Numbers with `least` to `most` digits after the point, by integer arithmetic alone."""
    import pyarrow as pa
    from pyarrow import compute as pc

    units = np.rint(values * 10.0**most).astype(np.int64)
    whole, rest = np.divmod(np.abs(units), 10**most)
    sign = np.where(units < 0, "-", "")
    text = _joined(pa.array(sign), pa.array(whole))
    if most == 0:
        return _strings(text)
    fraction = pc.utf8_lpad(pa.array(rest).cast(pa.large_string()), most, "0")
    if least < most:
        fraction = pc.utf8_rpad(pc.utf8_rtrim(fraction, "0"), least, "0")
    point = np.where(pc.equal(fraction, "").to_numpy(zero_copy_only=False), "", ".")
    return _strings(_joined(text, pa.array(point), fraction))


def _shortest(values: npt.NDArray[np.float64], column: Column) -> npt.NDArray[np.object_]:
    """The shortest digits that give the number back, as Python writes them."""
    import pandas as pd

    fixed = column.decimals if column.fixed_decimals else None
    least = fixed or column.least_decimals

    def write(cell: float) -> str:
        if not np.isfinite(cell):
            return repr(cell)
        if column.scientific:
            return repr(cell) if least else repr(cell).removesuffix(".0")
        text = np.format_float_positional(cell, precision=column.decimals, trim="-")
        whole, _, fraction = text.partition(".")
        fraction = fraction.ljust(least, "0")
        text = f"{whole}.{fraction}" if fraction else whole
        # What rounds to nothing has no sign.
        return text if text.strip("-0.") else text.removeprefix("-")

    codes, distinct = pd.factorize(values)
    written = np.empty(len(distinct), dtype=object)
    written[:] = [write(cell) for cell in distinct.tolist()]
    return written[codes]


def _moments(values: pd.Series, column: Column) -> npt.NDArray[np.object_]:
    """Moments by their strftime format; `%f` has as many digits as the column's `decimals`."""
    import pyarrow as pa
    from pyarrow import compute as pc

    zoned = values.dt.tz is not None
    local = values.dt.tz_localize(None) if zoned else values
    moments = local.to_numpy()
    date_format = column.datetime_format
    if date_format is None:
        date_format = "%Y-%m-%d %H:%M:%S.%f" + ("%z" if zoned else "")
    if "%z" in date_format:
        offset = _offsets(values, moments) if zoned else np.full(len(moments), "", dtype=object)
    head, fraction, tail = date_format.partition("%f")
    seconds = pa.array(moments.astype("datetime64[s]"))

    def text(part: str) -> pa.Array:
        pieces = [pc.strftime(seconds, format=piece, locale="C") for piece in part.split("%z")]
        return _joined(*pieces, by=pa.array(offset)) if len(pieces) > 1 else pieces[0]

    if not fraction:
        return _strings(text(head))
    digits = column.decimals if column.decimals is not None else 6
    point = head.endswith(".")
    unit, held = ("ns", 9) if moments.dtype == np.dtype("datetime64[ns]") else ("us", 6)
    parts = moments.astype(f"datetime64[{unit}]").astype(np.int64) % 10**held
    after = pc.utf8_lpad(pa.array(parts).cast(pa.large_string()), held, "0")
    after = pc.utf8_slice_codeunits(pc.utf8_rpad(after, digits, "0"), 0, digits)
    if not (column.fixed_decimals or (column.decimals is None and column.datetime_format)):
        after = pc.utf8_rtrim(after, "0")
    dot = np.where(pc.equal(after, "").to_numpy(zero_copy_only=False) | (not point), "", ".")
    return _strings(_joined(text(head.removesuffix(".")), pa.array(dot), after, text(tail)))


def _offsets(values: pd.Series, local: npt.NDArray[np.datetime64]) -> npt.NDArray[np.object_]:
    """The offset from UTC of each moment, as `+0200`."""
    import pandas as pd

    utc = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    minutes = (local - utc) // np.timedelta64(1, "m")
    codes, distinct = pd.factorize(minutes.astype(np.int64))
    names = [f"{'-' if m < 0 else '+'}{abs(m) // 60:02d}{abs(m) % 60:02d}" for m in distinct]
    return np.array(names, dtype=object)[codes]
