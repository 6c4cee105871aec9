"""A folder of versioned releases as CSV, in the text format of the source; and `write_csv`."""

from __future__ import annotations

import contextlib
import gzip
import logging
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from pydantic import Field

from pipelines.base import ConfigPath, Receipt, Sink
from pipelines.releases import file_name
from pipelines.store import Store, is_there
from tabular.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    import pyarrow as pa

    from pipelines.releases import Release
    from pipelines.settings import Settings
    from tabular.schema import TableSchema

_LOG = logging.getLogger(__name__)
_ROWS_AT_ONCE = 100_000
_SUFFIXES = {"none": ".csv", "gzip": ".csv.gz", "zstd": ".csv.zst"}
# What spreadsheets take for the begin of a formula (OWASP, "CSV Injection"), with the full-width
# forms that some of them fold, and what is no formula although it begins like one.
_FORMULA = "^[=+\\-@\t\r\n＝＋－＠]"  # noqa: RUF001  the full-width forms are meant
_PLAIN_NUMBER = (
    r"^[+-]?([0-9]+\.?[0-9]*|[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
)
_NEEDS_QUOTES = '[",\r\n]'
_NEVER_FORMULAS = ("int", "uint", "float", "bool", "datetime", "date", "decimal")


class CsvSink(Sink, frozen=True):
    """A release store on disk: versioned CSV in the source's own text format, with reports.

    With `formulas: neutralise`, the default, text that a spreadsheet would run as a formula
    (`=...`, `@...`, `-5 to 0`) gets a leading apostrophe, also where the source has that very
    text. With `keep` it is written as it is: for files that programs read.
    """

    kind: Literal["csv"] = "csv"
    path: ConfigPath = Field(description="The store: holds a folder per dataset.")
    compression: Literal["none", "gzip", "zstd"] = "none"
    formulas: Literal["neutralise", "keep"] = Field(
        default="neutralise",
        description="Text that a spreadsheet would run as a formula: put an apostrophe before it, "
        "or keep it as it is in the source.",
    )

    def write(self, release: Release, settings: Settings) -> Receipt:
        """Publish `<path>/<dataset>/releases/<version>/data/<table>.csv` and point LATEST at it.

        Raises:
            ReleaseError: The store can't be written, or holds this version already.
            SinkUnavailable: Another publisher is at work.
        """
        del settings
        form = _Csv(_SUFFIXES[self.compression], neutralise=self.formulas == "neutralise")
        folder = Store(self.path).publish(release, form)
        return Receipt(
            sink=self.kind,
            location=str(folder),
            version=release.manifest.version,
            rows={name: entry.rows for name, entry in release.manifest.tables.items()},
            notes=tuple(form.notes),
        )

    def still_holds(self, receipt: Receipt, settings: Settings) -> bool:
        """Whether all files of the release are there."""
        del settings
        return is_there(Path(receipt.location), receipt.version)


@dataclass(frozen=True)
class _Csv:
    """One text file per table, and what there is to note of them."""

    suffix: str
    neutralise: bool
    notes: list[str] = field(default_factory=list)

    def file(self, table: str) -> str:
        return f"data/{file_name(table)}{self.suffix}"

    def write(self, release: Release, table: str, path: Path) -> None:
        rows, schema = release.frame(table), release.schema.tables[table]
        neutralised = write_csv(rows, path, schema, neutralise=self.neutralise)
        if neutralised:
            self.notes.append(f"table {table}: {_said(neutralised)}")


def write_csv(
    rows: pd.DataFrame | Iterable[pd.DataFrame],
    path: Path,
    schema: TableSchema,
    *,
    neutralise: bool,
) -> int:
    """Write rows as the source's text file would hold them, whole or not at all.

    Missing cells, numbers, dates and the order of columns are as in the source.

    Args:
        rows: Rows with the schema's columns, in one frame or in several.
        path: Ends in `.csv`, `.csv.gz` or `.csv.zst`.
        schema: Holds the text format of each column.
        neutralise: Whether a text cell or header that a spreadsheet would run as a formula (it
            starts with `=`, `+`, `-`, `@`, a tab or a line break, and is no plain number) gets a
            leading apostrophe. Without, every text is written as it is.

    Returns:
        How many cells, headers too, got an apostrophe.

    Raises:
        ReleaseError: The file can't be written.
    """
    try:
        with _whole_file(path) as raw, _compressed(raw, path) as file:
            changed = _write_rows(rows, file, schema, neutralise=neutralise)
    except OSError as error:
        raise ReleaseError(
            f"the file can't be written: {error.strerror or type(error).__name__}", where=str(path)
        ) from error
    if changed:
        _LOG.warning("%s: %s", path.name, _said(changed))
    return changed


def _said(n: int) -> str:
    cells = "1 cell" if n == 1 else f"{n} cells"
    return f"{cells} that a spreadsheet would run as a formula got a leading apostrophe"


def _write_rows(
    rows: pd.DataFrame | Iterable[pd.DataFrame],
    file: IO[bytes],
    schema: TableSchema,
    *,
    neutralise: bool,
) -> int:
    import pandas as pd
    import pyarrow as pa

    from pipelines.text_formats import to_text

    header = pa.array(schema.names, type=pa.string())
    changed = 0
    if neutralise:
        header, changed = _neutral(header)
    file.write(_lines([header.slice(i, 1) for i in range(len(header))]))
    for part in _parts([rows] if isinstance(rows, pd.DataFrame) else rows):
        text = to_text(part, schema.columns)
        cells = []
        for column in schema.columns:
            written = pa.array(text[column.name].astype(object), type=pa.string())
            if neutralise and not column.dtype.lower().startswith(_NEVER_FORMULAS):
                # A missing cell is the source's own token, which may well be a dash.
                there = pa.array(part[column.name].notna().to_numpy())
                written, found = _neutral(written, there)
                changed += found
            cells.append(written)
        file.write(_lines(cells))
    return changed


def _parts(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for frame in frames:
        for start in range(0, len(frame), _ROWS_AT_ONCE):
            yield frame.iloc[start : start + _ROWS_AT_ONCE]


def _neutral(cells: pa.Array, there: pa.Array | None = None) -> tuple[pa.Array, int]:
    """Cells with an apostrophe before those that a spreadsheet would run; how many these are."""
    import pyarrow.compute as pc

    formula = pc.match_substring_regex(cells, _FORMULA)
    if not pc.any(formula).as_py():
        return cells, 0
    runs = pc.and_not(formula, pc.match_substring_regex(cells, _PLAIN_NUMBER))
    if there is not None:
        runs = pc.and_(runs, there)
    safe = pc.binary_join_element_wise("'", cells, "")
    return pc.if_else(runs, safe, cells), pc.sum(runs).as_py() or 0


def _lines(columns: list[pa.Array]) -> bytes:
    """Rows of CSV (RFC 4180) with bare line feeds."""
    import pyarrow.compute as pc

    quoted = [_quoted(cells) for cells in columns]
    if len(quoted) == 1:
        # A line with nothing on it is no row to most readers.
        cells = quoted[0]
        quoted = [pc.if_else(pc.equal(cells, ""), '""', cells)]
    lines = pc.binary_join_element_wise(*quoted, ",") if len(quoted) > 1 else quoted[0]
    return ("\n".join(lines.to_pylist()) + "\n").encode()


def _quoted(cells: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    needs = pc.match_substring_regex(cells, _NEEDS_QUOTES)
    if not pc.any(needs).as_py():
        return cells
    doubled = pc.replace_substring(cells, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), cells)


@contextmanager
def _whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name only once it is whole and on the disk."""
    staging = path.with_name(f".staging-{secrets.token_hex(8)}")
    # Not `mkstemp`: the file is public, so that its mode is what the umask gives.
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        staging.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            staging.unlink()


@contextmanager
def _compressed(raw: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    """Compression by the name of the file; the same rows give the same bytes."""
    if path.suffix == ".gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as file:
            yield file  # type: ignore[misc]  # it is a binary stream
    elif path.suffix == ".zst":
        import zstandard

        with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as file:
            yield file
    else:
        yield raw
