"""The experiments: what is measured in a cell. Each is a function of a job, in a file of its own.

To add one, write `benchmarks/<name>.py` with `measure(job) -> Outcome`, and a line in EXPERIMENTS.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.generator_names import is_quick, single_table_kinds
from benchmarks.job import Job, Outcome

_SEEDS = 5


@dataclass(frozen=True)
class Experiment:
    """A kind of measurement."""

    name: str
    what: str
    generators: Callable[[], tuple[str, ...]]
    """Those it measures unless some are named."""
    seeds: Callable[[str], int]
    """How many seeds a generator gets unless some are named."""
    fixed: bool = False
    """Whether `generators` are names of its own that no option replaces."""
    data: Literal["tables", "panels", "made"] = "tables"
    """What it measures on: single tables, tables of sequences, or rows that it makes itself."""

    @property
    def module(self) -> str:
        """Where its `measure` is."""
        return f"benchmarks.{self.name}"

    def measure(self, job: Job) -> Outcome:
        """Measure one cell."""
        found: Outcome = importlib.import_module(self.module).measure(job)
        return found


def _one(generator: str) -> int:
    del generator
    return 1


EXPERIMENTS: dict[str, Experiment] = {
    e.name: e
    for e in (
        Experiment(
            "floor",
            "what fresh real rows score: the limit",
            lambda: ("halves", "holdout"),
            lambda generator: _SEEDS if generator == "halves" else 1,
            fixed=True,
        ),
        Experiment(
            "fidelity",
            "scores of as many synthetic rows against train and holdout, with CPU and memory",
            single_table_kinds,
            lambda generator: _SEEDS if is_quick(generator.partition("@")[0]) else 1,
        ),
        Experiment(
            "membership",
            "can an attacker tell who was learnt from? thirds of all rows, five splits pooled",
            lambda: ("bootstrap", "independent", "gaussian_copula", "trees"),
            _one,
        ),
        Experiment(
            "anomalies",
            "can a model tell rows that were tampered with? beside an isolation forest",
            lambda: ("latent_class", "bayesian_network", "gaussian_copula"),
            _one,
        ),
        Experiment(
            "augmentation",
            "recall of a rare class with rows of it drawn, beside copies of its real rows",
            lambda: ("latent_class", "bayesian_network", "gaussian_copula"),
            _one,
        ),
        Experiment(
            "speed",
            "fit and draw beside SDV's own, in turns on the same machine",
            lambda: ("gaussian_copula",),
            _one,
        ),
        Experiment(
            "bulk",
            "`waxwork sample --rows 10000000` from a saved model: rows per second, peak memory",
            lambda: ("trees",),
            _one,
        ),
        Experiment(
            "sequences",
            "can XGBoost tell whole entities of sequences from fresh ones",
            lambda: ("trees", "hmm", "sdv_par"),
            lambda generator: _SEEDS if generator == "trees" else 1,
            data="panels",
        ),
        Experiment(
            "hmm_speed",
            "a round of expectation-maximisation beside hmmlearn's",
            lambda: ("1000x20", "10x20000"),
            _one,
            fixed=True,
            data="made",
        ),
    )
}
