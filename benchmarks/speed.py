"""Ours and SDV's in turns, on the same table, in the same run: CPU seconds to fit and to draw.

SDV runs by itself, not behind our adapter, so its time holds none of ours. Each turn is a process
of its own, warmed up by a small fit; the figures are medians over the turns. Rows per second are
those of large draws, the median of a few: the first pays for memory that the next ones reuse.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.job import Job, Outcome
from benchmarks.synthesis import answer, serve, warm_up
from benchmarks.tables import Meta, product_table
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

PEERS = {
    "gaussian_copula": "GaussianCopulaSynthesizer",
    "ctgan": "CTGANSynthesizer",
    "tvae": "TVAESynthesizer",
}
TURNS = 3
_MANY = 100_000
_DRAWS = 3
_WARM_ROWS = 500


def measure(job: Job) -> Outcome:
    """Medians of our figures, of SDV's, and how many times faster ours are.

    Raises:
        ConfigurationError: SDV has no such synthesizer.
    """
    peer = PEERS.get(job.generator.partition("@")[0])
    if peer is None:
        raise ConfigurationError(
            f"SDV has nothing like {job.generator}", fix=f"Known: {', '.join(PEERS)}"
        )
    task = {
        "train": str(job.table.train),
        "meta": vars(job.table.meta),
        "seed": job.seed,
    }
    turns: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    for _ in range(TURNS):
        for side, name in (("ours", job.generator), ("peer", peer)):
            turns[side].append(answer("benchmarks.speed", {**task, "side": side, "name": name}))
    ours, theirs = ({k: median(t[k] for t in ts) for k in ts[0]} for ts in turns.values())
    return Outcome(
        {
            "ours": ours,
            "peer": theirs,
            "times_faster": {
                "fit": theirs["fit_cpu_s"] / ours["fit_cpu_s"],
                "sample": theirs["sample_cpu_s"] / ours["sample_cpu_s"],
                "rows_per_cpu_s": ours["rows_per_cpu_s"] / theirs["rows_per_cpu_s"],
            },
        },
        {key: ours[key] for key in ("fit_cpu_s", "sample_cpu_s", "peak_mib")},
        {"peer": peer, "turns": TURNS},
    )


def _main(job: dict[str, Any]) -> None:
    import json

    print(json.dumps((_ours if job["side"] == "ours" else _peer)(job)))


def _ours(job: dict[str, Any]) -> dict[str, float]:
    from benchmarks.generator_names import generator_of
    from benchmarks.metering import cpu_seconds, peak_mib
    from tabular.seeding import Seed

    generator, seed = generator_of(job["name"]), Seed(job["seed"])
    table = product_table(Path(job["train"]), Meta.of(job["meta"]))
    warm_up(generator, table)
    clock = [cpu_seconds()]
    fitted = generator.fit(table, seed=seed)
    clock.append(cpu_seconds())
    fitted.sample(len(table), seed=seed)
    clock.append(cpu_seconds())
    for _ in range(_DRAWS):
        fitted.sample(_MANY, seed=seed)
        clock.append(cpu_seconds())
    return _figures(clock, peak_mib())


def _peer(job: dict[str, Any]) -> dict[str, float]:
    import torch
    from sdv import single_table
    from sdv.metadata import Metadata

    from benchmarks.metering import cpu_seconds, peak_mib

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    meta = Meta.of(job["meta"])
    rows = _as_peers_read(Path(job["train"]), meta)
    sdtypes = {name: {"sdtype": "categorical"} for name in meta.categorical}
    sdtypes |= {name: {"sdtype": "numerical"} for name in meta.numeric}
    metadata = Metadata.load_from_dict({"tables": {"t": {"columns": sdtypes}}})
    kind = getattr(single_table, job["name"])
    quick = {"epochs": 1} if job["name"] != "GaussianCopulaSynthesizer" else {}
    small = kind(metadata, **quick)
    small.fit({"t": rows.head(_WARM_ROWS)})
    small.sample(10)
    clock = [cpu_seconds()]
    synthesizer = kind(metadata)
    synthesizer.fit({"t": rows})
    clock.append(cpu_seconds())
    synthesizer.sample(len(rows))
    clock.append(cpu_seconds())
    for _ in range(_DRAWS):
        synthesizer.sample(_MANY)
        clock.append(cpu_seconds())
    return _figures(clock, peak_mib())


def _as_peers_read(path: Path, meta: Meta) -> pd.DataFrame:
    """Rows as pandas reads them, categories as text."""
    import pandas as pd

    rows = pd.read_csv(path)[list(meta.columns)]
    for name in meta.categorical:
        text = rows[name].astype(str).str.strip()
        rows[name] = rows[name].astype(object).where(rows[name].isna(), text)
    return rows


def _figures(clock: list[float], peak: float) -> dict[str, float]:
    """Of the times before the fit, after it, after a draw of as many rows, and after large ones."""
    fit, sample, *large = np.diff(clock)
    return {
        "fit_cpu_s": float(fit),
        "sample_cpu_s": float(sample),
        "rows_per_cpu_s": float(_MANY / np.median(large)),
        "peak_mib": peak,
    }


if __name__ == "__main__":
    serve(_main, sys.argv[1])
