"""Which lost column became which new one, by name and by what stands in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import numpy as np

from tabular.pii import words
from validation.drift_profile import kind_of, type_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tabular.dataset import Table
    from tabular.schema import Column
    from validation.drift_profile import ColumnProfile

LIKELY = 0.6
"""Similarity from which a new column looks like a lost one."""
_TELLING = 10.0
"""Bins in even use from which a distribution alone tells a column."""


@dataclass(frozen=True)
class Rename:
    """A lost column and the new one that looks like it.

    Args:
        old: The lost column.
        new: The new one.
        score: Their similarity, in [0, 1].
        why: What the guess rests on.
    """

    old: str
    new: str
    score: float
    why: str


def renames(
    lost: Mapping[str, ColumnProfile], now: Table, new: Sequence[Column]
) -> tuple[Rename, ...]:
    """The likeliest pairs, each column in one at most, the most similar first.

    Args:
        lost: Profiles of the columns that are gone.
        now: Today's rows.
        new: The columns that were not there before.
    """
    found = [
        rename
        for name, profile in lost.items()
        for column in new
        if (rename := _similarity(name, profile, column, now)) is not None
    ]
    found.sort(key=lambda rename: (-rename.score, rename.old, rename.new))
    chosen: list[Rename] = []
    for rename in found:
        if all(rename.old != other.old and rename.new != other.new for other in chosen):
            chosen.append(rename)
    return tuple(chosen)


def _similarity(name: str, profile: ColumnProfile, column: Column, now: Table) -> Rename | None:
    if kind_of(column, now) != profile.kind or type_of(column) != profile.type:
        return None
    named = name_similarity(name, column.name)
    counts = np.bincount(profile.codes(now.frame[column.name]), minlength=len(profile.labels) + 2)
    p = np.array([*profile.counts, profile.missing], dtype=np.float64)
    spread = overlap(p, counts)
    weight = _weight(profile, p)
    score = (named + 2 * weight * spread) / (1 + 2 * weight)
    if score < LIKELY:
        return None
    why = f"{100 * named:.0f} % alike by name, {100 * spread:.0f} % by values"
    return Rename(name, column.name, score, why)


def name_similarity(a: str, b: str) -> float:
    """How alike two names are, in [0, 1]: by letters, or by the words they share."""
    left, right = words(a), words(b)
    letters = SequenceMatcher(None, "".join(left), "".join(right), autojunk=False).ratio()
    fewer = min(len(set(left)), len(set(right)))
    shared = len(set(left) & set(right)) / fewer if fewer else 0.0
    return max(letters, 0.9 * shared)


def overlap(p: np.ndarray, q: np.ndarray) -> float:
    """1 less the total variation distance of two sets of counts over the same bins."""
    a, b = p / max(float(p.sum()), 1.0), q / max(float(q.sum()), 1.0)
    return float(np.minimum(a, b).sum())


def _weight(profile: ColumnProfile, counts: np.ndarray) -> float:
    """How much a distribution tells: nothing where all is in one bin, all from ten even ones."""
    shares = counts[counts > 0] / max(float(counts.sum()), 1.0)
    even = math.exp(-float((shares * np.log(shares)).sum()))
    telling = min(max(even - 1, 0.0) / (_TELLING - 1), 1.0)
    # Names of categories are evidence of their own.
    return max(telling, 0.5) if profile.kind == "category" and profile.categories else telling
