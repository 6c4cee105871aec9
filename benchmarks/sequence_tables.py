"""What is measured of sequences, as markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.intervals import mean
from benchmarks.markdown import markdown_table

if TYPE_CHECKING:
    from benchmarks.results import Results

_GOAL = 0.60


def entities(results: Results) -> str:
    """How well whole drawn entities are told from fresh ones."""
    rows = []
    for name in results.generators("sequences"):
        for table in results.tables:
            cells = results.cells("sequences", name, table)
            if not cells:
                continue
            area, floor = (
                mean([cell.figures[figure] for cell in cells])
                for figure in ("auc_holdout", "floor")
            )
            costs = mean([cell.cost["fit_cpu_s"] + cell.cost["sample_cpu_s"] for cell in cells])
            mark = "✓" if area.value <= _GOAL else "✗"
            rows.append(
                [
                    f"`{name}`",
                    table,
                    str(len(cells)),
                    f"{area.value:.3f} {mark}",
                    f"{floor.value:.3f}",
                    f"{costs.value:.1f} s",
                ]
            )
    if not rows:
        return ""
    head = ["", "table", "splits", "AUC against holdout", "two halves of the real ones", "CPU s"]
    text = (
        "Whole entities, summed up to a row each, told from those held out by XGBoost "
        f"(.5 is chance; at most {_GOAL:.2f} is the goal of `trees`):"
    )
    return f"{text}\n\n{markdown_table(head, rows)}"


def recursions(results: Results) -> str:
    """What a round of expectation-maximisation costs beside hmmlearn's."""
    rows = [
        [size.replace("x", " x "), f"{figures['ours_us']:.3f}", *_beside(figures)]
        for size in results.generators("hmm_speed")
        for table in results.tables
        if (figures := results.figures("hmm_speed", size, table))
    ]
    if not rows:
        return ""
    head = ["sequences x steps", "`hmm`", "hmmlearn's default", "hmmlearn's `scaling`"]
    text = "CPU microseconds of a row in a round of expectation-maximisation, 5 states, one thread:"
    return f"{text}\n\n{markdown_table(head, rows)}"


def _beside(figures: dict[str, Any]) -> list[str]:
    """What hmmlearn takes in either of its ways, and how many times ours that is."""
    theirs = (figures["hmmlearn_us"], figures["hmmlearn_scaling_us"])
    return [f"{cost:.3f}, {cost / figures['ours_us']:.2f} x" for cost in theirs]
