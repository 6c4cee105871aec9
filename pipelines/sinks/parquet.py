"""A folder of versioned releases: Parquet files, reports, schema, expectations, dataset card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipelines.base import ConfigPath, Receipt, Sink
from pipelines.durable import copy_file
from pipelines.releases import sha256, table_file
from pipelines.store import Store, is_there
from tabular.errors import ReleaseError

if TYPE_CHECKING:
    from pipelines.releases import Release
    from pipelines.settings import Settings


class ParquetSink(Sink, frozen=True):
    """A release store on disk: versioned Parquet with reports, swapped in atomically."""

    kind: Literal["parquet"] = "parquet"
    path: ConfigPath = Field(description="The store: holds a folder per dataset.")

    def write(self, release: Release, settings: Settings) -> Receipt:
        """Publish a release as `<path>/<dataset>/releases/<version>` and point LATEST at it.

        Raises:
            ReleaseError: The store can't be written, or holds this version already.
            SinkUnavailable: Another publisher is at work.
        """
        del settings
        folder = Store(self.path).publish(release, _Parquet())
        return Receipt(
            sink=self.kind,
            location=str(folder),
            version=release.manifest.version,
            rows={name: entry.rows for name, entry in release.manifest.tables.items()},
        )

    def still_holds(self, receipt: Receipt, settings: Settings) -> bool:
        """Whether all files of the release are there."""
        del settings
        return is_there(Path(receipt.location), receipt.version)


class _Parquet:
    """The very bytes that were judged."""

    def file(self, table: str) -> str:
        return table_file(table)

    def write(self, release: Release, table: str, path: Path) -> None:
        source = release.files[table]
        if not (release.schema.tables[table].reference or _is_marked(source)):
            raise ReleaseError("the file is not marked as synthetic", where=f"table {table}")
        copy_file(source, path)
        if sha256(path) != release.manifest.tables[table].sha256:
            raise ReleaseError("the data is not the data that was judged", where=f"table {table}")


def _is_marked(path: Path) -> bool:
    import pyarrow as pa
    from pyarrow import parquet

    from pipelines.frames import SYNTHETIC_MARK

    try:
        metadata = parquet.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise ReleaseError("the file is no Parquet file", where=str(path)) from error
    return SYNTHETIC_MARK.items() <= metadata.items()
