"""A mixed table as labels and places, for networks: every column by its modes or its categories.

Each column has a block of labels (a category's, or a number's components) and each number with
modes a place in [-1, 1] within the mode that its label names; see `generators.modes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.encoding.arrays import EncodedTable
from generators.modes import Modes, learn_modes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from generators.encoding.arrays import Variable


@dataclass(frozen=True)
class ModeEncoding:
    """How each column becomes labels and places.

    Args:
        variables: What the columns are.
        modes: Components of the numeric ones, `None` for the others.
    """

    variables: tuple[Variable, ...]
    modes: tuple[Modes | None, ...]

    @classmethod
    def learn(cls, train: EncodedTable, most: int) -> Self:
        """The components of every numeric column, at most so many modes each."""
        numeric = [i for i, variable in enumerate(train.variables) if variable.is_numeric]
        owners = train.owner_codes
        columns = [np.asarray(train.arrays[i], dtype=np.float64) for i in numeric]
        found = learn_modes(
            columns,
            np.arange(train.n_rows) if owners is None else owners,
            backing=train.k,
            most=most,
        )
        of = dict(zip(numeric, found, strict=True))
        return cls(train.variables, tuple(of.get(i) for i in range(len(train.variables))))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of labels of each block."""
        return tuple(
            own.n_components if own is not None else (variable.cardinality or 1)
            for variable, own in zip(self.variables, self.modes, strict=True)
        )

    @property
    def moded(self) -> tuple[int, ...]:
        """The columns that have places, in their order."""
        return tuple(i for i, own in enumerate(self.modes) if own is not None and own.n_modes)

    def encode(
        self, rows: EncodedTable, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Labels, (n, n_variables), and places, (n, n_moded)."""
        labels = np.empty((rows.n_rows, len(self.modes)), dtype=np.int64)
        places = [np.empty((rows.n_rows, 0), dtype=np.float32)]
        for i, (array, own) in enumerate(zip(rows.arrays, self.modes, strict=True)):
            if own is None:
                labels[:, i] = array
                continue
            labels[:, i], place = own.encode(np.asarray(array, dtype=np.float64), rng)
            if own.n_modes:
                places.append(place[:, None])
        return labels, np.concatenate(places, axis=1)

    def decode(
        self, labels: npt.NDArray[np.int64], places: npt.NDArray[np.float32]
    ) -> EncodedTable:
        """Rows from labels and places, each its own subject."""
        arrays: list[npt.NDArray[np.float64] | npt.NDArray[np.int32]] = []
        place_of = dict(zip(self.moded, places.T, strict=True))
        none = np.zeros(len(labels), dtype=np.float32)
        for i, (own, label) in enumerate(zip(self.modes, labels.T, strict=True)):
            if own is None:
                arrays.append(label.astype(np.int32))
                continue
            arrays.append(own.decode(label, place_of.get(i, none)))
        return EncodedTable(self.variables, tuple(arrays), np.ones(len(labels), dtype=np.int64))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as arrays by name."""
        out: dict[str, npt.NDArray[Any]] = {}
        for i, modes in enumerate(self.modes):
            if modes is not None:
                out |= {f"modes.{i}.{name}": array for name, array in modes.arrays().items()}
        return out

    @classmethod
    def of_arrays(
        cls, variables: tuple[Variable, ...], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> Self:
        """From what `arrays` gave, whatever else there is."""
        modes = tuple(
            Modes.of_arrays(below(arrays, f"modes.{i}")) if variable.is_numeric else None
            for i, variable in enumerate(variables)
        )
        return cls(variables, modes)


def below(arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays whose names begin with a prefix and a dot, by what follows."""
    start = f"{prefix}."
    return {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}
