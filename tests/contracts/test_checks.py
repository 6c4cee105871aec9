"""What every check must do, whatever it measures: one battery over all registered kinds."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from tests.cases import CHECK_CASES
from tests.tables import mixed_table, panel_table
from validation.base import CHECKS, Check, CheckResult, Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabular.schema import Role, Sdtype

KINDS = sorted(CHECKS)
HARMLESS = {"pass", "undecided", "insufficient", "not_applicable"}
CANARY = "canary-zq7"
CANARY_NUMBER = 918273.125


def check_of(kind: str) -> Check:
    return CHECKS[kind](**CHECK_CASES[kind])


def with_roles(table: Table, roles: Mapping[str, Role]) -> Table:
    columns = tuple(
        column.model_copy(update={"role": roles.get(column.name, column.role)})
        for column in table.schema.columns
    )
    schema = table.schema.model_copy(update={"columns": columns})
    return Table(table.name, table.frame, schema, table.subject)


def evidence_of(table: Table, *, seed: int = 0, own: bool = False) -> Evidence:
    """Four disjoint random parts of a table, by subject, as the four sides of the evidence."""
    codes = table.subject_codes
    order = Seed(seed, ("parts",)).generator().permutation(int(codes.max()) + 1)[codes]
    # Holdout and reference together are as large as either of the other two.
    side = np.array([0, 0, 1, 1, 2, 3])[order % 6]
    train, synthetic, holdout, reference = (table.take(side == i) for i in range(4))
    return Evidence(
        train=train,
        synthetic=synthetic,
        holdout=holdout,
        reference=reference,
        seed=Seed(seed),
        own=own,
    )


def mixed(n: int = 1800) -> Table:
    return with_roles(mixed_table(n), {"true": "target", "town": "sensitive"})


def panel() -> Table:
    return with_roles(panel_table(360), {"group": "sensitive", "score": "target"})


def of_columns(frame: pd.DataFrame, **sdtypes: Sdtype) -> Table:
    columns = tuple(
        Column(name=name, sdtype=sdtypes[name], dtype=str(frame[name].dtype))
        for name in frame.columns
    )
    table = Table("odd", frame, TableSchema(columns=columns))
    return with_roles(table, {"a": "target", "b": "sensitive"})


def odd_tables() -> dict[str, Table]:
    n = 60
    numbers = pd.Series(np.arange(n, dtype=np.float64))
    words = pd.Series(["x", "y", "z"] * 20, dtype="string")
    return {
        "tiny": mixed(18),
        "one row of each": mixed(6),
        "constant": of_columns(
            pd.DataFrame({"a": np.ones(n), "b": pd.Series(["x"] * n, dtype="string")}),
            a="numerical",
            b="categorical",
        ),
        "all missing": of_columns(
            pd.DataFrame({"a": np.full(n, np.nan), "b": pd.Series([None] * n, dtype="string")}),
            a="numerical",
            b="categorical",
        ),
        "one column": of_columns(pd.DataFrame({"a": numbers}), a="numerical"),
        "no column learnt": of_columns(pd.DataFrame({"a": words, "b": words}), a="unknown", b="id"),
        "every cell differs": of_columns(
            pd.DataFrame(
                {"a": numbers, "b": pd.Series([f"w{i}" for i in range(n)], dtype="string")}
            ),
            a="numerical",
            b="categorical",
        ),
        "infinite": of_columns(
            pd.DataFrame({"a": numbers.replace(0.0, np.inf), "b": words}),
            a="numerical",
            b="categorical",
        ),
        "sequence": with_roles(panel_table(12), {"group": "sensitive", "score": "target"}),
    }


ODD_TABLES = odd_tables()


def floats_in(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [x for part in value.values() for x in floats_in(part)]
    if isinstance(value, list | tuple):
        return [x for part in value for x in floats_in(part)]
    return [value] if isinstance(value, float) else []


def assert_well_formed(result: CheckResult) -> None:
    bad = [x for x in floats_in(result.model_dump()) if not math.isfinite(x)]
    assert not bad, f"{result.check}: {result.message}"
    assert result.message
    if result.status in {"pass", "fail"}:
        assert result.value is not None
        assert result.threshold is not None
        assert result.statistic
        assert result.n_rows > 0
        assert result.smallest_effect is not None
    if result.interval is not None and result.value is not None:
        low, high = result.interval
        assert low <= result.value <= high
    # What goes into the report must survive the way through JSON.
    assert CheckResult.model_validate_json(result.model_dump_json()) == result


def test_every_check_has_a_case_and_every_case_a_check() -> None:
    assert sorted(CHECK_CASES) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_names_its_family_reference_and_purpose(kind: str) -> None:
    check = CHECKS[kind]
    assert check.summary().endswith((".", ";"))
    assert check.reference
    assert check.family


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_survives_the_way_through_its_configuration(kind: str) -> None:
    check = check_of(kind)
    assert CHECKS[kind].model_validate(check.model_dump(mode="json")) == check


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["mixed", "panel"])
def test_fresh_real_rows_are_never_refused(kind: str, name: str) -> None:
    table = mixed() if name == "mixed" else panel()
    result = check_of(kind).answer(evidence_of(table))
    assert result.status in HARMLESS, result.message
    assert_well_formed(result)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ODD_TABLES)
def test_odd_tables_get_an_answer(kind: str, name: str) -> None:
    result = check_of(kind).answer(evidence_of(ODD_TABLES[name]))
    assert result.status != "error", result.message
    assert_well_formed(result)


@pytest.mark.parametrize("kind", KINDS)
def test_without_what_it_needs_a_check_does_not_apply(kind: str) -> None:
    check = check_of(kind)
    bare = with_roles(mixed_table(120), {})
    half = bare.take(np.arange(60))
    evidence = Evidence(train=half, synthetic=bare.take(np.arange(60, 120)), seed=Seed(0))
    result = check.answer(evidence)
    assert result.status != "error", result.message
    if check.requires:
        assert result.status == "not_applicable"
        assert all(need in result.message for need in check.requires)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_answer_whatever_was_cached(kind: str) -> None:
    table = mixed(900)
    check = check_of(kind)
    evidence = evidence_of(table, seed=3)
    first = check.answer(evidence)
    again = check.answer(evidence)
    anew = check.answer(evidence_of(table, seed=3))
    plain = [result.model_copy(update={"seconds": 0.0}) for result in (first, again, anew)]
    assert plain[0] == plain[1] == plain[2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", ["train", "synthetic", "holdout"])
def test_no_answer_quotes_a_cell(kind: str, side: str) -> None:
    evidence = evidence_of(mixed(900))
    table: Table = getattr(evidence, side)
    frame = table.frame.copy()
    for name in ("town", "email", "id"):
        frame.loc[0, name] = CANARY
    frame.loc[0, ["price", "gaps"]] = CANARY_NUMBER
    # A key that repeats makes the contract speak of the row that holds the canary.
    frame.loc[1, "id"] = CANARY
    planted = table.with_frame(frame)
    evidence = Evidence(
        train=planted if side == "train" else evidence.train,
        synthetic=planted if side == "synthetic" else evidence.synthetic,
        holdout=planted if side == "holdout" else evidence.holdout,
        reference=evidence.reference,
        seed=evidence.seed,
    )
    result = check_of(kind).answer(evidence)
    assert result.status != "error", result.message
    text = json.dumps(result.model_dump(), default=str)
    assert CANARY not in text
    assert str(int(CANARY_NUMBER)) not in text


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_leaves_the_tables_as_they_were(kind: str) -> None:
    evidence = evidence_of(mixed(600))
    before = [table.frame.copy(deep=True) for table in (evidence.train, evidence.synthetic)]
    check_of(kind).answer(evidence)
    for table, frame in zip((evidence.train, evidence.synthetic), before, strict=True):
        pd.testing.assert_frame_equal(table.frame, frame)


def test_naming_all_checks_loads_no_heavy_library() -> None:
    heavy = ["torch", "sdv", "great_expectations", "prefect", "pandas", "sklearn", "scipy"]
    code = (
        "import sys; from validation.base import CHECKS; assert len(CHECKS) > 5; "
        f"print([m for m in {[*heavy, 'lightgbm', 'pyarrow']} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
