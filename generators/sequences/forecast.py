"""Numbers of a sequence as what was to be expected, and the surprise.

Where there are few rows, forests see what a number depends on coarsely. A straight line through
everything known sees less, but finely; so a forest learns how far from it, and how much farther
than usual, a number comes out. Values that stand out, a round sum or no income, stay as they are.
What a category is likely to be is told by lines too, and the forest may look at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.encoding.arrays import Variable
from generators.forests.support import Support
from generators.sequences.history import MOST_LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Column = npt.NDArray[np.float64] | npt.NDArray[np.int32]
    Arrays = dict[str, npt.NDArray[Any]]

_RIDGE_ROWS = 5.0  # that speak for no dependence
_CALMEST = 0.25  # share of the usual surprise that none is expected to be less than


@dataclass(frozen=True)
class Forecast:
    """A number's line, and what stands out of it.

    Args:
        spikes: Values that are drawn as categories, increasing, shape (n_spikes,).
        level: Coefficients of the expected value, the constant last, shape (n_features + 1,).
        size: Those of the expected size of a surprise, likewise.
        reach: Smallest and largest value, shape (2,).
    """

    spikes: Floats
    level: Floats
    size: Floats
    reach: Floats

    @classmethod
    def learn(cls, scaled: Floats, values: Floats, support: Support) -> Self:
        """The line through some rows.

        Args:
            scaled: Features on one scale, shape (n_rows, n_features).
            values: NaN where missing, shape (n_rows,).
            support: The column's, which says what stands out.
        """
        spikes = support.value_of(np.flatnonzero(support.spike).astype(np.int32))
        smooth = np.flatnonzero(~np.isnan(values) & ~np.isin(values, spikes))
        level = _ridge(scaled[smooth], values[smooth])
        apart = np.abs(values[smooth] - _line(scaled[smooth], level))
        reach = np.array([np.nanmin(values), np.nanmax(values)])
        return cls(spikes, level, _ridge(scaled[smooth], apart), reach)

    def expected(self, scaled: Floats) -> tuple[Floats, Floats]:
        """The value to be expected and the size of its surprise, each of shape (n_rows,)."""
        least = max(_CALMEST * float(self.size[-1]), 1e-9)
        return _line(scaled, self.level), np.maximum(_line(scaled, self.size), least)

    def split(
        self, values: Floats, expected: tuple[Floats, Floats], last: Floats
    ) -> tuple[Column, Floats]:
        """Which value stands out, and the others' surprise.

        Which is 0 for none, then come the spikes, a missing value, and the same as the last one.
        """
        which = np.zeros(len(values), dtype=np.int32)
        if len(self.spikes):
            place = np.minimum(np.searchsorted(self.spikes, values), len(self.spikes) - 1)
            which = np.where(self.spikes[place] == values, place + 1, 0).astype(np.int32)
        which[np.isnan(values)] = len(self.spikes) + 1
        which[values == last] = len(self.spikes) + 2
        return which, np.where(which > 0, np.nan, (values - expected[0]) / expected[1])

    def join(
        self,
        which: Column,
        surprise: Floats,
        expected: tuple[Floats, Floats],
        last: Floats,
    ) -> Floats:
        """The values that `split` takes apart."""
        low, high = self.reach
        values = expected[0] + expected[1] * np.nan_to_num(surprise)
        # Beyond an end, back from it: clipping would heap values up there.
        values = np.where(values > high, 2 * high - values, values)
        values = np.clip(np.where(values < low, 2 * low - values, values), low, high)
        code = np.asarray(which, dtype=np.int64)
        known = np.concatenate([[np.nan], self.spikes, [np.nan, np.nan]])
        values = np.where(code > 0, known[code], values)
        return np.where(code == len(known) - 1, last, values)


@dataclass(frozen=True)
class Foresight:
    """Lines for all columns that are drawn row by row.

    Args:
        variables: Those columns.
        centre, width: By which features are brought to one scale, shape (n_features,).
        forecasts: Of each number; `None` for a category, or where nothing is known.
        leanings: Coefficients for the indicator of each category, the constant last, shape
            (n_categories, n_features + 1); `None` for numbers and many categories.
    """

    variables: tuple[Variable, ...]
    centre: Floats
    width: Floats
    forecasts: tuple[Forecast | None, ...]
    leanings: tuple[Floats | None, ...]

    @classmethod
    def learn(
        cls,
        variables: tuple[Variable, ...],
        features: Floats,
        cells: Sequence[Floats],
        owners: npt.NDArray[np.int64],
        k: int,
    ) -> Self:
        """The lines through some rows.

        Args:
            variables: The columns that are drawn.
            features: What `design` makes of what is known before, shape (n_rows, n_features).
            cells: Their cells, codes of categories as numbers.
            owners: Whose the rows are.
            k: Subjects behind a value that stands out.
        """
        centre = _means(features)
        width = np.sqrt(_means((features - centre) ** 2))
        width[width <= 0] = np.inf
        scaled = np.nan_to_num((features - centre) / width)
        forecasts: list[Forecast | None] = []
        leanings: list[Floats | None] = []
        for variable, values in zip(variables, cells, strict=True):
            size = variable.cardinality
            support = Support.learn(values, owners, k) if size is None else None
            known = support is not None and support.n_symbols > 0
            forecasts.append(Forecast.learn(scaled, values, support) if support and known else None)
            levels = np.arange(size or 0)[:, None]
            few = size is not None and size <= MOST_LEVELS
            leanings.append(_ridge(scaled, (values == levels).T).T if few else None)
        return cls(variables, centre, width, tuple(forecasts), tuple(leanings))

    @property
    def told(self) -> tuple[Variable, ...]:
        """What `tell` gives."""
        found = []
        for v, forecast, leaning in zip(self.variables, self.forecasts, self.leanings, strict=True):
            if forecast is not None:
                found += [Variable(name=f"{word} {v.name}") for word in ("expected", "calm")]
            if leaning is not None:
                found += [Variable(name=f"leaning of {v.name} {c}") for c in range(len(leaning))]
        return tuple(found)

    def tell(self, features: Floats) -> list[Floats]:
        """What the lines say of rows, an array for each variable of `told`."""
        scaled = np.nan_to_num((features - self.centre) / self.width)
        found: list[Floats] = []
        for forecast, leaning in zip(self.forecasts, self.leanings, strict=True):
            if forecast is not None:
                found += forecast.expected(scaled)
            if leaning is not None:
                found += list(_line(scaled, leaning.T).T)
        return found

    @property
    def drawn(self) -> tuple[Variable, ...]:
        """What is drawn in the columns' stead."""
        found = []
        for variable, forecast in zip(self.variables, self.forecasts, strict=True):
            if forecast is None:
                found.append(variable)
                continue
            kinds = len(forecast.spikes) + 3
            found += [
                Variable(name=f"kind of {variable.name}", cardinality=kinds),
                Variable(name=f"surprise of {variable.name}"),
            ]
        return tuple(found)

    def split(
        self, cells: Sequence[Column], told: list[Floats], last: Sequence[Floats]
    ) -> list[Column]:
        """The columns as what is drawn in their stead; `last` are their cells a row before."""
        out: list[Column] = []
        parts = zip(cells, self.forecasts, self._lines(told), last, strict=True)
        for column, forecast, line, before in parts:
            if forecast is None:
                out.append(column)
            else:
                out += forecast.split(np.asarray(column, dtype=np.float64), line, before)
        return out

    def join(
        self, drawn: Sequence[Column], told: list[Floats], last: Sequence[Floats]
    ) -> list[Floats]:
        """The columns, codes of categories as numbers, from what was drawn in their stead."""
        parts = iter(np.asarray(column, dtype=np.float64) for column in drawn)
        return [
            next(parts)
            if forecast is None
            else forecast.join(next(parts), next(parts), line, before)
            for forecast, line, before in zip(self.forecasts, self._lines(told), last, strict=True)
        ]

    def _lines(self, told: list[Floats]) -> list[tuple[Floats, Floats]]:
        """Of each column the value and the surprise to be expected; nothing of a category."""
        out, place, none = [], 0, np.empty(0)
        for forecast, leaning in zip(self.forecasts, self.leanings, strict=True):
            if forecast is not None:
                out.append((told[place], told[place + 1]))
                place += 2
            else:
                out.append((none, none))
                place += 0 if leaning is None else len(leaning)
        return out

    def arrays(self, name: str) -> Arrays:
        """All arrays, names beginning with `name`; none of them is empty."""
        out: Arrays = {f"{name}.centre": self.centre, f"{name}.width": self.width}
        for i, (forecast, leaning) in enumerate(zip(self.forecasts, self.leanings, strict=True)):
            if forecast is not None:
                parts = ("spikes", "level", "size", "reach")
                out |= {f"{name}.{i}.{part}": getattr(forecast, part) for part in parts}
            if leaning is not None:
                out[f"{name}.{i}.leaning"] = leaning
        return {key: array for key, array in out.items() if array.size}

    @classmethod
    def of_arrays(cls, variables: tuple[Variable, ...], name: str, arrays: Arrays) -> Self:
        """The lines that gave these arrays."""
        none = np.empty(0)
        forecasts = (
            Forecast(
                arrays.get(f"{name}.{i}.spikes", none),
                *(arrays[f"{name}.{i}.{part}"] for part in ("level", "size", "reach")),
            )
            if f"{name}.{i}.level" in arrays
            else None
            for i in range(len(variables))
        )
        leanings = (arrays.get(f"{name}.{i}.leaning") for i in range(len(variables)))
        centre, width = arrays[f"{name}.centre"], arrays[f"{name}.width"]
        return cls(variables, centre, width, tuple(forecasts), tuple(leanings))


def design(variables: Sequence[Variable], columns: Sequence[Column]) -> Floats:
    """What lines are drawn through: numbers, and an indicator for each of few categories.

    Returns:
        Shape (n_rows, n_features), NaN for missing numbers.
    """
    parts = []
    for variable, column in zip(variables, columns, strict=True):
        if variable.cardinality is None:
            parts.append(np.asarray(column, dtype=np.float64)[None])
        elif variable.cardinality <= MOST_LEVELS + 1:
            parts.append((column == np.arange(variable.cardinality)[:, None]).astype(np.float64))
    return np.concatenate(parts).T


def _means(features: Floats) -> Floats:
    there = ~np.isnan(features)
    return np.asarray(np.where(there, features, 0).sum(axis=0) / np.maximum(there.sum(axis=0), 1))


def _line(scaled: Floats, coefficients: Floats) -> Floats:
    return np.asarray(scaled @ coefficients[:-1] + coefficients[-1])


def _ridge(scaled: Floats, values: Floats | npt.NDArray[np.bool_]) -> Floats:
    """Coefficients and constants, shape (n_features + 1,) or (n_features + 1, n_outputs)."""
    if not len(values):
        return np.zeros((scaled.shape[1] + 1, *values.shape[1:]))
    mean, around = values.mean(axis=0), scaled.mean(axis=0)
    centred = scaled - around
    gram = centred.T @ centred + _RIDGE_ROWS * np.eye(scaled.shape[1])
    slope = np.linalg.solve(gram, centred.T @ (values - mean))
    return np.concatenate([slope, (mean - around @ slope)[None]])
