"""Bringing a configuration up to date with its source, without losing what its owner wrote.

A three-way merge, entry by entry: what `init` wrote last time, what the owner made of it, and what
`init` would write now. Of the first, the file keeps a digest for each entry, in a comment at its
end: enough to tell an entry that was touched from one that was not, wherever the file is moved to,
and gone with the file. Lines are edited, never rewritten, so comments, order and style stay.

- An entry that nobody touched follows the source.
- An entry that the owner changed stays; if the source changed it too, both sides are reported.
- A new column or table is added; one that the owner took out stays out.
- A lost one is commented out, the owner's words with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEAD = "# What `waxwork init` wrote, for `--update` to tell it from your changes:"
_MARK = "#= "
_WIDTH = 96
_MOST_BYTES = 4 << 20
Path_ = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One thing a configuration says, and the lines it says it in.

    Args:
        first: Number of its first line, from 0.
        last: Number of its last.
        indent: Columns before it.
        text: The lines, joined.
        value: What they mean.
        own_lines: Whether nothing else stands on them.
    """

    first: int
    last: int
    indent: int
    text: str
    value: object
    own_lines: bool


@dataclass(frozen=True)
class Change:
    """What an update did or would not do.

    Args:
        what: added, updated, lost or conflict.
        where: The entry, as `tables.people.columns.age`.
        yours: What the file says.
        source: What the source suggests.
    """

    what: str
    where: str
    yours: str = ""
    source: str = ""


@dataclass(frozen=True)
class Merged:
    """The new text of a file, and what is new in it."""

    text: str
    changes: tuple[Change, ...]


def remembered(text: str) -> str:
    """A text of `init` with the digests of its entries at its end."""
    return _with_base(text, {path: _digest(entry) for path, entry in entries(text).items()})


def without_memory(text: str) -> str:
    """A file's text without those digests."""
    lines = [line for line in text.splitlines() if not line.startswith((_MARK, _HEAD))]
    return "\n".join(lines).rstrip("\n") + "\n"


def merge(yours: str, now: str, *, settled: tuple[str, ...] = ()) -> Merged:
    """Bring a file up to date.

    Args:
        yours: The file's text.
        now: What `init` would write today.
        settled: Sections that are the owner's alone.

    Raises:
        ConfigurationError: The file is not YAML.
    """
    base = _base(yours)
    text = without_memory(yours)
    mine, theirs = entries(text), entries(now)
    edits = _Edits(text.splitlines())
    changes: list[Change] = []
    for path, entry in theirs.items():
        if path[0] in settled or (len(path) > 2 and path[:2] not in mine):  # noqa: PLR2004
            continue
        if path in mine:
            changes += _both(path, mine[path], entry, base.get(path), edits)
        elif path not in base and _is_worth_adding(path, mine):
            changes += _added(path, entry, mine, theirs, edits)
    for path, entry in mine.items():
        inside_lost = len(path) > 2 and path[:2] not in theirs  # noqa: PLR2004
        if path in theirs or inside_lost or path[0] in settled:
            continue
        if _is_about_the_source(path, entry, base):
            edits.comment_out(entry)
            changes.append(Change("lost", ".".join(path), yours=_one_line(entry.text)))
    merged = "\n".join(edits.lines()) + "\n"
    known = {**base, **{path: _digest(entry) for path, entry in theirs.items()}}
    return Merged(_with_base(merged, known), tuple(changes))


def _both(
    path: Path_, mine: Entry, theirs: Entry, base: str | None, edits: _Edits
) -> Iterator[Change]:
    if mine.value == theirs.value or _is_table(path):
        return
    where, yours, source = ".".join(path), _one_line(mine.text), _one_line(theirs.text)
    if base is not None and _digest(mine) == base and mine.own_lines:
        edits.replace(mine, theirs)
        yield Change("updated", where, yours, source)
    elif base is None or base.partition(":")[2] != _of_value(theirs.value):
        yield Change("conflict", where, yours, source)


def _added(
    path: Path_,
    entry: Entry,
    mine: Mapping[Path_, Entry],
    theirs: Mapping[Path_, Entry],
    edits: _Edits,
) -> Iterator[Change]:
    where, source = ".".join(path), _one_line(entry.text)
    before: Entry | None = None
    for other in theirs:
        if other == path:
            break
        if other[:-1] == path[:-1] and other in mine:
            before = mine[other]
    following = next((mine[p] for p in theirs if p[:-1] == path[:-1] and p in mine), None)
    at = before or following
    if at is None or not at.own_lines:
        yield Change("conflict", where, source=source)
        return
    edits.insert(at, entry, after=before is not None)
    yield Change("added", where, source=source)


def _is_table(path: Path_) -> bool:
    return path[0] == "tables" and len(path) == 2  # noqa: PLR2004


def _is_worth_adding(path: Path_, mine: Mapping[Path_, Entry]) -> bool:
    """Whether an entry is news of the source: no default, and no column the owner excludes."""
    if path[0] != "tables":
        return path[0] in {"subject", "foreign_keys"}
    excluded = mine.get((*path[:2], "exclude"))
    listed = excluded.value if excluded is not None else None
    return not (path[-2] == "columns" and isinstance(listed, list) and path[-1] in listed)


def _is_about_the_source(path: Path_, entry: Entry, base: Mapping[Path_, str]) -> bool:
    """Whether an entry that `init` no longer writes was the source's, and not the owner's own."""
    if path[0] == "tables" and len(path) in {2, 4}:
        return True
    return base.get(path) == _digest(entry)


def entries(text: str) -> dict[Path_, Entry]:
    """What a configuration says: its sections, its tables' fields and columns.

    Raises:
        ConfigurationError: It is not a YAML mapping.
    """
    from pipelines.config import PlainLoader

    try:
        root = yaml.compose(text, Loader=PlainLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else None
        raise ConfigurationError("the YAML can't be read", where=line) from error
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError("the configuration must be a mapping")
    lines = text.splitlines()
    found: dict[Path_, Entry] = {}
    for path, key, value in _walk(root):
        first, last = key.start_mark.line, _last_line(value)
        found[path] = Entry(
            first=first,
            last=last,
            indent=key.start_mark.column,
            text="\n".join(lines[first : last + 1]),
            value=_plain(value),
            own_lines=not lines[first][: key.start_mark.column].strip(),
        )
    return found


def _walk(root: yaml.MappingNode) -> Iterator[tuple[Path_, yaml.Node, yaml.Node]]:
    for key, value in root.value:
        if key.value != "tables" or not isinstance(value, yaml.MappingNode):
            yield (str(key.value),), key, value
            continue
        for table, fields in value.value:
            path = ("tables", str(table.value))
            yield path, table, fields
            for field, inner in fields.value if isinstance(fields, yaml.MappingNode) else ():
                if field.value != "columns" or not isinstance(inner, yaml.MappingNode):
                    yield (*path, str(field.value)), field, inner
                    continue
                for column, said in inner.value:
                    yield (*path, "columns", str(column.value)), column, said


def _last_line(node: yaml.Node) -> int:
    """The last line with something of a node on it; a block's own mark lies past its comments."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return node.end_mark.line - (node.end_mark.column == 0 and node.end_mark.line > 0)


def _plain(node: yaml.Node) -> Any:  # noqa: ANN401  whatever the file says
    """The value of a node, as the configuration's own loader reads it."""
    return yaml.constructor.SafeConstructor().construct_document(node)


class _Edits:
    """Changes to lines, made all at once."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._instead: dict[int, list[str]] = {}
        self._after: dict[int, list[str]] = {}
        self._before: dict[int, list[str]] = {}

    def replace(self, mine: Entry, theirs: Entry) -> None:
        for line in range(mine.first, mine.last + 1):
            self._instead[line] = []
        self._instead[mine.first] = _moved(theirs, mine.indent)

    def comment_out(self, mine: Entry) -> None:
        if not mine.own_lines:
            return
        for line in range(mine.first, mine.last + 1):
            text = self._lines[line]
            if not text.strip():
                continue
            kept = text[: mine.indent] + "# " + text[mine.indent :]
            self._instead[line] = [kept]
        first = self._instead[mine.first]
        self._instead[mine.first] = [f"{' ' * mine.indent}# not in the source any more:", *first]

    def insert(self, at: Entry, theirs: Entry, *, after: bool) -> None:
        if after:
            self._after.setdefault(at.last, []).extend(_moved(theirs, at.indent))
        else:
            self._before.setdefault(at.first, []).extend(_moved(theirs, at.indent))

    def lines(self) -> list[str]:
        made: list[str] = []
        for number, line in enumerate(self._lines):
            made += self._before.get(number, [])
            made += self._instead.get(number, [line])
            made += self._after.get(number, [])
        return made


def _moved(entry: Entry, indent: int) -> list[str]:
    """An entry's lines at another indentation."""
    return [
        " " * indent + line[entry.indent :] if line.strip() else ""
        for line in entry.text.split("\n")
    ]


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines())


def _digest(entry: Entry) -> str:
    """Of the text, which shows the owner's hand, and of the value, which shows the source's."""
    return f"{_short(' '.join(entry.text.split()))}:{_of_value(entry.value)}"


def _of_value(value: object) -> str:
    return _short(json.dumps(value, sort_keys=True, default=str))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _with_base(text: str, digests: Mapping[Path_, str]) -> str:
    content = json.dumps([[*path, digest] for path, digest in digests.items()])
    packed = base64.b64encode(zlib.compress(content.encode(), 9)).decode()
    rows = [packed[at : at + _WIDTH] for at in range(0, len(packed), _WIDTH)]
    return "\n".join([text.rstrip("\n"), "", _HEAD, *(_MARK + row for row in rows)]) + "\n"


def _base(text: str) -> dict[Path_, str]:
    """The digests in a file; none where they are missing or spoilt, as in one written by hand."""
    rows = [line.removeprefix(_MARK) for line in text.splitlines() if line.startswith(_MARK)]
    try:
        packed = zlib.decompressobj().decompress(
            base64.b64decode("".join(rows), validate=True), _MOST_BYTES
        )
        return {tuple(path): str(digest) for *path, digest in json.loads(packed)} if rows else {}
    except (binascii.Error, zlib.error, ValueError, TypeError):
        return {}
