"""One cell, measured in a process of its own: `python -m benchmarks.worker JOB.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.experiments import EXPERIMENTS
from benchmarks.job import Job
from benchmarks.metering import cpu_seconds
from benchmarks.synthesis import serve
from benchmarks.tables import BenchmarkTable


def _main(fields: dict[str, Any]) -> None:
    job = Job(
        fields["generator"],
        BenchmarkTable.of(fields["table"]),
        fields["seed"],
        Path(fields["keep"]) if fields["keep"] else None,
    )
    outcome = EXPERIMENTS[fields["experiment"]].measure(job)
    print(
        json.dumps(
            {
                "figures": outcome.figures,
                "cost": {**outcome.cost, "whole_cell_cpu_s": cpu_seconds()},
                "parameters": outcome.parameters,
            }
        )
    )


if __name__ == "__main__":
    serve(_main, sys.argv[1])
