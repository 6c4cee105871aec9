"""The command line of the measurements: `python -m benchmarks`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from benchmarks.cells import CELLS, Address, Cell
from benchmarks.experiments import EXPERIMENTS
from tabular.errors import ConfigurationError, WaxworkError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.running import Options
    from benchmarks.tables import BenchmarkTable

_FOLDER = click.Path(path_type=Path, file_okay=False)
_NAMES = "Comma between names."


def _names(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    del context, parameter
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _seeds(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """`3`, `0,1,4` or `0-4`."""
    del context, parameter
    found: list[int] = []
    for part in filter(None, value.split(",")):
        first, _, last = part.partition("-")
        if not first.strip().isdigit() or (last and not last.strip().isdigit()):
            raise click.BadParameter("like 0, or 0,1,4, or 0-4")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Measure generators on public tables, and print what came out.

    \b
        python -m benchmarks run --data DATA            every cell that is missing
        python -m benchmarks run --data DATA --generators trees --tables adult --seeds 0
        python -m benchmarks table                      the figures as markdown
        python -m benchmarks table --write              ... into README.md and benchmarks/README.md

    DATA holds a folder per table: train.csv, holdout.csv (or .csv.gz) and meta.json with the keys
    target, task (classification, regression), categorical and numeric.

    A cell is one experiment, generator, table and seed. It is measured in processes of its own, and
    stands as JSON in benchmarks/cells; a run fills the gaps, and tries errors again.
    """


@main.command()
@click.option("--data", type=_FOLDER, required=True, help="Folder with a folder per table.")
@click.option(
    "--experiments",
    callback=_names,
    default="floor,fidelity,membership,speed",
    show_default=True,
    help=f"Of {', '.join(EXPERIMENTS)}. {_NAMES}",
)
@click.option(
    "--generators",
    callback=_names,
    default="",
    help=f"Kinds, or kinds with parameters (trees@leaf=50+trees=20); left out: all. {_NAMES}",
)
@click.option("--tables", callback=_names, default="", help=f"Left out: all in DATA. {_NAMES}")
@click.option(
    "--seeds",
    callback=_seeds,
    default="",
    help="0, or 0,1,4, or 0-4; left out: five for the quick kinds, one for others.",
)
@click.option(
    "--again",
    type=click.Choice(["gaps", "stale", "all"]),
    default="gaps",
    show_default=True,
    help="Measure also what older code measured (stale), or everything.",
)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "--limit", type=click.FloatRange(min=0), default=60, show_default=True, help="Minutes a cell."
)
@click.option("--keep", type=_FOLDER, help="Keep copies of the synthetic rows in this folder.")
@click.option("--cells", type=_FOLDER, default=CELLS, help="Where cells are, and go.")
@click.option("--dry-run", is_flag=True, help="Only say which cells would be measured.")
def run(
    data: Path,
    experiments: tuple[str, ...],
    generators: tuple[str, ...],
    tables: tuple[str, ...],
    seeds: tuple[int, ...],
    again: Literal["gaps", "stale", "all"],
    threads: int,
    limit: float,
    keep: Path | None,
    cells: Path,
    *,
    dry_run: bool,
) -> None:
    """Measure the cells that are missing."""
    from benchmarks.generator_names import generator_of
    from benchmarks.panels import find_all
    from benchmarks.running import Options, planned, wanted

    if unknown := [name for name in experiments if name not in EXPERIMENTS]:
        raise ConfigurationError(
            f"no such experiments: {', '.join(unknown)}", fix=f"Known: {', '.join(EXPERIMENTS)}"
        )
    for name in generators:
        generator_of(name)
    chosen = [EXPERIMENTS[name] for name in experiments]
    found = find_all(data, tables, {experiment.data for experiment in chosen})
    plan = planned(chosen, generators, found, seeds)
    todo = [pair for pair in plan if wanted(pair[0], again, cells)]
    click.echo(f"{len(plan)} cells, {len(todo)} of them to measure")
    if dry_run:
        for address, _ in todo:
            click.echo(f"  {address}")
        return
    _run(todo, Options(cells, threads, limit * 60, keep))


def _run(todo: Sequence[tuple[Address, BenchmarkTable]], options: Options) -> None:
    from benchmarks.running import run as run_cells

    done = 0

    def tell(address: Address, cell: Cell) -> None:
        nonlocal done
        done += 1
        click.echo(f"[{done}/{len(todo)}] {address}: {_line(cell)}")

    if failed := run_cells(todo, options, tell):
        click.echo(f"{failed} cells failed; they are tried again by the next run", err=True)
        sys.exit(1)


def _line(cell: Cell) -> str:
    if not cell.ok:
        return f"failed: {cell.fields['error']}"
    seconds = cell.cost.get("whole_cell_cpu_s", 0.0)
    figures = [
        f"{name} {value:.4g}" for name, value in cell.figures.items() if isinstance(value, float)
    ]
    return f"{seconds:.0f} CPU s; {', '.join(figures)}"


@main.command()
@click.option("--cells", type=_FOLDER, default=CELLS, help="Where cells are.")
@click.option("--write", is_flag=True, help="Put it into README.md and benchmarks/README.md.")
def table(cells: Path, *, write: bool) -> None:
    """Print the figures of all cells as markdown."""
    from benchmarks.documents import full, write_documents

    if write:
        for path in write_documents(cells):
            click.echo(f"{path} written")
    else:
        click.echo(full(cells))


@main.command()
@click.option("--cells", type=_FOLDER, default=CELLS, help="Where cells are.")
def stale(cells: Path) -> None:
    """List the cells that failed, or that other code than today's measured."""
    from benchmarks.cells import read_all
    from benchmarks.running import state

    for cell in read_all(cells):
        if (found := state(cell.address, cells)) != "ok":
            click.echo(f"{found}  {cell.address}")


@main.command()
def smoke() -> None:
    """Measure two generators on a small built-in table and print the figures: half a minute."""
    from benchmarks.documents import full
    from benchmarks.running import Options, planned
    from benchmarks.sample_table import write_sample
    from benchmarks.tables import find_tables

    with tempfile.TemporaryDirectory(prefix="waxwork-smoke-") as name:
        folder = Path(name)
        write_sample(folder / "data")
        chosen = [EXPERIMENTS[e] for e in ("floor", "fidelity", "membership")]
        tables = find_tables(folder / "data")
        plan = planned(chosen, ("gaussian_copula", "independent"), {"tables": tables}, (0,))
        _run(plan, Options(folder / "cells"))
        click.echo(full(folder / "cells"))


def script() -> None:
    """Run; an error is one line."""
    try:
        main.main(prog_name="python -m benchmarks", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except WaxworkError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    script()
