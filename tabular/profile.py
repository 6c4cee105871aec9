"""A schema from rows: types, nullability, decimals, personal data.

What a profile finds out is structural. No cell value gets into the schema: categories and bounds
are there only where the source or the owner declares them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from tabular.pii import DIRECT, recognise, words
from tabular.schema import Column, Sequence, TableSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from tabular.schema import Sdtype

_DISTINCT = 0.9
"""Share of distinct cells above which text is no category."""
_FEW = 20
"""Distinct cells up to which text always is one."""
_GROUPS = 10
"""Different numbers up to which a sensitive column is one of groups."""
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
_TIME_WORDS = _set(
    "year yr quarter month week day date hour time timestamp period wave round visit step seq "
    "sequence epoch t tick jahr monat woche tag datum zeit annee mois fecha anno mese"
)
_PEOPLE_WORDS = _set(
    "person people user customer client patient student pupil member employee worker applicant "
    "borrower subject respondent participant household citizen account kunde kunden mitarbeiter "
    "schueler cliente"
)
_SENSITIVE_WORDS = {
    "sex or gender": _set("sex gender female male woman geschlecht sexe sexo sesso genre"),
    "ethnic origin": _set(
        "race ethnicity ethnic black white hisp hispanic asian latino nationality citizenship "
        "ethnie etnia raza nationalitaet native"
    ),
    "age": _set("age alter edad eta leeftijd"),
    "religion or belief": _set("religion relig religious faith church glaube konfession party"),
    "health or disability": _set(
        "disability disabled handicap health diagnosis illness hiv pregnant behinderung "
        "discapacidad poorhlth medical"
    ),
    "family status": _set("marital marriage married familienstand orientation sexuality"),
}
_QUASI_WORDS = _set(
    "zip zipcode postcode postal plz birthyear birth city town county municipality village ort "
    "commune"
)


@dataclass(frozen=True)
class Proposal:
    """Something a configuration could say, for the owner to confirm.

    Args:
        table: The table's name.
        column: The column's name; `None` where it is about the table.
        field: primary_key, sequence, subject, sdtype, role or pii.
        value: What to write there; names of columns and words of the schema, no cell value.
        reason: What it rests on.
    """

    table: str
    column: str | None
    field: str
    value: object
    reason: str


def profile(
    name: str,
    frame: pd.DataFrame,
    known: Mapping[str, Column] | None = None,
    *,
    primary_key: tuple[str, ...] = (),
) -> TableSchema:
    """The schema of a table.

    Args:
        name: The table's name.
        frame: Its rows.
        known: What is known of its columns, by name; a field that was set there is taken as said.
        primary_key: Its primary key, if declared.

    Raises:
        DataError: Two columns share a name, or a name is not text.
    """
    _must_be_named(name, frame)
    columns = []
    for label in frame.columns:
        said = known[label].model_dump(exclude_unset=True) if known and label in known else {}
        found = _found(name, frame[label], said, is_key=primary_key == (label,))
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
    table: str, cells: pd.Series, said: Mapping[str, object], *, is_key: bool
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
        guess = recognise(label, cells, table=table)
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


def proposals(name: str, schema: TableSchema, frame: pd.DataFrame) -> tuple[Proposal, ...]:
    """What a table's rows and names suggest to its owner; the target is never guessed.

    Args:
        name: The table's name.
        schema: Its schema, by `profile`.
        frame: Its rows.
    """
    found: list[Proposal] = []
    sequence = schema.sequence or _sequence(frame)
    if sequence and not schema.sequence:
        reason = f"{sequence.entity!r} repeats, and {sequence.index!r} orders the rows of each"
        found.append(Proposal(name, None, "sequence", sequence.model_dump(), reason))
    if not schema.primary_key and (key := _primary_key(schema, frame, sequence)):
        reason = "it is named like a key, and no two rows share a value"
        if len(key) > 1:
            reason = "no two rows share both values"
        found.append(Proposal(name, None, "primary_key", key, reason))
    person, reason = "", ""
    if sequence:
        person, reason = sequence.entity, "each stands for one subject, whose rows stay together"
    elif repeating := [c.name for c in schema.columns if _repeats_people(frame, c.name)]:
        person, reason = repeating[0], "it names people, and some have several rows"
    if person:
        found.append(Proposal(name, None, "subject", (person,), reason))
    for column in schema.columns:
        if column.name == person and column.sdtype != "id":
            reason = "it tells subjects apart and means nothing else"
            found.append(Proposal(name, person, "sdtype", "id", reason))
        elif column.name != person:
            found.extend(_about(name, column, frame[column.name]))
    return tuple(found)


def _about(table: str, column: Column, cells: pd.Series) -> list[Proposal]:
    """What there is to say of one column."""
    guess = recognise(column.name, cells, table=table)
    if column.pii is not None:
        evidence = guess.evidence if guess and guess.kind == column.pii else "declared"
        return [Proposal(table, column.name, "pii", column.pii, evidence)]
    if not column.is_modelled:
        return []
    named = set(words(column.name))
    for what, members in _SENSITIVE_WORDS.items():
        if named & members:
            proposed = [Proposal(table, column.name, "role", "sensitive", f"named like {what}")]
            if column.sdtype == "numerical" and cells.nunique() <= _GROUPS:
                reason = "few different numbers, which stand for groups"
                proposed.append(Proposal(table, column.name, "sdtype", "categorical", reason))
            return proposed
    if guess:
        return [Proposal(table, column.name, "role", "quasi_identifier", guess.evidence)]
    if named & _QUASI_WORDS:
        reason = "named like a place or a birth, which narrow down who it is"
        return [Proposal(table, column.name, "role", "quasi_identifier", reason)]
    return []


def _sequence(frame: pd.DataFrame) -> Sequence | None:
    """An entity whose rows are told apart by an index that orders them."""
    n_rows = len(frame)
    for entity in frame.columns:
        if not (looks_like_id(entity) or set(words(entity)) & _PEOPLE_WORDS):
            continue
        cells = frame[entity]
        if cells.isna().any() or not 1 < cells.nunique() <= n_rows / 2:
            continue
        ranks = [(_time_rank(label, frame[label]), label) for label in frame.columns]
        for _, index in sorted(ranks, key=lambda pair: pair[0]):
            if index != entity and _orders(frame, entity, index):
                return Sequence(entity=entity, index=index)
    return None


def _time_rank(label: str, cells: pd.Series) -> int:
    """How much a column looks like time: 0 most, 2 least."""
    from pandas.api import types

    if types.is_datetime64_any_dtype(cells):
        return 0
    return 1 if set(words(label)) & _TIME_WORDS else 2


def _orders(frame: pd.DataFrame, entity: str, index: str) -> bool:
    """Whether an index tells an entity's rows apart, and is time or grows down the file."""
    from pandas.api import types

    cells = frame[index]
    whole = types.is_integer_dtype(cells)
    if not (whole or types.is_datetime64_any_dtype(cells)) or cells.isna().any():
        return False
    if frame.duplicated([entity, index]).any():
        return False
    if _time_rank(index, cells) <= 1:
        return True
    if looks_like_id(index):
        return False
    steps = cells.astype("int64").groupby(frame[entity], sort=False).diff().dropna()
    return bool((steps > 0).all())


def _primary_key(
    schema: TableSchema, frame: pd.DataFrame, sequence: Sequence | None
) -> tuple[str, ...]:
    for column in schema.columns:
        named = looks_like_id(column.name)
        cells = frame[column.name]
        if column.sdtype == "id" and named and cells.notna().all() and cells.is_unique:
            return (column.name,)
    return (sequence.entity, sequence.index) if sequence else ()


def _repeats_people(frame: pd.DataFrame, label: str) -> bool:
    """Whether a column names people of whom some have several rows."""
    if not (looks_like_id(label) and set(words(label)) & _PEOPLE_WORDS):
        return False
    cells = frame[label]
    return bool(cells.notna().all()) and 1 < cells.nunique() < len(cells)
