"""Dates and times: whole units of the coarsest step that all of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from generators.encoding.arrays import Place, Variable
from generators.encoding.base import Codec, cast
from tabular.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.protection import Protection
    from tabular.schema import Column

_DAY = 86_400_000_000  # in microseconds, like every number here
_STEPS = (_DAY, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1)


class TemporalCodec(Codec):
    """A moment as float64 steps since `origin`.

    `step` is the longest of day, hour, minute, second, millisecond and microsecond that divides
    every distance, so that dates come back as dates and full minutes as full minutes. Moments are
    held to the microsecond. A column with a zone is held in UTC and comes back in its zone.
    """

    type: Literal["temporal"] = "temporal"
    origin: int
    step: int
    low: float | None
    high: float | None

    @classmethod
    def learn(
        cls,
        column: Column,
        values: pd.Series,
        subjects: npt.NDArray[np.int64],
        protection: Protection,
    ) -> Self:
        """The codec of a column of moments."""
        micros, present = _microseconds(values)
        # Counting from midnight keeps the origin free of any person's moment.
        day = int(micros[present].min()) // _DAY * _DAY if present.any() else 0
        step = next(s for s in _STEPS if not ((micros[present] - day) % s).any())
        draft = cls(
            name=column.name, dtype=column.dtype, origin=day, step=step, low=None, high=None
        )
        encoded = draft.encode(values)
        bounds = protection.bounds(encoded[present], subjects[present])
        if bounds is None and not column.nullable:
            raise DataError(
                f"fewer than {2 * protection.k} subjects have a value",
                where=f"column {column.name}",
                fix="More rows are needed, or a smaller `protect.k`",
            )
        low, high = bounds or (None, None)
        if low is None:
            return draft.model_copy(update={"origin": 0})
        # The origin moves up to the first day the protection lets through.
        shift = int(low * step) // _DAY * _DAY
        return draft.model_copy(
            update={
                "origin": day + shift,
                "low": low - shift / step,
                "high": (high or low) - shift / step,
            }
        )

    @property
    def knows_values(self) -> bool:
        """Whether any cell but a missing one can come out."""
        return self.low is not None

    def variable(self, place: Place) -> Variable:
        """A numeric variable."""
        return Variable(name=self.name, place=place)

    def encode(self, values: pd.Series) -> npt.NDArray[np.float64]:
        """Steps since the origin, NaN for missing, clipped to the protected bounds."""
        micros, present = _microseconds(values)
        out = np.full(len(values), np.nan)
        out[present] = (micros[present] - self.origin) / self.step
        if self.low is not None and self.high is not None:
            np.clip(out, self.low, self.high, out=out)
        return out

    def decode(
        self,
        array: npt.NDArray[np.float64] | npt.NDArray[np.int32],
        rng: np.random.Generator,  # noqa: ARG002  the contract's
    ) -> pd.Series:
        """Moments of the column's dtype, on the grid of steps."""
        import pandas as pd

        steps = np.asarray(array, dtype=np.float64)
        if self.low is None or self.high is None:
            steps = np.full(len(steps), np.nan)
        missing = np.isnan(steps)
        whole = np.clip(np.rint(np.where(missing, 0, steps)), self.low or 0, self.high or 0)
        micros = whole.astype(np.int64) * self.step + self.origin
        moments = micros.astype("datetime64[us]")
        moments[missing] = np.datetime64("NaT")
        if self.dtype == "date":
            # As objects, days are dates, and a moment that is none is `None`.
            dates = moments.astype("datetime64[D]").astype(object)
            return pd.Series(dates, name=self.name, dtype=object)
        series = pd.Series(moments, name=self.name)
        if "," in self.dtype:
            zone = self.dtype.removesuffix("]").partition(",")[2].strip()
            series = series.dt.tz_localize("UTC").dt.tz_convert(zone)
        return cast(series, self.dtype)


def _microseconds(values: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Microseconds since 1970 in UTC, and which cells are there."""
    import pandas as pd

    present = values.notna().to_numpy(dtype=bool)
    if pd.api.types.is_datetime64_any_dtype(values):
        naive = values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz else values
        moments = naive.to_numpy(dtype="datetime64[us]")
    else:
        moments = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[us]")
        try:
            moments[present] = values[present].to_numpy(dtype=object).astype("datetime64[us]")
        except (ValueError, TypeError):
            # Their message quotes the cell.
            raise DataError(
                "there are cells that are no date",
                where=f"column {values.name}",
                fix="Declare the column as text, or set the rows aside",
            ) from None
    return moments.astype(np.int64), present
