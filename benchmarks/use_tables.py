"""What models are good for beside drawing tables, as markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.results import Results


def anomalies(results: Results) -> str:
    """How well rows that were tampered with stand out."""
    head = [
        "",
        "table",
        "half of the columns swapped: AUC",
        "a changed column named first, %",
        "one column swapped: AUC",
        "the changed column named first, %",
    ]
    text = (
        "`waxwork score` on fresh rows of which a tenth has cells of other rows, / an isolation "
        "forest on the same rows (.5 is chance):"
    )
    return _of(results, "anomalies", head, text, _found)


def _found(figures: dict[str, Any]) -> list[str]:
    cells = []
    for way in ("swapped", "single"):
        ours, theirs = figures[f"{way}_auc"], figures[f"{way}_forest_auc"]
        cells += [f"{ours:.3f} / {theirs:.3f}", f"{100 * figures[f'{way}_column_found']:.0f}"]
    return cells


def augmentation(results: Results) -> str:
    """What drawing a rare class more often does for a classifier."""
    head = [
        "",
        "table",
        "rare class, %",
        *("recall", "precision", "balanced accuracy", "AUC"),
    ]
    text = (
        "XGBoost on train rows alone / with rows of the rare class drawn until both are as "
        "frequent / with copies of real ones instead, judged on the holdout:"
    )
    return _of(results, "augmentation", head, text, _helped)


def _helped(figures: dict[str, Any]) -> list[str]:
    cells = [f"{100 * figures['rare_share']:.1f}"]
    for figure in ("recall", "precision", "balanced_accuracy", "auc"):
        ways = (figures[f"{way}_{figure}"] for way in ("real", "augmented", "copied"))
        cells.append(" / ".join(f"{value:.3f}" for value in ways))
    return cells


def _of(
    results: Results,
    experiment: str,
    head: list[str],
    text: str,
    cells: Callable[[dict[str, Any]], list[str]],
) -> str:
    """A line for each generator and table that was measured; nothing where none was."""
    rows = [
        [f"`{name}`", table, *cells(figures)]
        for name in results.generators(experiment)
        for table in results.tables
        if (figures := results.figures(experiment, name, table))
    ]
    return f"{text}\n\n{markdown_table(head, rows)}" if rows else ""
