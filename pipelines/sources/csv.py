"""Delimited text files: csv, tsv, plain or compressed with gzip or zstd."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field, field_validator

from pipelines.base import Note, RawData, RawTable, Source, SourcePath
from pipelines.sources.encodings import one_byte
from pipelines.sources.files import digest, find, keep_caps, stamp, table_name
from pipelines.sources.text_stream import NotUtf8Error, TextStream
from tabular.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from pipelines.settings import Settings
    from pipelines.sources.files import File

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 1 << 18
_BLOCK = 8 << 20
_SAMPLE_ROWS = 200


class CsvSource(Source, frozen=True):
    """A delimited text file (csv, tsv; plain, .gz or .zst) with a header."""

    kind: Literal["csv"] = "csv"
    path: SourcePath = Field(description="The file.")
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="Between cells; found out among comma, semicolon, tab and bar if left out.",
    )
    encoding: str | None = Field(
        default=None,
        description="Of the text, as Python names it; found out among UTF-8, UTF-16 and cp1252 if "
        "left out.",
    )
    decimal: Literal[".", ","] | None = Field(
        default=None, description="The decimal mark; found out column by column if left out."
    )
    missing: tuple[str, ...] | None = Field(
        default=None,
        description="Tokens that mean a missing cell, instead of the usual ones; "
        "an empty cell always does.",
    )

    @field_validator("delimiter")
    @classmethod
    def _delimits(cls, value: str | None) -> str | None:
        if value is not None and value in '"\r\n':
            message = "a delimiter can't be a quote or a line's end"
            raise ValueError(message)
        return value

    def read(self, settings: Settings) -> RawData:
        """Read the file's rows, typed by their text.

        Raises:
            SourceError: It is not there, no text, empty, ragged, or above the caps.
            ConfigurationError: There is no such encoding.
        """
        path = self._file()
        try:
            return self._read(path, self.encoding, None, settings)
        except NotUtf8Error as error:
            # It began as UTF-8: what it is shows in the bytes that are not.
            encoding, note = one_byte(error.sample, str(path))
        return self._read(path, encoding, note, settings)

    def _read(
        self, path: File, encoding: str | None, note: str | None, settings: Settings
    ) -> RawData:
        from pipelines.text_types import typed

        where = str(path)
        with TextStream(path, encoding, settings) as stream:
            head = _head(stream)
            delimiter = self.delimiter or _delimiter(head)
            names, size = _header(head, delimiter, where)
            keep_caps(settings, where, columns=len(names))
            body = _Chained(head[size:], stream)
            form = _Form(path, names, delimiter, stream.encoding)
            cells = _cells(body, form, settings)
            n_quotes = stream.n_quotes
            notes = _notes(form, note or stream.note)
        if not cells.num_rows:
            raise SourceError("there is a header, and no rows", where=where)
        # Arrow lets the end of the file close a quote, and so takes all rows after it for a cell.
        suspect = n_quotes % 2 == 1 or (n_quotes > 0 and _ends_in_a_line_end(cells))
        if suspect and (fault := _fault(form, settings)):
            raise fault
        frame, columns = typed(
            cells, missing=self.missing, decimal=self.decimal, delimiter=delimiter, notes=notes
        )
        return RawData({table_name(path): RawTable(frame, columns, notes=tuple(notes))})

    def fingerprint(self, settings: Settings) -> str:  # noqa: ARG002  the contract's
        """The digest of the file's bytes."""
        return digest((self._file(),))

    def quick_fingerprint(self) -> str:
        """The file's size and time of change."""
        return stamp((self._file(),))

    def _file(self) -> File:
        files = find(self.path, (".csv", ".tsv", ".txt", ".gz", ".zst"))
        if len(files) > 1:
            raise SourceError(
                f"{len(files)} files are there, one is needed",
                where=str(self.path),
                fix="Name one of them",
            )
        return files[0]


class _Form(NamedTuple):
    """How a file is written."""

    path: File
    names: list[str]
    delimiter: str
    encoding: str


def _notes(form: _Form, encoding: str | None) -> list[Note]:
    """What was found out of a file that is not the usual, for its owner to confirm."""
    notes = []
    if encoding is not None:
        notes.append(Note(encoding, settle=f"encoding: {form.encoding}  # of the source"))
    if form.delimiter != ",":
        shown = {"\t": '"\\t"'}.get(form.delimiter, f'"{form.delimiter}"')
        said = f"the delimiter is {shown}"
        notes.append(Note(said, settle=f"delimiter: {shown}  # of the source"))
    return notes


def _cells(body: io.RawIOBase, form: _Form, settings: Settings) -> pa.Table:
    """All cells as strings."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    ragged = False

    def refuse(row: arrow.InvalidRow) -> str:  # noqa: ARG001  the library's
        nonlocal ragged
        ragged = True
        return "error"

    batches: list[pa.RecordBatch] = []
    n_rows = 0
    try:
        reader = arrow.open_csv(
            # Arrow takes a short read for a short block, so reads are made full.
            pa.PythonFile(io.BufferedReader(body, _BLOCK), mode="r"),
            read_options=arrow.ReadOptions(column_names=form.names, block_size=_BLOCK),
            parse_options=arrow.ParseOptions(
                delimiter=form.delimiter,
                newlines_in_values=True,
                # A blank line is a missing cell where there is but one column.
                ignore_empty_lines=len(form.names) > 1,
                invalid_row_handler=refuse,
            ),
            convert_options=arrow.ConvertOptions(
                column_types=dict.fromkeys(form.names, pa.large_string()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        for batch in reader:
            n_rows += batch.num_rows
            keep_caps(settings, str(form.path), rows=n_rows)
            batches.append(batch)
    except pa.ArrowInvalid as error:
        if not ragged and "Empty CSV file" in str(error):
            return pa.table({name: pa.array([], pa.large_string()) for name in form.names})
        # The library's message holds the row itself.
        fault = _fault(form, settings) or SourceError(
            f"the rows can't be told apart; one may be longer than {_BLOCK:,} bytes",
            where=str(form.path),
        )
        raise fault from None
    return pa.Table.from_batches(batches, reader.schema)


def _fault(form: _Form, settings: Settings) -> SourceError | None:
    """Where the file breaks its form, if it does, by a slow and careful second reading."""
    where = str(form.path)
    with TextStream(form.path, form.encoding, settings) as stream:
        lines = io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8", newline="")
        rows = csv.reader(lines, delimiter=form.delimiter, strict=True)
        start = 1
        limit = csv.field_size_limit(sys.maxsize)
        try:
            for row in rows:
                if row and len(row) != len(form.names):
                    return SourceError(
                        f"line {start} has {len(row)} cells, the header has {len(form.names)}",
                        where=where,
                        fix="Mend the line, or set `delimiter` if another one is used",
                    )
                start = rows.line_num + 1
        except csv.Error:
            return SourceError(
                f"the quotes of the row that begins on line {start} don't match",
                where=where,
                fix='Quotes within a cell are doubled: "a ""quoted"" word"',
            )
        finally:
            csv.field_size_limit(limit)
    return None


class _Chained(io.RawIOBase):
    """Bytes that were read already, then the rest of their stream."""

    def __init__(self, first: bytes, rest: io.RawIOBase) -> None:
        super().__init__()
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        if not self._first:
            return self._rest.readinto(buffer)
        view = memoryview(buffer).cast("B")
        taken, self._first = self._first[: len(view)], self._first[len(view) :]
        view[: len(taken)] = taken
        return len(taken)


def _ends_in_a_line_end(cells: pa.Table) -> bool:
    """Whether the very last cell holds the end of a line."""
    last = str(cells.column(cells.num_columns - 1)[-1].as_py())
    return "\n" in last or "\r" in last


def _head(stream: io.RawIOBase) -> bytes:
    """The beginning of a stream."""
    parts: list[bytes] = []
    size = 0
    while size < _SAMPLE:
        part = stream.read(_SAMPLE - size)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _delimiter(head: bytes) -> str:
    """The delimiter under which most rows have as many cells as the header, and the most."""
    text = head.decode(errors="ignore")
    best, most = _DELIMITERS[0], (0.0, 0)
    for delimiter in _DELIMITERS:
        sizes: list[int] = []
        try:
            for row in _records(text, delimiter):
                if row:
                    sizes.append(len(row))
                if len(sizes) > _SAMPLE_ROWS:
                    break
        except csv.Error:
            pass
        if not sizes or sizes[0] == 1:
            continue
        # The last row may be cut off by the sample's end.
        rows = sizes[1:-1] or sizes[1:]
        share = sum(size == sizes[0] for size in rows) / len(rows) if rows else 1.0
        if (share, sizes[0]) > most:
            best, most = delimiter, (share, sizes[0])
    return best


def _header(head: bytes, delimiter: str, where: str) -> tuple[list[str], int]:
    """The columns' names, and how many bytes they take with the line's end.

    Raises:
        SourceError: There is no header, or two columns share a name.
    """
    blank = len(head) - len(head.lstrip(b"\r\n"))
    size = blank + _record_size(head[blank:])
    text = head[blank:size].decode()
    if not text.strip():
        raise SourceError("the file is empty", where=where)
    names = [
        # A name that is left out is the index of a frame, most often.
        name if name.strip() else f"column_{position}"
        for position, name in enumerate(next(_records(text, delimiter)), start=1)
    ]
    if repeated := _repeated(names):
        raise SourceError(
            f"column names stand more than once: {', '.join(map(repr, repeated))}",
            where=where,
            fix="Give each column a name of its own",
        )
    return names, size


def _repeated(names: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]


def _record_size(head: bytes) -> int:
    """Bytes of the first record, its line's end included; line ends within quotes don't count."""
    start = 0
    while True:
        ends = [end for end in (head.find(b"\n", start), head.find(b"\r", start)) if end >= 0]
        if not ends:
            return len(head)
        end = min(ends)
        if head.count(b'"', 0, end) % 2 == 0:
            return end + (2 if head[end : end + 2] == b"\r\n" else 1)
        start = end + 1
