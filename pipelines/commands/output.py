"""Tables into files: csv (plain, gz, zst) and Parquet, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tabular.errors import ConfigurationError, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabular.dataset import Table
    from tabular.schema import TableSchema


class Writer(Protocol):
    """Writes the parts of one table to the file it was made for."""

    def __call__(self, parts: Iterable[Table], schema: TableSchema) -> None:
        """Write all parts."""
        ...


def writer(out: Path, *, synthetic: bool = True) -> Writer:
    """The writer for a file's suffix.

    Args:
        out: The file.
        synthetic: Whether a format that can be marked says that the rows are synthetic.

    Raises:
        ConfigurationError: No format has this suffix, or the folder is not there.
    """
    if not out.parent.is_dir():
        raise ConfigurationError("the folder is not there", where=str(out.parent))
    name = out.name.lower()
    if name.endswith((".csv", ".csv.gz", ".csv.zst")):
        return lambda parts, schema: _csv(parts, schema, out)
    if name.endswith(".parquet"):
        return lambda parts, schema: _whole(
            out, lambda path: _parquet(parts, schema, path, synthetic=synthetic)
        )
    raise ConfigurationError(
        f"no format is known for {out.suffix or 'a name without suffix'}",
        where=str(out),
        fix="Use .csv, .csv.gz, .csv.zst or .parquet",
    )


def _csv(parts: Iterable[Table], schema: TableSchema, path: Path) -> None:
    from pipelines.sinks.csv import write_csv

    # Text as the source has it, formulas too: a file to read and check against the source.
    write_csv((part.frame for part in parts), path, schema, neutralise=False)


def _parquet(parts: Iterable[Table], schema: TableSchema, path: Path, *, synthetic: bool) -> None:
    from pipelines.frames import write_parquet_parts

    write_parquet_parts((part.frame for part in parts), path, schema=schema, synthetic=synthetic)


def _whole(out: Path, write: object) -> None:
    """Write beside the file and swap it in, so that a failure leaves what was there."""
    assert callable(write)  # noqa: S101  for the type checker
    descriptor, name = tempfile.mkstemp(dir=out.parent, prefix=".", suffix=f".{out.name}")
    os.close(descriptor)
    temporary = Path(name)
    try:
        write(temporary)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(out)
    except OSError as error:
        raise ReleaseError(f"can't be written: {error.strerror}", where=str(out)) from error
    finally:
        temporary.unlink(missing_ok=True)
