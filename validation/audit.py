"""An audit: what a generator learns of people who are like nobody else.

Canaries are rows whose cells come from different real rows: possible one by one, together unlike
anybody. Half of them, at random, take the place of train rows; the other half are kept away. A
model fitted to that, which is never published, is attacked: whoever can tell the planted from the
kept has seen what an outlier loses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from tabular.rules import Unique, broken
from validation.attacks import ATTACKS, Scene
from validation.excess import POWER, judged, worst_of
from validation.features import FeatureSpace, feature_columns
from validation.report import figure
from validation.statistics import auc_interval, normal_quantile

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed

    Mask = npt.NDArray[np.bool_]

_BINS = 10
_ROUNDS = 20
_LEAST = 40
_MARGIN = 0.1
"""AUC above one half that is tolerated, as `membership` does on isolated records."""


class Exposure(BaseModel):
    """What one attack found.

    Args:
        attack: Its name.
        auc: How well it tells planted from kept canaries; .5 is guessing.
        low: Lower 95 % bound, corrected for the number of attacks.
        high: Upper 95 % bound of this attack alone.
        epsilon: The least epsilon of differential privacy that the right guesses allow, at 95 %,
            corrected likewise; 0 says nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attack: str
    auc: float
    low: float
    high: float
    epsilon: float


class Audit(BaseModel):
    """What an audit found.

    Args:
        table: Of which table.
        generator: The kind that was audited.
        planted: Canaries that the model learnt from.
        kept: Canaries that it did not.
        status: `fail` where canaries are surely exposed, `pass` where that is ruled out as far as
            so many can.
        tolerated: AUC up to which an attack may get.
        smallest_effect: AUC that so many canaries would have shown in four of five audits.
        exposures: Each attack.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    generator: str
    planted: int
    kept: int
    status: Literal["pass", "fail", "undecided", "insufficient"]
    tolerated: float = 0.5 + _MARGIN
    smallest_effect: float | None = None
    exposures: tuple[Exposure, ...] = ()

    @property
    def sentence(self) -> str:
        """What may be said of it."""
        if self.status == "insufficient" or self.smallest_effect is None:
            return f"{self.planted + self.kept} canaries are too few to tell anything."
        worst = max(self.exposures, key=lambda exposure: exposure.low)
        found = f"{worst.attack} tells planted from kept canaries with AUC {figure(worst.auc)}"
        if self.status == "fail":
            return f"Canaries are exposed: {found}, surely above {figure(worst.low)}."
        if self.status == "undecided":
            return f"Undecided: {found}, which may be up to {figure(worst.high)}."
        return (
            f"No exposure above AUC {figure(self.smallest_effect)} detectable with "
            f"{self.planted + self.kept} canaries; {found}."
        )


def canaries(train: Table, count: int, seed: Seed) -> Table:
    """Rows whose learnt cells come from different train rows; the others are one train row's.

    Args:
        train: The real rows.
        count: How many, of as many different train rows.
        seed: Where every random number comes from.

    Returns:
        As many as keep the table's rules, `count` at most, with the train row that each would
        take the place of as its subject's code.
    """
    rng = seed.child("canaries").generator()
    own = rng.permutation(len(train))[:count]
    frame = train.frame.iloc[own].reset_index(drop=True)
    names = [column.name for column in feature_columns(train.schema)]
    rules = [rule for rule in train.schema.rules if not isinstance(rule, Unique)]
    pending = np.arange(len(frame))
    for _ in range(_ROUNDS):
        for name in names:
            cells = train.frame[name].iloc[rng.integers(len(train), size=len(pending))]
            column = frame[name].copy()
            column.iloc[pending] = cells.to_numpy() if column.dtype == object else cells.array
            frame[name] = column
        pending = pending[broken(rules, frame.iloc[pending].reset_index(drop=True))]
        if not len(pending):
            break
    good = np.setdiff1d(np.arange(len(frame)), pending)
    return train.with_frame(frame.iloc[good].reset_index(drop=True), own[good].astype(np.int64))


def planted(train: Table, made: Table, chosen: Mask) -> Table:
    """The train rows with some canaries in the place of those they were made for.

    Args:
        train: The real rows.
        made: What `canaries` gave.
        chosen: Which of them are planted, shape (n_canaries,).
    """
    import pandas as pd

    gone = np.zeros(len(train), dtype=bool)
    gone[made.subject_codes[chosen]] = True
    owners = train.owners
    if owners is not None:
        owners = np.concatenate([owners[~gone], owners[made.subject_codes[chosen]]])
    frames = [train.frame[~gone], made.frame[chosen]]
    return train.with_frame(pd.concat(frames, ignore_index=True), owners)


def exposed(
    made: Table,
    chosen: Mask,
    synthetic: Table,
    reference: Table,
    *,
    generator: str,
) -> Audit:
    """Attack: which of the canaries were planted?

    Args:
        made: All canaries.
        chosen: Which were planted, shape (n_canaries,).
        synthetic: Rows of the model that learnt from them.
        reference: Real rows that it did not learn from.
        generator: Its kind.
    """
    sides = int(chosen.sum()), int((~chosen).sum())
    if min(sides) < _LEAST:
        return Audit(
            table=made.name,
            generator=generator,
            planted=sides[0],
            kept=sides[1],
            status="insufficient",
        )
    space = FeatureSpace.learn(reference)
    candidates, release, population = (
        (space.scaled(table), space.binned(table, _BINS)) for table in (made, synthetic, reference)
    )
    scene = Scene.of(candidates, release, population, space.cardinality(_BINS))
    error = float(np.sqrt((sum(sides) + 1) / (12 * sides[0] * sides[1])))
    found, statuses = [], []
    confidence = 1 - 0.05 / len(ATTACKS)
    for name, attack in ATTACKS.items():
        scores = attack(scene)
        area, (low, _) = auc_interval(scores, chosen, confidence=confidence)
        high = auc_interval(scores, chosen)[1][1]
        statuses.append(judged((low - 0.5, high - 0.5), _MARGIN, error))
        epsilon = least_epsilon(scores, chosen, 1 - confidence)
        found.append(Exposure(attack=name, auc=area, low=low, high=high, epsilon=epsilon))
    z = normal_quantile(comparisons=len(ATTACKS))
    return Audit(
        table=made.name,
        generator=generator,
        planted=sides[0],
        kept=sides[1],
        status=worst_of(statuses),
        smallest_effect=0.5 + _MARGIN + (z + POWER) * error,
        exposures=tuple(found),
    )


def least_epsilon(scores: npt.NDArray[np.float64], chosen: Mask, level: float) -> float:
    """The least epsilon that pure differential privacy would need for so many right guesses.

    The quarter with the highest scores is guessed to be planted, the quarter with the lowest to
    have been kept. Under epsilon each guess is right with a chance of at most e^eps / (1 + e^eps),
    whatever the others are.

    Args:
        scores: Higher for planted canaries, shape (n,).
        chosen: Which were planted independently with chance one half, shape (n,).
        level: Chance of a bound that is too high.

    Reference:
        Steinke, Nasr, Jagielski (2023), Privacy auditing with one (1) training run, theorem 5.2
        with delta 0.
    """
    from scipy.special import betaincinv

    order = np.argsort(scores, kind="stable")
    quarter = len(scores) // 4
    right = int((~chosen[order[:quarter]]).sum()) + int(chosen[order[len(order) - quarter :]].sum())
    guesses = 2 * quarter
    if not right:
        return 0.0
    # Clopper and Pearson's lower bound of the chance to be right.
    chance = float(betaincinv(right, guesses - right + 1, level))
    return max(float(np.log(chance / (1 - chance))), 0.0)
