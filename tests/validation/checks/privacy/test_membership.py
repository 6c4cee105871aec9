"""Membership: copies of the unusual are found, and fresh rows never are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.people import changed, evidence, outliers, people, with_copies
from validation.attacks import ATTACKS
from validation.checks.privacy.membership import Membership


def test_fresh_rows_pass_and_guessing_is_the_baseline() -> None:
    result = Membership().answer(evidence())
    assert result.status == "pass"
    assert result.baseline == 0.5
    assert result.interval is not None
    assert result.interval[0] < 0.5 < result.interval[1]
    assert set(result.details["attacks"]) == set(ATTACKS)


def test_all_copies_fail_with_nearly_every_member_found() -> None:
    result = Membership().answer(evidence(people(2000, "train")))
    assert result.status == "fail"
    parts = {part["part"]: part["value"] for part in result.details["parts"]}
    assert min(parts.values()) > 0.95


def test_one_copy_in_ten_fails() -> None:
    assert Membership().answer(evidence(with_copies(np.arange(0, 2000, 10)))).status == "fail"


def test_copied_outliers_are_found_where_they_are_and_not_on_average() -> None:
    result = Membership().answer(evidence(with_copies(outliers(60))))
    assert result.status == "fail"
    parts = {part["part"]: part for part in result.details["parts"]}
    assert parts["all records"]["status"] == "pass"
    assert parts["the most isolated 5 %"]["status"] == "fail"


def test_copies_with_noise_on_the_numbers_fail() -> None:
    train = people(2000, "train").frame
    rng = np.random.default_rng(0)
    noisy = changed(
        age=train["age"] + rng.integers(-2, 3, size=2000),
        salary=(train["salary"] * rng.uniform(0.97, 1.03, size=2000)).astype(int),
        hours=train["hours"],
        town=train["town"],
        sex=train["sex"],
        hired=train["hired"],
    )
    assert Membership().answer(evidence(noisy)).status == "fail"


def test_too_few_people_to_attack_end_undecided() -> None:
    result = Membership().answer(evidence(n=80))
    assert result.status == "undecided"
    assert "too few" in result.message


def test_it_needs_holdout_and_reference() -> None:
    whole = evidence(n=200)
    for less in (replace(whole, holdout=None), replace(whole, reference=None)):
        assert Membership().answer(less).status == "not_applicable"


def test_groups_too_small_to_judge_are_counted_by_column_and_do_not_block() -> None:
    result = Membership(least_group=2000).answer(evidence())
    assert "sex (groups: 1)" in result.details["warnings"][0]
    # The group itself and how few it has would be a small cell in a published report.
    assert " = " not in result.details["warnings"][0]
    assert result.status == "pass"
    judged = Membership(least_group=100).answer(evidence())
    assert "sex = f" in {part["part"] for part in judged.details["parts"]}
    assert judged.details["warnings"] == []


def test_the_allowance_grows_where_rows_are_few() -> None:
    limits = [Membership().answer(evidence(n=n)).threshold for n in (400, 3000)]
    assert limits[0] is not None
    assert limits[1] is not None
    assert limits[0] > limits[1] >= 0.55
