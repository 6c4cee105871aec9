"""Fit, sample and write, in a process of its own, so that its memory is the generator's alone.

    python -m benchmarks.synthesis JOB.json

reads a job, writes the synthetic rows, and prints the cost as JSON. CPU seconds are those of the
fit (from a table in memory to a fitted generator) and of the draw (to a table in memory). Imports
are paid before, by a fit of the same kind to fifty rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.generator_names import generator_of
from benchmarks.tables import Meta, product_table
from tabular.errors import WaxworkError
from tabular.seeding import Seed

if TYPE_CHECKING:
    from generators.base import Generator
    from tabular.dataset import Table

_WARM_ROWS = 50
_LENGTHS = ("epochs", "steps", "iterations", "restarts")
"""Parameters that say how long a kind trains."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds of fit and draw, peak memory of their process."""

    fit_cpu_s: float
    sample_cpu_s: float
    peak_mib: float
    rows: int

    def as_json(self) -> dict[str, float]:
        """Rounded, for a cell."""
        return {
            "fit_cpu_s": round(self.fit_cpu_s, 3),
            "sample_cpu_s": round(self.sample_cpu_s, 3),
            "peak_mib": round(self.peak_mib),
            "rows": self.rows,
        }


class Failed(Exception):
    """A generator failed; the message holds no cell."""


def synthesise(
    generator: str, train: Path, meta: Meta, *, seed: int, out: Path, rows: int | None = None
) -> Cost:
    """Fit a generator to a file and write as many synthetic rows, or `rows`, in another process.

    Raises:
        Failed: The process says why.
    """
    job = {
        "generator": generator,
        "train": str(train),
        "meta": vars(meta),
        "seed": seed,
        "rows": rows,
        "out": str(out),
    }
    return Cost(**answer("benchmarks.synthesis", job))


def answer(module: str, job: dict[str, Any]) -> dict[str, Any]:
    """Run a module on a job in another process; what it prints as JSON.

    Raises:
        Failed: It ended badly.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(job, file)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", module, file.name], capture_output=True, text=True, check=False
        )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise Failed(lines[-1] if lines else f"ended with {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def warm_up(generator: Generator, table: Table) -> None:
    """Pay for imports: a quick fit of the same kind to a few rows."""
    few = table.take(np.arange(min(_WARM_ROWS, len(table))))
    short = {name: 1 for name in _LENGTHS if name in type(generator).model_fields}
    generator = generator.model_copy(update=short)
    try:
        generator.fit(few, seed=Seed(0)).sample(10, seed=Seed(0))
    except WaxworkError:
        # Too few rows for this kind: what it imports, it has imported by now, or will be charged.
        return


def _main(job: dict[str, Any]) -> None:
    from benchmarks.metering import cpu_seconds, peak_mib
    from pipelines.sinks.csv import write_csv

    generator = generator_of(job["generator"])
    table = product_table(Path(job["train"]), Meta.of(job["meta"]))
    seed, rows = Seed(job["seed"]), job["rows"] or len(table)
    warm_up(generator, table)
    start = cpu_seconds()
    fitted = generator.fit(table, seed=seed)
    between = cpu_seconds()
    drawn = fitted.sample(rows, seed=seed)
    end = cpu_seconds()
    peak = peak_mib()
    write_csv(drawn.frame, Path(job["out"]), drawn.schema, neutralise=False)
    print(json.dumps(vars(Cost(between - start, end - between, peak, len(drawn)))))


def said(error: Exception) -> str:
    """One line about an error without a cell in it: our own message, or where it was raised."""
    if isinstance(error, WaxworkError | Failed):
        return f"{type(error).__name__}: {error}"
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} in {place}"


def serve(main: Any, path: str) -> None:  # noqa: ANN401  a function of a job
    """Run a module's main function on the job in a file; a failure is one line and exit code 1."""
    try:
        main(json.loads(Path(path).read_text(encoding="utf-8")))
    except Exception as error:
        if os.environ.get("WAXWORK_BENCHMARKS_DEBUG"):
            raise
        print(said(error), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    serve(_main, sys.argv[1])
