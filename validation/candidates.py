"""Candidates of a membership attack: members and non-members, scored in two turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from validation.attacks import ATTACKS, Scene
from validation.features import labels
from validation.groups import shown
from validation.neighbors import real_space

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.base import Evidence
    from validation.features import FeatureSpace

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_BINS = 10


@dataclass(frozen=True)
class Candidates:
    """Members and non-members of both turns, one entry for each row, with each attack's ranks.

    Ranks are shares in [0, 1] within a turn, since scores of two turns have two yardsticks.

    Args:
        member: Whether the generator learnt from the row, shape (n,).
        subject: Whose row it is, shape (n,).
        turn: In which turn it is attacked, shape (n,).
        isolation: Distance from the reference rows, shape (n,).
        rarity: How unusual its single cells are, shape (n,).
        ranks: Rank of each attack's score, higher for members, by attack.
        attributes: Its protected attributes, by name.
    """

    member: Mask
    subject: npt.NDArray[np.int64]
    turn: npt.NDArray[np.int64]
    isolation: Floats
    rarity: Floats
    ranks: Mapping[str, Floats]
    attributes: Mapping[str, npt.NDArray[np.object_]]

    def top(self, height: Floats, share: float) -> Mask:
        """The rows of each turn that stand highest."""
        mask = np.zeros(len(self.member), dtype=bool)
        for turn in np.unique(self.turn):
            here = np.flatnonzero(self.turn == turn)
            order = np.argsort(-height[here], kind="stable")
            mask[here[order[: round(share * len(here))]]] = True
        return mask

    def groups(self) -> dict[str, Mask]:
        """The protected groups by name; a missing attribute makes no group."""
        found: dict[str, Mask] = {}
        for attribute, values in self.attributes.items():
            known = np.array([isinstance(value, str) for value in values], dtype=bool)
            text = np.where(known, values, "").astype(str)
            for group in np.unique(text[known]):
                found[f"{attribute} = {group}"] = known & (text == group)
        return found

    def sides(self, mask: Mask) -> tuple[int, int]:
        """Subjects among the members and among the non-members of a part."""
        members, others = (
            len(np.unique(self.subject[mask & (self.member == side)])) for side in (True, False)
        )
        return members, others


def attacked(evidence: Evidence, most_rows: int, most_points: int) -> Candidates:
    """Score members and non-members, the halves of the fresh rows taking turns.

    Args:
        evidence: With holdout and reference.
        most_rows: Most non-members, and as many members, in each turn.
        most_points: Most synthetic rows, and most reference rows, to compare with.
    """
    assert evidence.holdout is not None  # noqa: S101  `requires` has seen to it
    assert evidence.reference is not None  # noqa: S101
    seed = evidence.seed.child("check", "membership")
    space = real_space(evidence)
    synthetic = _some(evidence.synthetic, most_points, seed.child("synthetic").generator())
    order = seed.child("members").generator().permutation(evidence.train.n_subjects)
    sides = [(evidence.holdout, evidence.reference), (evidence.reference, evidence.holdout)]
    taken = 0
    turns = []
    for turn, (fresh, reference) in enumerate(sides):
        rng = seed.child("turn", str(turn)).generator()
        non_members = _some(fresh, most_rows, rng)
        # As many subjects as there are non-members, others in the second turn.
        wanted = max(min(non_members.n_subjects, len(order) // 2), 1)
        chosen = np.zeros(len(order), dtype=bool)
        chosen[order[taken : taken + wanted]] = True
        taken += wanted
        members = evidence.train.take(chosen[evidence.train.subject_codes])
        if members.n_subjects < non_members.n_subjects:
            non_members = _some(non_members, members.n_subjects, rng, subjects=True)
        turns.append((members, non_members, _some(reference, most_points, rng)))
    return _score(turns, synthetic, space, evidence)


def _score(
    turns: list[tuple[Table, Table, Table]],
    synthetic: Table,
    space: FeatureSpace,
    evidence: Evidence,
) -> Candidates:
    cardinality = space.cardinality(_BINS)
    release = space.scaled(synthetic), space.binned(synthetic, _BINS)
    member, subject, isolation, rarity, turn_of = [], [], [], [], []
    ranks: dict[str, list[Floats]] = {name: [] for name in ATTACKS}
    groups: dict[str, list[npt.NDArray[np.object_]]] = {name: [] for name in evidence.sensitive}
    offset = 0
    for turn, (members, non_members, reference) in enumerate(turns):
        both = (members, non_members)
        points = np.vstack([space.scaled(table) for table in both])
        bins = np.vstack([space.binned(table, _BINS) for table in both])
        scene = Scene.of(
            (points, bins),
            release,
            (space.scaled(reference), space.binned(reference, _BINS)),
            cardinality,
        )
        flags = np.repeat([True, False], [len(members), len(non_members)])
        for name, attack in ATTACKS.items():
            ranks[name].append(_ranks(attack(scene)))
        for table in both:
            subject.append(table.subject_codes + offset)
            offset += table.n_subjects
        for name, found in groups.items():
            known = _shared_labels(evidence, name)
            for table in both:
                cells = labels(table.frame[name])
                names = cells.map(known).astype("string")
                found.append(names.to_numpy(dtype=object))
        member.append(flags)
        isolation.append(scene.isolation)
        rarity.append(np.concatenate([_rarity(space, table, scene) for table in both]))
        turn_of.append(np.full(len(flags), turn))
    return Candidates(
        np.concatenate(member),
        np.concatenate(subject),
        np.concatenate(turn_of),
        np.concatenate(isolation),
        np.concatenate(rarity),
        {name: np.concatenate(parts) for name, parts in ranks.items()},
        {name: np.concatenate(parts) for name, parts in groups.items()},
    )


def _shared_labels(evidence: Evidence, attribute: str) -> dict[str, str]:
    """Labels that k train subjects share, as people read them; others are not named anywhere."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "label": labels(evidence.train.frame[attribute]),
            "subject": evidence.train.subject_codes,
        }
    )
    backing = frame.groupby("label")["subject"].nunique()
    column = evidence.schema[attribute]
    return {str(label): shown(column, str(label)) for label in backing.index[backing >= evidence.k]}


def _some(table: Table, most: int, rng: np.random.Generator, *, subjects: bool = False) -> Table:
    """At most this many rows, or subjects, by whole subjects."""
    n = table.n_subjects
    keep = most if subjects else int(n * most / max(len(table), 1))
    if keep >= n:
        return table
    chosen = np.zeros(n, dtype=bool)
    chosen[rng.permutation(n)[: max(keep, 1)]] = True
    return table.take(chosen[table.subject_codes])


def _rarity(space: FeatureSpace, table: Table, scene: Scene) -> Floats:
    """How unusual a record's single cells are: minus the log share of rows at least as unusual.

    Distances by rank hardly see that a number is extreme; this does.
    """
    ordinal = space.ordinal(table)
    known = np.vstack([scene.bins, scene.reference_bins])
    out = np.zeros(len(table))
    for i, name in enumerate(space.names):
        column = ordinal[:, i]
        if name in space.levels:
            share = np.bincount(known[:, i], minlength=scene.cardinality[i]) / len(known)
            out -= np.log(np.maximum(share[column.astype(np.int64)], 1 / len(known)))
        else:
            rank = space.knots[name].rank(column)
            out -= np.log(np.maximum(np.minimum(rank, 1 - rank), 0.5 / len(known)))
    return out


def _ranks(scores: Floats) -> Floats:
    """Mid-ranks as shares, so that scores of two turns can be put together."""
    ordered = np.sort(scores)
    low = np.searchsorted(ordered, scores, "left")
    high = np.searchsorted(ordered, scores, "right")
    return (low + high) / (2 * len(scores))
