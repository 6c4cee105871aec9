"""Find rules between columns that the rows keep, and that chance would not.

A rule is proposed where (nearly) all rows keep it although many would break it if one of its
columns were shuffled: what shuffling does not break says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, permutations
from typing import TYPE_CHECKING

import numpy as np

from tabular.formulas import numbers
from tabular.rules import (
    FixedCombinations,
    Formula,
    FunctionalDependency,
    Inequality,
    Rule,
    Sum,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt
    import pandas as pd

    from tabular.schema import TableSchema

_MOST_BROKEN = 0.005  # share of rows that may break what is proposed: errors of the source
_LEAST_SHUFFLED = 0.05  # share that would break it by chance
_FEWEST_ROWS = 50
_LOOKED_AT = 20_000
_PROBED = 256  # rows that candidates are sieved with
_OF_PROBED = 0.97  # share of those that a candidate must fit
_MOST_NUMBERS, _MOST_CATEGORICAL = 60, 60  # columns
_MOST_LABELS = 1000
_ROWS_PER_LABEL = 5
_ZERO = 1e-6


@dataclass(frozen=True)
class FoundRule:
    """A rule that the rows keep.

    Args:
        rule: The rule.
        rows: Rows it was looked at in, those with a missing cell left out.
        broken: How many of them break it.
        shuffled: Share that would break it if chance had put the cells together.
    """

    rule: Rule
    rows: int
    broken: int
    shuffled: float

    @property
    def reason(self) -> str:
        """Why it is proposed, in words without a cell."""
        kept = "all" if not self.broken else f"all but {self.broken:,} of"
        return f"{kept} {self.rows:,} rows keep it; by chance {self.shuffled:.0%} would not"


def find_rules(frame: pd.DataFrame, schema: TableSchema) -> tuple[FoundRule, ...]:
    """The rules of a table, those about the most columns first.

    At most 20,000 rows are looked at, evenly spread.

    Args:
        frame: The rows.
        schema: What its columns are; identifiers, personal data and free text are left out.
    """
    if len(frame) < _FEWEST_ROWS:
        return ()
    step = max(1, -(-len(frame) // _LOOKED_AT))
    rows = frame.iloc[::step].reset_index(drop=True)
    learnt = [column for column in schema.columns if column.is_modelled]
    numeric = [c.name for c in learnt if c.sdtype == "numerical"][:_MOST_NUMBERS]
    moments = [c.name for c in learnt if c.sdtype == "datetime"][:_MOST_NUMBERS]
    labels = [c.name for c in learnt if c.sdtype in {"categorical", "ordinal"}]
    labels += [name for name in numeric if _is_code(rows[name])]
    values = {name: numbers(rows, name) for name in numeric}
    values = {name: cells for name, cells in values.items() if _varies(cells)}
    times = {name: _ticks(rows[name]) for name in moments}
    times = {name: cells for name, cells in times.items() if _varies(cells)}
    arithmetic = tuple(_arithmetic(values, rows))
    derived = {name for found in arithmetic for name in found.rule.used[:1]}
    found = [
        *arithmetic,
        *_inequalities({n: v for n, v in values.items() if n not in derived}, rows),
        *_inequalities(times, rows),
        *_dependencies(labels[:_MOST_CATEGORICAL], set(labels) - set(numeric), rows),
    ]
    return tuple(sorted(found, key=lambda f: (-len(f.rule.used), f.rule.kind, f.rule.used)))


def _is_code(cells: pd.Series) -> bool:
    """Whether few whole numbers stand for something."""
    return cells.dtype.kind in "iu" and cells.nunique() <= len(cells) / (10 * _ROWS_PER_LABEL)


def _varies(cells: npt.NDArray[np.float64]) -> bool:
    there = cells[~np.isnan(cells)]
    return len(there) >= _FEWEST_ROWS and bool((there != there[0]).any())


def _ticks(cells: pd.Series) -> npt.NDArray[np.float64]:
    """Moments as days; only their order counts."""
    import pandas as pd

    if cells.dtype == object:
        days = cells.map(lambda day: day.toordinal(), na_action="ignore")
        return numbers(days.to_frame("day"), "day")
    utc = cells.dt.tz_convert("UTC").dt.tz_localize(None) if cells.dt.tz is not None else cells
    return np.asarray((utc - pd.Timestamp(0)) / pd.Timedelta(days=1), dtype=float)


def _kept(rule: Rule, frame: pd.DataFrame, shuffled: float) -> Iterator[FoundRule]:
    """The rule, if it holds and chance would break it."""
    if shuffled < _LEAST_SHUFFLED:
        return
    there = int(frame[list(rule.used)].notna().to_numpy().all(axis=1).sum())
    broken = int(rule.breaks(frame).sum())
    if there >= max(_FEWEST_ROWS, len(frame) / 10) and broken <= _MOST_BROKEN * there:
        yield FoundRule(rule, there, broken, shuffled)


def _inequalities(
    values: Mapping[str, npt.NDArray[np.float64]], frame: pd.DataFrame
) -> Iterator[FoundRule]:
    """Pairs of which one is never above the other, without those that follow from others."""
    above: dict[tuple[str, str], FoundRule] = {}
    for low, high in permutations(values, 2):
        there = ~(np.isnan(values[low]) | np.isnan(values[high]))
        if there.sum() < _FEWEST_ROWS:
            continue
        a, b = values[low][there], values[high][there]
        if (a[:_PROBED] > b[:_PROBED]).mean() > 2 * _MOST_BROKEN:
            continue
        # Exactly what a shuffle gives on average: for each low cell the share of high ones below.
        shuffled = float(np.searchsorted(np.sort(b), a, side="left").mean()) / len(b)
        strict = not (a == b).any()
        rule = Inequality(low=low, high=high, strict=strict)
        for found in _kept(rule, frame, shuffled):
            above[low, high] = found
    for (low, high), found in above.items():
        between = {b for (a, b) in above if a == low} & {a for (a, b) in above if b == high}
        if not between:
            yield found


def _arithmetic(
    values: Mapping[str, npt.NDArray[np.float64]], frame: pd.DataFrame
) -> Iterator[FoundRule]:
    """Columns that are sums or products of others, each column at most once."""
    names = list(values)
    if len(names) < 3:  # noqa: PLR2004  a total and two parts
        return
    complete = np.flatnonzero(~np.isnan(np.stack([values[n] for n in names])).any(axis=0))
    if len(complete) < _FEWEST_ROWS:
        return
    probe = complete[:: max(1, len(complete) // _PROBED)]
    x = np.stack([values[n][probe] for n in names], axis=1)
    size = np.abs(x).max(axis=0)
    used: set[str] = set()
    for i, total in enumerate(names):
        for rule in _of_two(names, x, size, i):
            if used.isdisjoint(rule.used[:1]):
                yield from _first(rule, frame, values[total], used)
    for i, total in enumerate(names):
        sum_of_many = _of_many(names, x, size, i)
        if sum_of_many is not None and total not in used:
            yield from _first(sum_of_many, frame, values[total], used)


def _first(
    rule: Sum | Formula,
    frame: pd.DataFrame,
    total: npt.NDArray[np.float64],
    used: set[str],
) -> Iterator[FoundRule]:
    # A shuffled total agrees as often as two of its cells do, where all parts are there.
    there = frame[list(rule.used)].notna().to_numpy().all(axis=1)
    _, counts = np.unique(total[there], return_counts=True)
    agree = float(((counts / counts.sum()) ** 2).sum())
    for found in _kept(rule, frame, 1 - agree):
        # Of a + b = c only one is proposed: the others are the same rule turned round.
        used |= set(rule.used)
        yield found


def _of_two(
    names: list[str], x: npt.NDArray[np.float64], size: npt.NDArray[np.float64], total: int
) -> Iterator[Sum | Formula]:
    others = [i for i in range(len(names)) if i != total]
    for a, b in combinations_with_replacement(others, 2):
        parts = (names[a], names[b])
        limit = _ZERO * max(size[total], size[a], size[b])
        if _nearly_all(np.abs(x[:, a] + x[:, b] - x[:, total]) <= limit):
            yield Sum(total=names[total], parts=parts, tolerance=_tolerance(size[total]))
        elif _nearly_all(np.abs(x[:, a] * x[:, b] - x[:, total]) <= limit):
            equals = " * ".join(f"{{{name}}}" for name in parts)
            yield Formula(column=names[total], equals=equals, tolerance=_tolerance(size[total]))


def _of_many(
    names: list[str], x: npt.NDArray[np.float64], size: npt.NDArray[np.float64], total: int
) -> Sum | None:
    """A sum of three parts or more: the regression on all others is exact, its weights 0 or 1."""
    others = [i for i in range(len(names)) if i != total]
    weights = np.linalg.lstsq(x[:, others], x[:, total], rcond=None)[0]
    # Once more without the rows that fit worst: they may be errors of the source.
    off = np.abs(x[:, others] @ weights - x[:, total])
    good = off <= np.quantile(off, _OF_PROBED)
    weights = np.linalg.lstsq(x[good][:, others], x[good, total], rcond=None)[0]
    rounded = np.rint(weights)
    if np.abs(weights - rounded).max() > 1e-3 or not np.isin(rounded, (0.0, 1.0)).all():  # noqa: PLR2004
        return None
    parts = [i for i, weight in zip(others, rounded, strict=True) if weight]
    if len(parts) < 3:  # noqa: PLR2004  sums of two are looked for one by one
        return None
    if not _nearly_all(np.abs(x[:, parts].sum(axis=1) - x[:, total]) <= _ZERO * size[total]):
        return None
    return Sum(
        total=names[total],
        parts=tuple(names[i] for i in parts),
        tolerance=_tolerance(size[total]),
    )


def _nearly_all(fits: npt.NDArray[np.bool_]) -> bool:
    return bool(fits.mean() >= _OF_PROBED)


def _tolerance(size: float) -> float:
    """What rounding may change in a number as large as this, as a round number."""
    return float(f"{max(size, 1.0) * 1e-9:.0e}")


def _dependencies(
    names: list[str], categories: set[str], frame: pd.DataFrame
) -> Iterator[FoundRule]:
    """Columns that others determine; where each determines the other, their combinations."""
    pairs = _determined(_label_codes(names, frame), frame)
    same = {pair for pair in pairs if pair[::-1] in pairs}
    for (given, column), found in pairs.items():
        if (given, column) in same:
            # Combinations are learnt of categories; of numbers one way says nearly as much.
            if given < column and {given, column} <= categories:
                yield replace(found, rule=FixedCombinations(columns=(given, column)))
            elif given < column:
                yield found
            continue
        # a -> b -> c says a -> c already, unless b is but another name for a or c.
        between = {y for x, y in pairs if x == given} & {x for x, y in pairs if y == column}
        if not {y for y in between if (given, y) not in same and (y, column) not in same}:
            yield found


def _label_codes(names: list[str], frame: pd.DataFrame) -> dict[str, npt.NDArray[np.int64]]:
    """Codes of the columns whose labels stand often enough to tell anything; -1 for missing."""
    import pandas as pd

    codes = {}
    for name in names:
        code, labels = pd.factorize(frame[name])
        if 1 < len(labels) <= min(_MOST_LABELS, len(frame) / _ROWS_PER_LABEL):
            codes[name] = np.asarray(code, dtype=np.int64)
    return codes


def _determined(
    codes: Mapping[str, npt.NDArray[np.int64]], frame: pd.DataFrame
) -> dict[tuple[str, str], FoundRule]:
    """Pairs of which the first determines the second."""
    pairs: dict[tuple[str, str], FoundRule] = {}
    for given, column in permutations(codes, 2):
        a, b = codes[given], codes[column]
        if a.max() < b.max():
            continue
        table = np.zeros((a.max() + 1, b.max() + 2))
        there = a >= 0
        np.add.at(table, (a[there], b[there]), 1)
        # Of the rows with one label all should agree: this many don't.
        broken = there.sum() - table.max(axis=1).sum()
        if broken > _MOST_BROKEN * len(frame):
            continue
        shuffled = 1 - table.sum(axis=0).max() / there.sum()
        rule = FunctionalDependency(columns=(given,), determines=column)
        for found in _kept(rule, frame, float(shuffled)):
            pairs[given, column] = found
    return pairs
