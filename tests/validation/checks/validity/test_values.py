"""Domains, dtypes and personal data: what may not stand in the output."""

from __future__ import annotations

import pandas as pd
import pytest

from tabular.dataset import Table
from tests.contracts.test_checks import evidence_of, mixed
from tests.people import changed, evidence, people
from validation.base import Evidence
from validation.checks.validity.domains import Domains
from validation.checks.validity.dtypes import Dtypes
from validation.checks.validity.personal_data_in_output import PersonalDataInOutput


def test_fresh_rows_pass_all_three() -> None:
    for check in (Domains(), Dtypes(), PersonalDataInOutput()):
        assert check.answer(evidence_of(mixed())).status == "pass"


def test_labels_and_numbers_that_nobody_has_fail() -> None:
    train = people(2000, "synthetic").frame
    towns = train["town"].mask(train.index % 20 == 0, "Atlantis")
    ages = train["age"].mask(train.index % 20 == 0, 240)
    for planted, name in ((changed(town=towns), "town"), (changed(age=ages), "age")):
        result = Domains().answer(evidence(planted))
        assert result.status == "fail"
        assert result.details["columns"][0] == {"column": name, "share": 0.05}
        assert "Atlantis" not in result.model_dump_json()


def replaced(whole: Evidence, frame: pd.DataFrame) -> Evidence:
    return Evidence(
        train=whole.train,
        synthetic=Table("mixed", frame, whole.train.schema),
        holdout=whole.holdout,
        reference=whole.reference,
        seed=whole.seed,
    )


@pytest.mark.parametrize("fault", ["float", "digits", "text"])
def test_another_type_or_more_digits_fail(fault: str) -> None:
    whole = evidence_of(mixed())
    frame = whole.synthetic.frame.copy()
    if fault == "float":
        frame["age"] = frame["age"].astype("float64")
    elif fault == "digits":
        frame["price"] = frame["price"].where(frame.index != 3, 1.005)
    else:
        frame["when"] = frame["when"].astype("string")
    result = Dtypes().answer(replaced(whole, frame))
    assert result.status == "fail"
    assert result.value == pytest.approx(1 / len(frame) if fault == "digits" else 1.0)


@pytest.mark.parametrize("column", ["email", "town"])
def test_an_address_of_the_input_is_found_in_any_column(column: str) -> None:
    whole = evidence_of(mixed())
    frame = whole.synthetic.frame.copy()
    real = whole.train.frame["email"].iloc[: len(frame) // 10].to_numpy()
    frame.loc[: len(real) - 1, column] = real
    result = PersonalDataInOutput().answer(replaced(whole, frame))
    assert result.status == "fail"
    assert result.value == pytest.approx(len(real) / len(frame))
    assert "real.org" not in result.model_dump_json()
