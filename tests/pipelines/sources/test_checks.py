"""Check constraints as the three dialects word them, and what they say of single columns."""

from __future__ import annotations

import pytest

from pipelines.sources.dialects.checks import constraints_in, told_by
from tabular.schema import Column

COLUMNS = {
    "age": Column(name="age", dtype="int64"),
    "sex": Column(name="sex", dtype="string"),
    "price": Column(name="price", dtype="decimal", decimals=2),
    "day": Column(name="day", dtype="date", sdtype="datetime"),
    'Odd "one"': Column(name='Odd "one"', dtype="int64"),
}
F_M = {"sex": {"categories": ("f", "m"), "sdtype": "categorical"}}


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("age >= 0", {"age": {"minimum": 0}}),
        ("age > 0", {"age": {"minimum": 1}}),
        ("120 > age", {"age": {"maximum": 119}}),
        ("((age >= 0) AND (age <= 120))", {"age": {"minimum": 0, "maximum": 120}}),
        ("age between -5 and 5 and sex = 'f'",
         {"age": {"minimum": -5, "maximum": 5},
          "sex": {"categories": ("f",), "sdtype": "categorical"}}),
        ("age in (1, 2, 3)", {"age": {"categories": (1, 2, 3), "sdtype": "categorical"}}),
        ("AGE > 3", {"age": {"minimum": 4}}),
        # PostgreSQL
        ("((sex)::text = ANY ((ARRAY['f'::character varying, 'm'::character varying])::text[]))",
         F_M),
        ("((price > (0)::numeric) AND (price < 99.5))", {"price": {"minimum": 0, "maximum": 99.5}}),
        ("(age >= '-5'::integer)", {"age": {"minimum": -5}}),
        ("(day >= '2020-01-01'::date)", {"day": {"minimum": "2020-01-01"}}),
        # MariaDB and MySQL
        ("`sex` in ('f','m')", F_M),
        ("(`sex` in (_utf8mb4\\'f\\',_utf8mb4\\'m\\'))", F_M),
        ("`age` between 0 and 120", {"age": {"minimum": 0, "maximum": 120}}),
        # SQLite
        ('"Odd ""one""" >= 3', {'Odd "one"': {"minimum": 3}}),
        ("[age] >= 3 -- at least", {"age": {"minimum": 3}}),
        # What says nothing of one column alone
        ("age >= 0 or sex = 'f'", {}),
        ("not age >= 0", {}),
        ("length(sex) > 3", {}),
        ("age + 1 > 3", {}),
        ("age > price", {}),
        ("price > 'many'", {}),
        ("sex like 'f%'", {}),
        ("age <> 3", {}),
        ("", {}),
        ("((((", {}),
        ("age in ()", {}),
        ("unknown > 3", {}),
    ],
)  # fmt: skip
def test_a_check_says_of_a_column_what_it_plainly_says(
    check: str, told: dict[str, dict[str, object]]
) -> None:
    found = {name: fields for name, fields in told_by((check,), COLUMNS).items() if fields}
    assert found == told


def test_conditions_are_found_in_a_statement() -> None:
    create = """
    create table t (
        a int check (a in (1, (2))), -- check (no)
        "check" text default 'check (x)' check(length("check") > 1),
        constraint c CHECK ( a <> ')' )
    )
    """
    assert constraints_in(create) == ("a in (1, (2))", 'length("check") > 1', "a <> ')'")
