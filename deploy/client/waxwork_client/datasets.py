"""`load`: a released dataset, verified, from a store or from the cache."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waxwork_client.cache import Cache, default_cache
from waxwork_client.errors import (
    NotAsPublished,
    NotFound,
    StaleWarning,
    StoreUnreachable,
    Withdrawn,
)
from waxwork_client.stores import File, Manifest, Store, check_dataset, check_version, withdrawals

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import polars as pl
    import pyarrow as pa


@dataclass(frozen=True)
class Dataset:
    """A release on this machine, every byte of it as published.

    Args:
        name: Of the dataset.
        version: Of the release.
        manifest: `manifest.json`: seeds, generator, verdict and reasons, digests.
        files: The Parquet file of each table.
        schema_file: Where the schema lies.
    """

    name: str
    version: str
    manifest: Mapping[str, Any]
    files: Mapping[str, Path]
    schema_file: Path

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables."""
        return tuple(self.files)

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """Columns, keys and foreign keys, as `schema.json` has them."""
        content: Mapping[str, Any] = json.loads(self.schema_file.read_bytes())
        return content

    def path(self, table: str | None = None) -> Path:
        """The Parquet file of a table; without a name, of the only one.

        Raises:
            NotFound: There is no such table, or none is named and there are several.
        """
        if table is None and len(self.files) == 1:
            return next(iter(self.files.values()))
        if table is None or table not in self.files:
            asked = "name a table" if table is None else f"there is no table {table!r}"
            message = f"{self.name} {self.version}: {asked}; it has {', '.join(self.files)}"
            raise NotFound(message)
        return self.files[table]

    def arrow(self, table: str | None = None) -> pa.Table:
        """A table's rows for Arrow."""
        from pyarrow import parquet

        return parquet.read_table(self.path(table))

    def pandas(self, table: str | None = None) -> pd.DataFrame:
        """A table's rows for pandas, in the dtypes that were published."""
        frame: pd.DataFrame = self.arrow(table).to_pandas()
        return frame

    def polars(self, table: str | None = None) -> pl.DataFrame:
        """A table's rows for polars."""
        import polars as pl

        return pl.read_parquet(self.path(table))


def load(
    name: str,
    version: str = "latest",
    *,
    store: str | Path | None = None,
    cache: Path | None = None,
    offline: bool | None = None,
    digest: str | None = None,
) -> Dataset:
    """Load a released dataset; its files are fetched once and verified each time.

    Args:
        name: Of the dataset.
        version: `latest`, or one release for good.
        store: Folder or URL; by default the environment variable `WAXWORK_STORE`.
        cache: Folder of the cache; by default `WAXWORK_CACHE`, else the user's cache folder.
        offline: `True` asks the cache alone, `False` the store always. By default (or as
            `WAXWORK_OFFLINE` says) the store is asked, and where it does not answer the cache
            serves, with a `StaleWarning`.
        digest: The manifest's `data_digest`, for readers who pin the bytes too.

    Raises:
        NotFound: There is no such dataset or release, or no store is named.
        Withdrawn: The release was taken back.
        NotAsPublished: Bytes are not what the manifest, or `digest`, says.
        StoreUnreachable: The store does not answer and the cache can't help.
    """
    check_dataset(name)
    address = str(store or os.environ.get("WAXWORK_STORE", ""))
    if not address:
        message = "no store is named: pass `store`, or set WAXWORK_STORE"
        raise NotFound(message)
    if offline is None and (said := os.environ.get("WAXWORK_OFFLINE")):
        offline = said.lower() not in {"0", "false", "no"}
    reader = _Reader(Store(address), Cache(cache or default_cache(), address), name)
    if offline:
        return reader.load(version, digest, online=False)
    try:
        return reader.load(version, digest, online=True)
    except StoreUnreachable as error:
        if offline is False:
            raise
        try:
            found = reader.load(version, digest, online=False)
        except StoreUnreachable:
            raise error from None
        message = f"{error}; {name} {found.version} comes from the cache"
        warnings.warn(message, StaleWarning, stacklevel=2)
        return found


@dataclass(frozen=True)
class _Reader:
    """One dataset of a store, through the cache."""

    store: Store
    cache: Cache
    name: str

    def load(self, version: str, digest: str | None, *, online: bool) -> Dataset:
        withdrawn = self._said("WITHDRAWN", online=online)
        taken_back = withdrawals(withdrawn) if withdrawn else {}
        if version == "latest":
            version = self._latest(taken_back, online=online)
        check_version(version)
        if version in taken_back:
            message = f"{self.name} {version} was withdrawn: {taken_back[version]}"
            raise Withdrawn(message)
        folder = f"releases/{version}"
        text = self._said(f"{folder}/manifest.json", online=online)
        if text is None:
            raise self._absent(f"no release {version} of {self.name}", online=online)
        manifest = Manifest.of(text, self.name, version)
        if digest is not None and manifest.content.get("data_digest") != digest:
            message = f"{self.name} {version}: its data_digest is not the one that was asked for"
            raise NotAsPublished(message)
        return Dataset(
            self.name,
            version,
            manifest.content,
            {
                table: self._file(folder, file, online=online)
                for table, file in manifest.tables.items()
                if self._is_parquet(table, file)
            },
            self._file(folder, manifest.schema, online=online),
        )

    def _latest(self, taken_back: Mapping[str, str], *, online: bool) -> str:
        latest = self._said("LATEST", online=online)
        if latest is not None:
            return latest.decode("utf-8", errors="replace").strip()
        if taken_back:
            last, reason = list(taken_back.items())[-1]
            message = f"every release of {self.name} was withdrawn; the last, {last}: {reason}"
            raise Withdrawn(message)
        raise self._absent(f"no dataset {self.name}", online=online)

    def _absent(self, what: str, *, online: bool) -> Exception:
        if online:
            return NotFound(f"there is {what} in {self.store.url}")
        return StoreUnreachable(f"there is {what} in the cache; load it once with the store")

    def _is_parquet(self, table: str, file: File) -> bool:
        if file.path.endswith(".parquet"):
            return True
        message = f"{self.name}: table {table} is not Parquet; name the store of a `parquet` sink"
        raise NotFound(message)

    def _said(self, path: str, *, online: bool) -> bytes | None:
        """A small file of the dataset, as the store has it or as it had it last."""
        path = f"{self.name}/{path}"
        if not online:
            return self.cache.said(path)
        content = self.store.read(path)
        self.cache.note(path, content)
        return content

    def _file(self, folder: str, file: File, *, online: bool) -> Path:
        suffix = Path(file.path).suffix
        found = self.cache.file(file.sha256, suffix)
        if found is None and online:
            try:
                with self.store.open(f"{self.name}/{folder}/{file.path}") as stream:
                    found = self.cache.keep(stream, file.sha256, suffix)
            except FileNotFoundError:
                message = f"{self.name}: {file.path} is missing from the release"
                raise NotAsPublished(message) from None
            if found is None:
                message = f"{self.name}: {file.path} is not as published"
                raise NotAsPublished(message)
        if found is None:
            raise self._absent(f"no {file.path} of {self.name}", online=online)
        return found
