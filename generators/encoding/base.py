"""The contract of a codec: how one column becomes an array and comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from generators.encoding.arrays import Place, Variable
    from generators.protection import Protection
    from tabular.schema import Column


class Codec(BaseModel, ABC):
    """What was learnt of one column's form; serialisable, and free of rare values.

    Inside the domain, which is the values the protection lets through, `decode(encode(x))` is `x`
    in value and dtype.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    name: str
    dtype: str

    @classmethod
    @abstractmethod
    def learn(
        cls,
        column: Column,
        values: pd.Series,
        subjects: npt.NDArray[np.int64],
        protection: Protection,
    ) -> Self:
        """The codec of a column.

        Args:
            column: The column's schema.
            values: Its cells, shape (n_rows,).
            subjects: The subject of each row, shape (n_rows,).
            protection: Which values may be held.

        Raises:
            DataError: The cells don't fit the column's type.
        """

    @property
    @abstractmethod
    def knows_values(self) -> bool:
        """Whether any cell but a missing one can come out."""

    @abstractmethod
    def variable(self, place: Place) -> Variable:
        """What the array is."""

    @abstractmethod
    def encode(self, values: pd.Series) -> npt.NDArray[np.float64] | npt.NDArray[np.int32]:
        """Cells to an array, shape (n_rows,); values outside the domain are moved into it."""

    @abstractmethod
    def decode(
        self,
        array: npt.NDArray[np.float64] | npt.NDArray[np.int32],
        rng: np.random.Generator,
    ) -> pd.Series:
        """An array to cells of the column's dtype, inside its domain."""


def holds_missing(dtype: str) -> bool:
    """Whether a column of this dtype can have a missing cell at all."""
    return not (dtype == "bool" or dtype.startswith(("int", "uint")))


def cast(values: pd.Series, dtype: str) -> pd.Series:
    """Cells as a dtype that is known by its name only."""
    import pandas as pd

    return values.astype(pd.api.types.pandas_dtype(dtype))
