"""Days in other orders than ISO 8601's, as text files hold them.

Where one order alone fits all cells of a column they are days; where several do, nobody but the
owner knows which is meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_PARTS = {
    "%d": "(?P<d>[0-9]{2})",
    "%m": "(?P<m>[0-9]{2})",
    "%Y": "(?P<Y>[0-9]{4})",
    "%b": f"(?P<b>{'|'.join(_SHORT)})",
    "%B": f"(?P<B>{'|'.join(_LONG)})",
    "%H": "(?P<H>[0-9]{2})",
    "%M": "(?P<M>[0-9]{2})",
    "%S": "(?P<S>[0-9]{2})",
}
_NUMERIC = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y")
_NAMED = (
    "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d-%B-%Y", "%d %B %Y", "%d. %B %Y", "%B %d, %Y",
    "%Y-%m", "%m/%Y", "%b-%Y", "%b %Y", "%B %Y",
)  # fmt: skip
FORMS = (
    *_NUMERIC,
    *_NAMED,
    *(f"{form} {time}" for form in _NUMERIC for time in ("%H:%M", "%H:%M:%S")),
)


def _pattern(form: str) -> str:
    text = re.escape(form)
    for directive, part in _PARTS.items():
        text = text.replace(re.escape(directive), part)
    return f"^{text}$"


_PATTERNS = {form: _pattern(form) for form in FORMS}


def fitting(tokens: pa.Array) -> dict[str, npt.NDArray[np.datetime64]]:
    """The orders that fit all cells, each with the moments they then are.

    Args:
        tokens: Texts, no nulls, at least one.
    """
    first = tokens[0].as_py()
    fits = {}
    for form, pattern in _PATTERNS.items():
        # One look at the first cell spares most columns all the rest.
        if re.match(pattern, first):
            days = _as(form, pattern, tokens)
            if days is not None:
                fits[form] = days
    return fits


def _as(form: str, pattern: str, tokens: pa.Array) -> npt.NDArray[np.datetime64] | None:
    """All cells read in one order; `None` if any can't be."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if not pc.all(pc.match_substring_regex(tokens, pattern)).as_py():
        return None
    parts = pc.extract_regex(tokens, pattern=pattern)
    year = parts.field("Y")
    if pc.any(pc.equal(year, "0000")).as_py():
        return None

    def part(letter: str, otherwise: str) -> pa.Array:
        if f"%{letter}" in form:
            return parts.field(letter)
        return pa.repeat(pa.scalar(otherwise, year.type), len(tokens))

    month = part("m", "01")
    for letter, names in (("b", _SHORT), ("B", _LONG)):
        if f"%{letter}" in form:
            place = pc.index_in(parts.field(letter), value_set=pa.array(names, year.type))
            month = pc.utf8_lpad(pc.add(place, 1).cast(year.type), 2, "0")
    day = pc.binary_join_element_wise(year, month, part("d", "01"), pa.scalar("-", year.type))
    colon = pa.scalar(":", year.type)
    clock = pc.binary_join_element_wise(part("H", "00"), part("M", "00"), part("S", "00"), colon)
    iso = pc.binary_join_element_wise(day, clock, pa.scalar("T", year.type))
    try:
        return np.asarray(iso.cast(pa.timestamp("us")).to_numpy())
    except pa.ArrowInvalid:
        return None  # there is no such day, month or hour
