"""How much of the dependence between columns synthetic rows keep.

What goes with what is learnt on fresh rows, as a weight for each cell of a table of two or three
columns; the mean weight then measures the dependence in the train and in the synthetic rows alike.
Since the weights come from rows that neither has, the train rows' figure is not flattered by
chance, and the ratio of the two is the share that is kept: 1 for fresh rows, 0 for columns drawn
independently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from validation.excess import POWER
from validation.statistics import holm, normal_quantile, upper_tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.base import Check, CheckResult, Evidence
    from validation.contingency import Binning

    Codes = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

_LEAST_EXPECTED = 5.0
"""Rows that a cell must be expected to have to weigh in full: one row must not decide."""

_LEVEL = 0.025


@dataclass(frozen=True)
class Sample:
    """Rows as small codes, by column.

    Args:
        codes: Level of each cell, by column, each of shape (n_rows,).
        subjects: The subject of each row; `None`: each row is its own.
    """

    codes: Mapping[str, Codes]
    subjects: Codes | None = None

    @staticmethod
    def of(table: Table, binning: Binning) -> Sample:
        """A table's rows, cut as `binning` says."""
        return Sample(binning.codes(table), table.shared_codes)

    def cells(self, names: Sequence[str], shape: tuple[int, ...]) -> Codes:
        """Which cell of the columns' table each row is in."""
        return np.ravel_multi_index(tuple(self.codes[name] for name in names), shape).astype(
            np.int64
        )


@dataclass(frozen=True)
class Kept:
    """What became of each set of columns' dependence, each of shape (n_sets,).

    Args:
        columns: The sets: pairs, or triples.
        strength: The dependence in the train rows: for two columns the mean square contingency,
            for three what goes beyond all pairs.
        found: The same of the synthetic rows.
        strength_error: Standard error of `strength`.
        found_error: Standard error of `found`.
    """

    columns: tuple[tuple[str, ...], ...]
    strength: Floats
    found: Floats
    strength_error: Floats
    found_error: Floats

    @property
    def share(self) -> Floats:
        """The share that is kept; 1 where there was nothing to keep."""
        there = self.strength > 0
        return np.where(there, self.found / np.where(there, self.strength, 1.0), 1.0)

    def judged(self, least: float, strength: float) -> npt.NDArray[np.bool_]:
        """Sets strong enough to matter, and that fresh rows stand clear of what is asked for."""
        z = normal_quantile(comparisons=len(self.columns)) + POWER
        # Fresh rows have the train rows' own error.
        error = np.hypot(self.strength_error, least * self.strength_error)
        clear = (1 - least) * self.strength > z * error
        return np.asarray(clear & (self.strength >= strength**2), dtype=bool)

    def p_values(self, least: float) -> Floats:
        """Chance that rows which keep the share `least` show as little, one-sided."""
        error = np.hypot(self.found_error, least * self.strength_error)
        return upper_tail((least * self.strength - self.found) / np.maximum(error, 1e-12))

    def error(self) -> Floats:
        """Standard error of the share."""
        base = np.maximum(self.strength, 1e-12)
        return np.hypot(self.found_error, self.share * self.strength_error) / base


@dataclass(frozen=True)
class Loss:
    """The sets that can be judged, and the worst of them.

    Args:
        kept: Those that can be judged.
        corrected: Their p values, corrected for their number.
        worst: Position of the worst among them.
        least: The share that was asked for.
    """

    kept: Kept
    corrected: Floats
    worst: int
    least: float

    @staticmethod
    def of(kept: Kept, least: float, strength: float) -> Loss | None:
        """Judge each set that can be; `None` if none can.

        Args:
            kept: All sets.
            least: The share to keep.
            strength: Cohen's w (the root of the mean square contingency) from which a dependence
                matters.
        """
        mask = kept.judged(least, strength)
        if not mask.any():
            return None
        judged = Kept(
            tuple(c for c, keep in zip(kept.columns, mask, strict=True) if keep),
            kept.strength[mask],
            kept.found[mask],
            kept.strength_error[mask],
            kept.found_error[mask],
        )
        p = judged.p_values(least)
        return Loss(judged, holm(list(p)), int(np.lexsort((judged.share, p))[0]), least)

    @property
    def status(self) -> Literal["pass", "fail", "undecided"]:
        """Fail where some set surely keeps too little, undecided where one only seems to."""
        if (self.corrected < _LEVEL).any():
            return "fail"
        return "undecided" if (self.kept.share < self.least).any() else "pass"

    @property
    def value(self) -> float:
        """Share kept by the worst set."""
        return float(self.kept.share[self.worst])

    @property
    def interval(self) -> tuple[float, float]:
        """Its interval, which holds for all sets together."""
        z = normal_quantile(comparisons=len(self.kept.columns))
        half = z * float(self.kept.error()[self.worst])
        return self.value - half, self.value + half

    @property
    def smallest_effect(self) -> float:
        """The loss that the least visible judged set would show in four of five draws."""
        z = normal_quantile(comparisons=len(self.kept.columns)) + POWER
        error = self.kept.strength_error / np.maximum(self.kept.strength, 1e-12)
        return float(min(1.0, z * error.max() * np.sqrt(2)))

    def table(self, most: int = 10) -> list[dict[str, object]]:
        """The sets that lost most, for the details."""
        order = np.argsort(self.kept.share, kind="stable")[:most]
        return [
            {
                "columns": list(self.kept.columns[i]),
                "kept": round(float(self.kept.share[i]), 4),
                "strength": round(float(np.sqrt(max(self.kept.strength[i], 0.0))), 4),
            }
            for i in order
        ]


def kept(
    train: Sample,
    synthetic: Sample,
    fresh: Sample,
    sets: Sequence[tuple[str, ...]],
    levels: Mapping[str, int],
) -> Kept:
    """Measure how much of each set's dependence is kept.

    Args:
        train: The rows whose dependence counts.
        synthetic: The rows to judge.
        fresh: Other real rows, which say where to look.
        sets: Pairs or triples of columns.
        levels: Number of levels of each column.

    Reference:
        Lancaster (1969), The chi-squared distribution, chapter 12: what three columns have in
        common beyond their pairs. Differs from it: the dependence is measured along a direction
        that other rows gave, so that it is a mean, has no bias, and can be compared.
    """
    figures = np.zeros((4, len(sets)))
    for i, names in enumerate(sets):
        shape = tuple(levels[name] for name in names)
        n = len(next(iter(fresh.codes.values())))
        p = _table(fresh.cells(names, shape), shape)
        product = _product(p)
        weight = _beyond(p) / np.maximum(product, _LEAST_EXPECTED / max(n, 1))
        for row, sample in enumerate((train, synthetic)):
            figures[2 * row : 2 * row + 2, i] = _mean(sample, names, shape, weight)
    return Kept(tuple(sets), figures[0], figures[2], figures[1], figures[3])


def _table(cells: Codes, shape: tuple[int, ...]) -> Floats:
    counts = np.bincount(cells, minlength=int(np.prod(shape)))
    table: Floats = counts.reshape(shape) / max(len(cells), 1)
    return table


def _margin(p: Floats, axis: int) -> Floats:
    """One column's shares, shaped so that they multiply along its axis."""
    others = tuple(i for i in range(p.ndim) if i != axis)
    share: Floats = p.sum(axis=others, keepdims=True)
    return share


def _product(p: Floats) -> Floats:
    out: Floats = np.ones_like(p)
    for axis in range(p.ndim):
        out = out * _margin(p, axis)
    return out


def _beyond(p: Floats) -> Floats:
    """What the table has beyond its columns, and beyond its pairs where there are three."""
    if p.ndim == 2:  # noqa: PLR2004  a pair
        return p - _product(p)
    out = p + 2 * _product(p)
    for axis in range(3):
        out = out - p.sum(axis=axis, keepdims=True) * _margin(p, axis)
    return out


def _mean(
    sample: Sample, names: Sequence[str], shape: tuple[int, ...], weight: Floats
) -> tuple[float, float]:
    """The dependence along a direction, and its standard error by subject."""
    cells = sample.cells(names, shape)
    n = len(cells)
    if not n:
        return 0.0, 1.0
    p = _table(cells, shape)
    for axis in range(weight.ndim):
        # Centred by the sample's own columns, only the joint part is left.
        weight = weight - (weight * _margin(p, axis)).sum(axis=axis, keepdims=True)
    value = float((p * weight).sum())
    influence = weight - value
    if weight.ndim == 3:  # noqa: PLR2004  a triple
        for axis in range(3):
            pair = p.sum(axis=axis, keepdims=True)
            others = tuple(i for i in range(3) if i != axis)
            influence = influence - (pair * weight).sum(axis=others, keepdims=True)
        influence = influence - float((p * influence).sum())
    if sample.subjects is None:
        variance = float((p * influence**2).sum()) / n
    else:
        sums = np.bincount(sample.subjects, weights=influence.ravel()[cells])
        variance = float((sums**2).sum()) / n**2
    return value, float(np.sqrt(variance))


def samples_of(evidence: Evidence, binning: Binning) -> dict[str, Sample]:
    """Every side of the evidence as codes."""
    sides = ("train", "synthetic", "fresh", "holdout", "reference")
    tables = {side: getattr(evidence, side) for side in sides}
    return {side: Sample.of(table, binning) for side, table in tables.items() if table is not None}


def answer(
    check: Check,
    evidence: Evidence,
    samples: Mapping[str, Sample],
    sets: Sequence[tuple[str, ...]],
    levels: Mapping[str, int],
    *,
    least: float,
    strength: float,
    what: str,
) -> CheckResult:
    """A check's answer: how much the worst set keeps, and the same of fresh rows.

    Args:
        check: Whose answer it is.
        evidence: With fresh rows.
        samples: `train`, `synthetic`, `fresh`, and where there are any `holdout` and `reference`.
        sets: Pairs or triples.
        levels: Number of levels of each column.
        least: The share to keep.
        strength: Cohen's w from which a dependence matters.
        what: What the dependence is called.
    """
    n = len(evidence.synthetic)
    found = kept(samples["train"], samples["synthetic"], samples["fresh"], sets, levels)
    loss = Loss.of(found, least, strength)
    details: dict[str, object] = {"looked_at": len(sets), "judged": 0}
    if loss is None:
        return check.result(
            "insufficient",
            f"of {len(sets)} sets of columns none has a {what} strong enough to be judged by "
            f"{n:,} rows",
            n_rows=n,
            details=details,
        )
    worst = loss.kept.columns[loss.worst]
    baseline = None
    if "reference" in samples:
        fresh = kept(samples["train"], samples["reference"], samples["holdout"], [worst], levels)
        baseline = float(fresh.share[0])
    named = f"{', '.join(worst[:-1])} and {worst[-1]}"
    return check.result(
        loss.status,
        f"{named} keep {100 * loss.value:.0f} % of their {what}, the least of "
        f"{len(loss.kept.columns)} judged",
        statistic=f"share kept of the {what} of {named}",
        value=loss.value,
        interval=loss.interval,
        baseline=baseline,
        threshold=least,
        better="higher",
        smallest_effect=loss.smallest_effect,
        p_value=float(loss.corrected.min()),
        n_rows=n,
        details={**details, "judged": len(loss.kept.columns), "sets": loss.table()},
    )
