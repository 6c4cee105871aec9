"""A folder of versioned releases: Parquet files, reports, schema, expectations, dataset card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipelines.base import ConfigPath, Receipt, Sink
from tabular.errors import ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.releases import FileDigest, Release
    from pipelines.settings import Settings


class ParquetSink(Sink, frozen=True):
    """A release store on disk: versioned Parquet with reports, swapped in atomically."""

    kind: Literal["parquet"] = "parquet"
    path: ConfigPath = Field(description="The store: holds a folder per dataset.")

    def write(self, release: Release, settings: Settings) -> Receipt:
        """Publish a release as `<path>/<dataset>/releases/<version>` and point LATEST at it.

        Raises:
            ReleaseError: The store can't be written, is busy, or holds this version already.
        """
        from pipelines.store import Store

        del settings
        folder = Store(self.path).publish(release, _copy)
        return Receipt(
            sink=self.kind,
            location=str(folder),
            version=release.manifest.version,
            rows={name: entry.rows for name, entry in release.manifest.tables.items()},
        )


def _copy(release: Release, table: str, folder: Path) -> FileDigest:
    """The very bytes that were judged, at their place in the release."""
    from pipelines.releases import table_file
    from pipelines.store import copy_file

    source = release.files[table]
    if not (release.schema.tables[table].reference or _is_marked(source)):
        raise ReleaseError("the file is not marked as synthetic", where=f"table {table}")
    file = table_file(table)
    copy_file(source, folder / file)
    return release.manifest.tables[table].model_copy(update={"file": file})


def _is_marked(path: Path) -> bool:
    import pyarrow as pa
    from pyarrow import parquet

    from pipelines.frames import SYNTHETIC_MARK

    try:
        metadata = parquet.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise ReleaseError("the file is no Parquet file", where=str(path)) from error
    return SYNTHETIC_MARK.items() <= metadata.items()
