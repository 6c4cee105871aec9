"""How much likelier rows are among real ones than among drawn ones, as boosted trees tell.

A draw is kept with a chance that follows these odds, else another is made: what is kept has the
distribution of the draws times the odds. The trees compare codes, so that no number of the table is
in them, and each of their leaves sums up many rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    import lightgbm as lgb
    import numpy.typing as npt


@dataclass(frozen=True)
class Odds:
    """Boosted trees over the codes of some columns.

    Args:
        columns: Positions of the columns that are looked at.
        text: The trees as LightGBM writes them: splits between codes, and sums of gradients; empty
            where there are none.
        levels: Log of the factor that each code of a column adds, by the column's position.
        cap: Odds above this count as this.
    """

    columns: tuple[int, ...]
    text: str
    cap: float
    levels: dict[int, npt.NDArray[np.float32]] = field(default_factory=dict)

    @cached_property
    def _booster(self) -> lgb.Booster:
        import lightgbm as lgb

        return lgb.Booster(model_str=self.text)

    def log(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Natural log of the odds, shape (n_rows,).

        Args:
            codes: Of all columns, shape (n_columns, n_rows).
        """
        out = np.zeros(codes.shape[1])
        if self.text:
            rows = codes[list(self.columns)].T.astype(np.float32, order="C")
            out += np.asarray(self._booster.predict(rows, raw_score=True, num_threads=1))
        for column, level in self.levels.items():
            out += level[codes[column]]
        return out

    def keep(self, codes: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
        """Which rows are kept: each with the chance of its odds over the cap, shape (n_rows,)."""
        log = self.log(codes) - np.log(self.cap)
        return np.asarray(np.log(rng.random(len(log))) < log)

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """All arrays, names beginning with `name`."""
        out: dict[str, npt.NDArray[Any]] = {
            f"{name}.columns": np.asarray(self.columns, dtype=np.int32),
            f"{name}.cap": np.asarray([self.cap]),
        }
        if self.text:
            out[f"{name}.boosted"] = np.frombuffer(self.text.encode("ascii"), dtype=np.uint8)
        for column, level in self.levels.items():
            out[f"{name}.level.{column}"] = level
        return out

    @classmethod
    def of_arrays(cls, name: str, arrays: dict[str, npt.NDArray[Any]]) -> Self | None:
        """The odds that gave these arrays, or `None` where none did."""
        if f"{name}.columns" not in arrays:
            return None
        columns = tuple(arrays[f"{name}.columns"].tolist())
        boosted = arrays.get(f"{name}.boosted", np.empty(0, dtype=np.uint8))
        levels = {
            column: arrays[f"{name}.level.{column}"]
            for column in columns
            if f"{name}.level.{column}" in arrays
        }
        cap = float(arrays[f"{name}.cap"][0])
        return cls(columns, boosted.tobytes().decode("ascii"), cap, levels)
