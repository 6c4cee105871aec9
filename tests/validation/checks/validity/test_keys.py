"""The keys check: repeated and missing keys, single, compound and of sequences."""

from __future__ import annotations

import pandas as pd

from tabular.dataset import Table
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed
from validation.base import CheckResult, Evidence
from validation.checks.validity.keys import Keys

COLUMNS = (Column(name="a", dtype="Int64"), Column(name="b", dtype="Int64"))
GOOD: list[tuple[int | None, int]] = [(1, 1), (1, 2), (2, 1), (2, 2)]


def answer(schema: TableSchema, rows: list[tuple[int | None, int]]) -> CheckResult:
    tables = [
        Table("t", pd.DataFrame(cells, columns=["a", "b"]).astype("Int64"), schema)
        for cells in (GOOD, rows)
    ]
    return Keys().answer(Evidence(train=tables[0], synthetic=tables[1], seed=Seed(0)))


def test_a_table_without_keys_has_none_to_break() -> None:
    assert answer(TableSchema(columns=COLUMNS), GOOD).status == "not_applicable"


def test_unique_keys_pass() -> None:
    result = answer(TableSchema(columns=COLUMNS, primary_key=("a", "b")), GOOD)
    assert (result.status, result.value) == ("pass", 0.0)


def test_a_repeated_compound_key_fails_with_the_share_of_rows() -> None:
    schema = TableSchema(columns=COLUMNS, primary_key=("a", "b"))
    result = answer(schema, [(1, 1), (1, 1), (2, 1), (2, 2)])
    assert (result.status, result.value) == ("fail", 0.5)
    assert result.details["broken"] == ["key(a, b)"]


def test_a_repeated_alternate_key_fails() -> None:
    schema = TableSchema(columns=COLUMNS, primary_key=("a", "b"), alternate_keys=(("b",),))
    assert answer(schema, GOOD).value == 1.0


def test_a_missing_key_fails() -> None:
    schema = TableSchema(columns=COLUMNS, primary_key=("a", "b"))
    result = answer(schema, [(None, 1), (1, 2), (2, 1), (2, 2)])
    assert (result.status, result.value) == ("fail", 0.25)


def test_an_entity_with_one_index_twice_fails() -> None:
    schema = TableSchema(columns=COLUMNS, sequence=Sequence(entity="a", index="b"))
    assert answer(schema, GOOD).status == "pass"
    assert answer(schema, [(1, 1), (1, 1), (2, 1), (2, 2)]).value == 0.5
