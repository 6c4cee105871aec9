"""What the report page shows of a source then and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validation.drawing import bars, histogram
from validation.report import figure

if TYPE_CHECKING:
    from validation.drift import ColumnDrift, Drift


def compared(drift: Drift) -> list[dict[str, Any]]:
    """The tables of a source then and now; the columns that changed most first."""
    return [
        {
            "name": name,
            "before": f"{table.rows_before:,}",
            "now": f"{table.rows_now:,}",
            "columns": [_then_and_now(column) for column in table.columns],
        }
        for name, table in drift.tables.items()
    ]


def _then_and_now(column: ColumnDrift) -> dict[str, Any]:
    draw = bars if column.picture.type == "category" else histogram
    low, high = map(figure, column.interval)
    return {
        "name": column.name,
        "changed": column.value > column.threshold,
        "said": f"{column.statistic} {figure(column.value)} ({low} to {high}), "
        f"PSI {figure(column.psi)}",
        "drawing": draw(column.picture, ("before", "now")),
    }
