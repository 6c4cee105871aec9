"""Where the values of a numeric column can lie, without holding any one person's value.

A value that at least k subjects share is an atom and is held exactly. All other values are light:
they are held together as cells of about k neighbours, between knots that are means of values of k
subjects each. Atoms and cells are the column's symbols, numbered by value, so that a number
becomes a code as a category is one.

An atom far heavier than what lies around it is a spike (no income, forty hours, a round sum): it
is drawn as a category is. All other symbols together are the smooth part of the column. They have
a place on one scale, the rank scale: symbol after symbol, each as long as its share of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

_SPIKE_SHARE = 0.005  # of all values
_SPIKE_RATIO = 3.0  # to the median mass of the symbols around
_AROUND = 5  # symbols on either side
_MOST_OF_ONE = 20  # values of one subject that knots are made of


@dataclass(frozen=True)
class Support:
    """Atoms and cells of one numeric column.

    Args:
        atoms: Exact values, increasing, shape (n_atoms,).
        knots: Ends of the cells, not decreasing, shape (n_cells + 1,), or (0,) without any.
        mass: Rows that have each symbol, shape (n_symbols,).
        spike: Whether a symbol is a spike, shape (n_symbols,).
    """

    atoms: npt.NDArray[np.float64]
    knots: npt.NDArray[np.float64]
    mass: npt.NDArray[np.int64]
    spike: npt.NDArray[np.bool_]

    @classmethod
    def learn(
        cls, values: npt.NDArray[np.float64], subjects: npt.NDArray[np.int64], backing: int
    ) -> Self:
        """The support of a column.

        Args:
            values: Numbers, NaN for missing, shape (n,).
            subjects: Whose they are, shape (n,).
            backing: Subjects behind each atom and each knot.
        """
        there = ~np.isnan(values)
        atoms, light, window = _heavy_and_light(values[there], subjects[there], backing)
        none = np.zeros(0, dtype=np.int64)
        knots = _knots(light, window)
        if len(knots) and window > backing:
            knots[[0, -1]] = _ends(values[there], subjects[there], atoms, knots, backing)
        draft = cls(atoms, knots, none, none.astype(bool))
        if not draft.n_symbols:
            return draft
        mass = np.bincount(draft.encode(values[there]), minlength=draft.n_symbols)
        spike = np.zeros(draft.n_symbols, dtype=bool)
        spike[draft.of_atom] = _stands_out(mass)[draft.of_atom]
        return cls(atoms, draft.knots, mass, spike)

    def arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """All arrays that are not empty, names beginning with `name`."""
        out: dict[str, npt.NDArray[np.generic]] = {
            f"{name}.atoms": self.atoms,
            f"{name}.knots": self.knots,
            f"{name}.mass": self.mass,
            f"{name}.spike": self.spike.astype(np.int8),
        }
        return {key: array for key, array in out.items() if array.size}

    @classmethod
    def of_arrays(cls, name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The support that gave these arrays."""
        none = np.empty(0)
        return cls(
            arrays.get(f"{name}.atoms", none),
            arrays.get(f"{name}.knots", none),
            arrays.get(f"{name}.mass", none).astype(np.int64),
            arrays.get(f"{name}.spike", none).astype(bool),
        )

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return max(len(self.knots) - 1, 0)

    @property
    def n_symbols(self) -> int:
        """Number of atoms and cells; the symbol of this number stands for a missing cell."""
        return len(self.atoms) + self.n_cells

    @cached_property
    def _numbering(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        middles = (self.knots[1:] + self.knots[:-1]) / 2
        order = np.argsort(np.concatenate([self.atoms, middles]), kind="stable")
        symbol = np.empty(len(order), dtype=np.int32)
        symbol[order] = np.arange(len(order), dtype=np.int32)
        return symbol[: len(self.atoms)], symbol[len(self.atoms) :]

    @property
    def of_atom(self) -> npt.NDArray[np.int32]:
        """The symbol of each atom, shape (n_atoms,)."""
        return self._numbering[0]

    @property
    def of_cell(self) -> npt.NDArray[np.int32]:
        """The symbol of each cell, shape (n_cells,)."""
        return self._numbering[1]

    @cached_property
    def ends(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The lower and upper value of each symbol, shape (n_symbols,); equal for an atom."""
        low, high = np.empty(self.n_symbols), np.empty(self.n_symbols)
        low[self.of_atom] = high[self.of_atom] = self.atoms
        if self.n_cells:
            low[self.of_cell], high[self.of_cell] = self.knots[:-1], self.knots[1:]
        return low, high

    @cached_property
    def edges(self) -> npt.NDArray[np.float64]:
        """Where each symbol begins on the rank scale, and 1, shape (n_symbols + 1,).

        A spike takes no room.
        """
        smooth = np.where(self.spike, 0, self.mass)
        return np.concatenate([[0.0], np.cumsum(smooth) / max(smooth.sum(), 1)])

    def encode(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """The symbol of each value, shape (n,)."""
        out = np.full(len(values), self.n_symbols, dtype=np.int32)
        there = np.flatnonzero(~np.isnan(values))
        if not self.n_symbols or not len(there):
            return out
        value = values[there]
        if self.n_cells:
            cell = np.searchsorted(self.knots[1:-1], value, side="right")
            out[there] = self.of_cell[cell]
        if len(self.atoms):
            right = np.minimum(np.searchsorted(self.atoms, value), len(self.atoms) - 1)
            left = np.maximum(right - 1, 0)
            closer = np.abs(value - self.atoms[left]) < np.abs(self.atoms[right] - value)
            nearest = np.where(closer, left, right)
            exact = self.atoms[nearest] == value
            # Without cells the few light values there may be move to the nearest atom.
            use = exact if self.n_cells else np.ones_like(exact)
            out[there[use]] = self.of_atom[nearest[use]]
        return out

    def at(
        self, place: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """The symbol and the value at places on the rank scale in [0, 1], each of shape (n,)."""
        symbol = np.searchsorted(self.edges, place, side="right").astype(np.int32) - 1
        np.clip(symbol, 0, self.n_symbols - 1, out=symbol)
        low, high = self.ends
        begin, end = self.edges[symbol], self.edges[symbol + 1]
        share = (place - begin) / np.maximum(end - begin, 1e-300)
        return symbol, low[symbol] + np.clip(share, 0, 1) * (high[symbol] - low[symbol])

    def value_of(self, symbol: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """The value of each symbol, the middle of a cell, shape (n,)."""
        low, high = self.ends
        return ((low + high) / 2)[symbol]


def _heavy_and_light(
    values: npt.NDArray[np.float64], subjects: npt.NDArray[np.int64], backing: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], int]:
    """Values that enough subjects share, each once; other values, sorted; and a window.

    So many neighbouring light values, whichever they are, belong to at least `backing` subjects.
    """
    order = np.lexsort((subjects, values))
    value, subject = values[order], subjects[order]
    new_value = np.diff(value, prepend=np.nan) != 0
    new_pair = new_value | (np.diff(subject, prepend=-1) != 0)
    group = np.cumsum(new_value) - 1
    heavy = np.bincount(group, weights=new_pair, minlength=1) >= backing
    is_heavy = heavy[group]
    # A subject's value counts once, and of a subject with many values some, evenly spread.
    light, owner = value[new_pair & ~is_heavy], subject[new_pair & ~is_heavy]
    by_owner = np.argsort(owner, kind="stable")
    _, first, inverse, count = np.unique(
        owner[by_owner], return_index=True, return_inverse=True, return_counts=True
    )
    turn = (np.arange(len(owner)) - first[inverse]) * _MOST_OF_ONE
    n_own = np.maximum(count[inverse], _MOST_OF_ONE)
    kept = np.zeros(len(owner), dtype=bool)
    kept[by_owner] = turn // n_own != (turn - _MOST_OF_ONE) // n_own
    most = int(np.minimum(count, _MOST_OF_ONE).max(initial=1))
    return value[new_value & is_heavy], light[kept], backing * most


def _knots(light: npt.NDArray[np.float64], window: int) -> npt.NDArray[np.float64]:
    """Ends of cells of about `window` sorted values, each the mean of that many; or none."""
    n_cells = len(light) // window
    if not n_cells:
        return np.empty(0)
    ends = np.rint(np.linspace(0, len(light), n_cells + 1)).astype(np.int64)
    first = np.clip(ends - window // 2, 0, len(light) - window)
    total = np.concatenate([[0.0], np.cumsum(light - light[0])])
    knots = (total[first + window] - total[first]) / window + light[0]
    return np.maximum.accumulate(knots)


def _ends(
    values: npt.NDArray[np.float64],
    subjects: npt.NDArray[np.int64],
    atoms: npt.NDArray[np.float64],
    knots: npt.NDArray[np.float64],
    backing: int,
) -> tuple[float, float]:
    """The outermost knots, as means of the outermost value of each of `backing` subjects.

    Where subjects have many values each, a mean of so many values would cut the tails off.
    """
    light = ~np.isin(values, atoms)
    value, subject = values[light], np.unique(subjects[light], return_inverse=True)[1]
    found = []
    for sign, knot in ((1.0, knots[0]), (-1.0, knots[-1])):
        outermost = np.full(int(subject.max()) + 1, np.inf)
        np.minimum.at(outermost, subject, sign * value)
        found.append(sign * min(float(np.sort(outermost)[:backing].mean()), sign * knot))
    return found[0], found[1]


def _stands_out(mass: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which symbols have far more rows than those around them, shape (n_symbols,)."""
    padded = np.pad(mass.astype(np.float64), _AROUND, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _AROUND + 1)
    if len(mass) == 1:
        return np.ones(1, dtype=bool)
    others = np.delete(windows, _AROUND, axis=1)
    around = np.nanmedian(others, axis=1)
    return np.asarray((mass >= _SPIKE_SHARE * mass.sum()) & (mass >= _SPIKE_RATIO * around))
