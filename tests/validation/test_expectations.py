"""The contract by Great Expectations' word: which rules, which rows, and no cell anywhere."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.errors import ConfigurationError
from tabular.schema import Column, Sequence, TableSchema
from tests.tables import ODD_NAME, mixed_table, panel_table
from validation.expectations import expectations_json, judge, load_suite, suite_for

if TYPE_CHECKING:
    from pathlib import Path

    from validation.contract import Verdict

CANARY = "canary-cell-zq7"


def one_column(cells: pd.Series, column: Column) -> Table:
    frame = pd.DataFrame({column.name: cells})
    return Table("t", frame, TableSchema(columns=(column,)))


def rows_of(verdict: Verdict, rule: str) -> list[int] | None:
    found = {outcome.rule: outcome for outcome in verdict.rules}[rule]
    return None if found.rows is None else found.rows.tolist()


def test_a_table_that_keeps_its_contract_has_no_failed_rule() -> None:
    for table in (mixed_table(50), panel_table(8)):
        verdict = judge(table)
        assert [rule.rule for rule in verdict.failed] == []
        assert verdict.n_rows == len(table)
        assert not verdict.bad_rows.any()


def test_a_table_without_rows_keeps_its_contract() -> None:
    table = mixed_table(5)
    verdict = judge(table.take(np.array([], dtype=np.intp)))
    assert verdict.failed == ()


UTC = Column(
    name="c", sdtype="datetime", dtype="datetime64[ns, UTC]", minimum="2020-02-01T12:00:00"
)
CASES = {
    "a missing cell": (
        pd.Series(["a", None, "b", None], dtype="string"),
        Column(name="c", nullable=False),
        "present(c)",
        [1, 3],
    ),
    "a number below the minimum": (
        pd.Series([1, 5, 3], dtype="Int64"),
        Column(name="c", sdtype="numerical", dtype="Int64", minimum=2, maximum=10),
        "between(c)",
        [0],
    ),
    "a number above the maximum": (
        pd.Series([1.0, 5.5, np.nan]),
        Column(name="c", sdtype="numerical", dtype="float64", maximum=5),
        "between(c)",
        [1],
    ),
    "infinities": (
        pd.Series([np.inf, 0.0, np.nan, -np.inf]),
        Column(name="c", sdtype="numerical", dtype="float64"),
        "finite(c)",
        [0, 3],
    ),
    "an undeclared category": (
        pd.Series(["u", "w", None, "v"], dtype="string"),
        Column(name="c", sdtype="categorical", categories=("u", "v")),
        "category(c)",
        [1],
    ),
    "an undeclared category of a categorical": (
        pd.Series(["u", "w", None, "v"], dtype="category"),
        Column(name="c", sdtype="categorical", dtype="category", categories=("u", "v")),
        "category(c)",
        [1],
    ),
    "a category that is a number": (
        pd.Series([1, 2, 3]),
        Column(name="c", sdtype="categorical", dtype="int64", categories=(1, 2)),
        "category(c)",
        [2],
    ),
    "a flag": (
        pd.Series([True, None, False], dtype="boolean"),
        Column(name="c", sdtype="boolean", dtype="boolean", categories=(True,)),
        "category(c)",
        [2],
    ),
    "text that matches only in part": (
        pd.Series(["x1", "x1b", "ax1", "x1\n", "y"], dtype="string"),
        Column(name="c", pattern=r"(x|y)\d?"),
        "pattern(c)",
        [1, 2, 3],
    ),
    "a number that does not match": (
        pd.Series([12, 345]),
        Column(name="c", sdtype="id", dtype="int64", pattern=r"\d{2}"),
        "pattern(c)",
        [1],
    ),
    "a date too early": (
        pd.Series([date(2020, 1, 1), None, date(2020, 3, 1)], dtype=object),
        Column(name="c", sdtype="datetime", dtype="date", minimum="2020-02-01"),
        "between(c)",
        [0],
    ),
    "a moment too late by an hour": (
        pd.Series(pd.to_datetime(["2020-02-01T11:00", "2020-02-01T13:00"])),
        Column(name="c", sdtype="datetime", dtype="datetime64[ns]", maximum="2020-02-01T12:00:00"),
        "between(c)",
        [1],
    ),
    "a moment with a zone": (
        pd.Series(pd.to_datetime(["2020-02-01T11:00", "2020-02-01T13:00"])).dt.tz_localize("UTC"),
        UTC,
        "between(c)",
        [0],
    ),
    "a decimal": (
        pd.Series([Decimal("1.5"), None, Decimal("1.7")], dtype=object),
        Column(name="c", sdtype="numerical", dtype="decimal", minimum="1.6"),
        "between(c)",
        [0],
    ),
    "a cell of another type": (
        pd.Series([Decimal("1.5"), CANARY, None], dtype=object),
        Column(name="c", sdtype="numerical", dtype="decimal"),
        "type(c)",
        [1],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rows_that_break_a_rule_are_named(name: str) -> None:
    cells, column, rule, rows = CASES[name]
    verdict = judge(one_column(cells, column))
    assert [failed.rule for failed in verdict.failed] == [rule]
    assert rows_of(verdict, rule) == rows
    assert verdict.failed[0].unexpected_count == len(rows)
    assert verdict.failed[0].columns == ("c",)
    assert np.flatnonzero(verdict.bad_rows).tolist() == rows
    assert verdict.without_rows == ()


def test_a_foreign_type_does_not_hide_what_else_is_wrong() -> None:
    cells = pd.Series([CANARY, Decimal(9), Decimal(1), Decimal(8)], dtype=object)
    column = Column(name="c", sdtype="numerical", dtype="decimal", maximum=5)
    verdict = judge(one_column(cells, column))
    assert rows_of(verdict, "type(c)") == [0]
    assert rows_of(verdict, "between(c)") == [1, 3]
    assert verdict.without_rows == ()


def test_a_dtype_that_is_not_the_schemas_has_no_rows_to_set_aside() -> None:
    column = Column(name="c", sdtype="numerical", dtype="int64")
    verdict = judge(one_column(pd.Series([1.0, 2.0]), column))
    assert [rule.rule for rule in verdict.without_rows] == ["type(c)"]
    assert not verdict.bad_rows.any()


def test_every_row_of_a_repeated_key_is_named() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3, 2], "b": pd.Series(["x", "y", "x", "x"], dtype="string")})
    schema = TableSchema(
        columns=(Column(name="a", dtype="int64"), Column(name="b")),
        primary_key=("a",),
        alternate_keys=(("b", "a"),),
    )
    verdict = judge(Table("t", frame, schema))
    assert rows_of(verdict, "key(a)") == [1, 3]
    assert rows_of(verdict, "key(b, a)") is None
    pair = TableSchema(columns=schema.columns, primary_key=("b", "a"))
    both = Table("t", pd.concat([frame, frame.iloc[:1]], ignore_index=True), pair)
    assert rows_of(judge(both), "key(b, a)") == [0, 4]


def test_a_key_may_not_be_missing() -> None:
    frame = pd.DataFrame({"a": pd.Series([1, None, 3], dtype="Int64")})
    schema = TableSchema(columns=(Column(name="a", dtype="Int64"),), primary_key=("a",))
    assert rows_of(judge(Table("t", frame, schema)), "present(a)") == [1]


def test_an_entity_has_one_row_per_index_unless_the_schema_allows_more() -> None:
    frame = pd.DataFrame({"who": [1, 1, 2, 2], "t": [1, 2, 5, 5]})
    columns = (Column(name="who", dtype="int64"), Column(name="t", dtype="int64"))
    strict = TableSchema(columns=columns, sequence=Sequence(entity="who", index="t"))
    loose = TableSchema(
        columns=columns, sequence=Sequence(entity="who", index="t", index_unique=False)
    )
    assert rows_of(judge(Table("t", frame, strict)), "sequence(who, t)") == [2, 3]
    assert judge(Table("t", frame, loose)).failed == ()


def test_columns_may_have_odd_names() -> None:
    column = Column(name=ODD_NAME, nullable=False)
    verdict = judge(one_column(pd.Series(["a", None], dtype="string"), column))
    assert rows_of(verdict, f"present({ODD_NAME})") == [1]


def test_a_generators_own_rows_may_not_leave_the_train_rows_domain() -> None:
    table = mixed_table(60)
    frame = table.frame.copy()
    frame.loc[3, "town"] = "Atlantis"
    frame.loc[5, "age"] = frame["age"].max() + 1
    frame.loc[7, "day"] = date(1999, 1, 1)
    frame.loc[8, "zoned"] = frame["zoned"].max() + pd.Timedelta(minutes=1)
    frame["amount"] = [Decimal("0.01"), *frame["amount"][1:]]
    other = table.with_frame(frame)
    assert judge(other).failed == ()
    verdict = judge(other, closed=table)
    assert {rule.rule: rule.rows.tolist() for rule in verdict.failed if rule.rows is not None} == {
        "closed(town)": [3],
        "closed(age)": [5],
        "closed(day)": [7],
        "closed(zoned)": [8],
        "closed(amount)": [0],
    }
    assert judge(table, closed=table).failed == ()


def suite_file(folder: Path, *rules: dict[str, object]) -> Path:
    path = folder / "own.json"
    path.write_text(json.dumps({"name": "own", "expectations": list(rules)}), encoding="utf-8")
    return path


def test_the_owners_own_suite_is_judged_beside_the_schema(tmp_path: Path) -> None:
    path = suite_file(
        tmp_path,
        {
            "type": "expect_column_pair_values_a_to_be_greater_than_b",
            "kwargs": {"column_A": "high", "column_B": "low"},
        },
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "low", "min_value": 1},
            "severity": "warning",
        },
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "low", "max_value": 1}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "not there"}},
    )
    columns = (Column(name="low", dtype="int64"), Column(name="high", dtype="int64"))
    frame = pd.DataFrame({"low": [0, 5, 3], "high": [1, 4, 9]})
    verdict = judge(Table("t", frame, TableSchema(columns=columns)), suites=(path,))
    pair, low, mean, lost = [rule for rule in verdict.rules if rule.rule.startswith("own/")]
    assert pair.rows is not None
    assert pair.rows.tolist() == [1]
    assert pair.columns == ("high", "low")
    assert low.severity == "warning"
    assert low.rows is not None
    assert low.rows.tolist() == [0]
    assert not mean.success
    assert mean.rows is None
    assert mean.raised is None
    assert not lost.success
    assert lost.rows is None
    assert lost.raised is not None
    # A warning sets no row aside; rules that can't name rows are kept apart.
    assert np.flatnonzero(verdict.bad_rows).tolist() == [1]
    assert [rule.rule for rule in verdict.without_rows] == [mean.rule, lost.rule]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "no list `expectations`"),
        ('{"name": "x", "expectations": [{"type": "expect_magic", "kwargs": {}}]}', "refuses"),
    ],
)
def test_a_suite_that_is_none_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "suite.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said) as caught:
        load_suite(path)
    assert str(path) in str(caught.value)


def test_a_suite_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"can't be read"):
        judge(mixed_table(3), suites=(tmp_path / "nowhere.json",))


def test_a_bound_that_is_no_date_is_named_without_quoting_it() -> None:
    column = Column(name="c", sdtype="datetime", dtype="date", minimum=CANARY)
    with pytest.raises(ConfigurationError, match="ISO date") as caught:
        suite_for(TableSchema(columns=(column,)))
    assert CANARY not in str(caught.value)


def test_no_cell_gets_into_the_verdict_the_log_or_the_terminal(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame(
        {
            "a": pd.Series([CANARY, CANARY, "x"], dtype="string"),
            "b": pd.Series([CANARY, Decimal(1), Decimal(2)], dtype=object),
        }
    )
    schema = TableSchema(
        columns=(
            Column(name="a", pattern="x", categories=("x",)),
            Column(name="b", sdtype="numerical", dtype="decimal", maximum=5),
        ),
        primary_key=("a",),
    )
    with caplog.at_level(logging.DEBUG):
        verdict = judge(Table("t", frame, schema))
    assert len(verdict.failed) == 4
    shown = capfd.readouterr()
    for text in (repr(verdict), caplog.text, shown.out, shown.err):
        assert CANARY not in text
    assert shown.out == shown.err == ""


def test_the_published_suite_holds_the_schema_and_loads_again(tmp_path: Path) -> None:
    table = mixed_table(30)
    text = expectations_json(table.schema)
    path = tmp_path / "expectations.json"
    path.write_text(text, encoding="utf-8")
    again = load_suite(path)
    assert len(again.expectations) == len(suite_for(table.schema).expectations)
    assert expectations_json(table.schema) == text
    verdict = judge(table, suites=(path,))
    assert verdict.failed == ()
    assert sum(rule.rule.startswith("schema/") for rule in verdict.rules) == len(again.expectations)
    assert "someone0@real.org" not in text


def test_importing_great_expectations_through_us_opens_no_connection_and_writes_no_file(
    tmp_path: Path,
) -> None:
    code = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("a connection")
socket.socket.connect = refuse
from tests.tables import mixed_table
import validation.expectations
assert "great_expectations" not in sys.modules
validation.expectations.judge(mixed_table(5))
assert "great_expectations" in sys.modules
"""
    here = __file__.rpartition("/tests/")[0]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": here, "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
