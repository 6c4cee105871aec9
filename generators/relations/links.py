"""Which row of another table a row points at: chosen by fitted affinity.

A link is learnt as a code, like any other category, given the row's context:

- `identity`: the position of the row in a public reference table of few rows;
- `rank`: the position among the rows it can be, where these are few: those that agree in shared
  columns, or belong to the same parent or subject;
- `cluster`: one of a few groups of rows that are pointed at by alike rows; within it, rows are
  drawn by a popularity whose spread is that of the train rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from generators.relations.clusters import Clusters, outputs_of
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.relations.context import Context
    from tabular.seeding import Seed

Style = Literal["identity", "rank", "cluster"]
_FEW, _SMALL_GROUP = 300, 60
_LEAST_LEAF, _MOST_LEAVES = 10, 64
_TRIES = 8


class Link(BaseModel):
    """How the target of one foreign key is learnt and chosen.

    Args:
        key: The foreign key.
        style: What the code means.
        by: What target and row must agree in: pairs of columns, `owner` (the same parent row),
            `subject`, or nothing.
        pairs: For columns: the row's and the target's.
        unique: No two rows may point at the same target.
        stepwise: For ranks: siblings go through their targets in order and none twice, so that
            what is learnt is how many targets are left out since the sibling before.
        clusters: Groups of targets.
        most: Rows that point at one target at most; 0 where no bound is seen.
        load: Rows for each target.
        spread: For each group: mean number of rows that point at a target, and the shape of the
            gamma distribution of the targets' popularity (0: all alike).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: ForeignKey
    style: Style
    by: Literal["columns", "owner", "subject", "nothing"] = "nothing"
    pairs: tuple[tuple[str, str], ...] = ()
    unique: bool = False
    stepwise: bool = False
    most: int = 0
    load: float = 0.0
    clusters: Clusters | None = None
    spread: tuple[tuple[float, float], ...] = ()

    @property
    def name(self) -> str:
        """The link's name as a column of context."""
        return "+".join(self.key.columns)

    def codes(
        self,
        targets: npt.NDArray[np.int64],
        groups: npt.NDArray[np.int64],
        context: Context,
    ) -> npt.NDArray[np.int64]:
        """The code of each row's target, -1 where there is none, shape (n_rows,).

        Args:
            targets: Position of each row's target, -1 for none.
            groups: The group of each target row.
            context: Of the target rows.
        """
        if self.style == "identity":
            return targets
        if self.style == "rank":
            of_target = rank_in_group(groups)
        else:
            assert self.clusters is not None  # noqa: S101  clusters have one
            of_target = self.clusters.assign(context)
        return np.append(of_target, -1)[targets]


def rank_in_group(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The position of each row among those of its group, shape (n_rows,)."""
    order = np.argsort(groups, kind="stable")
    sorted_groups = groups[order]
    starts = np.flatnonzero(np.diff(sorted_groups, prepend=-2))
    lengths = np.diff(np.append(starts, len(groups)))
    out = np.empty(len(groups), dtype=np.int64)
    out[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return out


def learn_link(
    link: Link,
    targets: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    *,
    context: Context,
    owners: npt.NDArray[np.int64],
    around: Context,
    public: bool,
    backing: int,
    seed: Seed,
) -> Link:
    """The link with its style and groups learnt.

    Args:
        link: With `by` and `unique` found out.
        targets: Position of each train row's target, -1 for none, shape (n_rows,).
        groups: The group of each target row, shape (n_targets,).
        context: Of the target rows.
        owners: The subject of each target row.
        around: What is known of the train rows, their own cells included.
        public: Whether the targets are a reference table, whose positions may be held.
        backing: Subjects behind what the model holds.
        seed: Decides between equally good splits.
    """
    n_targets = len(groups)
    sizes = np.bincount(groups) if n_targets else np.zeros(1, dtype=np.int64)
    if link.by != "nothing" and sizes.max() <= _SMALL_GROUP:
        return link.model_copy(update={"style": "rank"})
    if public and n_targets <= _FEW:
        return link.model_copy(update={"style": "identity"})
    there = targets >= 0
    degree = np.bincount(targets[there], minlength=n_targets).astype(np.float64)
    if n_targets:
        # A bound is what several targets reach and none passes.
        most = degree.max() if (degree == degree.max()).sum() >= backing else 0
        update = {"most": int(most), "load": round(float(degree.mean()), 3)}
        link = link.model_copy(update=update)
    if len(np.unique(owners)) < backing:
        # What is known of so few targets is nobody else's: each is as likely as the others.
        link = link.model_copy(update={"most": 0, "load": 0.0})
        degree = np.ones(n_targets)
    rows = around.take(np.flatnonzero(there))
    each = outputs_of(rows)
    sums = np.stack([np.bincount(targets[there], column, n_targets) for column in each.T], axis=1)
    # A target that few rows point at says little: its mean is drawn towards that of all.
    means = sums / (degree[:, None] + 5)
    popular = np.log1p(degree)
    outputs = np.column_stack([means, (popular - popular.mean()) / max(popular.std(), 1e-9) / 4])
    clusters = Clusters.learn(
        context,
        outputs,
        owners=owners,
        least=max(_LEAST_LEAF, backing),
        most=_MOST_LEAVES,
        backing=backing,
        seed=seed.integer(),
    )
    leaf = clusters.assign(context)
    spread = []
    for number in range(clusters.n_leaves):
        counts = degree[leaf == number]
        mean, variance = float(counts.mean()), float(counts.var())
        shape = mean**2 / (variance - mean) if variance > mean > 0 else 0.0
        spread.append((round(mean, 3), round(min(shape, 1e3), 3)))
    return link.model_copy(
        update={"style": "cluster", "clusters": clusters, "spread": tuple(spread)}
    )


def steps(codes: npt.NDArray[np.int64], place: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many targets each row leaves out after its sibling's before; -1 without a target.

    Args:
        codes: Ranks, siblings one after the other.
        place: Each row's place among its siblings.
    """
    before = np.where(place > 0, np.append(-1, codes[:-1]), -1)
    return np.where(codes >= 0, codes - before - 1, -1)


def are_stepwise(codes: npt.NDArray[np.int64], place: npt.NDArray[np.int64]) -> bool:
    """Whether ranks grow from sibling to sibling, and none is missing."""
    return bool(len(codes) and place.max() > 0 and steps(codes, place).min() >= 0)


class Chooser:
    """Chooses targets for rows, in any number of calls.

    Args:
        link: What was learnt.
        groups: The group of each target row, shape (n_targets,).
        context: Of the target rows.
        n_rows: About how many rows will be asked for.
        seed: Where every random number comes from.
    """

    def __init__(
        self,
        link: Link,
        groups: npt.NDArray[np.int64],
        context: Context,
        n_rows: int,
        seed: Seed,
    ) -> None:
        self._link = link
        self._groups = groups
        self._rng = seed.generator()
        n = len(groups)
        # More rows for each target than in train fill each of them in proportion.
        more = max(n_rows / max(n, 1) / link.load, 1.0) if link.load else 1.0
        most = 1 if link.unique else int(np.ceil(link.most * more))
        self._bounded = most > 0
        self._left = np.full(n, most, dtype=np.int64)
        if link.style == "identity":
            self.codes = np.arange(n, dtype=np.int64)
        elif link.style == "rank":
            self.codes = rank_in_group(groups)
        else:
            assert link.clusters is not None  # noqa: S101  clusters have one
            self.codes = link.clusters.assign(context)
        self._weights = self._popularity()
        self._width = int(self.codes.max(initial=0)) + 2
        self.sizes = np.append(np.bincount(groups, minlength=1), 0)
        """How many targets each group has; the last place is what -1 points at."""
        self._fine = _Pool(groups * self._width + self.codes, self._weights)
        self._coarse = _Pool(groups, self._weights)

    def _popularity(self) -> npt.NDArray[np.float64]:
        if self._link.style != "cluster" or not len(self.codes):
            return np.ones(len(self.codes))
        spread = np.asarray(self._link.spread, dtype=np.float64)
        mean, shape = np.maximum(spread[self.codes].T, 0.0)
        drawn = self._rng.gamma(np.where(shape > 0, shape, 1.0)) / np.where(shape > 0, shape, 1.0)
        return np.asarray(np.where(shape > 0, drawn, 1.0) * (mean + 0.01) + 1e-9, dtype=np.float64)

    def choose(
        self, codes: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """A target for each row: of its code if there is one, else of its group, else -1.

        Args:
            codes: The code of each row's target, -1 for none, shape (n_rows,).
            groups: The group that each row's target must have, -1 for one that no target has.
        """
        out = self._fine.draw(
            np.where((groups >= 0) & (codes < self._width), groups * self._width + codes, -1),
            self._rng,
        )
        missed = (out < 0) & (codes >= 0)
        out[missed] = self._coarse.draw(groups[missed], self._rng)
        out[codes < 0] = -1
        return self._bound(out, groups) if self._bounded else out

    def anything(self, groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Any target of each row's group, -1 where it has none."""
        out = self._coarse.draw(groups, self._rng)
        return self._bound(out, groups) if self._bounded else out

    def _bound(
        self, out: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """No target more often than it may, in this call and those before.

        Rows that are too many are given others of their group; what is left over gets -1.
        """
        for attempt in range(_TRIES + 1):
            bad = (out >= 0) & (rank_in_group(out) >= np.append(self._left, 0)[out])
            if not bad.any():
                break
            if attempt == _TRIES:
                out[bad] = -1
                break
            used = np.bincount(out[(out >= 0) & ~bad], minlength=len(self._left))
            free = np.flatnonzero(self._left > used)
            drawn = _Pool(self._groups[free], self._weights[free]).draw(groups[bad], self._rng)
            out[bad] = np.where(drawn >= 0, np.append(free, -1)[drawn], -1)
        self._left -= np.bincount(out[out >= 0], minlength=len(self._left))
        return out


class _Pool:
    """Rows by key, drawn in proportion to weights."""

    def __init__(self, keys: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> None:
        self._order = np.argsort(keys, kind="stable")
        self._known, self._starts = np.unique(keys[self._order], return_index=True)
        self._total = np.concatenate([[0.0], np.cumsum(weights[self._order])])
        self._ends = np.append(self._starts[1:], len(keys))

    def draw(self, keys: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """The position of a row for each key, -1 where none has it, shape (n,)."""
        chance = rng.random(len(keys))
        if not len(self._known):
            return np.full(len(keys), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._known, keys), len(self._known) - 1)
        low, high = self._total[self._starts[at]], self._total[self._ends[at]]
        place = np.searchsorted(self._total, low + chance * (high - low), side="right") - 1
        place = np.clip(place, self._starts[at], self._ends[at] - 1)
        return np.where(self._known[at] == keys, self._order[place], -1)
