"""The answer of an attack that guesses about people: how much oftener it is right about members.

The same attack is tried on train rows and on as many fresh rows, of people the generator never saw.
What it gets right about those it learnt from the population; only the excess is a leak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from validation.excess import Excess, Rate, judged, worst_of
from validation.report import figure
from validation.statistics import holm, upper_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tabular.dataset import Table
    from validation.base import Check, CheckResult, Evidence

    Mask = npt.NDArray[np.bool_]

_LEAST_GUESSES = 100


@dataclass(frozen=True)
class Guess:
    """What an attack got right.

    Args:
        about: What was guessed, in a few words.
        members: How often it was right about train rows.
        others: How often about fresh rows.
    """

    about: str
    members: Rate
    others: Rate

    @staticmethod
    def of(about: str, members: tuple[Mask, Table], others: tuple[Mask, Table]) -> Guess:
        """From which guesses were right, and the rows they are about."""
        (hits, inside), (other_hits, outside) = members, others
        return Guess(
            about,
            Rate.of(hits, inside.subject_codes),
            Rate.of(other_hits, outside.subject_codes),
        )


def targets(evidence: Evidence, kind: str, most: int) -> tuple[Table, Table]:
    """As many train as fresh rows, at most so many of each: who is guessed about."""
    fresh = evidence.fresh
    assert fresh is not None  # noqa: S101  the check's `requires` has seen to it
    size = min(len(evidence.train), len(fresh), most)
    seed = evidence.seed.child("check", kind)
    return (
        some(evidence.train, size, seed.child("members").generator()),
        some(fresh, size, seed.child("others").generator()),
    )


def some(table: Table, most: int, rng: np.random.Generator) -> Table:
    """At most so many rows of a table, at random, in their order."""
    if len(table) <= most:
        return table
    return table.take(np.sort(rng.choice(len(table), most, replace=False)))


def answer(
    check: Check, guesses: Sequence[Guess], *, threshold: float, n_rows: int, what: str
) -> CheckResult:
    """Fail where the excess is surely above the threshold, for the worst of the guesses.

    Args:
        check: Whose answer it is.
        guesses: One for each thing guessed.
        threshold: Tolerated excess, as a share of the guesses.
        n_rows: Rows that were attacked with.
        what: What a right guess is, to follow "are".
    """
    known = [g for g in guesses if min(g.members.n, g.others.n) >= _LEAST_GUESSES]
    if not known:
        return check.result(
            "insufficient", f"fewer than {_LEAST_GUESSES} guesses can be made", n_rows=n_rows
        )
    found = [Excess.of(g.members, g.others, len(known)) for g in known]
    alone = [Excess.of(g.members, g.others) for g in known]
    status = worst_of(
        [
            judged((e.low, a.high), threshold, a.fresh_error)
            for e, a in zip(found, alone, strict=True)
        ]
    )
    at = int(np.argmax([e.low for e in found]))
    worst, guess = found[at], known[at]
    scores = np.array([(e.value - threshold) / max(e.error, 1e-12) for e in found])
    return check.result(
        status,
        f"{figure(100 * guess.members.share)} % of the guesses about train rows are {what}, "
        f"{figure(100 * guess.others.share)} % of those about fresh rows ({guess.about})",
        statistic=f"excess of right guesses, {guess.about}",
        value=worst.value,
        interval=(worst.low, worst.high),
        baseline=0.0,
        threshold=threshold,
        smallest_effect=threshold + worst.smallest_effect,
        p_value=float(holm(list(upper_tail(scores))).min()),
        n_rows=n_rows,
        details={
            "guesses": [
                {
                    "about": g.about,
                    "train": g.members.share,
                    "fresh": g.others.share,
                    "excess": e.value,
                    "guesses": int(g.members.n),
                }
                for g, e in sorted(zip(known, found, strict=True), key=lambda pair: -pair[1].value)[
                    :20
                ]
            ]
        },
    )
