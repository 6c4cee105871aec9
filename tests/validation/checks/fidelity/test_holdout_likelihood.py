"""Likelihood of the holdout: a model that knows its rows by heart is told by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.people import evidence, people
from validation.checks.fidelity.holdout_likelihood import HoldoutLikelihood

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table


@dataclass(frozen=True)
class Judge:
    """A normal density of the salary's logarithm, and a bonus for salaries it knows."""

    known: frozenset[int] = frozenset()
    kind: str = "judge"
    capabilities: frozenset[str] = frozenset({"log_prob"})

    def log_prob(self, table: Table) -> npt.NDArray[np.float64]:
        salary = table.frame["salary"].to_numpy(dtype=np.float64)
        bonus = np.isin(salary, list(self.known)) * 3.0
        return np.asarray(-((np.log(salary) - 10.5) ** 2) + bonus, dtype=np.float64)


def test_a_density_of_the_population_passes() -> None:
    result = HoldoutLikelihood().answer(replace(evidence(), model=Judge()))
    assert result.status == "pass"
    assert result.interval is not None
    assert result.interval[0] < 0.5 < result.interval[1]
    means = [result.details[f"mean_log_likelihood_{side}"] for side in ("train", "fresh")]
    assert means[0] == pytest.approx(means[1], abs=0.1)


def test_a_model_that_knows_its_rows_fails() -> None:
    known = frozenset(people(2000, "train").frame["salary"])
    result = HoldoutLikelihood().answer(replace(evidence(), model=Judge(known)))
    assert result.status == "fail"
    assert result.value is not None
    assert result.value > 0.9


def test_a_model_without_likelihood_does_not_apply() -> None:
    silent = Judge(capabilities=frozenset())
    assert HoldoutLikelihood().answer(replace(evidence(), model=silent)).status == "not_applicable"
