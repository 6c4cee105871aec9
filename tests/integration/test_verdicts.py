"""The verdicts that the product stands for, on the demo's real rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from generators.base import GENERATORS
from pipelines import stages
from pipelines.commands.demo import config_in
from pipelines.config import PipelineConfig
from pipelines.settings import Settings
from tabular.dataset import Dataset
from tabular.split import Split
from validation.gate import Decision
from validation.report import Report

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> PipelineConfig:
    return config_in(Path(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def dataset(config: PipelineConfig) -> Dataset:
    return stages.describe(stages.read(config, Settings()), config)


@pytest.fixture(scope="module")
def parts(dataset: Dataset, config: PipelineConfig) -> Split:
    return stages.divide(dataset, config)


def _judge(
    kind: str, config: PipelineConfig, dataset: Dataset, parts: Split
) -> tuple[Decision, Report]:
    config = config.model_copy(update={"generator": GENERATORS[kind].model_validate({})})
    fitted = stages.fit(parts.train, config)
    synthetic = stages.sample(fitted, stages.Sizes.of(dataset), parts.train, config)
    report = stages.check(parts, synthetic, fitted, config, name=config.name, data_digest="")
    return stages.decide(report, config), report


def _failed_families(report: Report) -> set[str]:
    return {
        result.family
        for result in report.results
        if result.status == "fail" and result.severity == "blocking"
    }


def test_real_rows_again_are_rejected_for_privacy(
    config: PipelineConfig, dataset: Dataset, parts: Split
) -> None:
    decision, report = _judge("bootstrap", config, dataset, parts)
    assert decision.verdict == "reject"
    assert _failed_families(report) == {"privacy"}


def test_columns_drawn_apart_are_rejected_for_fidelity(
    config: PipelineConfig, dataset: Dataset, parts: Split
) -> None:
    decision, report = _judge("independent", config, dataset, parts)
    assert decision.verdict == "reject"
    assert "fidelity" in _failed_families(report)
    assert "privacy" not in _failed_families(report)


def test_the_default_generator_is_published(
    config: PipelineConfig, dataset: Dataset, parts: Split
) -> None:
    decision, report = _judge("trees", config, dataset, parts)
    assert decision.verdict == "publish", decision.reasons
    assert {result.status for result in report.results} <= {
        "pass",
        "not_applicable",
        "insufficient",
    }
