"""The table of results, as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.battery.faults import FAULTS
from validation.statistics import clopper_pearson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_INTRODUCTION = """# The mutation battery

Each line is a fault planted in otherwise fresh real rows (or a generator that has it), and the
check that must refuse it. A figure `5/5` says how many draws were refused, `?` how many of the
others ended undecided, which holds a release. In brackets stands the exact 95 % interval
(Clopper and Pearson) of the share refused.

`python -m benchmarks.battery run --data FOLDER` runs the cells that have no file yet under
`benchmarks/cells/battery/`, `python -m benchmarks.battery table` writes this page.
"""


def write(cells: Sequence[dict[str, Any]], out: Path) -> None:
    """Write the page."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(_page(cells), encoding="utf-8")


def _page(cells: Sequence[dict[str, Any]]) -> str:
    sizes = sorted({cell["size"] for cell in cells})
    lines = [_INTRODUCTION, *_faults(cells, sizes), *_must_pass(cells, sizes), *_cost(cells, sizes)]
    tables = sorted({cell["table"] for cell in cells})
    lines += [
        "",
        f"Tables: {', '.join(tables)}. Train, fresh rows and synthetic rows are equally many.",
    ]
    short = sorted({(c["table"], c["size"], c["rows"]) for c in cells if c["rows"] < c["size"]})
    lines += [
        f"{table} has rows for {n:,} of each only, which stand under {size:,}."
        for table, size, n in short
    ]
    return "\n".join(lines) + "\n"


def _head(sizes: Sequence[int]) -> tuple[str, str]:
    return " | ".join(f"{size:,} rows" for size in sizes), "---|" * len(sizes)


def _is_caught(cell: dict[str, Any]) -> bool:
    return bool(set(cell["refused_by"]) & set(FAULTS[cell["fault"]].checks))


def _faults(cells: Sequence[dict[str, Any]], sizes: Sequence[int]) -> list[str]:
    head, rule = _head(sizes)
    lines = ["## Faults that must be refused", ""]
    lines += [f"| fault | refused by | {head} |", f"|---|---|{rule}"]
    for name, fault in FAULTS.items():
        if not fault.checks:
            continue
        mine = [c for c in cells if c["fault"] == name]
        shown = [_refused([c for c in mine if c["size"] == size]) for size in sizes]
        checks = " or ".join(f"`{check}`" for check in fault.checks)
        lines.append(f"| `{name}`: {fault.said} | {checks} | {' | '.join(shown)} |")
    missed = [c for c in cells if FAULTS[c["fault"]].checks and not _is_caught(c)]
    lines += ["", "Not refused, by table:", ""] if missed else []
    for cell in missed:
        found = "; ".join(
            f"`{kind}` {check['status']}: {check['message']}"
            for kind, check in cell["checks"].items()
        )
        lines.append(
            f"- `{cell['fault']}`, {cell['table']}, {cell['rows']:,} rows, seed {cell['seed']}: "
            f"{found}"
        )
    return lines


def _must_pass(cells: Sequence[dict[str, Any]], sizes: Sequence[int]) -> list[str]:
    head, rule = _head(sizes)
    lines = ["", "## What must pass", "", f"| rows from | {head} |", f"|---|{rule}"]
    for name, fault in FAULTS.items():
        if not fault.checks:
            mine = [c for c in cells if c["fault"] == name]
            shown = [_rejected([c for c in mine if c["size"] == size]) for size in sizes]
            lines.append(f"| {fault.said} (rejected / held / draws) | {' | '.join(shown)} |")
    wrong = [c for c in cells if not FAULTS[c["fault"]].checks and c["verdict"] != "publish"]
    lines += ["", "Not published:", ""] if wrong else []
    for cell in wrong:
        found = "; ".join(
            f"`{kind}` {check['status']}"
            for kind, check in cell["checks"].items()
            if check["severity"] == "blocking" and check["status"] != "insufficient"
        )
        lines.append(
            f"- {FAULTS[cell['fault']].said}, {cell['table']}, {cell['rows']:,} rows, seed "
            f"{cell['seed']}: {cell['verdict']} ({found})"
        )
    return lines


def _cost(cells: Sequence[dict[str, Any]], sizes: Sequence[int]) -> list[str]:
    head, rule = _head(sizes)
    lines = ["", "## Cost", "", f"| | {head} |", f"|---|{rule}"]
    for words, chosen in (("a fault's cell", True), ("a cell of all checks", False)):
        shown = []
        for size in sizes:
            spent = [
                sum(c["seconds"].values())
                for c in cells
                if c["size"] == size and bool(FAULTS[c["fault"]].checks) == chosen
            ]
            shown.append(f"{sum(spent) / len(spent):.1f}" if spent else "")
        lines.append(f"| {words}, CPU seconds on average | {' | '.join(shown)} |")
    return lines


def _refused(cells: Sequence[dict[str, Any]]) -> str:
    if not cells:
        return ""
    caught = sum(map(_is_caught, cells))
    unsure = sum(bool(cell["undecided"]) for cell in cells if not _is_caught(cell))
    low, high = clopper_pearson(caught, len(cells))
    text = f"{caught}/{len(cells)} ({low:.2f} to {high:.2f})"
    return f"{text}, {unsure} ?" if unsure else text


def _rejected(cells: Sequence[dict[str, Any]]) -> str:
    if not cells:
        return ""
    rejected = sum(cell["verdict"] == "reject" for cell in cells)
    held = sum(cell["verdict"] == "hold" for cell in cells)
    low, high = clopper_pearson(rejected, len(cells))
    return f"{rejected} / {held} / {len(cells)} ({low:.2f} to {high:.2f})"
