"""What a table's rows and names suggest to its owner: each with its reason, and no cell value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabular.pii import Guess, Recogniser, recognise, words
from tabular.profile import looks_like_id
from tabular.schema import Column, Sequence, TableSchema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence as Sequence_

    import pandas as pd

    from tabular.schema import ForeignKey


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TIME_WORDS = _set(
    "year yr quarter month week day date hour time timestamp period wave round visit step seq "
    "sequence epoch t tick jahr monat woche tag datum zeit annee mois fecha anno mese"
)
_PEOPLE_WORDS = _set(
    "person people user customer client patient student pupil member employee worker applicant "
    "borrower subject respondent participant household citizen account kunde kunden mitarbeiter "
    "schueler cliente students customers patients users clients persons members households "
    "participants respondents subjects pupils accounts citizens applicants borrowers"
)
_STAFF_WORDS = _set("employee employees worker workers staff mitarbeiter")
"""People whose privacy counts too, but who are rarely those the data is about."""
_SHARED, _SPANNED = 10, 18
"""Subjects of whom four fifths are the default `protect.k`, and twice as many, almost surely."""
_TARGET_WORDS = _set(
    "target label outcome churn churned default survived approved response result y class "
    "defaulted converted diagnosis passed income revenue"
)
_ZERO_PADDED = r"0\d+|\d+"
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
    "commune country canton kreis region occupation profession"
)
_SENSITIVE_CELLS = {
    "sex or gender": _set(
        "m f w male female man woman men women mann frau homme femme hombre mujer "
        "männlich weiblich maschio femmina divers diverse nonbinary non-binary transgender"
    ),
    "ethnic origin": _set(
        "white black asian hispanic latino latina african caucasian indian native-american "
        "african-american mixed asian-pac-islander amer-indian-eskimo"
    ),
    "religion or belief": _set(
        "christian catholic protestant orthodox muslim islam jewish hindu buddhist sikh atheist "
        "agnostic katholisch evangelisch muslimisch jüdisch hinduism buddhism christianity judaism"
    ),
    "family status": _set(
        "single married divorced widowed separated never-married ledig verheiratet geschieden "
        "verwitwet célibataire marié divorcé veuf soltero casado divorciado viudo"
    ),
}
"""Categories that say by themselves what they are of."""


_GROUPS = 10
"""Different numbers up to which a sensitive column is one of groups."""


@dataclass(frozen=True)
class Proposal:
    """Something a configuration could say, for the owner to confirm.

    Args:
        table: The table's name.
        column: The column's name; `None` where it is about the table.
        field: primary_key, sequence, subject, target, sdtype, role, pii or note.
        value: What to write there; names of columns and words of the schema, no cell value.
        reason: What it rests on.
    """

    table: str
    column: str | None
    field: str
    value: object
    reason: str


def proposals(
    name: str,
    schema: TableSchema,
    frame: pd.DataFrame,
    foreign_keys: Sequence_[ForeignKey] = (),
    recogniser: Recogniser = recognise,
) -> tuple[Proposal, ...]:
    """What a table's rows and names suggest to its owner; a target is only ever suggested.

    Args:
        name: The table's name.
        schema: Its schema, by `profile`.
        frame: Its rows.
        foreign_keys: How tables point at each other.
        recogniser: What tells personal data.
    """
    found: list[Proposal] = []
    related = any(name in {key.table, key.references} for key in foreign_keys)
    points_at = {c: k for k in foreign_keys if k.table == name for c in k.columns}
    # The rows of a related table are told apart and ordered by what they point at.
    sequence = schema.sequence or (None if related else _sequence(frame))
    if sequence and not schema.sequence:
        reason = f"{sequence.entity!r} repeats, and {sequence.index!r} orders the rows of each"
        found.append(Proposal(name, None, "sequence", sequence.model_dump(), reason))
    if not schema.primary_key and (key := _primary_key(schema, frame, sequence)):
        found.append(Proposal(name, None, "primary_key", *key))
    person, reason = "", ""
    if sequence:
        person, reason = sequence.entity, "each stands for one subject, whose rows stay together"
    elif repeating := [c.name for c in schema.columns if _repeats_people(frame, c.name)]:
        person, reason = repeating[0], "it names people, and some have several rows"
    if person:
        found.append(Proposal(name, None, "subject", (person,), reason))
    for column in schema.columns:
        if column.name in points_at:
            found.append(_pointer(name, column, points_at[column.name]))
        elif column.name == person and column.sdtype != "id":
            reason = "it tells subjects apart and means nothing else"
            found.append(Proposal(name, person, "sdtype", "id", reason))
        elif column.name != person:
            cells = frame[column.name]
            about = _about(column, cells, recogniser(column.name, cells, table=name), name)
            thin = _too_thin(name, column, frame, person or None) if column.is_modelled else None
            found.extend([*about, thin] if thin else about)
    taken = {proposal.column for proposal in found if proposal.field in {"role", "pii", "sdtype"}}
    found.extend(_target(name, schema, frame, taken))
    return tuple(found)


def _too_thin(
    table: str, column: Column, frame: pd.DataFrame, person: str | None
) -> Proposal | None:
    """That a column can't be learnt, where too few stand behind each of its values.

    A generator learns a category that `protect.k` subjects share, in the four fifths of them that
    it sees; the same for the two ends of a number.
    """
    there = (cells := frame[column.name]).notna()
    who = frame.loc[there, person] if person else None
    least, what = _SHARED, "each category is shared by fewer than"
    if column.sdtype in {"numerical", "datetime"}:
        least, what = _SPANNED, "it has cells of fewer than"
        most = there.sum() if who is None else who.nunique()
    elif who is None:
        most = cells.value_counts().max()
    else:
        most = who.groupby(cells[there], observed=True).nunique().max()
    if not there.any() or most >= least:
        return None
    reason = f"{what} {least} subjects, too few to learn from"
    return Proposal(table, column.name, "sdtype", "text", reason)


def _pointer(table: str, column: Column, key: ForeignKey) -> Proposal:
    """A column of a foreign key: an id, whatever its cells are."""
    there = key.referenced[key.columns.index(column.name)]
    reason = f"it points at {there!r} of {key.references!r}"
    return Proposal(table, column.name, "sdtype", "id", reason)


def subjects(
    schema: Mapping[str, TableSchema],
    foreign_keys: Sequence_[ForeignKey],
    found: Mapping[str, Sequence_[Proposal]],
) -> tuple[Proposal, ...]:
    """Whose privacy could count, the likeliest first.

    Tables named like people, then columns that name people of whom some have several rows; where
    such a column points at another table, that table's key. Staff come last.

    Args:
        schema: Each table's schema.
        foreign_keys: How the tables point at each other.
        found: Each table's proposals.
    """
    ranked: list[tuple[int, Proposal]] = []
    for name, table in schema.items():
        named = set(words(name)) & (_PEOPLE_WORDS | _STAFF_WORDS)
        key = table.primary_key or next(
            (tuple(p.value) for p in found[name] if p.field == "primary_key"),  # type: ignore[arg-type]
            (),
        )
        pointing = {fk.table for fk in foreign_keys if fk.references == name} - {name}
        if named and len(key) == 1 and pointing:
            others = ", ".join(sorted(map(repr, pointing)))
            reason = f"the table is named like people, and rows of {others} point at it"
            rank = 2 if named <= _STAFF_WORDS else 0
            ranked.append((rank, Proposal(name, None, "subject", key, reason)))
    for proposal in (p for group in found.values() for p in group if p.field == "subject"):
        columns = tuple(proposal.value)  # type: ignore[arg-type,var-annotated]
        # Part of a key that points elsewhere says whose the row is as much as all of it.
        at = min(
            (f for f in foreign_keys if f.table == proposal.table and {*columns} <= {*f.columns}),
            key=lambda f: len(f.columns),
            default=None,
        )
        if at is None:
            ranked.append((1, proposal))
        elif at.table != at.references:
            reason = f"{proposal.table!r} names them, and some have several rows there"
            theirs = tuple(at.referenced[at.columns.index(column)] for column in columns)
            ranked.append((1, Proposal(at.references, None, "subject", theirs, reason)))
    ranked.sort(key=lambda pair: pair[0])
    seen: dict[tuple[str, object], Proposal] = {}
    for _, proposal in ranked:
        seen.setdefault((proposal.table, proposal.value), proposal)
    return tuple(seen.values())


def _about(column: Column, cells: pd.Series, guess: Guess | None, table: str) -> list[Proposal]:
    """What there is to say of one column."""
    if column.pii is not None:
        evidence = guess.evidence if guess and guess.kind == column.pii else "declared"
        found = [Proposal(table, column.name, "pii", column.pii, evidence)]
        if column.locale:
            reason = "new ones are made as they are there"
            found.append(Proposal(table, column.name, "locale", column.locale, reason))
        return found
    notes = [Proposal(table, column.name, "note", None, note) for note in _notes(column, cells)]
    if not column.is_modelled:
        return notes
    if (why := _sensitive(column, cells)) is not None:
        proposed = [Proposal(table, column.name, "role", "sensitive", why)]
        if column.sdtype == "numerical" and cells.nunique() <= _GROUPS:
            few = "few different numbers, which stand for groups"
            proposed.append(Proposal(table, column.name, "sdtype", "categorical", few))
        return [*proposed, *notes]
    if guess:
        return [Proposal(table, column.name, "role", "quasi_identifier", guess.evidence), *notes]
    if set(words(column.name)) & _QUASI_WORDS:
        reason = "named like a place, a birth or a job, which narrow down who it is"
        return [Proposal(table, column.name, "role", "quasi_identifier", reason), *notes]
    return notes


def _notes(column: Column, cells: pd.Series) -> list[str]:
    """What an owner should look at in one column, beside what its source says of it."""
    there = cells.dropna()
    if column.dtype == "string" and len(there) and _either_order(there.drop_duplicates()):
        return [_WHICH_IS_THE_DAY]
    return []


_WHICH_IS_THE_DAY = (
    "dates whose day and month could be either way round: set `datetime_format` to '%d/%m/%Y' or "
    "'%m/%d/%Y', with the signs that stand between"
)


def _either_order(distinct: pd.Series) -> bool:
    """Whether texts are dates of which none has a number above 12 in one place alone."""
    parts = distinct.head(2_000).astype(str).str.extract(r"^(\d{1,2})[./-](\d{1,2})[./-]\d{4}$")
    if float(parts.notna().all(axis=1).mean()) < 0.95:  # noqa: PLR2004
        return False
    first, second = (parts[side].dropna().astype(int).max() for side in (0, 1))
    return max(first, second) <= 12  # noqa: PLR2004


def _sensitive(column: Column, cells: pd.Series) -> str | None:
    """Why a column may be one of protected groups."""
    named = set(words(column.name))
    for what, members in _SENSITIVE_WORDS.items():
        if named & members and not looks_like_id(column.name):
            return f"named like {what}"
    if column.sdtype not in {"categorical", "ordinal"} or column.dtype not in {
        "string",
        "category",
    }:
        return None
    distinct = {str(cell).strip().lower() for cell in cells.dropna().unique()[: 2 * _GROUPS]}
    for what, members in _SENSITIVE_CELLS.items():
        if len(distinct & members) >= max(2, 0.5 * len(distinct)):
            return f"most of its categories are words for {what}"
    return None


def _target(
    name: str, schema: TableSchema, frame: pd.DataFrame, taken: set[str | None]
) -> list[Proposal]:
    """A column that others may predict: by its name, or the last one if it is of classes."""
    free = [
        c
        for c in schema.columns
        if c.is_modelled and c.name not in taken and not looks_like_id(c.name)
    ]
    for column in free:
        if set(words(column.name)) & _TARGET_WORDS and _classes(frame[column.name]) > 1:
            return [Proposal(name, column.name, "target", None, "named like an outcome")]
    last = schema.columns[-1]
    if last in free and len(schema.columns) > 2 and 1 < _classes(frame[last.name]) <= _GROUPS:  # noqa: PLR2004
        return [Proposal(name, last.name, "target", None, "the last column, and one of few values")]
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
) -> tuple[tuple[str, ...], str] | None:
    """The key and the reason."""
    for column in schema.columns:
        cells = frame[column.name]
        if column.sdtype == "id" and looks_like_id(column.name) and _tells_rows_apart(cells):
            return (column.name,), "it is named like a key, and no two rows share a value"
    if sequence:
        return (sequence.entity, sequence.index), "no two rows share both values"
    for column in schema.columns:
        cells = frame[column.name]
        if column.dtype == "string" and _tells_rows_apart(cells) and _zero_padded(cells):
            return (column.name,), "numbers of one length with leading zeros, no two the same"
    return None


def _classes(cells: pd.Series) -> int:
    return len(cells.dropna().unique())


def _tells_rows_apart(cells: pd.Series) -> bool:
    return bool(cells.notna().all()) and cells.is_unique


def _zero_padded(cells: pd.Series) -> bool:
    texts = cells.head(10_000).astype(str)
    if len(texts) < _GROUPS or len(texts.str.len().unique()) > 1:
        return False
    return bool(texts.str.fullmatch(_ZERO_PADDED).all() and texts.str.startswith("0").any())


def _repeats_people(frame: pd.DataFrame, label: str) -> bool:
    """Whether a column names people of whom some have several rows."""
    if not (looks_like_id(label) and set(words(label)) & _PEOPLE_WORDS):
        return False
    cells = frame[label]
    return bool(cells.notna().all()) and 1 < cells.nunique() < len(cells)
