"""Candidates: as many members as non-members, every fresh row in one turn, ranks within a turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from tabular.dataset import Table
from tests.people import SCHEMA, evidence, people
from tests.tables import panel_table
from validation.base import Evidence
from validation.candidates import Candidates, attacked


def test_members_are_as_many_as_non_members_in_each_turn() -> None:
    found = attacked(evidence(n=400), 5000, 50_000)
    for turn in (0, 1):
        here = found.turn == turn
        assert found.member[here].sum() == (~found.member[here]).sum() == 200
    # Each fresh row is a non-member once, and no train row is a member twice.
    assert len(np.unique(found.subject)) == len(found.subject) == 800


def test_few_train_rows_are_shared_between_the_turns() -> None:
    small = replace(evidence(n=400), train=people(150, "train"))
    found = attacked(small, 5000, 50_000)
    for turn in (0, 1):
        here = found.turn == turn
        assert found.member[here].sum() == (~found.member[here]).sum() == 75


def test_at_most_so_many_rows_are_attacked() -> None:
    assert len(attacked(evidence(n=400), 100, 1000).member) == 400


def test_whole_subjects_are_taken() -> None:
    panel = panel_table(120)
    codes = panel.subject_codes
    parts = [panel.take(np.isin(codes % 4, side)) for side in ((0, 1), (2,), (3,))]
    whole = Evidence(
        train=parts[0],
        synthetic=parts[0],
        holdout=parts[1],
        reference=parts[2],
        seed=evidence(n=50).seed,
    )
    found = attacked(whole, 5000, 50_000)
    assert found.sides(np.ones(len(found.member), dtype=bool)) == (60, 60)
    assert len(found.member) == len(panel)


def test_the_highest_of_each_turn_are_picked() -> None:
    height = np.array([5.0, 1, 2, 3, 0, 9, 8, 7])
    found = Candidates(
        member=np.array([True, False] * 4),
        subject=np.arange(8),
        turn=np.repeat([0, 1], 4),
        isolation=height,
        rarity=height,
        ranks={},
        attributes={},
    )
    assert np.flatnonzero(found.top(height, 0.5)).tolist() == [0, 3, 5, 6]
    assert found.sides(found.top(height, 0.5)) == (2, 2)


def test_a_group_that_fewer_than_k_share_is_not_named() -> None:
    frame = people(400, "train").frame
    frame.loc[:2, "sex"] = "x"
    whole = replace(evidence(n=400), train=Table("people", frame, SCHEMA))
    found = attacked(whole, 5000, 50_000)
    assert set(found.groups()) == {"sex = f", "sex = m"}
    assert pd.isna(found.attributes["sex"]).sum() <= 3


def test_the_rarest_have_the_rarest_cells() -> None:
    found = attacked(evidence(n=2000), 5000, 50_000)
    top = found.top(found.rarity, 0.01)
    assert found.rarity[top].min() >= found.rarity[~top].max() - 1
    assert found.rarity[top].mean() > found.rarity.mean() + 3
