"""No check breaks down where rows are few, are the same, or are not there at all."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tabular.seeding import Seed
from tests.contracts.test_checks import (
    KINDS,
    ODD_TABLES,
    assert_well_formed,
    check_of,
    mixed,
    with_roles,
)
from tests.tables import panel_table
from validation.base import Evidence

SIZES = {
    "one row a side": (1, 1, 1, 1),
    "five rows a side": (5, 5, 5, 5),
    "no reference": (6, 3, 1, 0),
    "no fresh row": (6, 6, 0, 0),
    "no synthetic row": (4, 0, 2, 2),
    "one synthetic row": (30, 1, 3, 3),
    "few of many": (2, 2, 20, 20),
}
TABLES = {
    "mixed": mixed(60),
    "panel": with_roles(panel_table(50), {"group": "sensitive", "score": "target"}),
    "every cell differs": ODD_TABLES["every cell differs"],
}


@cache
def few(table: str, size: str) -> Evidence:
    """The four sides, by subject, at these sizes; what checks share of them is kept."""
    whole = TABLES[table]
    order = Seed(0, ("few",)).generator().permutation(whole.n_subjects)[whole.subject_codes]
    ends = np.cumsum(SIZES[size])
    train, synthetic, holdout, reference = (
        whole.take((order >= end - n) & (order < end))
        for n, end in zip(SIZES[size], ends, strict=True)
    )
    return Evidence(
        train=train,
        synthetic=synthetic,
        holdout=holdout,
        reference=reference,
        seed=Seed(0),
        own=True,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_a_handful_of_rows_gets_an_answer(kind: str, size: str) -> None:
    for table in TABLES:
        result = check_of(kind).answer(few(table, size))
        assert result.status != "error", f"{table}: {result.message}"
        assert_well_formed(result)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_side_lacks_is_said(kind: str) -> None:
    result = check_of(kind).answer(few("mixed", "no synthetic row"))
    assert result.status in {"insufficient", "not_applicable"}
    if result.status == "insufficient":
        assert result.message == "there is no synthetic row"


def test_an_attack_without_a_reference_is_too_small_to_judge() -> None:
    result = check_of("membership").answer(few("mixed", "no reference"))
    assert result.status == "insufficient"
    assert result.message == "there is no reference row"
