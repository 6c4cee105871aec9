"""What encoded columns and values read as: for portraits, which people look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from generators.encoding.categorical import CategoricalCodec
from generators.encoding.numerical import NumericalCodec
from generators.encoding.temporal import TemporalCodec

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.table import TableEncoder

MISSING = "missing"
RARE = "rare"
_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class Words:
    """Names of a model's variables and of their values.

    They hold no more than the encoder does: labels that enough subjects share, and numbers inside
    the protected bounds, to four significant digits.

    Args:
        encoder: Of the rows.
        context: Of what the rows are drawn given, whose variables come first.
    """

    encoder: TableEncoder
    context: TableEncoder | None = None

    def column(self, variable: int) -> str:
        """What the variable at this place is called."""
        encoder, at = self._place(variable)
        name = encoder.variables[at].name
        rules = encoder.constraints
        for joint in rules.combinations:
            if joint.columns[0] == name:
                return " + ".join(joint.columns)
        for gap in rules.gaps:
            if gap.high == name:
                return f"{name} \N{MINUS SIGN} {gap.low}"
        return f"given {name}" if encoder is self.context else name

    def values(
        self, variable: int, values: npt.NDArray[np.float64] | npt.NDArray[np.int32]
    ) -> tuple[str, ...]:
        """What values of the variable at this place read as.

        Args:
            variable: Its place among the variables that the model was fitted to.
            values: Encoded cells, as in `EncodedTable.arrays`; what a number reads as is rounded
                as its column is.
        """
        encoder, at = self._place(variable)
        name = encoder.variables[at].name
        known = {codec.name: codec for codec in encoder.codecs}
        for joint in encoder.constraints.combinations:
            if joint.columns[0] == name:
                members = np.array(joint.members, dtype=np.int32)[np.asarray(values, dtype=int)]
                parts = [
                    _labels(known[column], members[:, i]) for i, column in enumerate(joint.columns)
                ]
                return tuple(" + ".join(labels) for labels in zip(*parts, strict=True))
        codec = known[name]
        if isinstance(codec, CategoricalCodec):
            return _labels(codec, np.asarray(values, dtype=np.int32))
        numbers = np.asarray(values, dtype=np.float64)
        if any(gap.high == name for gap in encoder.constraints.gaps):
            return _distances(codec, numbers)
        cells = codec.decode(numbers, np.random.default_rng(0))
        if isinstance(codec, TemporalCodec):
            form = "%Y-%m-%d" if codec.step == _DAY else "%Y-%m-%d %H:%M"
            there = cells.notna()
            return tuple(
                cell.strftime(form) if known else MISSING
                for cell, known in zip(cells, there, strict=True)
            )
        return tuple(map(_number, cells.astype("float64")))

    def _place(self, variable: int) -> tuple[TableEncoder, int]:
        given = len(self.context.variables) if self.context else 0
        if self.context and variable < given:
            return self.context, variable
        return self.encoder, variable - given


def _number(value: float) -> str:
    return MISSING if np.isnan(value) else f"{float(f'{value:.4g}'):.10g}"


def _distances(codec: object, steps: npt.NDArray[np.float64]) -> tuple[str, ...]:
    """Distances from another column, which are no cells of the column itself."""
    if isinstance(codec, TemporalCodec):
        return tuple(f"{_number(days)} days" for days in steps * codec.step / _DAY)
    scale = codec.scale or 0 if isinstance(codec, NumericalCodec) else 0
    return tuple(map(_number, steps / 10.0**scale))


def _labels(codec: object, codes: npt.NDArray[np.int32]) -> tuple[str, ...]:
    assert isinstance(codec, CategoricalCodec)  # noqa: S101  combinations are of categories
    found = [*map(str, codec.labels), *([MISSING] if codec.has_missing else []), RARE]
    return tuple(found[code] for code in codes)
