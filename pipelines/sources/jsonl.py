"""JSON lines: one object per line, plain or compressed with gzip or zstd.

Texts stay texts, except where all of a column are dates or moments. An object within a row is
flattened one level, as `address.city`; what is deeper, and arrays, are refused by their path. A key
that a row lacks is a missing cell, as `null` is. Numbers are what JSON calls them: whole ones stay
whole however long, others are floats.
"""

from __future__ import annotations

import io
import json
from itertools import islice
from typing import TYPE_CHECKING, Literal, NoReturn

from pydantic import Field

from pipelines.base import Note, RawData, RawTable, Source, SourcePath
from pipelines.sources.files import digest, find, keep_caps, stamp, table_name
from pipelines.sources.text_stream import TextStream
from tabular.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from pipelines.settings import Settings
    from pipelines.sources.cells import Cells
    from tabular.schema import Column

_SUFFIXES = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst")
_ROWS = 20_000


class JsonlSource(Source, frozen=True):
    """JSON lines (jsonl, ndjson; plain, .gz or .zst): files of one object per line."""

    kind: Literal["jsonl"] = "jsonl"
    path: SourcePath = Field(description="A file, a folder, or a pattern such as data/*.jsonl.")
    encoding: str = Field(default="utf-8", description="Of the text, as Python names it.")

    def read(self, settings: Settings) -> RawData:
        """Read all files' rows, in the order of their names.

        Raises:
            SourceError: None is there, a line is no object, a value is nested deeper than one
                level, or they are above the caps.
            ConfigurationError: There is no such encoding.
        """
        import pandas as pd

        gathered = _Gathered(settings)
        for file in find(self.path, _SUFFIXES):
            with TextStream(file, self.encoding, settings) as stream:
                for start, rows in _blocks(stream, str(file)):
                    gathered.take(rows, str(file), start)
        where = str(self.path)
        if not gathered.n_rows:
            raise SourceError("there are no rows", where=where)
        if not gathered.columns:
            raise SourceError("there are no keys in any row", where=where)
        frame: dict[str, pd.Series] = {}
        known: dict[str, Column] = {}
        notes: list[Note] = []
        for name, (series, column, note) in gathered.typed(where):
            frame[name], known[name] = series, column
            notes += [Note(note, name)] if note else []
        table = RawTable(pd.DataFrame(frame, columns=list(frame)), known, notes=tuple(notes))
        return RawData({table_name(self.path): table})

    def fingerprint(self, settings: Settings) -> str:  # noqa: ARG002  the contract's
        """The digest of the files' bytes."""
        return digest(find(self.path, _SUFFIXES))

    def quick_fingerprint(self) -> str:
        """The files' names, sizes and times of change."""
        return stamp(find(self.path, _SUFFIXES))


def _blocks(stream: TextStream, where: str) -> Iterator[tuple[int, list[dict[str, object]]]]:
    """The rows of a file in blocks, each with the number of its first line."""
    lines = io.BufferedReader(stream)
    start = 1
    decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant).decode
    while texts := list(islice(lines, _ROWS)):
        rows: list[dict[str, object]] = []
        for number, text in enumerate(texts, start=start):
            if not text.isspace():
                rows.append(_row(decode, text, f"{where}, line {number}"))
        yield start, rows
        start += len(texts)


def _row(decode: object, text: bytes, where: str) -> dict[str, object]:
    try:
        row = decode(text.decode())  # type: ignore[operator]
    except RecursionError:
        raise _nested("the row", where) from None
    except _TwiceError as error:
        raise SourceError(f"the key {error.args[0]!r} stands twice", where=where) from None
    except ValueError:
        # The library's message is chained nowhere: it holds the line.
        raise SourceError(
            "it is not JSON", where=where, fix='Each line is one object: {"key": value, ...}'
        ) from None
    if not isinstance(row, dict):
        raise SourceError(
            "it is JSON, and no object",
            where=where,
            fix="Each line is one object; `jq -c '.[]'` makes lines of an array",
        )
    return row


class _TwiceError(Exception):
    """A key that stands twice in one object."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return found


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _nested(what: str, where: str) -> SourceError:
    return SourceError(
        f"{what} is nested deeper than one level, which no table of Waxwork holds",
        where=where,
        fix="Take it apart into plain keys, or leave it out, before",
    )


class _Gathered:
    """The columns of all rows read so far, in parts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.n_rows = 0
        self.columns: dict[str, Cells] = {}

    def take(self, rows: list[dict[str, object]], where: str, start: int) -> None:
        """Add a block of rows.

        Raises:
            SourceError: A value is nested, two columns share a name, or there are too many.
        """
        from pipelines.sources.cells import Cells

        if not rows:
            return
        near = f"{where}, from line {start:,}"
        names = dict.fromkeys(name for row in rows for name in row)
        found: dict[str, list[object]] = {}
        for name in names:
            cells = [row.get(name) for row in rows]
            if dict not in set(map(type, cells)):
                pieces = {name: cells}
            else:
                pieces = _flattened(name, cells, near)
            for label, values in pieces.items():
                if label in found:
                    raise SourceError(f"the key {label!r} stands twice, once as a path", where=near)
                if set(map(type, values)) & {list, dict}:
                    raise _nested(f"the value of {label!r}", near)
                found[label] = values
        keep_caps(
            self._settings,
            where,
            rows=self.n_rows + len(rows),
            columns=len(self.columns.keys() | found.keys()),
        )
        for label, values in found.items():
            if label not in self.columns:
                self.columns[label] = Cells()
                self.columns[label].pad(self.n_rows)
            self.columns[label].add(values)
        for label in self.columns.keys() - found.keys():
            self.columns[label].pad(len(rows))
        self.n_rows += len(rows)

    def typed(self, where: str) -> Iterator[tuple[str, tuple[pd.Series, Column, str | None]]]:
        """Each column in its type, with a note where its values are of several."""
        import pyarrow as pa

        from pipelines.arrow_types import frame_of
        from pipelines.sources.cells import MIXED, as_text_file

        for name, gathered in self.columns.items():
            cells, is_mixed = gathered.joined()
            is_text = cells.type == pa.large_string()
            found = as_text_file(name, cells, only_moments=not is_mixed) if is_text else None
            if found is None:
                plain, stays = frame_of(pa.table({name: cells}), where)
                found = plain[name], stays[name]
            yield name, (*found, MIXED if is_mixed else None)


def _flattened(name: str, cells: list[object], where: str) -> dict[str, list[object]]:
    """A column of objects as one column for each of their keys."""
    if any(not isinstance(cell, dict) and cell is not None for cell in cells):
        raise SourceError(
            f"the value of {name!r} is an object in some rows and none in others",
            where=where,
            fix="Make it one or the other",
        )
    objects: list[dict[str, object]] = [cell if isinstance(cell, dict) else {} for cell in cells]
    keys = dict.fromkeys(key for each in objects for key in each)
    return {f"{name}.{key}": [each.get(key) for each in objects] for key in keys}
