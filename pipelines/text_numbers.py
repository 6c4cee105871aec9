"""Numbers with a decimal comma or with thousands separators, as text files hold them.

`1,234` alone may be either. A column's other cells settle it where they can; where they can't, the
comma is taken for what the file's delimiter makes likelier, and the owner is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_FORMS = ((",", ""), (".", ","), (",", "."), (".", "'"), (",", "'"), *(
    (mark, blank) for mark in (".", ",") for blank in (" ", "\u00a0", "\u202f")
))  # fmt: skip
"""Decimal mark and thousands separator."""


def _pattern(mark: str, separator: str) -> str:
    whole = "0|[1-9][0-9]*"
    if separator:
        whole = f"0|[1-9][0-9]{{0,2}}(?:{re.escape(separator)}[0-9]{{3}})*"
    return f"^-?(?:{whole})(?:{re.escape(mark)}[0-9]+)?$"


_PATTERNS = {form: _pattern(*form) for form in _FORMS}


def fitting(tokens: pa.Array, decimal: str | None) -> list[tuple[str, str]]:
    """The forms that fit all cells and that one of them shows: decimal mark and separator.

    Args:
        tokens: Texts, no nulls, at least one.
        decimal: The decimal mark, where the owner says it.
    """
    from pyarrow import compute as pc

    first = tokens[0].as_py()
    fits = []
    for (mark, separator), pattern in _PATTERNS.items():
        if decimal not in {None, mark} or not re.match(pattern, first):
            continue
        if not pc.all(pc.match_substring_regex(tokens, pattern)).as_py():
            continue
        has_mark = pc.any(pc.match_substring(tokens, mark)).as_py()
        groups = bool(separator) and pc.any(pc.match_substring(tokens, separator)).as_py()
        # Blanks alone also part telephone numbers and codes.
        shown = has_mark if separator.isspace() else has_mark or groups
        if shown and (groups or not separator):
            fits.append((mark, separator))
    return fits


def plain(tokens: pa.Array, mark: str, separator: str) -> pa.Array:
    """Numbers with a decimal point and no separators."""
    from pyarrow import compute as pc

    if separator:
        tokens = pc.replace_substring(tokens, separator, "")
    return tokens if mark == "." else pc.replace_substring(tokens, mark, ".")


def marked(text: str, mark: str, separator: str) -> str:
    """A plain number in a form."""
    whole, point, fraction = text.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    if separator and digits.isdigit():
        digits = f"{int(digits):,}".replace(",", separator)
    return sign + digits + (mark + fraction if point else "")
