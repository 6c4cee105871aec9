"""Does a class that is drawn more often help a classifier find it? Beside repeating its real rows.

A model of the train rows draws rows of the rarer class until both are as frequent. XGBoost learns
from the train rows alone, from them and the drawn ones, and from them and as many copies of the
rarer class's rows; each is judged on the holdout, at the threshold 0.5.

Reference:
    Chawla, Bowyer, Hall, Kegelmeyer (2002), SMOTE, section 5: the comparison with replication.
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
from generators.conditions import rebalance
from pipelines.sinks.csv import write_csv
from tabular.errors import ConfigurationError
from tabular.seeding import Seed

if TYPE_CHECKING:
    from benchmarks.tables import Meta


def measure(job: Job) -> Outcome:
    """Recall, precision and more of the rarer class, without and with what was drawn.

    Raises:
        ConfigurationError: The table's target has not two classes.
    """
    table, meta = job.table, job.table.meta
    train, holdout = (scored_rows(path, meta) for path in (table.train, table.holdout))
    counts = train[meta.target].value_counts()
    if meta.task != "classification" or len(counts) != 2:
        raise ConfigurationError("two classes are needed", where=table.name)
    rare, missing = str(counts.index[1]), int(counts.iloc[0] - counts.iloc[1])
    rows = product_table(table.train, meta)
    begun = cpu_seconds()
    fitted = generator_of(job.generator).fit(rows, seed=Seed(job.seed))
    between = cpu_seconds()
    drawn = rebalance(fitted, missing, meta.target, {rare: 1.0}, seed=Seed(job.seed))
    end = cpu_seconds()
    with tempfile.TemporaryDirectory(prefix="waxwork-benchmark-") as folder:
        path = Path(folder) / "drawn.csv"
        write_csv(drawn.frame, path, drawn.schema, neutralise=False)
        synthetic = scored_rows(path, meta)
    own = train[train[meta.target] == rare]
    copies = own.iloc[np.resize(Seed(job.seed).generator().permutation(len(own)), missing)]
    figures: dict[str, Any] = {"rare_share": float(counts.iloc[1] / counts.sum())}
    for name, more in (("real", []), ("augmented", [synthetic]), ("copied", [copies])):
        learnt = pd.concat([train, *more], ignore_index=True)
        figures |= {f"{name}_{k}": v for k, v in _judged(learnt, holdout, meta, rare).items()}
    return Outcome(
        figures, {"fit_cpu_s": between - begun, "sample_cpu_s": end - between}, {"drawn": missing}
    )


def _judged(learnt: pd.DataFrame, holdout: pd.DataFrame, meta: Meta, rare: str) -> dict[str, float]:
    from sklearn.metrics import (
        balanced_accuracy_score,
        precision_score,
        recall_score,
        roc_auc_score,
    )
    from xgboost import XGBClassifier

    x, fresh = features(learnt, holdout, meta=meta, without=meta.target)
    model = XGBClassifier(n_jobs=1, random_state=0, learning_rate=0.1, n_estimators=150)
    model.fit(x, learnt[meta.target] == rare)
    chance = model.predict_proba(fresh)[:, 1]
    truth, found = holdout[meta.target] == rare, chance >= 0.5
    return {
        "recall": float(recall_score(truth, found)),
        "precision": float(precision_score(truth, found)),
        "balanced_accuracy": float(balanced_accuracy_score(truth, found)),
        "auc": float(roc_auc_score(truth, chance)),
    }
