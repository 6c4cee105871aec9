"""No report names what fewer than k people share: not a category, not a group, not a number."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from tabular.dataset import Table
from tabular.seeding import Seed
from tests.people import SCHEMA, people
from validation.base import CHECKS, Evidence
from validation.gate import Gate
from validation.pictures import draw
from validation.policy import Policy
from validation.report import Report
from validation.report_html import render
from validation.runner import run_checks

K = 150
FEW = 120
"""People below `K` who are enough for most checks to judge."""

RARE = {"town": "Zzyzx", "sex": "qqx", "hired": "vvx"}
"""Categories that a few train subjects have, and no one else."""

RICH = 87_654_321
"""What one train subject earns."""

PAIRED = ("town = Enns, sex = f", "sex = f, town = Enns")
"""Two attributes each of which many have, and both of which a few train subjects have."""


def planted(name: str, n: int = 2400) -> Table:
    """People none of whom have what is planted, or in train a few."""
    frame = people(n, name).frame
    frame.loc[frame.index % 8 == 0, "town"] = "Enns"
    frame.loc[frame["town"] == "Enns", "sex"] = "m"
    if name == "train":
        for i, (column, value) in enumerate(RARE.items()):
            frame.loc[i * FEW : (i + 1) * FEW - 1, column] = value
        frame.loc[0, "salary"] = RICH
        frame.loc[4 * FEW : 5 * FEW - 1, ["town", "sex"]] = ["Enns", "f"]
    columns = tuple(
        column.model_copy(update={"role": "sensitive"}) if column.name == "town" else column
        for column in SCHEMA.columns
    )
    schema = SCHEMA.model_copy(update={"columns": columns})
    return Table("people", frame, schema)


@pytest.fixture(scope="module", params=["leaks all", "leaks into many rows"])
def pages(request: pytest.FixtureRequest) -> dict[str, str]:
    """Everything that is written of the answers, by form."""
    train = planted("train")
    synthetic = train if request.param == "leaks all" else planted("synthetic")
    if request.param == "leaks into many rows":
        # What is met oftener than in train stands out most.
        many = pd.concat([train.frame.iloc[: 5 * FEW]] * 2, ignore_index=True)
        frame = pd.concat([many, synthetic.frame.iloc[10 * FEW :]], ignore_index=True)
        synthetic = Table("people", frame, train.schema)
    some = Evidence(
        train=train,
        synthetic=synthetic,
        holdout=planted("holdout", 1200),
        reference=planted("reference", 1200),
        own=True,
        k=K,
        seed=Seed(0),
    )
    report = Report(
        name="people",
        results=run_checks(some, [CHECKS[kind].model_validate({}) for kind in sorted(CHECKS)]),
        rows={"people": {"train": len(train), "synthetic": len(synthetic)}},
        pictures={"people": draw(some)},
    )
    decision = Gate(Policy()).decide(report)
    out: dict[str, str] = {}
    for word, one in (("whole", report), ("public", report.public())):
        out |= {
            f"{word} json": one.to_json(),
            f"{word} junit": one.to_junit(),
            f"{word} markdown": one.to_markdown(),
            f"{word} page": render(one, decision),
        }
    return out | {"decision": decision.model_dump_json()}


def test_what_is_planted_is_rare_in_train_and_nowhere_else() -> None:
    train, other = planted("train").frame, planted("synthetic").frame
    for name, value in RARE.items():
        assert (train[name] == value).sum() == FEW
        assert (other[name] == value).sum() == 0
    for frame, count in ((train, FEW), (other, 0)):
        assert int(np.sum((frame["town"] == "Enns") & (frame["sex"] == "f"))) == count
    assert (train["town"] == "Enns").sum() >= K


def test_no_page_names_a_category_that_fewer_than_k_people_share(pages: dict[str, str]) -> None:
    for form, text in pages.items():
        for value in RARE.values():
            assert value not in text, form


def test_no_page_names_a_pair_of_attributes_that_fewer_than_k_people_share(
    pages: dict[str, str],
) -> None:
    for form, text in pages.items():
        for name in PAIRED:
            assert name not in text, form


def test_no_page_holds_the_number_of_one_person(pages: dict[str, str]) -> None:
    for form, text in pages.items():
        for digits in (str(RICH), f"{RICH:,}", f"{RICH:.3g}", "8.77e+07"):
            assert digits not in text, f"{form}: {digits}"
        # In millions; a drawing's coordinate may have the same digits.
        assert not re.search(r"(?<![\d.])87\.7(?![\d%])", text), form


def test_the_pages_do_name_what_many_share(pages: dict[str, str]) -> None:
    assert "Ulm" in pages["whole page"]
    assert "sex = f" in pages["whole json"]
