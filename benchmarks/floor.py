"""The limit: what fresh real rows score.

`halves`: one random half of the train rows stands for train, the other for synthetic rows.
`holdout`: the holdout rows stand for synthetic ones; and what real rows are worth (TRTR).
"""

from __future__ import annotations

from benchmarks.job import Job, Outcome
from benchmarks.leaks import copies, rare_numbers
from benchmarks.scores import c2st_auc, c2st_lr, c2st_score, shape_error, trend_error, utility
from benchmarks.tables import scored_rows

_FIRST = 5
"""The first pair of halves is that of the published protocol's program."""


def measure(job: Job) -> Outcome:
    """Figures of one pair of real halves, or of holdout against train."""
    return _halves(job) if job.generator == "halves" else _holdout(job)


def _halves(job: Job) -> Outcome:
    meta = job.table.meta
    train = scored_rows(job.table.train, meta)
    half = train.sample(frac=0.5, random_state=_FIRST + job.seed)
    other = train.drop(half.index)
    auc = c2st_auc(half, other, meta)
    return Outcome(
        {
            "rows": len(half),
            "shape_error": shape_error(half, other, meta),
            "trend_error": trend_error(half, other, meta),
            "c2st_auc_train": auc,
            "c2st_xgb": c2st_score(auc),
            "c2st_lr": c2st_lr(half, other, meta),
        }
    )


def _holdout(job: Job) -> Outcome:
    meta = job.table.meta
    train, holdout = (scored_rows(p, meta) for p in (job.table.train, job.table.holdout))
    auc = c2st_auc(train, holdout, meta)
    return Outcome(
        {
            "rows": len(holdout),
            "train_rows": len(train),
            "shape_error": shape_error(train, holdout, meta),
            "trend_error": trend_error(train, holdout, meta),
            "c2st_auc_train": auc,
            "c2st_xgb": c2st_score(auc),
            "trtr": utility(train, holdout, meta),
            "copies": copies(holdout, train),
            "rare_numbers": rare_numbers(holdout, train, meta),
        }
    )
