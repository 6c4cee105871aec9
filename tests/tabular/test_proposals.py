"""What a table suggests to its owner, and whose privacy could count."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tabular.profile import profile
from tabular.proposals import Proposal, proposals, subjects
from tabular.schema import Column, ForeignKey, Sequence, TableSchema

N = 60
ROWS = np.arange(N)


PANEL = pd.DataFrame(
    {
        "person": np.repeat(np.arange(20) * 7, 3),
        "year": np.tile([2000, 2001, 2002], 20),
        "exper": np.tile([1, 2, 3], 20) + np.repeat(np.arange(20), 3),
        "wage": np.linspace(1, 5, N),
    }
)


def found(frame: pd.DataFrame, **given: object) -> dict[tuple[str | None, str], Proposal]:
    schema = TableSchema.model_validate({**profile("t", frame).model_dump(), **given})
    return {(p.column, p.field): p for p in proposals("t", schema, frame)}


def test_an_entity_with_rows_told_apart_by_time_is_a_sequence() -> None:
    said = found(PANEL.sample(frac=1, random_state=0).reset_index(drop=True))
    assert said[None, "sequence"].value == Sequence(entity="person", index="year").model_dump()
    assert said[None, "primary_key"].value == ("person", "year")
    assert said[None, "subject"].value == ("person",)
    assert said["person", "sdtype"].value == "id"


def test_without_a_time_the_index_must_grow_down_the_file() -> None:
    said = found(PANEL.drop(columns="year"))
    assert said[None, "sequence"].value == Sequence(entity="person", index="exper").model_dump()
    shuffled = PANEL.drop(columns="year").sample(frac=1, random_state=0).reset_index(drop=True)
    assert (None, "sequence") not in found(shuffled)


def test_a_moment_orders_rows_before_a_word_for_time_does() -> None:
    frame = PANEL.assign(at=pd.to_datetime(PANEL["year"].astype(str)))
    assert found(frame)[None, "sequence"].value == {
        "entity": "person",
        "index": "at",
        "index_unique": True,
    }


@pytest.mark.parametrize(
    "frame",
    [
        PANEL.assign(year=2000, exper=1),
        PANEL.assign(person=np.arange(N), exper=0),
        PANEL.rename(columns={"person": "shade"}),
        PANEL.assign(person=1, year=np.arange(N), exper=np.arange(N)),
        PANEL.assign(person=PANEL["person"].astype("Int64").where(PANEL.index > 0)),
        PANEL.drop(columns=["exper"]).assign(
            year=PANEL["year"].astype("Int64").where(PANEL.index > 0)
        ),
        PANEL.drop(columns=["exper", "year"]).assign(item_id=np.arange(N)),
    ],
)
def test_other_tables_are_no_sequences(frame: pd.DataFrame) -> None:
    assert (None, "sequence") not in found(frame)


def test_an_entity_that_is_an_id_already_needs_no_word() -> None:
    frame = PANEL.assign(person=PANEL["person"].astype(str))
    said = found(
        frame,
        columns=[
            Column(name="person", sdtype="id"),
            *(Column(name=name, dtype="float64") for name in ("year", "exper", "wage")),
        ],
    )
    assert said[None, "subject"].value == ("person",)
    assert ("person", "sdtype") not in said


def test_a_declared_sequence_and_key_are_not_proposed_again() -> None:
    said = found(
        PANEL, sequence=Sequence(entity="person", index="year"), primary_key=("person", "year")
    )
    assert (None, "sequence") not in said
    assert (None, "primary_key") not in said
    assert said[None, "subject"].value == ("person",)


def test_a_unique_id_is_proposed_as_the_key_and_is_nobodys_subject() -> None:
    said = found(pd.DataFrame({"a": ROWS % 3, "customer_id": ROWS + 5}))
    assert said[None, "primary_key"].value == ("customer_id",)
    assert (None, "subject") not in said


def test_people_with_several_rows_are_the_subject() -> None:
    said = found(pd.DataFrame({"id_student": [*range(50), *range(10)], "course": ["a", "b"] * 30}))
    assert said[None, "subject"].value == ("id_student",)
    assert said["id_student", "sdtype"].value == "id"
    assert (None, "primary_key") not in said


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sex", "sex or gender"),
        ("Gender", "sex or gender"),
        ("is_female", "sex or gender"),
        ("geschlecht", "sex or gender"),
        ("black", "ethnic origin"),
        ("hisp", "ethnic origin"),
        ("age_band", "age"),
        ("religion", "religion or belief"),
        ("has_disability", "health or disability"),
        ("marital-status", "family status"),
    ],
)
def test_sensitive_attributes_are_proposed_by_name(name: str, reason: str) -> None:
    said = found(pd.DataFrame({name: ["p", "q"] * 30}))
    assert said[name, "role"].value == "sensitive"
    assert reason in said[name, "role"].reason
    assert (name, "sdtype") not in said


def test_a_sensitive_number_of_few_values_stands_for_groups() -> None:
    assert found(pd.DataFrame({"black": [0, 1] * 30}))["black", "sdtype"].value == "categorical"
    assert ("age", "sdtype") not in found(pd.DataFrame({"age": ROWS + 20}))


def test_what_narrows_down_who_it_is_is_a_quasi_identifier() -> None:
    said = found(
        pd.DataFrame(
            {
                "postcode": ["12345", "54321"] * 30,
                "date_of_birth": [date(1950 + i % 50, 1, 1) for i in range(N)],
                "lat": 48 + ROWS * 0.01237,
                "income": ROWS % 7,
            }
        )
    )
    for name in ("postcode", "date_of_birth", "lat"):
        assert said[name, "role"].value == "quasi_identifier"
    assert ("income", "role") not in said


def test_personal_data_is_proposed_with_its_evidence() -> None:
    said = found(pd.DataFrame({"mail": [f"someone{i}@example.org" for i in range(N)]}))
    assert said["mail", "pii"].value == "email"
    assert said["mail", "pii"].reason == "100% are e-mail addresses"
    assert ("mail", "role") not in said


def test_declared_personal_data_says_so() -> None:
    frame = pd.DataFrame({"who": ["x", "y"] * 30})
    schema = profile("t", frame, {"who": Column(name="who", pii="name")})
    (said,) = proposals("t", schema, frame)
    assert (said.value, said.reason) == ("name", "declared")


def test_a_target_is_suggested_but_never_chosen() -> None:
    said = found(pd.DataFrame({"target": [0, 1] * 30, "label": ["a", "b"] * 30}))
    assert {(key, proposal.value) for key, proposal in said.items()} == {
        (("target", "target"), None)
    }


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["m", "f"] * 30, "most of its categories are words for sex or gender"),
        (["Single", "Married", "Divorced"] * 20, "words for family status"),
        (["catholic", "muslim", "other"] * 20, "words for religion or belief"),
    ],
)
def test_sensitive_attributes_are_told_by_their_cells_too(cells: list[str], reason: str) -> None:
    said = found(pd.DataFrame({"x": cells, "y": range(60)}))
    assert said["x", "role"].value == "sensitive"
    assert reason in said["x", "role"].reason


def test_dates_that_could_be_either_way_round_are_noted() -> None:
    cells = pd.Series([f"0{1 + i % 9}/0{1 + i % 7}/2024" for i in range(30)], dtype="string")
    said = found(pd.DataFrame({"x": cells, "y": range(30)}))
    assert "could be either way round" in said["x", "note"].reason


def test_what_too_few_stand_behind_is_not_to_be_learnt() -> None:
    frame = pd.DataFrame(
        {
            "kind": pd.Series([f"k{i % 5}" for i in range(40)], dtype="string"),  # 8 each
            "size": pd.Series([f"s{i % 4}" for i in range(40)], dtype="string"),  # 10 each
            "price": [float(i) if i < 17 else None for i in range(40)],
            "weight": [float(i) if i < 18 else None for i in range(40)],
        }
    )
    said = found(frame)
    assert {key[0] for key in said if key[1] == "sdtype"} == {"kind", "price"}
    assert said["kind", "sdtype"].value == "text"


def test_subjects_are_counted_and_not_their_rows() -> None:
    frame = pd.DataFrame(
        {
            "patient_id": [i // 5 for i in range(60)],
            "ward": pd.Series([f"w{i // 30}" for i in range(60)], dtype="string"),
        }
    )
    said = found(frame)
    assert said["ward", "sdtype"].value == "text"  # six patients each


def test_dates_whose_day_shows_are_not_noted() -> None:
    cells = [f"{1 + i}/02/2024" for i in range(28)]
    said = found(pd.DataFrame({"x": pd.Series(cells, dtype="string"), "y": range(28)}))
    assert ("x", "note") not in said


def test_numbers_with_leading_zeros_that_never_repeat_are_proposed_as_the_key() -> None:
    frame = pd.DataFrame({"account": pd.Series([f"{i:05d}" for i in range(60)], dtype="string")})
    frame["size"] = ["s", "l"] * 30
    said = found(frame)
    assert said[None, "primary_key"].value == ("account",)
    assert "leading zeros" in said[None, "primary_key"].reason


def _table(*names: str) -> TableSchema:
    return TableSchema(columns=tuple(Column(name=name) for name in names))


def test_a_column_that_is_part_of_a_link_stands_for_the_row_it_points_at() -> None:
    schema = {"marks": _table("course", "student", "mark"), "enrolled": _table("course", "student")}
    link = ForeignKey(
        table="marks",
        columns=("course", "student"),
        references="enrolled",
        referenced=("course", "student"),
    )
    found = {
        "marks": [Proposal("marks", None, "subject", ("student",), "several rows")],
        "enrolled": [Proposal("enrolled", None, "subject", ("student",), "several rows")],
    }
    (best,) = subjects(schema, (link,), found)
    assert (best.table, best.value) == ("enrolled", ("student",))
