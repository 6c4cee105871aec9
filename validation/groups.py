"""Protected groups: the rows of each sensitive attribute's values, and of each two together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from validation.excess import Rate
from validation.features import is_numeric, labels, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.schema import Column
    from validation.base import Evidence
    from validation.features import Side

    Mask = npt.NDArray[np.bool_]

_FEW_VALUES = 10
_BANDS = 4


@dataclass(frozen=True)
class GroupRows:
    """One group on several sides.

    Args:
        attributes: The attributes that define it.
        name: How people read it, such as `sex = Female`.
        masks: Which rows are in it, by side.
        subjects: The subject of each row, by side.
    """

    attributes: tuple[str, ...]
    name: str
    masks: Mapping[str, Mask]
    subjects: Mapping[str, npt.NDArray[np.int64]]

    def has(self, side: str) -> bool:
        """Whether there are rows on a side at all."""
        return side in self.masks and len(self.masks[side]) > 0

    def rows(self, side: str) -> int:
        """Rows of the group."""
        return int(self.masks[side].sum())

    def total(self, side: str) -> int:
        """Rows of the side."""
        return len(self.masks[side])

    def share(self, side: str) -> float:
        """The group's share of the side's rows."""
        return self.rows(side) / max(self.total(side), 1)

    def rate(self, side: str) -> Rate:
        """The share with the number of independent rows behind it."""
        return Rate.of(self.masks[side], self.subjects[side])


def group_rows(
    evidence: Evidence, sides: tuple[Side, ...], *, together: bool = True
) -> list[GroupRows]:
    """The groups that train rows form, on the given sides; a side that is not there is left out.

    Numbers with many values are cut into quarters of train. A missing attribute makes no group, and
    neither do fewer than k train subjects: to name what they share would point at them.

    Args:
        evidence: The rows and which columns are sensitive.
        sides: Where to look.
        together: Whether two attributes at a time form groups as well.
    """
    tables: dict[str, Table] = {
        side: table for side in sides if (table := getattr(evidence, side)) is not None
    }
    single: list[tuple[str, str, dict[str, Mask]]] = []
    for attribute in evidence.sensitive:
        values = values_on(evidence.schema[attribute], evidence.train, tables)
        known = values["train"][0]
        for code in np.unique(known[known >= 0]):
            masks = {side: codes == code for side, (codes, _) in values.items()}
            single.append((attribute, values["train"][1][code], masks))
    subjects = {side: table.subject_codes for side, table in tables.items()}
    groups = [
        GroupRows((attribute,), f"{attribute} = {value}", masks, subjects)
        for attribute, value, masks in single
    ]
    if together:
        for left, right in combinations(single, 2):
            masks = {side: left[2][side] & right[2][side] for side in tables}
            if left[0] != right[0] and masks["train"].any():
                name = f"{left[0]} = {left[1]}, {right[0]} = {right[1]}"
                groups.append(GroupRows((left[0], right[0]), name, masks, subjects))
    return [group for group in groups if may_be_named(evidence, group.masks["train"])]


def may_be_named(evidence: Evidence, mask: Mask) -> bool:
    """Whether at least k subjects stand behind a mask of the train rows."""
    return len(np.unique(evidence.train.subject_codes[mask])) >= evidence.k


def values_on(
    column: Column, train: Table, tables: Mapping[str, Table]
) -> dict[str, tuple[npt.NDArray[np.int64], list[str]]]:
    """A code for each row's value on each side, -1 for missing or unknown, and the codes' names.

    Numbers with many values are cut into quarters of train.
    """
    import pandas as pd

    if is_numeric(column):
        ours = numbers(train.frame[column.name])
        distinct = np.unique(ours[~np.isnan(ours)])
        if len(distinct) > _FEW_VALUES:
            edges = np.unique(np.nanquantile(ours, np.linspace(0, 1, _BANDS + 1)[1:-1]))
            names = [f"quarter {i + 1}" for i in range(len(edges) + 1)]
            out = {}
            for side, table in tables.items():
                cells = numbers(table.frame[column.name])
                codes = np.searchsorted(edges, cells, "right").astype(np.int64)
                out[side] = (np.where(np.isnan(cells), -1, codes), names)
            return out
    text = {side: labels(table.frame[column.name]) for side, table in tables.items()}
    known = sorted(set(labels(train.frame[column.name]).dropna()))
    index = pd.Index(known, dtype=object)
    names = [shown(column, value) for value in known]
    return {
        side: (index.get_indexer(pd.Index(cells, dtype=object)).astype(np.int64), names)
        for side, cells in text.items()
    }


def shown(column: Column, label: str) -> str:
    """A label as people read it: whole numbers without a point, truth in words."""
    if column.sdtype == "boolean":
        return {"1.0": "true", "0.0": "false"}.get(label, label)
    return label.removesuffix(".0")
