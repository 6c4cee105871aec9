"""What a person sees in a terminal: the verdict as a table, and where to look further."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from validation.base import CheckResult

_STATUS = {
    "pass": "[green]pass[/]",
    "fail": "[bold red]FAIL[/]",
    "undecided": "[yellow]undecided[/]",
    "insufficient": "[yellow]insufficient[/]",
    "not_applicable": "[dim]not applicable[/]",
    "error": "[bold red]ERROR[/]",
}
_VERDICT = {
    "publish": ("green", "PUBLISH"),
    "hold": ("yellow", "HOLD"),
    "reject": ("red", "REJECT"),
}


def console(*, stderr: bool = False) -> Console:
    """A console as wide as it must be for the table where the output is no terminal."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made = Console(stderr=stderr, highlight=False, width=140)
    return made


def show_results(results: Sequence[CheckResult], to: Console) -> None:
    """The table of checks: value, interval, baseline on fresh rows, threshold, status."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    several = len({result.table for result in results}) > 1
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    if several:
        table.add_column("table")
    table.add_column("check")
    table.add_column("figure", style="dim", max_width=34)
    for heading in ("value", "95 % interval", "fresh rows", "threshold"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    family = None
    for result in results:
        if result.family != family:
            family = result.family
            table.add_row(*([""] if several else []), f"[bold]{family}[/]")
        sign = "≥" if result.better == "higher" else "≤"
        table.add_row(
            *([result.table] if several else []),
            f"  {result.check}",
            result.statistic,
            number(result.value),
            " to ".join(number(bound) for bound in result.interval) if result.interval else "",
            number(result.baseline),
            f"{sign} {number(result.threshold)}" if result.threshold is not None else "",
            _STATUS[result.status],
        )
    to.print(table)
    for result in results:
        if result.status in {"fail", "undecided", "insufficient", "error"}:
            to.print(f"  {result.check}: {result.message}", style="dim", markup=False)


def show_verdict(verdict: str, reasons: Sequence[str], to: Console) -> None:
    """The verdict and the reasons for it."""
    colour, word = _VERDICT[verdict]
    to.print()
    to.print(f"[bold {colour}]Verdict: {word}[/]")
    for reason in reasons:
        to.print(f"  - {reason}", markup=False)


def number(value: float | None) -> str:
    """A figure with as many digits as a reader can use."""
    if value is None:
        return ""
    if value != 0 and abs(value) < 0.001:  # noqa: PLR2004  three digits would show nothing
        return f"{value:.1e}"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"  # noqa: PLR2004
