"""Which cells there are to measure, and measuring them one by one, each in its own process."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.cells import CELLS, Address, Cell, read, write
from benchmarks.digests import ROOT, code_digest
from benchmarks.experiments import EXPERIMENTS, Experiment
from benchmarks.generator_names import generator_of
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.tables import BenchmarkTable

Again = Literal["gaps", "stale", "all"]
LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "xgboost-cpu", "lightgbm", "torch", "sdv")
_DIGITS = 6


@dataclass(frozen=True)
class Options:
    """How cells are measured.

    Args:
        cells: The folder they are written to.
        threads: Threads that each process may use.
        limit_s: Seconds of time after which a cell is given up.
        keep: Folder for copies of the synthetic rows, if they are wanted.
    """

    cells: Path = CELLS
    threads: int = 1
    limit_s: float = 3600
    keep: Path | None = None


def planned(
    experiments: Sequence[Experiment],
    generators: tuple[str, ...],
    tables: Mapping[str, Sequence[BenchmarkTable]],
    seeds: tuple[int, ...],
) -> list[tuple[Address, BenchmarkTable]]:
    """All cells that were asked for, seed by seed, so that a run cut short has all first seeds."""
    found = [
        (Address(experiment.name, name, table.name, seed), table)
        for experiment in experiments
        for name in (generators if generators and not experiment.fixed else experiment.generators())
        for table in tables[experiment.data]
        for seed in (seeds or range(experiment.seeds(name)))
    ]
    order = [experiment.name for experiment in experiments]
    return sorted(found, key=lambda pair: (order.index(pair[0].experiment), pair[0].seed))


def state(address: Address, root: Path = CELLS) -> Literal["missing", "error", "stale", "ok"]:
    """Whether a cell is there, and whether today's code would measure it the same way."""
    cell = read(address, root)
    if cell is None:
        return "missing"
    if not cell.ok:
        return "error"
    try:
        today = code_of(address)
    except ConfigurationError:
        return "stale"  # the generator is no more, or has lost a parameter
    return "ok" if cell.fields.get("code") == today else "stale"


def code_of(address: Address) -> dict[str, str]:
    """Digests of the code behind a cell: that of the measurement and that of the generator."""
    experiment = EXPERIMENTS[address.experiment]
    found = {"measurement": code_digest(experiment.module, ("benchmarks", "validation"))}
    if not experiment.fixed:
        module = type(generator_of(address.generator)).__module__
        found["generator"] = code_digest(module, ("generators", "tabular"))
    return found


def wanted(address: Address, again: Again, root: Path = CELLS) -> bool:
    """Whether a cell is to be measured: what is missing or failed, and what `again` adds."""
    found = state(address, root)
    return again == "all" or found in {"missing", "error"} or (again, found) == ("stale", "stale")


def run(
    cells: Iterable[tuple[Address, BenchmarkTable]],
    options: Options,
    tell: Callable[[Address, Cell], None],
) -> int:
    """Measure cells and write each as soon as it is known; how many failed."""
    failed = 0
    for address, table in cells:
        cell = Cell(address, _measured(address, table, options))
        write(cell, options.cells)
        failed += not cell.ok
        tell(address, cell)
    return failed


def _measured(address: Address, table: BenchmarkTable, options: Options) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "code": code_of(address),
        "versions": {
            "python": platform.python_version(),
            **{name: v for name in LIBRARIES if (v := _version(name))},
        },
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": datetime.now(UTC).date().isoformat(),
    }
    parameters: dict[str, Any] = {"threads": options.threads}
    if not EXPERIMENTS[address.experiment].fixed:
        parameters["generator"] = generator_of(address.generator).model_dump(mode="json")
    answer = _ask(address, table, options)
    parameters |= answer.pop("parameters", {})
    status = "error" if "error" in answer else "ok"
    return {"status": status, **_rounded(answer), "parameters": parameters, **fields}


def _ask(address: Address, table: BenchmarkTable, options: Options) -> dict[str, Any]:
    """The worker's answer, or `{"error": ...}`."""
    job = {
        "experiment": address.experiment,
        "generator": address.generator,
        "table": table.as_json(),
        "seed": address.seed,
        "keep": str(options.keep.resolve()) if options.keep else None,
    }
    threads = str(options.threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, threads)}
    with (
        tempfile.NamedTemporaryFile("w", suffix=".json") as file,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as errors,
    ):
        json.dump(job, file)
        file.flush()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", file.name],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )
        begin = time.monotonic()
        try:
            process.wait(options.limit_s)
        except subprocess.TimeoutExpired:
            return {"error": f"given up after {options.limit_s / 60:g} minutes"}
        finally:
            _end(process)
        if process.returncode:
            errors.seek(0)
            lines = errors.read().strip().splitlines()
            return {"error": lines[-1] if lines else f"ended with {process.returncode}"}
        out.seek(0)
        answer: dict[str, Any] = json.loads(out.read().splitlines()[-1])
        answer["cost"]["wall_s"] = time.monotonic() - begin
        return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a worker and all that it started, if it still runs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _rounded(value: Any) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, _DIGITS) if isinstance(value, float) else value


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None
