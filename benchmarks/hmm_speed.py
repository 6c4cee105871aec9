"""Expectation-maximisation of `hmm` beside hmmlearn's, on made sequences of one category.

Five states, as many rounds of either, in one thread; the time of a round over the number of rows,
the least of a few turns. hmmlearn's default recursions are those in logarithms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.job import Job, Outcome
from benchmarks.metering import cpu_seconds
from tabular.seeding import Seed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

SHAPES = {"1000x20": (1000, 20), "10x20000": (10, 20_000)}
_STATES, _CATEGORIES, _TURNS = 5, 8, 3
_ROUNDS = {"1000x20": 10, "10x20000": 3}


def measure(job: Job) -> Outcome:
    """Microseconds for each row and round."""
    import torch
    from hmmlearn.hmm import CategoricalHMM

    from generators.networks import hmm as network
    from generators.sequence_symbols import Symbols

    torch.set_num_threads(1)
    n, length = SHAPES[job.generator]
    rounds = _ROUNDS[job.generator]
    rng = Seed(job.seed).generator()
    cells = _sequences(n, length, rng)
    lengths = np.full(n, length)
    cpu = torch.device("cpu")
    kinds = Symbols(np.zeros(_CATEGORIES, dtype=np.int64), ())
    packed = network.Sequences.pack(cells[:, None], lengths, kinds, cpu)
    prior = network.Prior.of(np.full(_CATEGORIES, 0.1), kinds, transition=0.1, device=cpu)
    begin = network.initial(packed, prior, _STATES, rng)

    def ours() -> None:
        network.fit(packed, prior, begin, iterations=rounds, tolerance=-np.inf)

    def theirs(recursions: str) -> Callable[[], object]:
        model = CategoricalHMM(
            _STATES, n_iter=rounds, tol=-np.inf, implementation=recursions, random_state=0
        )
        return lambda: model.fit(cells[:, None], lengths)

    per = 1e6 / (rounds * len(cells))
    found = {
        "ours_us": _least(ours) * per,
        "hmmlearn_us": _least(theirs("log")) * per,
        "hmmlearn_scaling_us": _least(theirs("scaling")) * per,
    }
    times = found["hmmlearn_us"] / found["ours_us"]
    return Outcome({**found, "times_faster": times}, {}, {"turns": _TURNS, "rounds": rounds})


def _sequences(n: int, length: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Categories that hold on for a while, shape (n * length,)."""
    again = rng.random((n, length)) < 0.2
    again[:, 0] = True
    period = np.cumsum(again) - 1
    return np.asarray(rng.integers(_CATEGORIES, size=period[-1] + 1)[period])


def _least(work: Callable[[], object]) -> float:
    found = []
    for _ in range(_TURNS):
        begin = cpu_seconds()
        work()
        found.append(cpu_seconds() - begin)
    return min(found)
