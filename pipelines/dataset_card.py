"""The card of a release: what the data is, how it was made, what was checked, what it is not.

The front matter follows the dataset cards of the Hugging Face Hub, so that the folder can be
loaded and shown there as it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.releases import FileDigest, Release
    from tabular.schema import Column, TableSchema

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
)
_ORIGIN = "Every row here was made by a model; none was collected."
_CLAIM = """\
The data passed the checks named below. That is no proof of anonymity: it means that no excess above
the stated thresholds could be seen at the stated numbers of rows."""
_FILES_NOTE = """\
Files are marked synthetic in their metadata where the format has such a place; `manifest.json`
lists the SHA-256 of every file."""
_CHECKS_NOTE = """\
The figures with their intervals are in `report.html` and `report.json`, the rules that the rows
keep in `expectations.json`."""
_LIMITS = """\
- A figure computed here differs from the figure in the real data; decide nothing about a single
  person with it.
- Groups too small to judge are listed as `insufficient`: nothing is known about them.
- What the real data lacks or distorts, this data lacks and distorts too."""


def dataset_card(release: Release, tables: Mapping[str, FileDigest]) -> str:
    """The `README.md` of a release, in Markdown.

    Args:
        release: What is published.
        tables: The data's files as they lie in the release.
    """
    manifest = release.manifest
    parts = [
        _front_matter(release, tables),
        f"# {manifest.name}, synthetic",
        f"{_ORIGIN} Version `{manifest.version}`, made {manifest.created}.",
        _CLAIM,
        "## Data",
        _files(tables),
        _FILES_NOTE,
        *(part for name in tables for part in _table(name, release.schema.tables[name])),
        "## How it was made",
        _provenance(release),
        "## What was checked",
        f"Verdict `{release.decision.verdict}` under the policy `{release.decision.policy}`."
        + _reasons(release.decision.reasons),
        _checks(release),
        _CHECKS_NOTE,
        "## Limits",
        _LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(release: Release, tables: Mapping[str, FileDigest]) -> str:
    total = sum(entry.rows for entry in tables.values())
    size = next((label for limit, label in _SIZES if total < limit), "n>1T")
    configs = [
        {"config_name": name, "data_files": entry.file, "default": index == 0}
        for index, (name, entry) in enumerate(tables.items())
    ]
    # JSON is YAML, and quotes whatever a table may be called.
    lines = {
        "pretty_name": f"{release.manifest.name} (synthetic)",
        "tags": ["synthetic", "tabular", "waxwork"],
        "size_categories": [size],
        "configs": configs,
    }
    body = "\n".join(f"{key}: {json.dumps(value)}" for key, value in lines.items())
    return f"---\n{body}\n---"


def _files(tables: Mapping[str, FileDigest]) -> str:
    return _grid(
        ("table", "rows", "file"),
        (
            (_code(name), f"{entry.rows:,}", f"[{_text(entry.file)}]({quote(entry.file)})")
            for name, entry in tables.items()
        ),
    )


def _table(name: str, schema: TableSchema) -> list[str]:
    facts = []
    if schema.primary_key:
        facts.append(f"Primary key: {', '.join(map(_code, schema.primary_key))}.")
    if schema.sequence:
        facts.append(
            f"Rows of one {_code(schema.sequence.entity)} follow each other by "
            f"{_code(schema.sequence.index)}."
        )
    if schema.reference:
        facts.append("A public reference table, published as it is: these rows are not synthetic.")
    columns = _grid(
        ("column", "meaning", "type", "role", "description"),
        (_column(column) for column in schema.columns),
    )
    return [f"### {_text(name)}", " ".join(facts), columns]


def _column(column: Column) -> tuple[str, ...]:
    kind = f"{column.dtype}, may be missing" if column.nullable else column.dtype
    made = column.description
    if column.pii:
        made = f"{made} Made up ({column.pii})." if made else f"Made up ({column.pii})."
    return (_code(column.name), column.sdtype, kind, column.role, _text(made))


def _provenance(release: Release) -> str:
    manifest = release.manifest
    kind = str(manifest.generator.get("kind", "unknown"))
    present = ((name, it) for name, it in sorted(manifest.packages.items()) if it != "absent")
    made_by = ", ".join(f"{name} {version}" for name, version in present)
    privacy = (
        "no differential privacy"
        if manifest.privacy_spend is None
        else f"differential privacy, epsilon {manifest.privacy_spend:g}"
    )
    lines = [
        f"Generator {_code(kind)}, root seed {manifest.seed}, {privacy}.",
        f"Attempts on this source since its last release: {manifest.attempts}; releases before "
        f"this one: {manifest.releases}"
        + (f"; the previous one: `{manifest.previous}`." if manifest.previous else "."),
        f"Configuration `{manifest.config_digest[:12]}`, data `{manifest.data_digest[:12]}`.",
        f"Made with {made_by}." if made_by else "",
    ]
    return "\n".join(f"- {line}" for line in lines if line)


def _reasons(reasons: Iterable[str]) -> str:
    listed = "\n".join(f"- {_text(reason)}" for reason in reasons)
    return f"\n\n{listed}" if listed else ""


def _checks(release: Release) -> str:
    from validation.report import figure

    return _grid(
        ("check", "family", "status", "value", "95 % interval", "fresh real rows", "threshold"),
        (
            (
                _code(result.check),
                result.family,
                result.status,
                figure(result.value),
                " to ".join(map(figure, result.interval)) if result.interval else "",
                figure(result.baseline),
                figure(result.threshold),
            )
            for result in release.report.public().results
        ),
    )


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(text: str) -> str:
    """Text that can't open a tag, a link, a cell or a line."""
    plain = " ".join(text.split())
    for mark, meant in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("[", "\\["), ("`", "\\`")):
        plain = plain.replace(mark, meant)
    return plain


def _code(text: str) -> str:
    """A name as code; a name with marks in it as escaped text."""
    return _text(text) if any(mark in text for mark in "`|\n\r") else f"`{text}`"
