"""Fairness by declaration: roles, refusals, rows with the declared rates, and what it cost."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines import stages
from pipelines.base import RawData, RawTable
from pipelines.config import TableConfig
from pipelines.reshaping import reshape, with_roles
from tabular.dataset import Dataset
from tabular.errors import ConfigurationError, SampleError
from tabular.schema import Schema
from tabular.seeding import Seed
from tabular.split import Split
from tests.people import SCHEMA, people
from validation.fairness_policy import Fairness
from validation.report import Report
from validation.report_html import render

N = 1500
FAIRNESS = Fairness(sensitive="sex", outcome="hired")
FEW_CHECKS = {"copies", "column_shapes", "joint_rates", "parity_gap", "domains"}


def _config(**changes: Any) -> TableConfig:
    from validation.base import CHECKS

    return TableConfig.model_validate(
        {
            "generator": {"kind": "independent"},
            "fairness": {"sensitive": "sex", "outcome": "hired"},
            "checks": {kind: kind in FEW_CHECKS for kind in CHECKS},
            **changes,
        }
    )


def _dataset(*name: str) -> Dataset:
    return Dataset.of({"people": people(N, *name).frame}, Schema(tables={"people": SCHEMA}))


def test_it_gives_two_columns_their_roles() -> None:
    told = with_roles(_config(), ["people"]).tables["people"].columns
    assert {name: said.role for name, said in told.items()} == {
        "sex": "sensitive",
        "hired": "target",
    }


@pytest.mark.parametrize("columns", [{"hired": {"role": "feature"}}, {"age": {"role": "target"}}])
def test_other_roles_of_the_owner_are_refused(columns: dict[str, Any]) -> None:
    config = _config(tables={"people": {"columns": columns}})
    with pytest.raises(ConfigurationError, match="must have the role `target`"):
        with_roles(config, ["people"])


def test_one_of_several_tables_must_be_named() -> None:
    with pytest.raises(ConfigurationError, match="does not say which table"):
        with_roles(_config(), ["people", "towns"])


def test_a_table_that_others_point_at_is_refused() -> None:
    towns = people(50).frame[["town"]].drop_duplicates()
    raw = RawData({"people": RawTable(people(50).frame), "towns": RawTable(towns)})
    config = _config(
        fairness={"table": "people", "sensitive": "sex", "outcome": "hired"},
        subject={"table": "towns", "columns": ["town"]},
        tables={"towns": {"primary_key": "town"}},
        foreign_keys=[
            {"table": "people", "columns": ["town"], "references": "towns", "referenced": ["town"]}
        ],
    )
    with pytest.raises(ConfigurationError, match="only a table by itself"):
        stages.describe(raw, config)


@pytest.fixture(scope="module")
def reshaped() -> tuple[Split, Dataset, Dataset, Any]:
    """A biased generator's rows as drawn and as taken: `bootstrap` keeps what the source has."""
    parts = Split(_dataset("train"), _dataset("holdout"), _dataset("reference"))
    config = _config(generator={"kind": "bootstrap"})
    fitted = stages.fit(parts.train, config)
    drawn = fitted.sample({"people": N}, references={}, seed=Seed(0))
    taken = reshape(drawn, fitted, FAIRNESS, parts.train, seed=Seed(0))
    return parts, drawn, taken, fitted


def test_each_group_has_the_declared_rate_and_its_share(
    reshaped: tuple[Split, Dataset, Dataset, Any],
) -> None:
    parts, drawn, taken, _ = reshaped
    frame = taken["people"].frame
    hired = frame["hired"] == "yes"
    overall = (parts.train["people"].frame["hired"] == "yes").mean()
    for group in ("f", "m"):
        mine = frame["sex"] == group
        assert abs(hired[mine].mean() - overall) <= 1 / mine.sum()
        assert mine.sum() == (drawn["people"].frame["sex"] == group).sum()
    assert len(frame) == N


def test_the_same_seed_takes_the_same_rows(reshaped: tuple[Split, Dataset, Dataset, Any]) -> None:
    parts, drawn, taken, fitted = reshaped
    again = reshape(drawn, fitted, FAIRNESS, parts.train, seed=Seed(0))
    assert again["people"].frame.equals(taken["people"].frame)


def test_a_rate_that_is_never_drawn_is_refused_with_what_was_found() -> None:
    train = people(N).frame.assign(hired="no")
    train.loc[:9, ["sex", "hired"]] = ["m", "yes"]
    train.loc[10:19, ["sex", "hired"]] = ["f", "no"]
    dataset = Dataset.of({"people": train}, Schema(tables={"people": SCHEMA}))
    fitted = stages.fit(dataset, _config(generator={"kind": "bootstrap"}))
    drawn = fitted.sample({"people": N}, references={}, seed=Seed(0))
    wanted = Fairness(sensitive="sex", outcome="hired", target={"f": 0.9})
    with pytest.raises(SampleError, match="0 are sex = f with the outcome"):
        reshape(drawn, fitted, wanted, dataset, seed=Seed(0))


def test_all_is_checked_again_and_the_cost_is_told(
    reshaped: tuple[Split, Dataset, Dataset, Any],
) -> None:
    parts, drawn, taken, fitted = reshaped
    config = _config()
    report = stages.check(parts, taken, fitted, config, name="people", data_digest="", before=drawn)
    found = {result.check: result for result in report.results}
    # Against all real rows the hired women would be far too many; against those with the declared
    # rates they are what they should be.
    assert found["joint_rates"].status == "pass"
    assert found["column_shapes"].status == "pass"
    # Copies stay copies: privacy is judged against all rows.
    assert found["copies"].status == "fail"
    mitigation = report.mitigation
    assert mitigation is not None
    women = next(group for group in mitigation.groups if group.group == "f")
    assert women.before == pytest.approx(women.real, abs=0.05)
    assert women.after == pytest.approx(women.declared, abs=0.005)
    assert [result.check for result in mitigation.after] == [
        "train_synthetic_test_real",
        "parity_gap",
    ]
    assert all(result.value is not None for result in mitigation.before + mitigation.after)
    decision = stages.decide(report, config)
    assert any("brought to declared rates" in reason for reason in decision.reasons)
    page = render(report, decision)
    assert "What it costs" in page
    assert Report.model_validate_json(report.to_json()).mitigation == mitigation
    public = report.public().mitigation
    assert public is not None
    assert public.groups[0].real == float(f"{public.groups[0].real:.3g}")


def test_without_the_rows_as_drawn_no_cost_is_told(
    reshaped: tuple[Split, Dataset, Dataset, Any],
) -> None:
    parts, _, taken, fitted = reshaped
    report = stages.check(parts, taken, fitted, _config(), name="people", data_digest="")
    assert report.mitigation is None
    assert {result.check for result in report.results} >= {"copies", "joint_rates"}
