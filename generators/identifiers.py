"""Keys, personal data and free text: made anew, never learnt.

What is known of such a column is its form alone: its dtype, whether it must be unique, the share
of its cells that are missing, and for codes the classes of their characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from generators.encoding.base import cast, holds_missing

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from tabular.schema import Column

Style = Literal[
    "number", "moment", "boolean", "code", "email", "name", "phone", "ip", "uuid", "text"
]

_GIVEN = np.array(["Alex", "Bela", "Cleo", "Dana", "Eden", "Finn", "Gray", "Hana", "Iris", "Juno"])
_FAMILY = np.array(["Abel", "Brook", "Craft", "Dale", "Elm", "Ford", "Grove", "Hale", "Isle"])
_LONGEST_FORM = 64
_LOOKED_AT = 10_000  # rows whose form is looked at


class Identifier(BaseModel):
    """How to make one column anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    dtype: str
    style: Style
    form: str = Field(default="", description="For codes: 9 a digit, A and a a letter, else as is.")
    missing: float = Field(default=0.0, ge=0, le=1, description="Share of missing cells.")

    @classmethod
    def learn(cls, column: Column, values: pd.Series, *, key: bool) -> Self:
        """The form of a column.

        Args:
            column: Its schema.
            values: Its cells; only their form is looked at.
            key: Whether it is part of a key: then no cell is missing.
        """
        form = ""
        style = _style(column, key=key)
        if style == "code":
            form = _common_form(values)
        gone = 0.0 if key or not holds_missing(column.dtype) else float(values.isna().mean())
        # Two digits are what the form needs; more would be a statistic of the rows.
        return cls(
            name=column.name, dtype=column.dtype, style=style, form=form, missing=round(gone, 2)
        )

    def make(self, n_rows: int, *, start: int = 0, rng: np.random.Generator) -> pd.Series:
        """New cells, each different from the others (truth values excepted).

        Args:
            n_rows: How many.
            start: Number of cells made before, so that batches don't repeat each other.
            rng: Decides which cells are missing, and truth values.
        """
        import pandas as pd

        serial = np.arange(start + 1, start + n_rows + 1, dtype=np.int64)
        gone = rng.random(n_rows) < self.missing if self.missing else np.zeros(n_rows, dtype=bool)
        if self.style == "moment":
            days = np.datetime64("2000-01-01") + serial.astype("timedelta64[D]")
            days[gone] = np.datetime64("NaT")
            if self.dtype == "date":
                return pd.Series(days.astype(object), name=self.name, dtype=object)
            moments = pd.Series(days.astype("datetime64[s]"), name=self.name)
            if "," in self.dtype:
                moments = moments.dt.tz_localize("UTC")
            return cast(moments, self.dtype)
        cells: pd.Series
        if self.style == "boolean":
            cells = pd.Series(rng.random(n_rows) < 0.5, dtype="boolean")  # noqa: PLR2004
        elif self.style == "number":
            cells = pd.Series(serial, dtype="Int64")
        else:
            cells = pd.Series(_render(self.style, self.form, serial).astype(object), dtype=object)
        if self.dtype == "decimal":
            from generators.encoding.numerical import decimals

            cells = pd.Series(decimals(serial, 0, 0), dtype=object)
        if self.missing:
            empty = None if self.dtype in {"decimal", "object"} else pd.NA
            cells = cells.mask(gone, empty)
        dtype = "object" if self.dtype == "decimal" else self.dtype
        return cast(cells, dtype).rename(self.name)


def _style(column: Column, *, key: bool) -> Style:
    kind = column.dtype.lower()
    if kind == "date" or kind.startswith("datetime"):
        return "moment"
    if kind.startswith("bool"):
        return "boolean"
    if kind == "decimal" or kind.startswith(("int", "uint", "float")):
        return "number"
    if column.pii in {"email", "name", "phone", "ip", "uuid"}:
        return column.pii  # type: ignore[return-value]
    return "code" if column.sdtype == "id" or key else "text"


def _common_form(values: pd.Series) -> str:
    """The commonest length's classes of characters; a class that varies becomes the wider one."""
    texts = values.dropna().astype(str)
    if texts.empty:
        return "A9999999"
    length = min(int(texts.str.len().mode().iloc[0]), _LONGEST_FORM)
    same = texts[texts.str.len() == length].head(_LOOKED_AT)
    if same.empty or not length:
        return "A9999999"
    letters = same.to_numpy(dtype=f"U{length}").view("U1").reshape(len(same), length)
    form = []
    for position in range(length):
        classes = {_class(str(letter)) for letter in np.unique(letters[:, position])}
        if len(classes) == 1:
            form.append(classes.pop())
        else:
            form.append("9" if classes <= {"9", "A", "a"} and "9" in classes else "a")
    return "".join(form)


def _class(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if character in "-_/.: #" else "-"


def _render(  # noqa: PLR0911  a case for each style
    style: Style, form: str, serial: npt.NDArray[np.int64]
) -> npt.NDArray[np.str_]:
    """Text with the serial numbers in it, shape (n_rows,)."""
    if style == "code":
        return _fill(form, serial)
    if style == "email":
        return _joined("person", serial, "@example.com")
    if style == "name":
        first, rest = _GIVEN[serial % len(_GIVEN)], serial // len(_GIVEN)
        return _joined(first, " ", _FAMILY[rest % len(_FAMILY)], " ", rest // len(_FAMILY) + 1)
    if style == "phone":
        # 555 is set aside for fiction; beyond ten million the number before it moves.
        head, line = 555 + serial // 10_000_000, serial % 10_000_000
        return _joined("+1-", head, "-", _padded(line // 10_000, 3), "-", _padded(line, 4))
    if style == "ip":
        # 198.18.0.0/15 is set aside for tests (RFC 2544), then all of 10.0.0.0/8 (RFC 1918).
        small = serial < 1 << 17
        head = np.where(small, "198", "10")
        second = np.where(small, 18 + (serial >> 16), (serial >> 16) % 256)
        return _joined(head, ".", second, ".", (serial >> 8) % 256, ".", serial % 256)
    if style == "uuid":
        places = np.array([1 << shift for shift in range(44, -4, -4)], dtype=np.int64)
        digits = np.array(list("0123456789abcdef"))[serial[:, None] // places % 16]
        tail = np.ascontiguousarray(digits).view(f"U{len(places)}")[:, 0]
        return _joined("00000000-0000-4000-8000-", tail)
    return _joined("synthetic text ", serial)


def _joined(*parts: str | npt.NDArray[np.generic]) -> npt.NDArray[np.str_]:
    """Texts and numbers set one after the other, row by row."""
    text: npt.NDArray[np.str_] = np.array("")
    for part in parts:
        text = np.strings.add(text, np.asarray(part).astype(np.str_))
    return text


def _padded(numbers: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.str_]:
    """The last `width` digits, with leading zeros."""
    return np.strings.zfill((numbers % 10**width).astype(np.str_), width)


def _fill(form: str, serial: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """The serial numbers written into a form, in mixed radix from the right."""
    letters = np.empty((len(serial), len(form)), dtype=np.uint32)
    rest = serial.copy()
    for position in range(len(form) - 1, -1, -1):
        slot = form[position]
        if slot in "9Aa":
            radix, first = (10, "0") if slot == "9" else (26, slot)
            letters[:, position] = ord(first) + rest % radix
            rest //= radix
        else:
            letters[:, position] = ord(slot)
    text = letters.view(f"U{len(form)}")[:, 0] if len(serial) else np.empty(0, dtype="U1")
    # A form too short for the number grows, so that cells stay different.
    return np.where(rest > 0, _joined(rest, text), text)
