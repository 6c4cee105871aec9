from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tabular.schema import Column, ForeignKey, Schema, Sequence, Subject, TableSchema


def columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name) for name in names)


def test_a_schema_comes_back_from_json_as_it_was() -> None:
    schema = Schema(
        tables={
            "people": TableSchema(
                columns=(
                    Column(name="id", sdtype="id", dtype="int64", nullable=False),
                    Column(name="age", sdtype="numerical", minimum=0, maximum=120.5),
                    Column(name="kind", sdtype="ordinal", categories=("a", 1, 2.5, True)),
                ),
                primary_key=("id",),
            ),
            "visits": TableSchema(
                columns=columns("person", "day"), sequence=Sequence(entity="person", index="day")
            ),
        },
        foreign_keys=(
            ForeignKey(
                table="visits", columns=("person",), references="people", referenced=("id",)
            ),
        ),
        subject=Subject(table="people", columns=("id",)),
    )
    again = Schema.model_validate_json(schema.model_dump_json())
    assert again == schema
    kinds = again.tables["people"]["kind"].categories
    assert [type(kind) for kind in kinds or ()] == [str, int, float, bool]


def test_free_text_is_called_unknown() -> None:
    assert Column.model_validate({"name": "note", "sdtype": "text"}).sdtype == "unknown"


def test_a_column_can_be_copied_without_being_given_its_fields_again() -> None:
    column = Column(name="a", sdtype="numerical")
    assert Column.model_validate(column) == column


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"minimum": 2, "maximum": 1}, "minimum 2 is greater than maximum 1"),
        ({"pattern": "("}, "not a regular expression"),
        ({"categories": ("a", "b", "a")}, "more than once"),
        ({"decimals": -1}, "greater than or equal to 0"),
        ({"colour": "red"}, "Extra inputs"),
        ({"sdtype": "number"}, "Input should be"),
    ],
)
def test_a_column_that_makes_no_sense_is_refused(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Column.model_validate({"name": "a", **fields})


def test_bounds_of_moments_are_text_and_not_compared() -> None:
    column = Column(name="day", minimum="2024-01-01", maximum="2023-01-01")
    assert column.minimum == "2024-01-01"


@pytest.mark.parametrize(
    ("fields", "is_modelled"),
    [
        ({"sdtype": "numerical"}, True),
        ({"sdtype": "categorical", "role": "sensitive"}, True),
        ({"sdtype": "id"}, False),
        ({"sdtype": "unknown"}, False),
        ({"sdtype": "categorical", "pii": "email"}, False),
        ({"sdtype": "numerical", "role": "identifier"}, False),
    ],
)
def test_identifiers_personal_data_and_text_are_not_modelled(
    fields: dict[str, Any], *, is_modelled: bool
) -> None:
    assert Column.model_validate({"name": "a", **fields}).is_modelled is is_modelled


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"columns": columns("a", "b", "a")}, "column names repeat: 'a'"),
        ({"columns": columns("a"), "primary_key": ("b",)}, "not there: b"),
        ({"columns": columns("a"), "alternate_keys": (("c",),)}, "not there: c"),
        ({"columns": columns("a"), "primary_key": ("a", "a")}, "names a column twice: 'a', 'a'"),
        (
            {"columns": columns("a"), "sequence": {"entity": "a", "index": "t"}},
            "not there: t",
        ),
        (
            {"columns": columns("a"), "sequence": {"entity": "a", "index": "a"}},
            "are both 'a'",
        ),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        TableSchema.model_validate(fields)


def test_a_table_knows_its_columns_keys_and_roles() -> None:
    table = TableSchema(
        columns=(Column(name="a"), Column(name="b", role="target"), Column(name="c")),
        primary_key=("a",),
        alternate_keys=(("b", "c"),),
    )
    assert table.names == ("a", "b", "c")
    assert table["b"].role == "target"
    assert table.unique_keys == (("a",), ("b", "c"))
    assert table.with_role("target") == ("b",)
    assert TableSchema(columns=columns("a")).unique_keys == ()
    with pytest.raises(KeyError):
        table["d"]


def test_a_table_of_ten_thousand_columns_is_checked_without_comparing_all_pairs() -> None:
    table = TableSchema(columns=columns(*(f"c{i}" for i in range(10_000))))
    assert len(table.names) == 10_000


PEOPLE = {"people": TableSchema(columns=columns("id", "country"))}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"subject": {"table": "cats", "columns": ("id",)}}, "'cats', which is not there"),
        ({"subject": {"table": "people", "columns": ("name",)}}, r"\['name'\] that 'people'"),
        ({"subject": {"table": "people", "columns": ()}}, "at least 1"),
        (
            {
                "foreign_keys": (
                    {
                        "table": "people",
                        "columns": ("country",),
                        "references": "countries",
                        "referenced": ("code",),
                    },
                )
            },
            "'countries', which is not there",
        ),
        (
            {
                "foreign_keys": (
                    {
                        "table": "people",
                        "columns": ("id", "country"),
                        "references": "people",
                        "referenced": ("id",),
                    },
                )
            },
            "as many columns",
        ),
        (
            {
                "foreign_keys": (
                    {"table": "people", "columns": (), "references": "people", "referenced": ()},
                )
            },
            "at least one",
        ),
    ],
)
def test_a_schema_that_makes_no_sense_is_refused(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Schema.model_validate({"tables": PEOPLE, **fields})


def test_a_subject_is_declared_or_the_entity_of_a_sequence_or_each_row() -> None:
    visits = TableSchema(
        columns=columns("person", "day"), sequence=Sequence(entity="person", index="day")
    )
    schema = Schema(
        tables={**PEOPLE, "visits": visits, "other": TableSchema(columns=columns("x"))},
        subject=Subject(table="people", columns=("id",)),
    )
    assert schema.subject_columns("people") == ("id",)
    assert schema.subject_columns("visits") == ("person",)
    assert schema.subject_columns("other") == ()
