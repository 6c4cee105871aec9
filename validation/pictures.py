"""What the report shows of a table: distributions, associations and groups, as aggregates.

No cell stands for fewer than k subjects: rare categories are put together, bins of numbers are
joined with their neighbours, and the ends of an axis are open.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from validation.bins import MOST_BINS, backing_of, bin_of, edges_of, joined, names_of
from validation.contingency import Binning
from validation.features import is_numeric, labels, numbers, space_of
from validation.groups import group_rows
from validation.groups import shown as shown_label
from validation.outcome import Outcome

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from tabular.schema import Column
    from validation.base import Evidence
    from validation.groups import GroupRows

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

MOST_PAIRED = 40
_LEAST_GROUP = 20


class _Picture(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnPicture(_Picture):
    """One column's distribution on both sides, over the same bins."""

    name: str
    type: Literal["number", "moment", "category"]
    labels: tuple[str, ...] = Field(description="What each bin holds.")
    real: tuple[float, ...] = Field(description="Share of the train rows in each bin.")
    synthetic: tuple[float, ...] = Field(description="Share of the synthetic rows in each bin.")

    @property
    def distance(self) -> float:
        """Total variation distance over these bins."""
        return sum(abs(a - b) for a, b in zip(self.real, self.synthetic, strict=True)) / 2


class AssociationPicture(_Picture):
    """How strongly each two columns go together: Cramér's V without its bias, in [0, 1].

    Reference:
        Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T.
    """

    names: tuple[str, ...]
    real: tuple[tuple[float, ...], ...]
    synthetic: tuple[tuple[float, ...], ...]

    @property
    def difference(self) -> tuple[tuple[float, ...], ...]:
        """Synthetic less real."""
        return tuple(
            tuple(b - a for a, b in zip(left, right, strict=True))
            for left, right in zip(self.real, self.synthetic, strict=True)
        )


class GroupPicture(_Picture):
    """One group of people: how many there are, and how often they have the outcome."""

    group: str
    rows: int = Field(description="Train rows.")
    real: float = Field(description="Share of the train rows.")
    synthetic: float = Field(description="Share of the synthetic rows.")
    outcome_real: float | None = None
    outcome_synthetic: float | None = None


class TablePictures(_Picture):
    """All pictures of one table."""

    k: int = Field(description="Subjects that stand behind each cell, at least.")
    columns: tuple[ColumnPicture, ...] = ()
    association: AssociationPicture | None = None
    groups: tuple[GroupPicture, ...] = ()
    outcome: str = Field(default="", description="What the outcome of the groups is.")

    def public(self) -> TablePictures:
        """The same pictures for outside the house: shares to a thousandth, counts to ten."""
        columns = tuple(
            column.model_copy(
                update={"real": _short(column.real), "synthetic": _short(column.synthetic)}
            )
            for column in self.columns
        )
        association = self.association and self.association.model_copy(
            update={
                "real": tuple(map(_short, self.association.real)),
                "synthetic": tuple(map(_short, self.association.synthetic)),
            }
        )
        groups = tuple(
            group.model_copy(
                update={
                    "rows": round(group.rows, -1),
                    "real": round(group.real, 3),
                    "synthetic": round(group.synthetic, 3),
                    "outcome_real": _thousandth(group.outcome_real),
                    "outcome_synthetic": _thousandth(group.outcome_synthetic),
                }
            )
            for group in self.groups
        )
        return self.model_copy(
            update={"columns": columns, "association": association, "groups": groups}
        )


def draw(evidence: Evidence) -> TablePictures:
    """The pictures of a table: aggregates only, no cell of fewer than k train subjects."""
    space = space_of(evidence)
    outcome = Outcome.learn(evidence.train, evidence.target) if evidence.target else None
    return TablePictures(
        k=evidence.k,
        columns=tuple(_column(column, evidence) for column in space.columns),
        association=_association(evidence) if len(space.columns) > 1 else None,
        groups=_groups(evidence, outcome),
        outcome=f"{outcome.name} in {outcome.target}" if outcome else "",
    )


def _column(column: Column, evidence: Evidence) -> ColumnPicture:
    if not is_numeric(column):
        return _categories(column, evidence)
    ours, theirs = (numbers(t.frame[column.name]) for t in (evidence.train, evidence.synthetic))
    moment = column.sdtype == "datetime"
    edges = edges_of(ours, moment=moment)
    edges = joined(edges, ours, evidence)
    n = len(edges) + 1
    codes = [bin_of(values, edges) for values in (ours, theirs)]
    names = names_of(edges, ours, moment=moment)
    return _picture(column.name, "moment" if moment else "number", codes, names, n, evidence)


def _categories(column: Column, evidence: Evidence) -> ColumnPicture:
    """The most frequent categories that k subjects share; the others together."""
    levels = space_of(evidence).levels[column.name]
    codes = [
        levels.codes(table.frame[column.name]) for table in (evidence.train, evidence.synthetic)
    ]
    backing = backing_of(codes[0], evidence, levels.unseen + 1)
    shown = np.flatnonzero(backing[: len(levels.names)] >= evidence.k)
    shown = shown[: MOST_BINS - 1] if len(levels.names) > MOST_BINS else shown
    if column.sdtype in {"ordinal", "boolean"}:
        places = _order(column, evidence.train.frame[column.name])
        order = [places.get(levels.names[i], len(places)) for i in shown]
        shown = shown[np.argsort(order, kind="stable")]
    text = [shown_label(column, levels.names[i]) for i in shown]
    place = np.full(levels.unseen + 1, len(shown))
    place[shown] = np.arange(len(shown))
    place[levels.missing] = len(shown) + 1
    return _picture(
        column.name,
        "category",
        [place[side] for side in codes],
        [*text, "all others"],
        len(shown) + 1,
        evidence,
    )


def _order(column: Column, cells: pd.Series) -> dict[str, int]:
    """The place of each label of an ordinal: as declared, as its dtype has it, or sorted."""
    import pandas as pd

    if column.categories:
        known = labels(pd.Series(list(column.categories)))
    elif isinstance(cells.dtype, pd.CategoricalDtype):
        known = labels(cells.cat.categories.to_series())
    else:
        known = labels(cells).dropna().drop_duplicates().sort_values()
    return {str(label): place for place, label in enumerate(known)}


def _picture(
    name: str,
    kind: Literal["number", "moment", "category"],
    codes: list[Codes],
    names: list[str],
    n_bins: int,
    evidence: Evidence,
) -> ColumnPicture:
    """Shares by bin; the code `n_bins` is a missing cell. Empty bins and small ones are left out.

    What is left of the real rows in cells of fewer than k subjects is shown as none: a reader sees
    that there is next to nothing, and not whom.
    """
    counts = [np.bincount(side, minlength=n_bins + 1)[: n_bins + 1] for side in codes]
    backing = backing_of(codes[0], evidence, n_bins + 1)
    counts[0] = np.where(backing >= evidence.k, counts[0], 0)
    names = [*names, "missing"]
    shares = [side / max(side.sum(), 1) for side in counts]
    kept = [i for i in range(n_bins + 1) if shares[0][i] > 0 or shares[1][i] > 0]
    return ColumnPicture(
        name=name,
        type=kind,
        labels=tuple(names[i] for i in kept),
        real=tuple(float(shares[0][i]) for i in kept),
        synthetic=tuple(float(shares[1][i]) for i in kept),
    )


def _association(evidence: Evidence) -> AssociationPicture:
    binning = Binning.learn(evidence.train, space_of(evidence))
    names = binning.space.names[:MOST_PAIRED]
    sizes = [binning.levels(name) for name in names]
    maps = []
    for table in (evidence.train, evidence.synthetic):
        codes = binning.codes(table)
        maps.append(_cramers_v([codes[name] for name in names], sizes))
    real, synthetic = (tuple(tuple(map(float, row)) for row in matrix) for matrix in maps)
    return AssociationPicture(names=names, real=real, synthetic=synthetic)


def _cramers_v(columns: list[Codes], sizes: list[int]) -> Floats:
    """Cramér's V of each two columns, bias corrected, shape (n_columns, n_columns)."""
    n = max(len(columns[0]), 1)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    marks = np.zeros((len(columns[0]), starts[-1]), dtype=np.float32)
    for start, codes in zip(starts[:-1], columns, strict=True):
        marks[np.arange(len(codes)), start + codes] = 1
    # Counts stay below 2^24, which float32 holds exactly, for any table up to 16 million rows.
    joint = (marks.T @ marks).astype(np.float64)
    out = np.eye(len(columns))
    for i in range(len(columns)):
        for j in range(i):
            table = joint[starts[i] : starts[i + 1], starts[j] : starts[j + 1]]
            table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
            out[i, j] = out[j, i] = _bergsma(table, n)
    return out


def _bergsma(table: Floats, n: int) -> float:
    rows, columns = table.shape
    if min(rows, columns) < 2 or n < 2:  # noqa: PLR2004  a constant goes with nothing
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    squared = float(((table - expected) ** 2 / expected).sum()) / n
    corrected = max(squared - (rows - 1) * (columns - 1) / (n - 1), 0.0)
    r, c = rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    least = min(r, c) - 1
    return float(min(math.sqrt(corrected / least), 1.0)) if least > 0 else 0.0


def _groups(evidence: Evidence, outcome: Outcome | None) -> tuple[GroupPicture, ...]:
    if not evidence.sensitive:
        return ()
    found = []
    had = {
        side: outcome.of(table) if outcome else None
        for side, table in (("train", evidence.train), ("synthetic", evidence.synthetic))
    }
    for group in group_rows(evidence, ("train", "synthetic"), together=False):
        mask = group.masks["train"]
        if len(np.unique(group.subjects["train"][mask])) < max(evidence.k, _LEAST_GROUP):
            continue
        rates = {side: _rate(group, side, flags, evidence.k) for side, flags in had.items()}
        if outcome and outcome.target in group.attributes:
            rates = {}
        found.append(
            GroupPicture(
                group=group.name,
                rows=group.rows("train"),
                real=group.share("train"),
                synthetic=group.share("synthetic"),
                outcome_real=rates.get("train"),
                outcome_synthetic=rates.get("synthetic"),
            )
        )
    return tuple(found)


def _rate(group: GroupRows, side: str, flags: npt.NDArray[np.bool_] | None, k: int) -> float | None:
    """How often the group has the outcome; none where fewer than k have it, or do not."""
    mask, subjects = group.masks[side], group.subjects[side]
    if flags is None or not mask.any():
        return None
    backing = min(len(np.unique(subjects[mask & (flags == had)])) for had in (True, False))
    return float(flags[mask].mean()) if side == "synthetic" or backing >= k else None


def _short(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(share, 3) for share in shares)


def _thousandth(share: float | None) -> float | None:
    return None if share is None else round(share, 3)
