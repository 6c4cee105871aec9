"""Fit on train, draw as many rows, and score them against train and holdout."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.job import Job, Outcome
from benchmarks.leaks import closer_share, copies, rare_numbers
from benchmarks.scores import c2st_auc, c2st_score, shape_error, trend_error, utility
from benchmarks.synthesis import synthesise
from benchmarks.tables import scored_rows

if TYPE_CHECKING:
    import pandas as pd

    from benchmarks.tables import Meta


def measure(job: Job) -> Outcome:
    """Figures of one fit."""
    table, meta = job.table, job.table.meta
    with tempfile.TemporaryDirectory(prefix="waxwork-benchmark-") as folder:
        out = Path(folder) / "synthetic.csv"
        cost = synthesise(job.generator, table.train, meta, seed=job.seed, out=out)
        synthetic = scored_rows(out, meta)
        if job.keep:
            job.keep.mkdir(parents=True, exist_ok=True)
            name = f"{job.generator}-{table.name}-{job.seed}.csv"
            shutil.copy(out, job.keep / name)
    train, holdout = (scored_rows(path, meta) for path in (table.train, table.holdout))
    return Outcome(scores(train, holdout, synthetic, meta), cost.as_json())


def scores(
    train: pd.DataFrame, holdout: pd.DataFrame, synthetic: pd.DataFrame, meta: Meta
) -> dict[str, Any]:
    """All scores of synthetic rows."""
    if len(synthetic) > len(train):
        synthetic = synthetic.sample(len(train), random_state=0)
    to_train = c2st_auc(train, synthetic, meta)
    n = len(synthetic)
    return {
        "rows": n,
        "shape_error": shape_error(train, synthetic, meta),
        "trend_error": trend_error(train, synthetic, meta),
        "c2st_auc_train": to_train,
        "c2st_auc_holdout": c2st_auc(holdout, synthetic, meta),
        "c2st_xgb": c2st_score(to_train),
        "tstr": utility(synthetic, holdout, meta),
        "closer_share": closer_share(train, holdout, synthetic, meta),
        "copies_train": copies(synthetic, train) / n,
        "copies_holdout": copies(synthetic, holdout) / n,
        "rare_numbers": rare_numbers(synthetic, train, meta) / n,
    }
