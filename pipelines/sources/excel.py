"""Excel workbooks (xlsx, xlsm): one sheet, read row by row.

A formula counts as the value Excel last computed for it. Texts stay texts, except where all of a
column are dates or moments; numbers that Excel shows as dates are dates.
"""

from __future__ import annotations

import warnings
import zipfile
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipelines.base import Note, RawData, RawTable, Source, SourcePath
from pipelines.sources.files import digest, find, keep_caps, opened, stamp, table_name
from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from openpyxl import Workbook

    from pipelines.settings import Settings
    from pipelines.sources.cells import Cells
    from pipelines.sources.files import File
    from tabular.schema import Column

_SUFFIXES = (".xlsx", ".xlsm")
_OLD = b"\xd0\xcf\x11\xe0"
"""How the container of .xls files and of encrypted ones begins."""
_FAULTS = frozenset(
    ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#SPILL!")
)
_ROWS = 5_000
_CELL = 8
"""Bytes that a cell counts for, at least."""


class ExcelSource(Source, frozen=True):
    """A sheet of an Excel workbook (xlsx, xlsm) with a header."""

    kind: Literal["excel"] = "excel"
    path: SourcePath = Field(description="The file.")
    sheet: str | None = Field(
        default=None, description="The sheet's name; needed where several hold cells."
    )

    def read(self, settings: Settings) -> RawData:
        """Read the sheet's rows.

        Raises:
            SourceError: It is not there, no workbook, empty, or above the caps.
            ConfigurationError: There is no such sheet, or it must be named.
        """
        path = self._file()
        with _workbook(path, settings) as book:
            name, rows = self._rows(book, path)
            where = f"{path}, sheet {name!r}"
            header = _header(rows, where)
            keep_caps(settings, where, columns=len(header))
            columns, n_faults = _gathered(rows, header, settings, where)
        table = _typed(columns, n_faults, where)
        return RawData({name if self.sheet else table_name(path): table})

    def fingerprint(self, settings: Settings) -> str:  # noqa: ARG002  the contract's
        """The digest of the file's bytes."""
        return digest((self._file(),))

    def quick_fingerprint(self) -> str:
        """The file's size and time of change."""
        return stamp((self._file(),))

    def _file(self) -> File:
        files = find(self.path, _SUFFIXES)
        if len(files) > 1:
            raise SourceError(
                f"{len(files)} files are there, one is needed",
                where=str(self.path),
                fix="Name one of them",
            )
        return files[0]

    def _rows(self, book: Workbook, path: File) -> tuple[str, Iterator[Sequence[object]]]:
        """The name of the sheet that is meant, and its rows from the first that holds a cell."""
        sheets = {sheet.title: sheet for sheet in book.worksheets}
        named = f"There are {', '.join(map(repr, sheets))}"
        if self.sheet is not None:
            if self.sheet not in sheets:
                raise ConfigurationError(
                    f"there is no sheet {self.sheet!r}", where=str(path), fix=named
                )
            return self.sheet, _from_the_first(sheets[self.sheet])
        full = [name for name, sheet in sheets.items() if any(True for _ in _from_the_first(sheet))]
        if len(full) > 1:
            raise ConfigurationError(
                "several sheets hold cells", where=str(path), fix=f"Set `sheet`. {named}"
            )
        if not full:
            raise SourceError("the workbook is empty", where=str(path))
        return full[0], _from_the_first(sheets[full[0]])


@contextmanager
def _workbook(path: File, settings: Settings) -> Iterator[Workbook]:
    """An open workbook; what it would unfold to is held against the cap first."""
    import openpyxl

    where = str(path)
    damaged = SourceError("the file is damaged, or no workbook of Excel", where=where)
    with opened(path) as stream:
        if stream.peek(4)[:4] == _OLD:
            raise SourceError(
                "it is an .xls file, or protected by a password",
                where=where,
                fix="Save it as .xlsx, without a password",
            )
        try:
            with zipfile.ZipFile(stream) as packed:
                keep_caps(settings, where, n_bytes=sum(f.file_size for f in packed.infolist()))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what in a workbook is not a cell
                book = openpyxl.load_workbook(
                    stream, read_only=True, data_only=True, keep_links=False
                )
                yield book
                book.close()
        except SourceError:
            raise
        except ConfigurationError:
            raise
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  whatever a malformed part makes the library raise
            # Not chained: the library's text can quote a cell.
            raise damaged from None


def _from_the_first(sheet: object) -> Iterator[Sequence[object]]:
    """The rows of a sheet from the first that holds a cell; empty rows are left out."""
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # what the file says of its size need not be true
    for row in sheet.iter_rows(values_only=True):  # type: ignore[attr-defined]
        if any(cell is not None for cell in row):
            yield row


def _header(rows: Iterator[Sequence[object]], where: str) -> list[str]:
    first = next(rows, None)
    if first is None:
        raise SourceError("the sheet is empty", where=where)
    width = max(i for i, cell in enumerate(first) if cell is not None) + 1
    names = [
        f"column_{i}" if cell is None or not str(cell).strip() else str(cell)
        for i, cell in enumerate(first[:width], start=1)
    ]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise SourceError(
            f"column names stand more than once: {', '.join(map(repr, repeated))}",
            where=where,
            fix="Give each column a name of its own",
        )
    return names


def _gathered(
    rows: Iterator[Sequence[object]], header: list[str], settings: Settings, where: str
) -> tuple[dict[str, Cells], dict[str, int]]:
    """The columns' cells, and how many of each are faults such as #DIV/0!."""
    from pipelines.sources.cells import Cells

    columns = {name: Cells() for name in header}
    faults = dict.fromkeys(header, 0)
    n_rows = n_bytes = 0
    while block := list(islice(rows, _ROWS)):
        n_rows += len(block)
        keep_caps(settings, where, rows=n_rows)
        for row in block:
            if any(cell is not None for cell in row[len(header) :]):
                raise SourceError(
                    "there are cells right of the header's last column",
                    where=where,
                    fix="Name their column in the header, or clear them",
                )
        for position, (name, column) in enumerate(columns.items()):
            cells = [row[position] if position < len(row) else None for row in block]
            wrong = [isinstance(cell, str) and cell in _FAULTS for cell in cells]
            faults[name] += sum(wrong)
            there = [None if bad else cell for cell, bad in zip(cells, wrong, strict=True)]
            n_bytes += max(column.add(there), _CELL * len(block))
        keep_caps(settings, where, n_bytes=n_bytes)
    if not n_rows:
        raise SourceError("there is a header, and no rows", where=where)
    return columns, faults


def _typed(columns: dict[str, Cells], faults: dict[str, int], where: str) -> RawTable:
    import pandas as pd
    import pyarrow as pa

    from pipelines.arrow_types import frame_of
    from pipelines.sources.cells import MIXED, as_text_file

    frame: dict[str, pd.Series] = {}
    known: dict[str, Column] = {}
    notes: list[Note] = []
    for name, gathered in columns.items():
        cells, is_mixed = gathered.joined()
        is_text = cells.type == pa.large_string()
        found = as_text_file(name, cells, only_moments=not is_mixed) if is_text else None
        if found is None:
            plain, stays = frame_of(pa.table({name: cells}), where)
            found = plain[name], _days(stays[name], plain[name])
        frame[name], known[name] = found
        notes += [Note(MIXED, name)] if is_mixed else []
        if faults[name]:
            said = f"{faults[name]:,} of its cells hold faults such as #DIV/0!, taken as missing"
            notes.append(Note(said, name))
        if cells.null_count == len(cells):
            notes.append(Note("no cell has a value; a formula never computed has none", name))
    return RawTable(pd.DataFrame(frame, columns=list(frame)), known, notes=tuple(notes))


def _days(column: Column, cells: pd.Series) -> Column:
    """A column of moments that are all midnights is one of days."""
    if column.sdtype != "datetime" or column.datetime_format is not None:
        return column
    there = cells.dropna()
    if not len(there) or not (there == there.dt.normalize()).all():
        return column
    fields = {"datetime_format": "%Y-%m-%d", "decimals": 0, "fixed_decimals": False}
    return type(column).model_validate({**column.model_dump(exclude_unset=True), **fields})
