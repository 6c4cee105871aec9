"""Personal data, recognised by what the cells look like and by what the column is called.

A guess says what it rests on. Content is looked at on a bounded sample of the distinct cells; names
alone are never enough, except to tip the scales where the content fits but could be something else.
`docs/tables/personal_data.md` holds how often it is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tabular.pii.hints import hinted, words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DIRECT", "KINDS", "Guess", "Recogniser", "hinted", "recognise", "remembering", "words"]

DIRECT = frozenset(
    {
        "email", "phone", "iban", "card", "national_id", "ip", "mac", "uuid", "url", "name",
        "given_name", "family_name", "address",
    }
)  # fmt: skip
"""Kinds that point at one person and are never learnt."""

KINDS = DIRECT | {"coordinates", "postal_code", "date_of_birth"}
"""All kinds; those that are not direct narrow down who it is."""


@dataclass(frozen=True)
class Guess:
    """What a column seems to hold.

    Args:
        kind: One of `KINDS`.
        confidence: In (0, 1].
        evidence: Why, without a cell value.
        locale: Whose form or words they are, like `de_DE`; `None` where that can't be told.
    """

    kind: str
    confidence: float
    evidence: str
    locale: str | None = None


class Recogniser(Protocol):
    """What tells the kind of personal data that a column holds, as `recognise` does."""

    def __call__(self, column: str, cells: pd.Series, *, table: str = "") -> Guess | None:
        """The guess of a column."""


def remembering() -> Recogniser:
    """`recognise` that looks at each column of each table once, while its cells stay the same."""
    known: dict[tuple[str, str], Guess | None] = {}

    def once(column: str, cells: pd.Series, *, table: str = "") -> Guess | None:
        if (table, column) not in known:
            known[table, column] = recognise(column, cells, table=table)
        return known[table, column]

    return once


def recognise(column: str, cells: pd.Series, *, table: str = "") -> Guess | None:
    """The kind of personal data a column holds, or `None`.

    Args:
        column: Its name.
        cells: Its cells, of any dtype.
        table: Its table's name, which says whose `name` it is.
    """
    from pandas.api import types

    from tabular.pii.cells import Cells
    from tabular.pii.forms import in_form
    from tabular.pii.people import as_address, as_birth, as_name

    hints = hinted(column, table)
    if types.is_datetime64_any_dtype(cells):
        seen = None
    elif (seen := Cells.of(cells)) is None:
        return None
    found = as_birth(cells.rename(column), hints, seen)
    if not found and seen:
        found = in_form(seen, hints, column)
        if found and found.kind == "url" and seen.few:
            return None  # a few links are the names of a few things
    if not found and seen and seen.numbers is None:
        found = as_address(seen, hints) or as_name(seen, hints, column, table)
    return Guess(found.kind, found.confidence, found.evidence, found.locale) if found else None
