"""Which columns of a sequence are learnt, and as what: once, by value, or by the step they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.sequence_features import (
    Index,
    Lookup,
    find_index,
    find_lookups,
    moves_by_steps,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import EncodedTable, Variable

    Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Plan:
    """How the columns of a sequence are drawn.

    Args:
        variables: The table's variables.
        entity: Positions of the columns that are drawn once for each entity.
        moving: Positions of those that are drawn as a first value and steps; the index, where
            anything is known of it, is the first.
        rows: Positions of those that are drawn row by row.
        reach: Smallest and largest value of each moving column, shape (n_moving, 2).
        index: What is known of the column that orders the rows; `None` where it is always missing.
        lookups: Columns that another one determines.
    """

    variables: tuple[Variable, ...]
    entity: tuple[int, ...]
    moving: tuple[int, ...]
    rows: tuple[int, ...]
    reach: npt.NDArray[np.float64]
    index: Index | None
    lookups: tuple[Lookup, ...]

    @classmethod
    def learn(cls, train: EncodedTable) -> Self:
        """The plan of a table.

        Args:
            train: Rows by entity, in the order of the index.
        """
        owners = train.owner_codes
        if owners is None:
            owners = train.subjects
        lookups = find_lookups(train, owners)
        determined = {lookup.target for lookup in lookups}
        index: Index | None = None
        entity: list[int] = []
        moving: list[int] = []
        rows: list[int] = []
        for i, (variable, array) in enumerate(zip(train.variables, train.arrays, strict=True)):
            if variable.place == "index":
                index = find_index(variable.name, array.astype(np.float64), train.lengths)
            if variable.name in determined:
                continue
            if variable.place == "entity":
                entity.append(i)
            elif variable.place == "index" and index is not None:
                moving.insert(0, i)
            elif variable.is_numeric and moves_by_steps(array.astype(np.float64), train, owners):
                moving.append(i)
            else:
                rows.append(i)
        reach = [(np.nanmin(train.arrays[i]), np.nanmax(train.arrays[i])) for i in moving]
        return cls(
            train.variables,
            tuple(entity),
            tuple(moving),
            tuple(rows),
            np.array(reach, dtype=np.float64).reshape(-1, 2),
            index,
            lookups,
        )

    def moved(
        self, before: npt.NDArray[np.float64], steps: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        """Which rows' steps are steps: clipping at a bound makes others of them stand still.

        Args:
            before: Values of the moving columns in the rows before, shape (n_moving, n_rows).
            steps: Their steps, of the same shape.
        """
        low, high = self.reach[:, :1], self.reach[:, 1:]
        still = (steps == 0) & ((before <= low) | (before >= high))
        if self.index is not None and self.index.unique:
            still[0] |= steps[0] <= 0
        return np.asarray(~still.any(axis=0))

    def after(
        self, before: npt.NDArray[np.float64], steps: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Values of the moving columns after drawn steps, the index on its grid and increasing."""
        now = before + np.nan_to_num(steps)
        if self.index is not None:
            grid = self.index.grid
            cells = np.rint(np.nan_to_num(steps[0]) / grid)
            now[0] = before[0] + np.maximum(cells, float(self.index.unique)) * grid
        return now

    def arrays(self, name: str) -> Arrays:
        """All arrays, names beginning with `name`."""
        out: Arrays = {f"{name}.reach": self.reach} if len(self.moving) else {}
        for i, lookup in enumerate(self.lookups):
            out |= {f"{name}.keys.{i}": lookup.keys, f"{name}.values.{i}": lookup.values}
        return out

    def values(self) -> dict[str, Any]:
        """The rest, as JSON."""
        index = self.index
        return {
            "entity": list(self.entity),
            "moving": list(self.moving),
            "rows": list(self.rows),
            "index": [index.name, index.low, index.high, index.grid, index.unique]
            if index
            else None,
            "lookups": [[lookup.target, lookup.source] for lookup in self.lookups],
        }

    @classmethod
    def of(
        cls, variables: tuple[Variable, ...], name: str, arrays: Arrays, values: dict[str, Any]
    ) -> Self:
        """The plan that gave these arrays and values."""
        lookups = tuple(
            Lookup(target, source, arrays[f"{name}.keys.{i}"], arrays[f"{name}.values.{i}"])
            for i, (target, source) in enumerate(values["lookups"])
        )
        return cls(
            variables,
            tuple(values["entity"]),
            tuple(values["moving"]),
            tuple(values["rows"]),
            arrays.get(f"{name}.reach", np.empty((0, 2))),
            Index(*values["index"]) if values["index"] else None,
            lookups,
        )


def is_sequence(table: EncodedTable) -> bool:
    """Whether the rows follow each other by an index, rather than stand for themselves."""
    return not table.given and any(variable.place == "index" for variable in table.variables)
