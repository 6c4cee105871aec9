"""A fuzzer over what Waxwork reads from others: csv, JSON lines, Parquet, SQLite, YAML, models.

    python -m tests.fuzz csv -max_total_time=600 corpus/

Atheris (libFuzzer) steers it, where it is installed; `make fuzz` gives each target a minute. A
finding is any exception that is not one of ours, or a cell in the message of one that is. What it
finds becomes a case of `tests/bad_input.py` or of the test of the part. `tests/test_fuzz.py` runs
mutations of the seeds below without Atheris, the same ones each time.
"""

from __future__ import annotations

import io
import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from tabular.errors import WaxworkError

CANARY = "quokka7531"


def _source(name: str) -> Callable[[bytes, Path], object]:
    def read(data: bytes, folder: Path) -> object:
        from pipelines.settings import Settings
        from pipelines.source_text import source_of_file

        path = folder / name
        path.write_bytes(data)
        return source_of_file(path).read(Settings(max_bytes=10_000_000, max_rows=100_000))

    return read


def _config(data: bytes, folder: Path) -> object:
    from pipelines.config import load

    path = folder / "c.yaml"
    path.write_bytes(data)
    return load(path)


def _model(data: bytes, folder: Path) -> object:
    from generators import artifacts

    text, _, arrays = data.partition(b"\n\0\n")
    (folder / "model.json").write_bytes(text)
    (folder / "arrays.safetensors").write_bytes(arrays)
    return artifacts.load(folder)


def _sqlite_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "x.db")
        connection.execute("create table t (a int check (a > 0), b text, c date)")
        connection.execute(f"insert into t values (1, '{CANARY}', '2024-01-01')")  # noqa: S608
        connection.commit()
        connection.close()
        return (Path(folder) / "x.db").read_bytes()


def _parquet_bytes() -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table({"a": [1, None], "b": [CANARY, "x"]}), stream)
    return stream.getvalue()


TARGETS: dict[str, tuple[Callable[[bytes, Path], object], list[bytes]]] = {
    "csv": (
        _source("x.csv"),
        [
            f'a,b\n1,"{CANARY}"\n2024-01-01,01/02/2020\n"1,5",\n'.encode(),
            "a;ü\n1.234,5;24-Mar-1996\n".encode("cp1252"),
            "a\tb\n1\t2020-01-01T10:00:00+01:00\n".encode("utf-16"),
        ],
    ),
    "jsonl": (
        _source("x.jsonl"),
        [json.dumps({"a": 1, "b": {"c": CANARY}, "d": None, "e": "2024-01-01"}).encode()],
    ),
    "parquet": (_source("x.parquet"), [_parquet_bytes()]),
    "sqlite": (_source("x.db"), [_sqlite_bytes()]),
    "config": (
        _config,
        [b"name: x\nsource: {kind: csv, path: x.csv}\nrows: 10%\nchecks: {copies: false}\n"],
    ),
    "model": (_model, [b'{"format": 1, "kind": "independent", "values": {}}\n\0\n' + bytes(16)]),
}
"""What is fed, and the seeds it starts from."""


def feed(name: str, data: bytes) -> None:
    """Give one input to a target.

    Raises:
        AssertionError: The answer holds a cell.
        Exception: A finding.
    """
    run, _ = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(data, Path(folder))
        except WaxworkError as error:
            said = f"{error}{error.__cause__ or ''}"
            assert CANARY not in said, "a cell is in the message"


def main() -> None:
    """Fuzz one target until libFuzzer is told to stop."""
    import atheris

    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["pipelines", "tabular", "generators"]):
        import pipelines.source_text
        import pipelines.text_types  # noqa: F401
    atheris.Setup(sys.argv, lambda data: feed(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
