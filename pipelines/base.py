"""The contracts of sources and sinks, and their registries.

To add one, write `pipelines/sources/<kind>.py` or `pipelines/sinks/<kind>.py` with a class that
derives from `Source` or `Sink`, and one line in `tests/cases.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo

from pipelines.sources.objects import URL, check_url
from tabular.component import Component, Registry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from pipelines.releases import Release
    from pipelines.settings import Settings
    from tabular.schema import Column, ForeignKey


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return folder / path if folder else path


ConfigPath = Annotated[Path, AfterValidator(_from_folder)]
"""A path in a configuration file: a relative one is taken from the folder of that file."""


def _url_or_path(place: Path | str, info: ValidationInfo) -> Path | str:
    return check_url(place) if isinstance(place, str) else _from_folder(place, info)


SourcePath = Annotated[
    Annotated[str, StringConstraints(pattern=URL)] | Path,
    Field(union_mode="left_to_right"),
    AfterValidator(_url_or_path),
]
"""A path, or the URL of a file in an object store such as `s3://bucket/data.csv`."""


@dataclass(frozen=True)
class Note:
    """What an owner should know of how a table was read; it holds no cell value.

    Args:
        says: One sentence without a full stop.
        column: The column it is about; `None` where it is about the table.
        settle: What to write in the configuration if it should be otherwise, as `key: value`.
    """

    says: str
    column: str | None = None
    settle: str | None = None


@dataclass(frozen=True)
class RawTable:
    """What a source read: rows, and what the source itself knows about them.

    Args:
        frame: The rows, in dtypes that `tabular.schema.Column.dtype` names.
        columns: What is known of each column beyond its cells (text format, declared type), by
            name; `tabular.profile` fills in the rest.
        primary_key: The key the source declares.
        alternate_keys: Further unique keys the source declares.
        checks: The check constraints the source declares, in its own words.
        notes: What was found out or decided on the way, for the owner to confirm.
    """

    frame: pd.DataFrame
    columns: Mapping[str, Column] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    alternate_keys: tuple[tuple[str, ...], ...] = ()
    checks: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class RawData:
    """All tables of a source, read as of one moment."""

    tables: Mapping[str, RawTable]
    foreign_keys: tuple[ForeignKey, ...] = ()


class Source(Component, ABC, frozen=True):
    """Where real rows come from."""

    @abstractmethod
    def read(self, settings: Settings) -> RawData:
        """Read all tables.

        Rows and bytes are capped by `settings` before they are read.

        Raises:
            SourceError: The source is not there, can't be read, or is larger than the caps.
            ConfigurationError: A secret is missing, or an option makes no sense.
        """

    @abstractmethod
    def fingerprint(self, settings: Settings) -> str | None:
        """A digest that changes when the rows do; `None` where the source can't tell.

        Cheap: it reads no more than it must.

        Raises:
            SourceError: The source is not there.
        """

    def quick_fingerprint(self) -> str | None:
        """A digest of sizes and times that spares `fingerprint` when it is as last time."""
        return None


class Receipt(BaseModel):
    """Proof of what a sink wrote, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sink: str
    location: str = Field(description="Where the data is, without secrets.")
    version: str
    rows: dict[str, int]
    notes: tuple[str, ...] = Field(
        default=(), description="What a reader should know of how it was written."
    )


class Sink(Component, ABC, frozen=True):
    """Where a release goes.

    A sink takes nothing but a `Release`, which can't be built from any verdict but publish.
    """

    @abstractmethod
    def write(self, release: Release, settings: Settings) -> Receipt:
        """Publish all of it or nothing; what was published before is never lost.

        Raises:
            ReleaseError: The place can't be written.
            ConfigurationError: A secret is missing.
        """

    def refuse_early(self, dataset: str, tables: Sequence[str], settings: Settings) -> None:
        """Raise now what `write` is known to raise later, before hours go into a model.

        Args:
            dataset: The dataset's name.
            tables: Names of the tables that will be published.
            settings: As for `write`.

        Raises:
            ReleaseError: The place holds something that may not be replaced.
        """

    def still_holds(self, receipt: Receipt, settings: Settings) -> bool:  # noqa: ARG002
        """Whether what the receipt proves is still there; cheap, and true where it can't tell."""
        return True


SOURCES: Registry[Source] = Registry(Source, "pipelines.sources", "source")
SINKS: Registry[Sink] = Registry(Sink, "pipelines.sinks", "sink")
