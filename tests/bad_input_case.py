"""One bad input: the files it makes, what it is run in, and what is answered."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import resource
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psycopg
import pyarrow as pa
from pyarrow import parquet

CANARY = "quokka7531"
"""Stands in cells; no answer may repeat it."""
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")


@dataclass(frozen=True)
class Case:
    """One bad input.

    Args:
        make: Writes its files into a folder.
        command: What is run.
        code: The exit code that is right.
        says: What the answer has in it; for a run that is right, of the configuration written.
        settings: Variables of the environment.
        place: What to run it in, such as a full disk.
        needs: A server that it needs.
    """

    make: Callable[[Path], object]
    command: tuple[str, ...]
    code: int
    says: str
    settings: dict[str, str] = field(default_factory=dict)
    place: Callable[[Path], contextlib.AbstractContextManager[object]] | None = None
    needs: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a case ended in: exit code, the lines a user sees, files left in the folder."""

    code: int
    out: str
    err: str
    left: frozenset[str]


def answer(case: Case, folder: Path) -> Answer:
    """Run a case in an empty folder."""
    from pipelines.cli import entry

    case.make(folder)
    before = {path.name for path in folder.iterdir()}
    out, err = io.StringIO(), io.StringIO()
    arguments = [part.replace("{folder}", str(folder)) for part in case.command]
    place = case.place(folder) if case.place else contextlib.nullcontext()
    kept = {name: os.environ.get(name) for name in case.settings}
    os.environ.update(case.settings)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), place:
            code = entry(arguments)
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    left = {path.name for path in folder.iterdir()} - before
    return Answer(code, out.getvalue(), err.getvalue(), frozenset(left))


def file(name: str, content: bytes | str) -> Callable[[Path], object]:
    """Writes one file."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data)


def init(name: str, content: bytes | str, code: int, says: str, **settings: str) -> Case:
    """`waxwork init` on a file."""
    variables = {f"WAXWORK_{key.upper()}": value for key, value in settings.items()}
    return Case(file(name, content), ("init", f"{{folder}}/{name}"), code, says, variables)


def frame(says: str, **columns: object) -> Case:
    """`waxwork init` on a Parquet file of these columns, which is read."""

    def make(folder: Path) -> None:
        pd.DataFrame(columns).to_parquet(folder / "x.parquet", index=False)

    return Case(make, ("init", "{folder}/x.parquet"), 0, says)


def table(code: int, says: str, **columns: pa.Array) -> Case:
    """`waxwork init` on a Parquet file of these Arrow columns."""

    def make(folder: Path) -> None:
        parquet.write_table(pa.table(columns), folder / "x.parquet")

    return Case(make, ("init", "{folder}/x.parquet"), code, says)


def sqlite(script: str, code: int, says: str) -> Case:
    """`waxwork init` on a database of SQLite."""

    def make(folder: Path) -> None:
        connection = sqlite3.connect(folder / "x.db")
        connection.executescript(script)
        connection.close()

    return Case(make, ("init", "{folder}/x.db"), code, says)


def workbook(code: int, says: str, *rows: list[object]) -> Case:
    """`waxwork init` on a workbook of Excel."""

    def make(folder: Path) -> None:
        import openpyxl

        book = openpyxl.Workbook()
        assert book.active is not None
        for row in rows:
            book.active.append(row)
        book.save(folder / "x.xlsx")

    return Case(make, ("init", "{folder}/x.xlsx"), code, says)


def config(text: str, code: int, says: str) -> Case:
    """`waxwork run` on a configuration."""
    return Case(file("c.yaml", text), ("run", "{folder}/c.yaml"), code, says)


def _zip(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def _parquet_bytes(**columns: object) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table(columns), stream, compression="none", use_dictionary=False)
    return stream.getvalue()


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[None]:  # noqa: ARG001  as every place
    """No file may grow past some hundred bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def unreadable(folder: Path) -> Iterator[None]:
    """The files may not be read, not even by root, who lays down that right for a while."""
    for path in folder.iterdir():
        path.chmod(0)
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # capget(2), version 3, this thread
    rights = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 bits
    assert libc.capget(header, rights) == 0
    effective = rights[0]
    rights[0] = effective & ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert libc.capset(header, rights) == 0
    try:
        yield
    finally:
        rights[0] = effective
        assert libc.capset(header, rights) == 0


@contextlib.contextmanager
def leaving(folder: Path) -> Iterator[None]:  # noqa: ARG001  as every place
    """A view that ends the connection of whoever reads its ninth row."""
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute("drop schema if exists waxwork_bad_input cascade")
        connection.execute("create schema waxwork_bad_input")
        connection.execute(
            "create view waxwork_bad_input.leaving as select g, case when g = 9"
            " then pg_terminate_backend(pg_backend_pid()) end as x from generate_series(1, 99) as g"
        )
        try:
            yield
        finally:
            connection.execute("drop schema waxwork_bad_input cascade")


def rows(*lines: str) -> str:
    return "\n".join(lines) + "\n"
