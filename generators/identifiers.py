"""Keys, personal data and free text: made anew, never learnt.

What is known of such a column is its form alone: its dtype, whether it must be unique, the share
of its cells that are missing, for codes the classes of their characters, and for personal data its
kind, its locale and a range to make it from that the rows don't use (`generators.personal`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from generators.encoding.base import cast, holds_missing
from generators.personal import is_version_6, maker
from generators.personal.base import joined

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from tabular.schema import Column

Style = Literal["number", "moment", "boolean", "code", "personal", "text"]

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
    pii: str | None = Field(default=None, description="Kind of personal data to make.")
    locale: str | None = Field(default=None, description="Whose.")
    chosen: int = Field(default=0, ge=0, description="The range to make it from.")
    skipped: int = Field(default=0, ge=0, description="Numbers of that range to leave out.")
    repeats: tuple[float, ...] = Field(
        default=(),
        description="Share of the rows that hold each value where values repeat, commonest first.",
    )

    @classmethod
    def learn(cls, column: Column, values: pd.Series, *, key: bool) -> Self:
        """The form of a column.

        Args:
            column: Its schema.
            values: Its cells: their form, and which range of made ones they leave free.
            key: Whether it is part of a key: then no cell is missing.
        """
        style = _style(column, key=key)
        pii, chosen, skipped, form = None, 0, 0, ""
        if style == "personal":
            texts = _texts(values)
            pii = "ip6" if column.pii == "ip" and is_version_6(texts) else column.pii
            makes = maker(pii, column.locale)
            chosen, skipped = makes.choose(texts) if makes else (0, 0)
            form = _punctuation(texts) if pii in _PUNCTUATED else ""
        elif style == "code":
            form = _common_form(values)
        repeats: tuple[float, ...] = ()
        if column.pii and column.sdtype == "categorical" and not key:
            repeats = _repeats(values)
        gone = 0.0 if key or not holds_missing(column.dtype) else float(values.isna().mean())
        # Two digits are what the form needs; more would be a statistic of the rows.
        return cls(
            name=column.name,
            dtype=column.dtype,
            style=style,
            form=form,
            missing=round(gone, 2),
            pii=pii,
            locale=column.locale if pii else None,
            chosen=chosen,
            skipped=skipped,
            repeats=repeats,
        )

    def make(self, n_rows: int, *, start: int = 0, rng: np.random.Generator) -> pd.Series:
        """New cells, each different from the others.

        Truth values and halves of names repeat, and so do columns that are declared categorical.

        Args:
            n_rows: How many.
            start: Number of cells made before, so that batches don't repeat each other.
            rng: Decides which cells are missing, and truth values.
        """
        import pandas as pd

        serial = np.arange(start + 1, start + n_rows + 1, dtype=np.int64)
        if self.repeats:
            serial = 1 + rng.choice(len(self.repeats), size=n_rows, p=self.repeats)
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
            cells = pd.Series(self._written(serial).astype(object), dtype=object)
            if self.style == "personal" and _is_number(self.dtype):
                cells = _as_numbers(cells, self.pii)
        if self.dtype == "decimal":
            from generators.encoding.numerical import decimals

            whole: npt.NDArray[np.int64] = np.asarray(cells.astype("int64"), dtype=np.int64)
            cells = pd.Series(decimals(whole, 0, 0), dtype=object)
        if self.missing:
            empty = None if self.dtype in {"decimal", "object"} else pd.NA
            cells = cells.mask(gone, empty)
        dtype = "object" if self.dtype == "decimal" else self.dtype
        return cast(cells, dtype).rename(self.name)

    def _written(self, serial: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
        """Texts for serial numbers, (n,) -> (n,)."""
        if self.style == "code":
            return _fill(self.form, serial)
        makes = maker(self.pii, self.locale) if self.style == "personal" else None
        if makes is None:
            return joined("synthetic text ", serial)
        made = makes.make(serial + self.skipped, self.chosen)
        return _laid_out(made, self.form) if self.form else made


_PUNCTUATED = {"card", "national_id", "iban"}
"""Kinds whose punctuation is a matter of taste: it is kept as it is."""
_NUMERIC = {"phone", "card", "national_id", "coordinates"}
"""Kinds that a column of numbers may hold."""
_DISTINCT = 5_000


def _texts(values: pd.Series) -> list[str]:
    return [str(text) for text in values.dropna().astype(str).unique()]


def _is_number(dtype: str) -> bool:
    kind = dtype.lower()
    return kind == "decimal" or kind.startswith(("int", "uint", "float"))


def _style(column: Column, *, key: bool) -> Style:
    kind = column.dtype.lower()
    if kind == "date" or kind.startswith("datetime"):
        return "moment"
    if kind.startswith("bool"):
        return "boolean"
    makes = maker(column.pii, column.locale)
    halves = key and column.pii in {"given_name", "family_name"}  # which repeat
    if _is_number(column.dtype):
        return "personal" if makes and column.pii in _NUMERIC else "number"
    if makes and not halves:
        return "personal"
    if column.sdtype == "id" or key or column.pii in {"national_id", "postal_code"}:
        return "code"
    return "text"


def _as_numbers(cells: pd.Series, pii: str | None) -> pd.Series:
    """Texts of digits as numbers; the first of two coordinates."""
    if pii == "coordinates":
        return cells.str.partition(",")[0].astype("float64")
    return cells.str.replace(r"\D", "", regex=True).astype("int64").astype("Int64")


def _punctuation(texts: list[str]) -> str:
    """The commonest layout, with 9 for each letter or digit."""
    import re
    from collections import Counter

    layouts = Counter(re.sub(r"[^\W_]", "9", text.strip()) for text in texts[:_LOOKED_AT])
    layout = layouts.most_common(1)[0][0] if layouts else ""
    return layout if re.fullmatch(r"[9 ./+-]{1,40}", layout) else ""


def _laid_out(made: npt.NDArray[np.str_], layout: str) -> npt.NDArray[np.str_]:
    """Texts with a layout's punctuation, where they have as many characters."""
    if not len(made) or len(str(made[0])) != layout.count("9"):
        return made
    parts: list[str | npt.NDArray[np.generic]] = []
    at = 0
    for sign in layout:
        parts.append(np.strings.slice(made, at, at + 1) if sign == "9" else sign)
        at += sign == "9"
    return joined(*parts)


def _repeats(values: pd.Series) -> tuple[float, ...]:
    """How often each value stands in the rows: two digits of it, and no value."""
    counts = values.dropna().value_counts(normalize=True).to_numpy()[:_DISTINCT]
    if not len(counts):
        return ()
    rounded = np.array([float(f"{share:.2g}") for share in counts])
    return tuple(float(share) for share in rounded / rounded.sum())


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
    return np.where(rest > 0, joined(rest, text), text)
