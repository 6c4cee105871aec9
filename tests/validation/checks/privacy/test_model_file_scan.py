"""Scan of a model's file: rows that a model keeps are found in what it writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save_file

from tests.people import evidence
from validation.checks.privacy.model_file_scan import ModelFileScan

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.base import CheckResult


@dataclass(frozen=True)
class Keeper:
    """A model that writes the numbers it is given."""

    numbers: npt.NDArray[np.floating]
    kind: str = "keeper"
    artifact: str = "shareable"
    capabilities: frozenset[str] = frozenset()

    def log_prob(self, table: Table) -> npt.NDArray[np.float64]:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        folder.mkdir()
        save_file({"numbers": self.numbers}, folder / "arrays.safetensors")
        (folder / "model.json").write_text('{"mean": 1.5, "towns": ["Ulm"]}')


def answer(model: Keeper) -> CheckResult:
    return ModelFileScan().answer(replace(evidence(), model=model))


def test_means_of_many_people_pass() -> None:
    result = answer(Keeper(np.array([1.25, 20000.0, 41.5])))
    assert result.status == "pass"
    assert result.value == 0


def test_rows_kept_in_either_precision_fail() -> None:
    salaries = evidence().train.frame["salary"].to_numpy()
    for dtype in (np.float64, np.float32):
        result = answer(Keeper(salaries.astype(dtype)))
        assert result.status == "fail"
        assert result.details["worst_column"] == "salary"


def test_numbers_that_fresh_people_have_as_often_pass() -> None:
    whole = np.arange(5000, 100_000).astype(np.float64)
    result = answer(Keeper(whole))
    assert result.baseline is not None
    assert result.baseline > 0.5
    assert result.status == "pass"


def test_a_model_that_is_never_handed_on_is_not_scanned() -> None:
    assert answer(Keeper(np.zeros(1), artifact="private")).status == "not_applicable"
