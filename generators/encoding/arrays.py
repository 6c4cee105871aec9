"""What every model sees: columns as plain arrays.

Two sorts of variable are enough for all of them. A numeric variable is float64 with NaN for a
missing cell; a categorical one is int32 codes, where a missing cell has a code of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

Place = Literal["row", "entity", "index"]


class Variable(BaseModel):
    """One modelled column.

    Args:
        name: The column's name.
        cardinality: Number of codes of a categorical variable; `None` for a numeric one.
        ordered: Whether the codes of a categorical variable have an order.
        place: In a sequence: `entity` for a column that never changes within an entity, `index`
            for the one that orders its rows, else `row`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cardinality: int | None = None
    ordered: bool = False
    place: Place = "row"

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers rather than codes."""
        return self.cardinality is None


@dataclass(frozen=True)
class EncodedTable:
    """Rows as arrays.

    Args:
        variables: What each array is.
        arrays: One array per variable, shape (n_rows,): float64 with NaN for missing, or int32
            codes in [0, cardinality).
        lengths: Rows per subject, shape (n_subjects,), int64: the rows of a subject stand together
            and, in a sequence, in the order of its index. All ones where each row is its own
            subject.
        owners: Whose privacy a row is, shape (n_rows,), where that is not the subject the lengths
            tell of: a kind that learns single rows may meet several of one person. `None`: the
            subject's.
        k: Subjects that must stand behind any value a model keeps of these rows.
        given: The first so many variables are context: a model learns the others given them.
    """

    variables: tuple[Variable, ...]
    arrays: tuple[npt.NDArray[np.float64] | npt.NDArray[np.int32], ...]
    lengths: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64] | None = None
    k: int = 5
    given: int = 0

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.lengths.sum())

    @property
    def n_subjects(self) -> int:
        """Number of subjects."""
        return len(self.lengths)

    @property
    def subjects(self) -> npt.NDArray[np.int64]:
        """The subject of each row, numbered from 0, shape (n_rows,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def owner_codes(self) -> npt.NDArray[np.int64] | None:
        """Whose privacy each row is, shape (n_rows,); `None` where each row is its own subject."""
        if self.owners is not None or self.n_rows == self.n_subjects:
            return self.owners
        return self.subjects

    def __getitem__(self, name: str) -> npt.NDArray[np.float64] | npt.NDArray[np.int32]:
        """The array of the variable called `name`; `KeyError` if there is none."""
        for variable, array in zip(self.variables, self.arrays, strict=True):
            if variable.name == name:
                return array
        raise KeyError(name)

    def take_subjects(self, picked: npt.NDArray[np.intp]) -> EncodedTable:
        """The rows of these subjects, in this order; a subject may come more than once."""
        starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        lengths = self.lengths[picked]
        # Position within the result minus the start of its run, plus where the run lies here.
        ends = np.cumsum(lengths)
        rows = np.arange(lengths.sum()) + np.repeat(starts[picked] - (ends - lengths), lengths)
        return replace(
            self,
            arrays=tuple(a[rows] for a in self.arrays),
            lengths=lengths,
            owners=None if self.owners is None else self.owners[rows],
        )

    def head(self, n_rows: int) -> EncodedTable:
        """The first rows; the last subject may be cut."""
        ends = np.minimum(np.cumsum(self.lengths), n_rows)
        lengths = np.diff(ends, prepend=0)
        return replace(
            self,
            arrays=tuple(a[:n_rows] for a in self.arrays),
            lengths=lengths[lengths > 0],
            owners=None if self.owners is None else self.owners[:n_rows],
        )

    def without_given(self) -> EncodedTable:
        """The same rows without their context."""
        own = slice(self.given, None)
        return replace(self, variables=self.variables[own], arrays=self.arrays[own], given=0)

    def with_arrays(
        self, arrays: Iterable[npt.NDArray[np.float64] | npt.NDArray[np.int32]]
    ) -> EncodedTable:
        """The same rows with other values."""
        return replace(self, arrays=tuple(arrays))


def beside(context: EncodedTable, own: EncodedTable) -> EncodedTable:
    """Rows with their context before them, whose names can't be those of columns."""
    named = tuple(
        variable.model_copy(update={"name": f"given {variable.name}"})
        for variable in context.variables
    )
    return replace(
        own,
        variables=(*named, *own.variables),
        arrays=(*context.arrays, *own.arrays),
        given=len(named),
    )


def concatenate(parts: list[EncodedTable]) -> EncodedTable:
    """One table of all parts' rows; they share their variables."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return EncodedTable(
        first.variables,
        tuple(np.concatenate(arrays) for arrays in zip(*(p.arrays for p in parts), strict=True)),
        np.concatenate([part.lengths for part in parts]),
    )
