"""Parquet: a file, a folder of files, or a wildcard; all of them are one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipelines.base import RawData, RawTable, Source, SourcePath
from pipelines.sources.files import digest, find, keep_caps, opened, stamp, table_name
from tabular.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

    from pipelines.settings import Settings
    from pipelines.sources.files import File

_SUFFIXES = (".parquet", ".pq")


class ParquetSource(Source, frozen=True):
    """Parquet files: one, a folder's, or those of a wildcard, read as one table."""

    kind: Literal["parquet"] = "parquet"
    path: SourcePath = Field(description="A file, a folder, or a pattern such as data/*.parquet.")

    def read(self, settings: Settings) -> RawData:
        """Read all files' rows, in the order of their names.

        Raises:
            SourceError: None is there, one is damaged or of another form than the first, a column
                is nested, or they are above the caps.
        """
        import pyarrow as pa

        from pipelines.arrow_types import frame_of

        files = find(self.path, _SUFFIXES)
        _within_caps(files, settings)
        parts = [_rows(file) for file in files]
        schemas = {part.schema for part in parts}
        try:
            table = pa.concat_tables(
                parts, promote_options="permissive" if len(schemas) > 1 else "none"
            )
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise SourceError(
                "the files' columns have types that don't go together", where=str(self.path)
            ) from error
        frame, columns = frame_of(table, str(self.path))
        return RawData({table_name(self.path): RawTable(frame, columns)})

    def fingerprint(self, settings: Settings) -> str:  # noqa: ARG002  the contract's
        """The digest of the files' bytes."""
        return digest(find(self.path, _SUFFIXES))

    def quick_fingerprint(self) -> str:
        """The files' names, sizes and times of change."""
        return stamp(find(self.path, _SUFFIXES))


def _within_caps(files: tuple[File, ...], settings: Settings) -> None:
    """Hold what the files' footers say against the caps, before a row is read."""
    n_rows = n_bytes = 0
    names: list[str] | None = None
    for file in files:
        footer = _footer(file)
        where = str(file)
        n_rows += footer.num_rows
        groups = (footer.row_group(i) for i in range(footer.num_row_groups))
        n_bytes += sum(group.total_byte_size for group in groups)
        schema = footer.schema.to_arrow_schema()
        keep_caps(settings, where, rows=n_rows, columns=len(schema), n_bytes=n_bytes)
        if names is None:
            names = schema.names
        elif set(names) != set(schema.names):
            differing = sorted(set(names) ^ set(schema.names))
            raise SourceError(
                f"the files don't have the same columns: {', '.join(map(repr, differing))}",
                where=where,
                fix="Name one file, or a pattern that matches files of one table only",
            )
        if repeated := sorted({name for name in schema.names if schema.names.count(name) > 1}):
            raise SourceError(
                f"column names stand more than once: {', '.join(map(repr, repeated))}",
                where=where,
                fix="Give each column a name of its own",
            )
    if not names:
        raise SourceError("there are no columns", where=str(files[0]))
    if not n_rows:
        raise SourceError("there are no rows", where=str(files[0]))


def _footer(file: File) -> parquet.FileMetaData:
    import pyarrow as pa
    from pyarrow import parquet

    with opened(file) as stream:
        try:
            return parquet.read_metadata(stream)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(file) from error


def _rows(file: File) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    with opened(file) as stream:
        try:
            return parquet.ParquetFile(stream).read()
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(file) from error


def _damaged(file: File) -> SourceError:
    return SourceError(
        "the file is damaged, cut short, or no Parquet file",
        where=str(file),
        fix="Write it anew, or set `kind: csv` if it is text",
    )
