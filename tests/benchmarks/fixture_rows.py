"""The synthetic rows that the protocol's own program has scored, and how it does so again.

    python tests/benchmarks/fixture_rows.py EVALUATE.py

writes `evaluate_<task>.json` beside this file: the output of the reference program for the table
that `benchmarks.sample_table` makes. The rows have all that a scorer can stumble over: copies,
missing numbers, a category that real rows lack, one that is rare, more rows than train has.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.sample_table import TARGETS, write_sample

ROWS = {"classification": 1500, "regression": 2600}


def write_rows(data: Path, task: str) -> tuple[Path, Path]:
    """Write the real table for a task, and synthetic rows; the table's folder and their file."""
    folder = write_sample(data, task)
    train = pd.read_csv(folder / "train.csv")
    rng = np.random.Generator(np.random.PCG64(7))
    rows = train.iloc[rng.integers(len(train), size=ROWS[task])].reset_index(drop=True)
    # Half of the columns go with each other, the rest are drawn by themselves.
    for name in ("black", "wage", "educ", "exper"):
        rows[name] = rng.permutation(rows[name].to_numpy())
    noisy = rng.random(len(rows)) < 0.5
    rows.loc[noisy, "IQ"] += 1
    rows.loc[rng.choice(len(rows), 5, replace=False), "region"] = "region 10"
    copied = rng.choice(len(rows), 100, replace=False)
    rows.iloc[copied] = train.iloc[rng.integers(len(train), size=100)].to_numpy()
    path = folder / "synthetic.csv"
    rows.to_csv(path, index=False)
    return folder, path


def answer_of(task: str) -> Path:
    """The committed output."""
    return Path(__file__).with_name(f"evaluate_{task}.json")


if __name__ == "__main__":
    for each in TARGETS:
        with tempfile.TemporaryDirectory() as name:
            place, synthetic = write_rows(Path(name), each)
            files = [place / "train.csv", place / "holdout.csv", synthetic, place / "meta.json"]
            command = [sys.executable, sys.argv[1], *map(str, files), "--out", str(answer_of(each))]
            subprocess.run(command, check=True)
