"""Who was learnt from? A calibrated-distance attack on a third of all rows.

Train and holdout rows together are dealt into three equal parts: one to fit, one as control, one
as the attacker's own sample of the population. The generator draws as many rows as it learnt from.
The attack scores every row of the first two parts; five deals are pooled. Isolated are the 5 % of
each deal's records that are farthest from the attacker's sample (mean distance of the nearest 5).

Reference:
    Chen, Yu, Zhang, Fritz (2020), GAN-Leaks, section 4.5: calibrated distance. Watson, Guo,
    Cormode, Sablayrolles (2022), On the importance of difficulty calibration.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.intervals import auc_by_person
from benchmarks.job import Job, Outcome
from benchmarks.leaks import PointSpace
from benchmarks.synthesis import synthesise
from benchmarks.tables import scored_rows
from tabular.seeding import Seed
from validation.neighbors import nearest

if TYPE_CHECKING:
    import numpy.typing as npt

    from benchmarks.tables import BenchmarkTable, Meta

    Floats = npt.NDArray[np.float64]

SPLITS = 5
_ISOLATED = 0.05
_NEAREST = 5
_CLOSE = 1e-3
"""Added to both distances of the ratio, so that a copy's is not infinite."""


def measure(job: Job) -> Outcome:
    """The attack's success, over all records and over the isolated ones."""
    lines = _all_lines(job.table)
    with tempfile.TemporaryDirectory(prefix="waxwork-benchmark-") as name:
        deals = [_deal(job, lines, split, Path(name)) for split in range(SPLITS)]
    costs = [deal.pop("cost") for deal in deals]
    scores, is_member, person, isolated = (
        np.concatenate([deal[key] for deal in deals])
        for key in ("scores", "is_member", "person", "isolated")
    )
    whole = auc_by_person(scores, is_member, person)
    edge = auc_by_person(scores[isolated], is_member[isolated], person[isolated])
    outside = np.sort(scores[~is_member])
    threshold = outside[int(np.ceil(0.99 * len(outside))) - 1]
    return Outcome(
        {
            "auc": whole.value,
            "auc_error": whole.error,
            "auc_high": whole.high,
            "isolated_auc": edge.value,
            "isolated_auc_error": edge.error,
            "true_positive_rate_at_1_percent": float((scores[is_member] > threshold).mean()),
            "auc_of_splits": [_plain_auc(deal["scores"], deal["is_member"]) for deal in deals],
            "members": whole.members,
            "controls": whole.others,
            "isolated": int(isolated.sum()),
        },
        {
            "fit_cpu_s": float(np.mean([cost.fit_cpu_s for cost in costs])),
            "sample_cpu_s": float(np.mean([cost.sample_cpu_s for cost in costs])),
        },
        {"splits": SPLITS, "isolated_share": _ISOLATED},
    )


def _deal(job: Job, lines: pd.DataFrame, split: int, folder: Path) -> dict[str, Any]:
    """One deal: fit on the first third, attack the first two with the help of the last."""
    meta = job.table.meta
    stream = Seed(job.seed).child("benchmark", "membership", job.table.name, str(split))
    order = stream.generator().permutation(len(lines))
    size = len(lines) // 3
    parts: list[pd.DataFrame] = []
    for part in range(3):
        path = folder / f"{job.table.name}.csv"
        lines.iloc[order[part * size : (part + 1) * size]].to_csv(
            path, index=False, quoting=csv.QUOTE_MINIMAL
        )
        if part == 0:
            cost = synthesise(
                job.generator, path, meta, seed=job.seed * SPLITS + split, out=folder / "s.csv"
            )
        parts.append(scored_rows(path, meta))
    members, controls, reference = parts
    synthetic = scored_rows(folder / "s.csv", meta)
    scores, isolation = attack(members, controls, reference, synthetic, meta)
    cut = np.quantile(isolation, 1 - _ISOLATED)
    return {
        "scores": scores,
        "is_member": np.arange(2 * size) < size,
        "person": order[: 2 * size],
        "isolated": isolation >= cut,
        "cost": cost,
    }


def attack(
    members: pd.DataFrame,
    controls: pd.DataFrame,
    reference: pd.DataFrame,
    synthetic: pd.DataFrame,
    meta: Meta,
) -> tuple[Floats, Floats]:
    """Score and isolation of members and controls, in this order, shape (n,) each.

    The score is the log of the distance to the nearest reference row over that to the nearest
    synthetic row.
    """
    candidates = pd.concat([members, controls])
    space = PointSpace(pd.concat([candidates, reference]), meta)
    queries = space.points(candidates)
    usual = nearest(queries, space.points(reference), _NEAREST).distances
    near = nearest(queries, space.points(synthetic)).distances[:, 0]
    return np.log((usual[:, 0] + _CLOSE) / (near + _CLOSE)), usual.mean(axis=1)


def _plain_auc(scores: Floats, is_member: npt.NDArray[np.bool_]) -> float:
    return auc_by_person(scores, is_member, np.arange(len(scores))).value


def _all_lines(table: BenchmarkTable) -> pd.DataFrame:
    """Train and holdout rows as the files' own text."""
    frames = [
        pd.read_csv(path, dtype=str, keep_default_na=False) for path in (table.train, table.holdout)
    ]
    return pd.concat(frames, ignore_index=True)
