"""Parquet files in folders and object stores, as one table.

Folders named `key=value` (Hive partitions) are columns: whole numbers and dates where all values
are written as such, text otherwise, so that `01` stays what it is. Objects are read through
fsspec where the package for their store is installed; what needs a login takes it from the
environment, as that package does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipelines.sources.files import keep_caps
from pipelines.sources.objects import is_url, listed, system_of
from tabular.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from pipelines.settings import Settings

_KEY = re.compile(r"(?:^|/)([^/=]+)=([^/]*)(?=/)")
_NULL = "__HIVE_DEFAULT_PARTITION__"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Lake:
    """The Parquet files that a path, a folder, a pattern or a URL means.

    Args:
        text: How the configuration names them, for errors.
        system: The file system of fsspec that holds them.
        root: The folder that partitions are looked for below.
        paths: The files, in order.
    """

    text: str
    system: Any
    root: str
    paths: tuple[str, ...]

    @staticmethod
    def of(text: str) -> Lake:
        """Find the files.

        Raises:
            ConfigurationError: No installed package reads such URLs, or there is a secret in it.
            SourceError: There is none.
        """
        if is_url(text):
            system, path = system_of(text)
        else:
            import fsspec

            system, path = fsspec.filesystem("file"), str(Path(text).absolute())
        found = listed(system, path, (".parquet", ".pq"), text)
        if not found:
            raise SourceError("there is no Parquet file", where=text, fix="Check the path")
        root = re.split(r"[*?\[]", path)[0]
        root = root if root.endswith("/") or root != path else f"{root}/"
        return Lake(text, system, root.rpartition("/")[0] + "/", found)

    def stamp(self) -> str:
        """What the store says of the files: names, and sizes, times or tags."""
        import hashlib

        whole = hashlib.sha256()
        for path in self.paths:
            whole.update(f"{path}:{self.system.ukey(path)}\n".encode())
        return whole.hexdigest()

    def table(self, settings: Settings) -> pa.Table:
        """The rows of all files, with their partitions' columns.

        Raises:
            SourceError: A file is damaged or of another form than the first, or they are above
                the caps.
        """
        import pyarrow as pa

        self._check(settings)
        keys = self._keys()
        parts = [self._part(path, keys) for path in self.paths]
        try:
            return pa.concat_tables(parts, promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            raise SourceError(
                "the files' columns have types that don't go together", where=self.text
            ) from None

    def _part(self, path: str, keys: Mapping[str, pa.DataType]) -> pa.Table:
        """One file's rows; a partition's column stands for one of the same name in the file."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            with self.system.open(path, "rb") as stream:
                rows = parquet.ParquetFile(stream).read().replace_schema_metadata()
        except (pa.ArrowException, OSError, ValueError):
            raise _damaged(path) from None
        values = dict(_KEY.findall(path[len(self.root) :]))
        for key, kind in keys.items():
            value = unquote(values.get(key, _NULL))
            text = pa.scalar(None if value == _NULL else value, pa.string())
            cells = pa.repeat(text, rows.num_rows).cast(kind)
            rows = rows.drop_columns([key]) if key in rows.column_names else rows
            rows = rows.append_column(key, cells)
        return rows

    def _check(self, settings: Settings) -> None:
        """Hold what the footers say against the caps, before a row is read."""
        import pyarrow as pa
        from pyarrow import parquet

        n_rows = n_bytes = 0
        names: list[str] | None = None
        for path in self.paths:
            try:
                with self.system.open(path, "rb") as stream:
                    footer = parquet.read_metadata(stream)
            except (pa.ArrowException, OSError, ValueError):
                raise _damaged(path) from None
            n_rows += footer.num_rows
            groups = (footer.row_group(i) for i in range(footer.num_row_groups))
            n_bytes += sum(group.total_byte_size for group in groups)
            schema = footer.schema.to_arrow_schema()
            keep_caps(settings, path, rows=n_rows, columns=len(schema), n_bytes=n_bytes)
            if len(set(schema.names)) < len(schema.names):
                raise SourceError("column names stand more than once", where=path)
            if names and (odd := sorted(set(names) ^ set(schema.names))):
                raise SourceError(
                    f"the files don't have the same columns: {', '.join(map(repr, odd))}",
                    where=path,
                    fix="Name a pattern that matches files of one table only",
                )
            names = schema.names

    def _keys(self) -> dict[str, pa.DataType]:
        """The partitions' columns, and the type that all their values are written in."""
        import pyarrow as pa

        values: dict[str, set[str]] = {}
        for path in self.paths:
            for key, value in _KEY.findall(path[len(self.root) :]):
                values.setdefault(key, set()).add(value)
        types = {}
        for key, found in values.items():
            there = found - {_NULL}
            kind = pa.string()
            if there and all(_WHOLE.fullmatch(value) for value in there):
                kind = pa.int64()
            elif there and all(_DAY.fullmatch(value) for value in there):
                kind = pa.date32()
            types[key] = kind
        return types


def _damaged(path: str) -> SourceError:
    return SourceError("the file is damaged, cut short, or no Parquet file", where=path)
