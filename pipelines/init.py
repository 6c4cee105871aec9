"""A first configuration for a source: every guess with its reason, and no cell value.

What is written is for the owner to read, mend and keep. It runs as it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipelines.notices import told
from pipelines.source_text import source_from_text
from pipelines.sources.files import table_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.base import RawData, RawTable, Source
    from pipelines.settings import Settings
    from tabular.proposals import Proposal
    from tabular.schema import Column, TableSchema

__all__ = ["source_from_text", "write_config"]


def write_config(source: Source, settings: Settings, *, folder: Path | None = None) -> str:
    """The text of a configuration for a source, in YAML.

    Args:
        source: Where the rows come from.
        settings: Where things run.
        folder: Where the text will stand; a path below it is written from there.

    Raises:
        SourceError: The source can't be read.
        DataError: The rows can't be used.
    """
    from tabular.pii import remembering
    from tabular.profile import profile
    from tabular.proposals import proposals, subjects

    raw = source.read(settings)
    once = remembering()
    schemas = {
        name: profile(
            name, table.frame, table.columns, primary_key=table.primary_key, recogniser=once
        )
        for name, table in raw.tables.items()
    }
    found = {
        name: proposals(name, schemas[name], table.frame, raw.foreign_keys, once)
        for name, table in raw.tables.items()
    }
    lines = [
        "# Written by `waxwork init`. Each guess stands with its reason: read them, and mend what",
        "# is wrong. What is left out here is found out anew from the rows of every run.",
        "# `waxwork init -o FILE --update` follows the source's changes and keeps yours.",
        f"name: {_slug(source, raw)}  # the dataset's name in the store",
        "",
        "source:",
        *_mapping(_source_fields(source, folder), indent=2),
        "",
        *_subject(
            subjects(schemas, raw.foreign_keys, found) or _most_pointed_at(raw, found),
            are_related=bool(raw.foreign_keys),
        ),
        "tables:",
    ]
    for name, table in raw.tables.items():
        lines += _table(name, table, schemas[name], found[name])
    lines += _foreign_keys(raw)
    lines += _rest()
    return "\n".join(lines) + "\n"


def _source_fields(source: Source, folder: Path | None) -> Mapping[str, object]:
    fields = source.model_dump(mode="json", exclude_defaults=True)
    path = getattr(source, "path", None)
    if folder and isinstance(path, Path) and path.resolve().is_relative_to(folder):
        fields["path"] = str(path.resolve().relative_to(folder))
    return {"kind": source.kind, **fields}


def _slug(source: Source, raw: RawData) -> str:
    """A name for the dataset: its table's, or that of the place it comes from."""
    name = next(iter(raw.tables))
    path = getattr(source, "path", None)
    if len(raw.tables) > 1:
        name = table_name(path) if isinstance(path, Path) else _database(source)
    elif isinstance(path, Path) and name.lower() in _SAYS_NOTHING:
        name = path.absolute().parent.name or name
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:63]
    return _scalar(slug or "dataset")


def _database(source: Source) -> str:
    """The name of a database, where its URL is written out."""
    url = getattr(source, "url", "")
    return Path(url.rpartition("/")[2]).stem if isinstance(url, str) and "/" in url else "database"


_SAYS_NOTHING = frozenset(
    ["train", "test", "data", "dataset", "holdout", "full", "all", "table", "export", "dump", "raw"]
)
"""Names of files that their folder's name says more than."""


def _most_pointed_at(raw: RawData, found: Mapping[str, Sequence[Proposal]]) -> Sequence[Proposal]:
    """A subject where no table is named like people: what the rows of the others belong to."""
    from tabular.proposals import Proposal as Proposed

    keyed: dict[str, tuple[str, ...]] = {}
    for name, table in raw.tables.items():
        proposed = [p.value for p in found[name] if p.field == "primary_key"]
        keyed[name] = table.primary_key or tuple(*proposed)  # type: ignore[arg-type]
    pointed_at = {key.references for key in raw.foreign_keys if key.table != key.references}
    rows = {n: len(raw.tables[n].frame) for n in sorted(pointed_at) if len(keyed[n]) == 1}
    if not rows:
        return ()
    most = max(rows, key=lambda name: rows[name])
    reason = "no table is named like people; of those that others point at it has the most rows"
    return (Proposed(most, None, "subject", keyed[most], reason),)


def _subject(found: Sequence[Proposal], *, are_related: bool) -> list[str]:
    """The subject, where one table names people; a sequence's entity is its subject anyway."""
    head = ["# Whose privacy counts: a subject's rows stay on one side of every split."]
    if not found and are_related:
        return [
            *head,
            "# No table is named like people. A run will ask whose rows these are: name the table",
            "# of people. Public tables can be declared `reference: true`.",
            "# subject: {table: ..., columns: [...]}",
            "",
        ]
    if not found:
        return [
            *head,
            "# No column seems to tie several rows to one person, so each row is its own subject.",
            "# subject: {table: ..., columns: [...]}",
            "",
        ]
    best, *others = found
    value = {"table": best.table, "columns": list(best.value)}  # type: ignore[call-overload]
    lines = [*head, f"subject: {_flow(value)}  # {_comment(best.reason)}"]
    lines += [
        f"# or: {_flow({'table': p.table, 'columns': list(p.value)})}  # {_comment(p.reason)}"  # type: ignore[call-overload]
        for p in others
    ]
    return [*lines, ""]


def _table(name: str, table: RawTable, schema: TableSchema, found: Sequence[Proposal]) -> list[str]:
    lines = [f"  {_scalar(name)}:"]
    about = {p.field: p for p in found if p.column is None}
    if table.primary_key:
        lines.append(f"    primary_key: {_flow(list(table.primary_key))}  # the source declares it")
    elif key := about.get("primary_key"):
        columns = list(key.value)  # type: ignore[call-overload]
        lines.append(f"    primary_key: {_flow(columns)}  # {_comment(key.reason)}")
    else:
        lines.append("    # primary_key: none was found")
    if table.alternate_keys:
        keys = [list(key) for key in table.alternate_keys]
        lines.append(f"    alternate_keys: {_flow(keys)}  # the source declares them")
    if sequence := about.get("sequence"):
        value = dict(sequence.value)  # type: ignore[call-overload]
        lines.append(f"    sequence: {_flow(value)}  # {_comment(sequence.reason)}")
    lines += [f"    # note: {_comment(text)}" for text in told(table)]
    lines += [f"    # the source checks: {_comment(check)}" for check in table.checks]
    lines += _rules(table, schema)
    lines.append("    # exclude: []  # columns to leave out altogether")
    if target := next((p for p in found if p.field == "target"), None):
        named = f"`{target.column}` ({target.reason})"
        lines.append(f"    # Perhaps others are used to predict {_comment(named)}: then say so,")
        lines.append("    # with `role: target`, and checks look at how well that goes.")
    lines.append("    columns:")
    noted = {note.column for note in table.notes}
    found = [p for p in found if p.field != "note" or p.column not in noted]
    lines += [_column(c, [p for p in found if p.column == c.name]) for c in schema.columns]
    return lines


def _rules(table: RawTable, schema: TableSchema) -> list[str]:
    """Rules that the rows keep, for the owner to take the mark off those that are meant."""
    from tabular.rule_discovery import find_rules

    found = find_rules(table.frame, schema)
    if not found:
        return []
    lines = ["    # rules:  # uncomment those that are meant: no row that is made breaks them then"]
    for one in found:
        fields = one.rule.model_dump(mode="json", exclude_defaults=True)
        rule = _flow({"kind": one.rule.kind, **fields})
        lines.append(f"    #   - {_comment(rule)}  # {_comment(one.reason)}")
    return lines


def _column(column: Column, proposed: Sequence[Proposal]) -> str:
    value: dict[str, object] = {"sdtype": "text" if column.sdtype == "unknown" else column.sdtype}
    notes = [column.dtype + (", may be missing" if column.nullable else "")]
    for proposal in proposed:
        if proposal.value is not None:
            value[proposal.field] = proposal.value
            notes.append(f"{proposal.value}: {proposal.reason}")
        elif proposal.field == "note":
            notes.append(proposal.reason)
    if value["sdtype"] in {"id", "text"} or column.pii:
        repeats = ", as often repeated" if value["sdtype"] == "categorical" else ""
        notes.append(f"made anew{repeats}, never learnt")
    return f"      {_scalar(column.name)}: {_flow(value)}  # {_comment('; '.join(notes))}"


def _foreign_keys(raw: RawData) -> list[str]:
    if not raw.foreign_keys:
        return []
    lines = ["", "foreign_keys:  # the source declares them"]
    return lines + [f"  - {_flow(key.model_dump(mode='json'))}" for key in raw.foreign_keys]


def _rest() -> list[str]:
    return [
        "",
        "split: {holdout: 0.2}  # share of subjects the generator never sees; half the reference",
        "protect: {k: 5}  # a category or extreme needs this many subjects behind it to be learnt",
        "generator: {kind: trees}  # the best per CPU second; see `waxwork list generators`",
        "rows: 100%  # a share of the subjects, or a count",
        "seed: 0",
        "quarantine: {max_share: 0.05}  # share of rows that may break the contract",
        "gate: {policy: internal}  # or partner, or public",
        "sinks:",
        "  - {kind: parquet, path: releases}",
    ]


def _mapping(fields: Mapping[str, object], *, indent: int) -> list[str]:
    return [f"{' ' * indent}{name}: {_flow(value)}" for name, value in fields.items()]


def _flow(value: object) -> str:
    """A value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


_PLAIN = re.compile(r"(\.{0,2}/)?[A-Za-z_][A-Za-z0-9_./-]*")
_RESERVED = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
"""Words that YAML takes for something else than text."""


def _scalar(value: object) -> str:
    if not isinstance(value, str):
        return yaml.safe_dump(value, width=10**9).partition("\n")[0]
    if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return yaml.safe_dump(value, default_style='"', width=10**9, allow_unicode=False).strip()


def _comment(text: str) -> str:
    """Text that can't leave its comment: a column's name may hold a line's end."""
    return "".join(c if c.isprintable() else " " for c in text)
