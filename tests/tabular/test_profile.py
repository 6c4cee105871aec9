from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular.dataset import Table
from tabular.errors import DataError
from tabular.profile import dtype_name, profile
from tabular.proposals import Proposal, proposals
from tabular.schema import Column, Sequence, TableSchema

N = 60
ROWS = np.arange(N)


def one(cells: object, *, name: str = "x", **known: object) -> Column:
    said = {name: Column.model_validate({"name": name, **known})} if known else None
    return profile("t", pd.DataFrame({name: pd.Series(cells)}), said)[name]


MOMENTS = pd.Series(pd.date_range("2020-01-01", periods=N))


@pytest.mark.parametrize(
    ("cells", "sdtype", "dtype"),
    [
        ([True, False] * 30, "boolean", "bool"),
        (pd.array([True, None] * 30, dtype="boolean"), "boolean", "boolean"),
        (ROWS % 7, "numerical", "int64"),
        (pd.array([1, None] * 30, dtype="Int64"), "numerical", "Int64"),
        (ROWS / 7, "numerical", "float64"),
        ([Decimal("1.50"), None] * 30, "numerical", "decimal"),
        (MOMENTS, "datetime", "datetime64[ns]"),
        (MOMENTS.dt.tz_localize("UTC"), "datetime", "datetime64[ns, UTC]"),
        ([date(2020, 1, 1), None] * 30, "datetime", "date"),
        (["a", "b"] * 30, "categorical", "string"),
        (pd.Series(["a", "b"] * 30, dtype="category"), "categorical", "category"),
        (pd.Series(["a", None] * 30, dtype="string"), "categorical", "string"),
        (pd.Series([None] * N, dtype="string"), "categorical", "string"),
        ([None] * N, "categorical", "string"),
        (pd.Series([np.nan] * N), "numerical", "float64"),
        ([f"K{i:04d}" for i in ROWS], "id", "string"),
        ([f"the {i}th of many words here" for i in ROWS], "unknown", "string"),
        ([f"{a}{b}" for a in "abcdefgh" for b in "klmnopqr"][:N], "unknown", "string"),
        ([f"v{i}" for i in range(40)] + ["v0"] * 20, "categorical", "string"),
    ],
)
def test_the_type_of_a_column_follows_from_its_cells(
    cells: object, sdtype: str, dtype: str
) -> None:
    column = one(cells)
    assert (column.sdtype, column.dtype) == (sdtype, dtype)


@pytest.mark.parametrize(
    ("name", "cells", "sdtype"),
    [
        ("customer_id", ROWS * 3 + 7, "id"),
        ("idStudent", ROWS * 3 + 7, "id"),
        ("amount", ROWS * 3 + 7, "numerical"),
        ("customer_id", ROWS // 2, "numerical"),
        ("customer_id", pd.array([None, *range(1, N)], dtype="Int64"), "numerical"),
        ("column_1", ROWS, "id"),
        ("column_1", ROWS + 1, "id"),
        ("year", ROWS + 1950, "numerical"),
        ("id", [3], "numerical"),
        ("x", list(range(10)), "numerical"),
    ],
)
def test_whole_numbers_that_only_tell_rows_apart_are_ids(
    name: str, cells: object, sdtype: str
) -> None:
    assert one(cells, name=name).sdtype == sdtype


def test_a_declared_key_is_an_id_whatever_it_is_called() -> None:
    frame = pd.DataFrame({"a": ROWS * 2, "b": [f"word{'x' * i}" for i in ROWS]})
    for key in ("a", "b"):
        schema = profile("t", frame, primary_key=(key,))
        assert schema[key].sdtype == "id"
        assert schema.primary_key == (key,)


@pytest.mark.parametrize(
    ("cells", "decimals"),
    [
        (ROWS, 0),
        ([1.0, 2.0], 0),
        ([0.1, 2.25], 2),
        ([0.1, 1 / 3], None),
        ([123456789.125, 1.5], 3),
        ([1e14, 0.5], 1),
        ([1e16, 0.5], None),
        ([np.inf, 0.5], 1),
        ([np.nan, np.nan], None),
        (np.array([1.1, 2], dtype="float32"), 1),
        ([Decimal("1.50"), Decimal(2), None], 2),
        ([Decimal("1E+2")], 0),
        (["a"], None),
    ],
)
def test_decimals_are_as_many_as_every_number_needs(cells: object, decimals: int | None) -> None:
    assert one(cells).decimals == decimals


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30), st.integers(0, 6))
def test_rounding_to_the_decimals_found_changes_nothing(wholes: list[int], digits: int) -> None:
    numbers = np.array([whole / 10**digits for whole in wholes])
    found = one(numbers).decimals
    assert found is not None
    assert found <= digits
    assert np.array_equal(np.round(numbers, found), numbers)


def test_a_column_is_nullable_when_a_cell_is_missing() -> None:
    assert one([1.0, None]).nullable
    assert not one([1.0, 2.0]).nullable


def test_what_is_said_of_a_column_is_kept_and_the_rest_found_out() -> None:
    column = one(
        ["a"] * 30, nullable=True, role="target", datetime_format="%Y", categories=("a", "b")
    )
    assert column.nullable
    assert column.role == "target"
    assert column.datetime_format == "%Y"
    assert column.categories == ("a", "b")
    assert (column.sdtype, column.dtype) == ("categorical", "string")


def test_decimals_that_a_source_found_are_not_counted_again() -> None:
    assert one([0.25, 0.5], decimals=1).decimals == 1
    assert one([0.25, 0.5], decimals=None).decimals is None


def test_no_cell_value_gets_into_the_schema() -> None:
    frame = pd.DataFrame(
        {
            "word": ["kumquat", "durian"] * 30,
            "number": [987654321, 123456789] * 30,
            "moment": pd.to_datetime(["1987-06-05", "1912-11-10"] * 30),
            "email": [f"quokka{i}@example.org" for i in range(N)],
        }
    )
    text = profile("t", frame).model_dump_json()
    for canary in ("kumquat", "durian", "987654321", "123456789", "1987", "1912", "quokka"):
        assert canary not in text


def test_personal_data_is_named_and_not_modelled() -> None:
    email = one([f"someone{i}@example.org" for i in range(N)])
    assert (email.pii, email.sdtype, email.is_modelled) == ("email", "unknown", False)
    uuid = one([f"00000000-0000-4000-8000-{i:012d}" for i in range(N)])
    assert (uuid.pii, uuid.sdtype) == ("uuid", "id")


def test_the_owner_has_the_last_word_on_personal_data() -> None:
    emails = [f"someone{i}@example.org" for i in range(N)]
    assert one(emails, sdtype="categorical").pii is None
    assert one(emails, pii="name").pii == "name"


def test_days_of_birth_are_modelled() -> None:
    days = [date(1950 + i % 50, 1, 1) for i in range(N)]
    assert one(days, name="date_of_birth").is_modelled


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (pd.DataFrame(), "there are no columns"),
        (pd.DataFrame({0: [1]}), r"positions \[0\] are not text"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than once: 'a'"),
    ],
)
def test_columns_without_a_name_of_their_own_are_refused(frame: pd.DataFrame, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        profile("t", frame)


@given(
    st.lists(
        st.one_of(
            st.lists(st.integers(-(2**63), 2**63 - 1), min_size=5, max_size=5),
            st.lists(st.floats(), min_size=5, max_size=5),
            st.lists(st.none() | st.text(max_size=8), min_size=5, max_size=5),
            st.lists(st.none() | st.booleans(), min_size=5, max_size=5),
            st.lists(st.none() | st.dates(), min_size=5, max_size=5),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_schema_of_a_frame_accepts_the_frame(columns: list[list[object]]) -> None:
    frame = pd.DataFrame({f"c{i}": pd.Series(cells) for i, cells in enumerate(columns)})
    schema = profile("t", frame)
    table = Table("t", frame, schema)
    for column in schema.columns:
        assert column.dtype == dtype_name(table.frame[column.name])
        assert column.nullable == table.frame[column.name].isna().any()


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


@pytest.mark.parametrize(
    "write", ["{d:02}/{m:02}/{y}", "{d}.{m}.{y}", "{y}/{m}/{d}", "{m}-{d}-{y}"]
)
def test_days_left_as_text_are_never_codes(write: str) -> None:
    days = [
        write.format(d=d, m=m, y=y) for y in range(1990, 1999) for m in range(1, 13) for d in (1, 9)
    ]
    assert one(days).sdtype == "unknown"
    assert one(days * 4).sdtype == "categorical"
    # Some of them among codes are enough.
    assert one([*days, *(f"A{i}" for i in range(3 * len(days)))]).sdtype == "unknown"


def test_times_of_day_are_never_codes() -> None:
    times = [f"{i // 60}:{i % 60:02}" for i in range(600)]
    assert one(times).sdtype == "unknown"
    assert one(times * 3).sdtype == "categorical"


def test_numbers_that_a_few_words_got_into_are_neither_codes_nor_categories() -> None:
    numbers = [f"{i * 7.25}" for i in range(1, 1000)]
    assert one([*numbers, "refused"]).sdtype == "unknown"
    assert one([*numbers, *numbers[:400], "refused", "n/k"]).sdtype == "unknown"
    assert one([*numbers, *numbers, *numbers, "refused"]).sdtype == "categorical"
    # The word may stand far down the file.
    assert one([*(str(i) for i in range(1, 5000)), "refused"]).sdtype == "unknown"


def test_digits_alone_may_be_codes() -> None:
    assert one([f"{i * 37:07}" for i in range(1000)]).sdtype == "id"
