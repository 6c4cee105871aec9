"""Numbers: integers, floats with their decimals, and `decimal.Decimal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from generators.encoding.arrays import Place, Variable
from generators.encoding.base import Codec, cast, holds_missing
from tabular.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.protection import Protection
    from tabular.schema import Column

_EXACT = 1 << 53  # the largest span of integers that float64 holds without a gap
_DIGITS = 38  # of a 128-bit decimal


class NumericalCodec(Codec):
    """A number as a float64 offset from `origin`, in units of 10 ** -`scale`.

    Integers and decimals are taken as whole numbers of their last digit, so that they come back
    exactly; floats are kept as they are (`scale` None) and rounded to `decimals` on the way out.
    """

    type: Literal["numerical"] = "numerical"
    scale: int | None
    decimals: int | None
    origin: int
    low: float | None
    high: float | None
    nullable: bool

    @classmethod
    def learn(
        cls,
        column: Column,
        values: pd.Series,
        subjects: npt.NDArray[np.int64],
        protection: Protection,
    ) -> Self:
        """The codec of a column of numbers."""
        scale = _scale(column)
        present = values.notna().to_numpy(dtype=bool)
        origin = 0
        if scale is not None and present.any():
            whole = _whole_numbers(values[present], scale, column.name)
            least, most = int(whole.min()), int(whole.max())
            if most - least >= _EXACT:
                raise DataError(
                    "the numbers span more than 2^53 units of their last digit",
                    where=f"column {column.name}",
                    fix="Declare it as `sdtype: id`, or as categorical",
                )
            if max(abs(least), abs(most)) >= _EXACT:
                # A round number, so that the origin is no one person's value.
                origin = least >> 53 << 53
        draft = cls(
            name=column.name,
            dtype=column.dtype,
            scale=scale,
            decimals=column.decimals,
            origin=origin,
            low=None,
            high=None,
            nullable=column.nullable,
        )
        encoded = draft.encode(values)
        if np.isinf(encoded).any():
            raise DataError("there are infinite numbers", where=f"column {column.name}")
        bounds = protection.bounds(encoded[present], subjects[present])
        if bounds is None and not (column.nullable and holds_missing(column.dtype)):
            raise DataError(
                f"fewer than {2 * protection.k} subjects have a value",
                where=f"column {column.name}",
                fix="More rows are needed, or a smaller `protect.k`",
            )
        low, high = bounds or (None, None)
        return draft.model_copy(update={"low": low, "high": high})

    @property
    def knows_values(self) -> bool:
        """Whether any cell but a missing one can come out."""
        return self.low is not None

    def variable(self, place: Place) -> Variable:
        """A numeric variable."""
        return Variable(name=self.name, place=place)

    def encode(self, values: pd.Series) -> npt.NDArray[np.float64]:
        """Offsets from the origin, NaN for missing, clipped to the protected bounds."""
        out = np.full(len(values), np.nan)
        present = values.notna().to_numpy(dtype=bool)
        cells = values if present.all() else values[present]
        if self.scale is None:
            out[present] = cells.to_numpy(dtype=np.float64)
        else:
            out[present] = _offset(_whole_numbers(cells, self.scale, self.name), self.origin)
        if self.low is not None and self.high is not None:
            np.clip(out, self.low, self.high, out=out)
        return out

    def decode(
        self,
        array: npt.NDArray[np.float64] | npt.NDArray[np.int32],
        rng: np.random.Generator,  # noqa: ARG002  the contract's
    ) -> pd.Series:
        """Numbers of the column's dtype."""
        import pandas as pd

        numbers = np.asarray(array, dtype=np.float64)
        if self.low is None or self.high is None:
            numbers = np.full(len(numbers), np.nan)
        else:
            numbers = np.clip(numbers, self.low, self.high)
        if self.scale is None:
            if self.decimals is not None:
                numbers = _rounded(numbers, self.decimals)
            return cast(pd.Series(numbers, name=self.name), self.dtype)
        missing = np.isnan(numbers)
        whole = np.where(missing, 0.0, np.rint(numbers)).astype(np.int64)
        if self.dtype == "decimal":
            cells = decimals(whole, self.origin, self.scale)
            cells[missing] = None
            return pd.Series(cells, name=self.name, dtype=object)
        if self.dtype.lower().startswith("uint"):
            # Wraps around at 2^64 as often on the way in as on the way out.
            whole = whole.astype(np.uint64) + np.uint64(self.origin)  # type: ignore[assignment]
        else:
            whole = whole + self.origin
        if not missing.any():
            return cast(pd.Series(whole, name=self.name), self.dtype)
        kept = cast(pd.Series(whole, name=self.name), _nullable(self.dtype))
        return cast(kept.mask(missing), self.dtype)


def _scale(column: Column) -> int | None:
    """Digits after the point that are carried exactly; `None` for floats."""
    if column.dtype == "decimal":
        return column.decimals or 0
    return 0 if column.dtype.lower().startswith(("int", "uint")) else None


def _nullable(dtype: str) -> str:
    """The nullable dtype of the same integers: `uint8` gives `UInt8`."""
    lower = dtype.lower()
    return f"UI{lower[2:]}" if lower.startswith("uint") else f"I{lower[1:]}"


def _whole_numbers(
    values: pd.Series, scale: int, column: str
) -> npt.NDArray[np.int64] | npt.NDArray[np.uint64]:
    """Cells, none of them missing, as whole numbers of 10 ** -scale."""
    if values.dtype == object:
        return _unscaled(values, scale, column)
    if str(values.dtype).lower() == "uint64":
        return np.asarray(values.to_numpy(dtype=np.uint64), dtype=np.uint64)
    if values.dtype.kind == "f":
        return np.asarray(np.rint(values.to_numpy(dtype=np.float64)), dtype=np.int64)
    return np.asarray(values.to_numpy(dtype=np.int64), dtype=np.int64)


def _unscaled(values: pd.Series, scale: int, column: str) -> npt.NDArray[np.int64]:
    """The whole numbers behind `Decimal` objects, through Arrow's 128-bit decimals."""
    import pyarrow as pa

    try:
        packed = pa.array(values.to_numpy(), type=pa.decimal128(_DIGITS, scale))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise DataError(
            f"there are cells that are no decimal number with at most {scale} digits after the "
            f"point",
            where=f"column {column}",
            fix="Declare the column's `decimals`, or as text",
        ) from None  # whose message quotes the cell
    buffer = packed.buffers()[1]
    words = np.frombuffer(buffer, dtype=np.int64)[2 * packed.offset :][: 2 * len(packed)]
    low, high = words[0::2], words[1::2]
    # The upper half of a number that 64 bits hold is its sign, 64 times.
    if (high != low >> 63).any():
        raise DataError(
            "the numbers have more than 18 digits",
            where=f"column {column}",
            fix="Declare it as `sdtype: id`, or as categorical",
        )
    return low


def decimals(whole: npt.NDArray[np.int64], origin: int, scale: int) -> npt.NDArray[np.object_]:
    """`Decimal` objects with `scale` digits after the point."""
    import pyarrow as pa

    words = np.empty(2 * len(whole), dtype=np.int64)
    words[0::2] = whole + origin
    words[1::2] = words[0::2] >> 63
    kind = pa.decimal128(_DIGITS, scale)
    packed = pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(words)])
    return np.asarray(packed.to_numpy(zero_copy_only=False), dtype=object).copy()


def _offset(
    whole: npt.NDArray[np.int64] | npt.NDArray[np.uint64], origin: int
) -> npt.NDArray[np.float64]:
    """Whole numbers minus an origin, exact wherever the result is below 2^53."""
    if not origin:
        return whole.astype(np.float64)
    rough = whole.astype(np.float64) - float(origin)
    # Unsigned subtraction wraps around; read as signed it is right for all that is near.
    near = (whole.astype(np.uint64) - np.uint64(origin % (1 << 64))).astype(np.int64)
    return np.where(np.abs(rough) < float(1 << 62), near.astype(np.float64), rough)


def _rounded(numbers: npt.NDArray[np.float64], decimals: int) -> npt.NDArray[np.float64]:
    """Numbers to so many decimals, those left alone whose digits float64 does not resolve."""
    if decimals > 22:  # noqa: PLR2004  the largest power of ten that float64 holds exactly
        return numbers
    resolved = np.abs(numbers) < float(_EXACT >> 1) / 10.0**decimals
    return np.where(resolved, np.round(numbers, decimals), numbers)
