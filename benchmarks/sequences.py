"""Can XGBoost tell synthetic entities, all rows together, from fresh ones?

Half of the entities are learnt from, as many are drawn, and both stand beside the other half as one
row for each entity (`validation.entities`). The floor is that of the two real halves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.generator_names import generator_of
from benchmarks.job import Job, Outcome
from benchmarks.metering import cpu_seconds, peak_mib
from benchmarks.panels import halves
from benchmarks.scores import c2st_auc
from benchmarks.tables import Meta
from tabular.seeding import Seed
from validation.base import Evidence
from validation.entities import of_entities
from validation.features import is_numeric, labels, numbers

if TYPE_CHECKING:
    import pandas as pd

    from tabular.dataset import Table


def measure(job: Job) -> Outcome:
    """AUCs of one split and fit."""
    seed = Seed(job.seed)
    train, holdout = halves(job.table, seed.child("halves"))
    generator = generator_of(job.generator)
    begin = cpu_seconds()
    fitted = generator.fit(train, seed=seed)
    between = cpu_seconds()
    drawn = fitted.sample(train.n_subjects, unit="subjects", seed=seed)
    end = cpu_seconds()
    whole = of_entities(Evidence(train=train, synthetic=drawn, holdout=holdout, seed=seed))
    real, made, fresh = (
        _scored(side) for side in (whole.train, whole.synthetic, whole.holdout) if side is not None
    )
    meta = _meta(whole.train)
    n = min(len(real), len(made), len(fresh))
    return Outcome(
        {
            "entities": n,
            "auc_holdout": c2st_auc(fresh[:n], made[:n], meta),
            "auc_train": c2st_auc(real[:n], made[:n], meta),
            "floor": c2st_auc(fresh[:n], real[:n], meta),
        },
        {
            "fit_cpu_s": between - begin,
            "sample_cpu_s": end - between,
            "peak_mib": peak_mib(),
        },
    )


def _meta(table: Table) -> Meta:
    numeric = tuple(c.name for c in table.schema.columns if is_numeric(c))
    categorical = tuple(name for name in table.schema.names if name not in numeric)
    return Meta("", "classification", categorical, numeric)


def _scored(table: Table) -> pd.DataFrame:
    """Numbers as float64, categories as text, a missing one as a category of its own."""
    frame = table.frame.copy()
    for column in table.schema.columns:
        cells = frame[column.name]
        if is_numeric(column):
            frame[column.name] = numbers(cells)
        else:
            frame[column.name] = labels(cells).fillna("__nan__").astype(object)
    return frame
