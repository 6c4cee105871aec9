"""Releases: what was published, and the promise that only what passed ever is.

A `Release` can't be built from any verdict but publish, is bound to the digest of the data that
was judged, and re-reads that digest from disk before a sink may write a byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tabular.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from tabular.schema import Schema
    from validation.gate import Decision
    from validation.report import Report

SLUG = r"[a-z0-9][a-z0-9_-]{0,62}"
VERSION = r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}"
_LONGEST_NAME = 120


class FileDigest(BaseModel):
    """One file of a release."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(description="Path below the folder of the release, with forward slashes.")
    rows: int = Field(ge=0)
    sha256: str


class Manifest(BaseModel):
    """`manifest.json` of a release: where it comes from and what it is bound to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str = Field(pattern=f"^{SLUG}$")
    version: str = Field(pattern=f"^{VERSION}$")
    created: str = Field(description="UTC, ISO 8601.")
    synthetic: bool = True
    tables: dict[str, FileDigest]
    documents: dict[str, str] = Field(
        default_factory=dict,
        description="SHA-256 of every other file of the release; the store fills it in.",
    )
    must_have: dict[str, int] = Field(
        default_factory=dict,
        description="By table how many of the last rows were asked for by the owner and put in "
        "after the checks.",
    )
    data_digest: str = Field(description="Of the tables as they were judged.")
    config_digest: str
    source_fingerprint: str | None
    seed: int
    generator: dict[str, Any]
    packages: dict[str, str]
    verdict: str
    policy: str
    reasons: tuple[str, ...]
    attempts: int = Field(description="Attempts on this source since its last release.")
    releases: int = Field(description="Releases of this dataset before this one.")
    privacy_spend: float | None = Field(
        default=None, description="Epsilon; none where no differential privacy was used."
    )
    previous: str | None = None


@dataclass(frozen=True)
class Release:
    """Synthetic data that passed, ready to be published.

    Args:
        manifest: Where it comes from; its version names the release.
        files: One Parquet file per table, as it was judged.
        schema: What the tables are.
        report: The full report; sinks publish its public face only.
        decision: The gate's, which must be publish.

    Raises:
        ReleaseError: The verdict is not publish, or the data is not what was judged.
    """

    manifest: Manifest
    files: Mapping[str, Path]
    schema: Schema
    report: Report
    decision: Decision

    def __post_init__(self) -> None:
        if self.decision.verdict != "publish":
            raise ReleaseError(f"the verdict is {self.decision.verdict}, so nothing is published")
        where = self.manifest.name
        if not set(self.manifest.tables) == set(self.files) == set(self.schema.tables):
            raise ReleaseError("manifest, files and schema name different tables", where=where)
        if self.manifest.verdict != self.decision.verdict:
            raise ReleaseError("the manifest states another verdict", where=where)
        listed = {name: entry.sha256 for name, entry in self.manifest.tables.items()}
        found = {name: sha256(path) for name, path in self.files.items()}
        judged = {self.manifest.data_digest, self.decision.data_digest, self.report.data_digest}
        if listed != found or judged != {data_digest(found)}:
            raise ReleaseError("the data is not the data that was judged", where=where)

    def frame(self, table: str) -> pd.DataFrame:
        """The rows of one table."""
        from pipelines.frames import read_parquet

        return read_parquet(self.files[table], self.schema.tables[table])


def table_file(table: str) -> str:
    """Where a table's Parquet file lies in a release: `data/<table>/part-00000.parquet`."""
    return f"data/{file_name(table)}/part-00000.parquet"


def file_name(table: str) -> str:
    """A table's name as a name of a file: percent-encoded where it could be anything else.

    Long names are cut and told apart by a digest, since file systems end at 255 bytes.
    """
    safe = quote(table, safe="") or "%"
    if safe.startswith("."):
        safe = f"%2E{safe[1:]}"
    if len(safe) > _LONGEST_NAME:
        safe = f"{safe[:_LONGEST_NAME]}~{hashlib.sha256(table.encode()).hexdigest()[:16]}"
    return safe


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file.

    Raises:
        ReleaseError: There is none, it is damaged, or a later program wrote it.
    """
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReleaseError(f"can't be read: {error.strerror}", where=str(path)) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReleaseError(
            f"this is no manifest of a release: {place or 'content'}: {first['msg']}",
            where=str(path),
        ) from None


def sha256(path: Path) -> str:
    """Digest of a file's bytes.

    Raises:
        ReleaseError: The file can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReleaseError(f"can't be read: {error.strerror}", where=str(path)) from error


def data_digest(files: Mapping[str, str]) -> str:
    """One digest of all tables' digests, by name."""
    text = "\n".join(f"{name} {digest}" for name, digest in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()
