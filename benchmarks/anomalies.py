"""Can the model tell rows that were tampered with? Beside an isolation forest on the same rows.

Fresh rows are scored by a model of the train rows, after a tenth of them was changed. In `swapped`
half of a row's columns take the cells of another row each; in `single` one column does. Every cell
is a real one of its own column, so that nothing but what goes together tells.

Reference:
    Liu, Ting, Zhou (2008), Isolation forest; scikit-learn's, with its defaults.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.features import features
from benchmarks.generator_names import generator_of
from benchmarks.job import Job, Outcome
from benchmarks.metering import cpu_seconds
from benchmarks.tables import product_table, scored_rows
from tabular.seeding import Seed

if TYPE_CHECKING:
    import numpy.typing as npt

    from benchmarks.tables import BenchmarkTable
    from generators.fitted import FittedGenerator

MOST_ROWS = 5000
CHANGED = 0.1


def measure(job: Job) -> Outcome:
    """AUC of the scores and of the isolation forest's, and how often the right column is named."""
    table, meta = job.table, job.table.meta
    train = product_table(table.train, meta)
    begun = cpu_seconds()
    fitted = generator_of(job.generator).fit(train, seed=Seed(job.seed))
    fit_cpu = cpu_seconds() - begun
    stream = Seed(job.seed).child("benchmark", "anomalies", table.name)
    lines = pd.read_csv(table.holdout)
    rows = stream.generator().permutation(len(lines))[:MOST_ROWS]
    lines = lines.iloc[rows].reset_index(drop=True)
    figures: dict[str, Any] = {}
    begun = cpu_seconds()
    for way in ("swapped", "single"):
        changed, where = tamper(lines, way, stream.child(way))
        figures |= {f"{way}_{k}": v for k, v in _judged(fitted, table, changed, where).items()}
    return Outcome(
        {"rows": len(lines), "changed": int(CHANGED * len(lines)), **figures},
        {"fit_cpu_s": fit_cpu, "score_cpu_s": cpu_seconds() - begun},
        {"most_rows": MOST_ROWS, "changed_share": CHANGED},
    )


def tamper(rows: pd.DataFrame, way: str, seed: Seed) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Rows of which the first tenth has cells of other rows.

    Args:
        rows: In random order.
        way: `swapped`, half of the columns, or `single`, one of them.
        seed: Where every random number comes from.

    Returns:
        The rows, and which cells of the first tenth are another row's, shape (n, n_columns).
    """
    rng = seed.generator()
    n, width = int(CHANGED * len(rows)), rows.shape[1]
    many = width // 2 if way == "swapped" else 1
    # In each row the columns of the smallest numbers.
    taken = np.argsort(rng.random((n, width)), axis=1)[:, :many]
    out = rows.copy()
    for place, name in enumerate(rows.columns):
        cells = rows[name].to_numpy()
        mine = np.flatnonzero((taken == place).any(axis=1))
        # The next row further on that differs: a cell that stays the same is no anomaly.
        donor = rng.integers(len(rows), size=(50, len(mine)))
        differs = cells[donor] != cells[mine]
        picked = donor[differs.argmax(axis=0), np.arange(len(mine))]
        changed = cells.copy()
        changed[mine] = cells[picked]
        out[name] = changed
    where = np.zeros((n, width), dtype=bool)
    np.put_along_axis(where, taken, values=True, axis=1)
    return out, where


def _judged(
    fitted: FittedGenerator,
    table: BenchmarkTable,
    rows: pd.DataFrame,
    where: npt.NDArray[np.bool_],
) -> dict[str, float]:
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score

    wrong = np.arange(len(rows)) < len(where)
    with tempfile.TemporaryDirectory(prefix="waxwork-benchmark-") as name:
        path = Path(name) / table.train.name.replace(".gz", "")
        rows.to_csv(path, index=False)
        mine = product_table(path, table.meta)
        plain = scored_rows(path, table.meta)
    mine = mine.with_frame(mine.frame[list(fitted.encoder.table_schema.names)])
    scores = fitted.score(mine, explain=len(rows), seed=Seed(0))
    blamed = np.empty(len(rows), dtype=np.int64)
    blamed[scores.order] = scores.explained.argmax(axis=1)
    # A column that a rule derives is blamed under another name, and counts as missed.
    place = pd.Index(rows.columns).get_indexer(pd.Index(scores.names))[blamed[wrong]]
    found = where[np.arange(len(where)), place] & (place >= 0)
    learnt, judged = features(scored_rows(table.train, table.meta), plain, meta=table.meta)
    forest = IsolationForest(random_state=0, n_jobs=1).fit(learnt)
    return {
        "auc": float(roc_auc_score(wrong, _ranks(scores.surprise))),
        "forest_auc": float(roc_auc_score(wrong, -forest.score_samples(judged))),
        "column_found": float(found.mean()),
    }


def _ranks(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Places in order, equal for equal scores: what is infinite has one too."""
    return np.unique(scores, return_inverse=True)[1].astype(np.float64)
