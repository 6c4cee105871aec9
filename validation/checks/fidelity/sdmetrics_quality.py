"""SDMetrics' quality score: for people who know it from elsewhere."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Severity
from validation.excess import POWER
from validation.features import feature_columns, is_numeric, labels, numbers
from validation.guesses import some
from validation.report import figure
from validation.statistics import normal_quantile

if TYPE_CHECKING:
    import pandas as pd

    from tabular.dataset import Table
    from tabular.schema import Column
    from validation.base import Evidence

_TABLE = "table"
_PARTS = 3
_MOST_ROWS = 50_000  # as many as SDMetrics itself looks at for pairs


class SdmetricsQuality(Check, frozen=True):
    """The quality score of SDMetrics: the mean of its column shapes and column pair trends.

    Information, and slow: a table with a score of .91 can be one that no model learns anything
    from. The same score of fresh rows is its baseline; how three parts of the rows scatter makes
    the interval.
    """

    kind: Literal["sdmetrics_quality"] = "sdmetrics_quality"
    family: ClassVar[Family] = "fidelity"
    on_by_default: ClassVar[bool] = False
    reference: ClassVar[str] = (
        "SDMetrics, quality report; on what it does not see: CTGAN issue 306, a quality score of "
        "91 % beside a useless classifier"
    )

    severity: Severity = Field(default="info", description="What a failure means to the gate.")
    threshold: float = Field(
        default=0.8, ge=0, le=1, description="Score below which it is said to be low."
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Ask SDMetrics."""
        if find_spec("sdmetrics") is None:
            return self.result(
                "not_applicable", "SDMetrics is not installed: pip install 'waxwork[sdv]'"
            )
        columns = feature_columns(evidence.schema)
        if not columns:
            return self.result("not_applicable", "no column is learnt")
        stream = evidence.seed.child("check", self.kind)
        train = some(evidence.train, _MOST_ROWS, stream.child("train").generator())
        made = some(evidence.synthetic, _MOST_ROWS, stream.child("synthetic").generator())
        score, properties = _score(train, made, columns)
        if np.isnan(score):
            return self.result("insufficient", "SDMetrics gives no score for these columns")
        order = stream.child("parts").generator().permutation(len(made))
        parts = [
            _score(train, made.take(rows), columns)[0]
            for rows in np.array_split(order, min(_PARTS, len(order)))
        ]
        # Parts are smaller and score lower all alike; how far they scatter is what counts.
        error = float(np.nan_to_num(np.nanstd(parts, ddof=1) if len(parts) > 1 else 1.0))
        error /= np.sqrt(len(parts))
        z = normal_quantile()
        baseline = None
        if evidence.fresh is not None:
            fresh = some(evidence.fresh, _MOST_ROWS, stream.child("fresh").generator())
            baseline = _score(train, fresh, columns)[0]
        return self.result(
            "pass" if score >= self.threshold else "fail",
            f"SDMetrics gives a quality score of {figure(score)}",
            statistic="SDMetrics' quality score",
            value=score,
            interval=(max(score - z * error, 0.0), min(score + z * error, 1.0)),
            baseline=baseline,
            threshold=self.threshold,
            better="higher",
            smallest_effect=(z + POWER) * error,
            n_rows=len(evidence.synthetic),
            details={"properties": properties},
        )


def _score(
    real: Table, other: Table, columns: tuple[Column, ...]
) -> tuple[float, dict[str, float]]:
    """The score, and that of each property which could be worked out."""
    from sdmetrics.reports import QualityReport

    sdtypes = {
        column.name: {"sdtype": "numerical" if is_numeric(column) else "categorical"}
        for column in columns
    }
    report = QualityReport()
    report.num_rows_subsample = None  # it would draw from numpy's global state
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report.generate(
            {_TABLE: _frame(real, columns)},
            {_TABLE: _frame(other, columns)},
            {"tables": {_TABLE: {"columns": sdtypes}}},
            verbose=False,
        )
    found = {
        str(name): float(value)
        for name, value in report.get_properties()[["Property", "Score"]].to_numpy()
        if not np.isnan(value)
    }
    return float(report.get_score()), found


def _frame(table: Table, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Moments as numbers, categories as text; what SDMetrics takes."""
    import pandas as pd

    cells: dict[str, Any] = {}
    for column in columns:
        values = table.frame[column.name]
        cells[column.name] = (
            numbers(values) if is_numeric(column) else labels(values).astype(object).to_numpy()
        )
    return pd.DataFrame(cells)
