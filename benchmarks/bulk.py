"""Ten million rows from a saved model by the command line, as a user would: speed and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks.job import Job, Outcome
from benchmarks.synthesis import Failed
from benchmarks.tables import config_fields

ROWS = 10_000_000


def measure(job: Job) -> Outcome:
    """Fit and save, then `waxwork sample` into Parquet."""
    kind, _, options = job.generator.partition("@")
    sets = [part for option in filter(None, options.split("+")) for part in ("--set", option)]
    with tempfile.TemporaryDirectory(prefix="waxwork-benchmark-") as name:
        folder = Path(name)
        config = folder / "config.yaml"
        config.write_text(yaml.safe_dump(config_fields(job.table.train, job.table.meta)))
        source, model, out = str(job.table.train), str(folder / "model"), folder / "rows.parquet"
        fit = ["fit", "--source", source, "--config", str(config), "--generator", kind, *sets]
        seed = ["--seed", str(job.seed)]
        fit_cpu, _ = _waxwork(*fit, *seed, "--out", model)
        model_mib = sum(p.stat().st_size for p in Path(model).rglob("*")) / 2**20
        cpu, peak = _waxwork("sample", model, "--rows", str(ROWS), *seed, "--out", str(out))
        rows = _rows(out)
        out_mib = out.stat().st_size / 2**20
    return Outcome(
        {
            "rows": rows,
            "rows_per_cpu_s": rows / cpu,
            "peak_mib": peak,
            "model_mib": model_mib,
            "file_mib": out_mib,
        },
        {"fit_cpu_s": fit_cpu, "sample_cpu_s": cpu, "peak_mib": peak},
        {"format": "parquet"},
    )


def _rows(path: Path) -> int:
    from pyarrow import parquet

    return int(parquet.read_metadata(path).num_rows)


def _waxwork(*arguments: str) -> tuple[float, float]:
    """CPU seconds and peak memory in MiB of one command, start and imports included."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            lines = errors.read().strip().splitlines()
            raise Failed(lines[-1] if lines else f"ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
