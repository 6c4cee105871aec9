"""The figures as markdown, and the documents that show them between two marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.cells import CELLS
from benchmarks.goals import GOALS, spread
from benchmarks.markdown import markdown_table
from benchmarks.results import Results
from benchmarks.sequence_tables import entities, recursions
from benchmarks.use_tables import anomalies, augmentation
from tabular.errors import ConfigurationError

_ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = {"README.md": "short", "benchmarks/README.md": "full"}
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
DEFAULT = "trees"


def short(cells: Path = CELLS) -> str:
    """The goal, and all generators in one line each."""
    results = Results(cells)
    parts = [_goals(results, DEFAULT), _overview(results), _peers(results), _bulk(results)]
    return "\n\n".join(filter(None, parts)) or "Nothing is measured yet."


def full(cells: Path = CELLS) -> str:
    """The short form, every figure of every table, and what failed."""
    results = Results(cells)
    parts = [short(cells), entities(results), recursions(results)]
    parts += [anomalies(results), augmentation(results)]
    parts += [_all_of(results, table) for table in results.tables_of("fidelity", "floor")]
    parts.append(_failures(results))
    return "\n\n".join(filter(None, parts))


def write_documents(cells: Path = CELLS) -> tuple[str, ...]:
    """Put the figures into the documents; their names."""
    for name in DOCUMENTS:
        path = _ROOT / name
        text = path.read_text(encoding="utf-8")
        path.write_text(filled(text, name, cells), encoding="utf-8")
    return tuple(DOCUMENTS)


def filled(text: str, name: str, cells: Path = CELLS) -> str:
    """A document's text with today's figures between its marks.

    Raises:
        ConfigurationError: It has no marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigurationError(f"the marks {BEGIN} and {END} are needed", where=name)
    figures = (short if DOCUMENTS[name] == "short" else full)(cells)
    return f"{before}{begin}\n{figures}\n{end}{after}"


def _goals(results: Results, generator: str) -> str:
    tables = [t for t in results.tables if results.cells("fidelity", generator, t)]
    if not tables:
        return ""
    rows = []
    for goal in GOALS:
        verdicts = [goal.judge(results, generator, table) for table in tables]
        rows.append([goal.name, *(str(v) if v else "" for v in verdicts)])
    seeds = sorted({len(results.cells("fidelity", generator, t)) for t in tables})
    text = (
        f"`{generator}`, the default, with nothing tuned to a table: means over seeds "
        f"({', '.join(map(str, seeds))} of them) with 95 % intervals. ✓ reached, ✗ missed:"
    )
    return f"{text}\n\n{markdown_table(['', *tables], rows)}"


def _overview(results: Results) -> str:
    """XGB-C2ST and CPU seconds of all generators."""
    names = [name for name in results.generators("fidelity") if "@" not in name]
    if not names:
        return ""
    rows, tables = [], results.tables_of("fidelity")
    for name in names:
        row = [f"`{name}`"]
        for table in tables:
            score, cpu = results.mean(name, table, "c2st_xgb"), results.cpu(name, table)
            row.append(f"{score.value:.3f}, {_seconds(cpu.value)}" if score and cpu else "")
        rows.append(row)
    floors = [results.floor(table, "c2st_xgb") for table in tables]
    rows.append(["fresh real rows", *(f"{f:.3f}" if f else "" for f in floors)])
    text = "XGB-C2ST score against train (1 is indistinguishable), and CPU seconds to fit and draw:"
    return f"{text}\n\n{markdown_table(['', *tables], rows)}"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def _peers(results: Results) -> str:
    """Ours beside SDV's: cost in turns on one machine, quality from the cells of both."""
    rows = [
        _turns(ours, table, figures)
        for ours in results.generators("speed")
        for table in results.tables
        if (figures := results.figures("speed", ours, table))
    ]
    parts = []
    if rows:
        head = ["", "table", "fit, CPU s", "draw, CPU s", "rows per CPU s", "peak, MiB"]
        text = "Ours / SDV's by itself, in turns on one machine, one thread:"
        parts.append(f"{text}\n\n{markdown_table(head, rows)}")
    if rows := _pairs(results):
        head = ["", "table", "XGB-C2ST", "TSTR", "shape error, %", "trend error, %", "CPU s"]
        text = "Quality of ours / SDV's, from fits of their own:"
        parts.append(f"{text}\n\n{markdown_table(head, rows)}")
    return "\n\n".join(parts)


def _turns(ours: str, table: str, figures: dict[str, Any]) -> list[str]:
    mine, theirs, times = figures["ours"], figures["peer"], figures["times_faster"]
    costs = [
        f"{mine[f'{step}_cpu_s']:.2f} / {theirs[f'{step}_cpu_s']:.2f}, {times[step]:.0f} x"
        for step in ("fit", "sample")
    ]
    rates = [side["rows_per_cpu_s"] / 1000 for side in (mine, theirs)]
    rate = f"{rates[0]:.0f}k / {rates[1]:.0f}k, {times['rows_per_cpu_s']:.0f} x"
    return [f"`{ours}`", table, *costs, rate, f"{mine['peak_mib']:.0f} / {theirs['peak_mib']:.0f}"]


def _pairs(results: Results) -> list[list[str]]:
    rows = []
    for theirs in results.generators("fidelity"):
        ours = theirs.removeprefix("sdv_")
        for table in results.tables:
            pair = [(name, results.cpu(name, table)) for name in (ours, theirs)]
            if ours == theirs or not all(cpu for _, cpu in pair):
                continue
            row = [f"`{ours}`", table]
            for figure, digits in (
                ("c2st_xgb", 3),
                ("tstr", 3),
                ("shape_error", 2),
                ("trend_error", 2),
            ):
                found = [results.mean(name, table, figure) for name, _ in pair]
                row.append(" / ".join(f"{f.value:.{digits}f}" for f in found if f))
            mine, other = (cpu.value for _, cpu in pair if cpu)
            row.append(f"{_seconds(mine)} / {_seconds(other)}, {other / mine:.1f} x")
            rows.append(row)
    return rows


def _bulk(results: Results) -> str:
    rows = [
        [
            f"`{name}`",
            table,
            f"{figures['rows']:,}",
            f"{figures['rows_per_cpu_s'] / 1000:.0f}k",
            f"{figures['peak_mib']:.0f}",
            f"{figures['model_mib']:.1f}",
            f"{figures['file_mib']:.0f}",
        ]
        for name in results.generators("bulk")
        for table in results.tables
        if (figures := results.figures("bulk", name, table))
    ]
    if not rows:
        return ""
    head = ["", "table", "rows", "rows per CPU s", "peak, MiB", "model, MiB", "file, MiB"]
    text = "`waxwork sample model --rows 10000000 --out rows.parquet`, start and writing included:"
    return f"{text}\n\n{markdown_table(head, rows)}"


def _all_of(results: Results, table: str) -> str:
    """Every figure of one table."""
    rows = []
    for name in dict.fromkeys((*results.generators("fidelity"), *results.generators("membership"))):
        verdicts = [goal.judge(results, name, table) for goal in GOALS]
        if not any(verdicts):
            continue
        cells, peak = results.cells("fidelity", name, table), results.peak_mib(name, table)
        closer = results.mean(name, table, "closer_share")
        row = [f"`{name}`", str(len(cells)), *(v.text if v else "" for v in verdicts)]
        rows.append([*row, spread(closer, 3) if closer else "", f"{peak:.0f}" if peak else ""])
    if not rows:
        return ""
    head = ["", "seeds", *(goal.name for goal in GOALS), "closer to train (DCR)", "peak, MiB"]
    return f"## {table}\n\n{_floor_line(results, table)}\n\n{markdown_table(head, rows)}"


def _floor_line(results: Results, table: str) -> str:
    shape, trend = (results.floor(table, f"{kind}_error") for kind in ("shape", "trend"))
    score, real = results.floor(table, "c2st_xgb"), results.real_utility(table)
    copied, rare = (results.fresh_share(table, kind) for kind in ("copies", "rare_numbers"))
    if not (shape and trend and score and real and copied and rare):
        return "The floor is not measured yet."
    return (
        f"Fresh real rows: XGB-C2ST {score:.3f}, shape error {shape:.2f} %, trend error "
        f"{trend:.2f} %, train on real {real:.3f}, copies {copied[0]:.2%} (upper end "
        f"{copied[1]:.2%}), rare numbers {rare[0]:.2%} (upper end {rare[1]:.2%})."
    )


def _failures(results: Results) -> str:
    if not results.failed:
        return ""
    lines = [f"- {cell.address}: {cell.fields['error']}" for cell in results.failed]
    return "Failed, and tried again by the next run:\n\n" + "\n".join(lines)
