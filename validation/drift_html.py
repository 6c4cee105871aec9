"""What the report page shows of a source then and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validation.drawing import bars, histogram
from validation.report import figure

if TYPE_CHECKING:
    from validation.drift import Change, ColumnDrift, Drift


def compared(drift: Drift) -> dict[str, Any]:
    """The changes, and the tables then and now; the columns that changed most come first."""
    changed = {(change.table, change.column) for change in drift.drifted}
    return {
        "changes": [_change(change) for change in drift.changes],
        "tables": [
            {
                "name": name,
                "before": f"{table.rows_before:,}",
                "now": f"{table.rows_now:,}",
                "columns": [
                    _then_and_now(column, changed=(name, column.name) in changed)
                    for column in table.columns
                ],
            }
            for name, table in drift.tables.items()
        ],
    }


def _change(change: Change) -> dict[str, str]:
    said = ""
    if change.threshold is not None and change.value is not None:
        said = (
            f"{change.statistic} {figure(change.value)}, accepted up to {figure(change.threshold)}"
        )
    if change.what == "volume" and change.threshold:
        said = f"accepted from {figure(1 / change.threshold)} to {figure(change.threshold)} times"
    return {
        "tone": "open" if change.drifts else "none",
        "word": "changed" if change.drifts else "notice",
        "table": change.table,
        "message": change.message,
        "figures": said,
    }


def _then_and_now(column: ColumnDrift, *, changed: bool) -> dict[str, Any]:
    draw = bars if column.picture.type == "category" else histogram
    low, high = map(figure, column.interval)
    return {
        "name": column.name,
        "changed": changed,
        "said": f"{column.statistic} {figure(column.value)} ({low} to {high}), "
        f"PSI {figure(column.psi)}",
        "drawing": draw(column.picture, ("before", "now")),
    }
