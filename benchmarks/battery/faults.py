"""The planted faults: what a bad generator would make, and which check must refuse it.

To add one, write a function of a `World` and a generator of random numbers that returns the
evidence to judge, and put it into `FAULTS` with the checks of which at least one must refuse it.
Unless it says else, a fault is planted in fresh real rows, which are otherwise perfect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from generators.base import GENERATORS
from generators.protection import Protection
from validation.base import Evidence
from validation.features import FeatureSpace, numbers
from validation.neighbors import nearest
from validation.outcome import Outcome

if TYPE_CHECKING:
    from benchmarks.battery.tables import World
    from tabular.dataset import Table

    Rng = np.random.Generator
    Plant = Callable[[World, Rng], Evidence]


@dataclass(frozen=True)
class Fault:
    """One planted fault.

    Args:
        plant: Makes the evidence.
        checks: At least one of these must refuse it; none: nothing may.
        switch: Whether its table has the planted three-way dependence.
        said: What it is, for the table of results.
    """

    plant: Plant
    checks: tuple[str, ...]
    said: str
    switch: bool = False


def _evidence(
    world: World, frame: pd.DataFrame, *, train: Table | None = None, own: bool = False
) -> Evidence:
    return Evidence(
        train=train if train is not None else world.train,
        synthetic=world.train.with_frame(frame.reset_index(drop=True)),
        holdout=world.holdout,
        reference=world.reference,
        own=own,
        seed=world.seed.child("checks"),
    )


def _fresh(world: World) -> pd.DataFrame:
    frame = world.spare.frame.copy()
    # A publisher gives new keys.
    frame["id"] = pd.Series([f"S-{i:07d}" for i in range(len(frame))], dtype="string")
    return frame


def fresh(world: World, rng: Rng) -> Evidence:  # noqa: ARG001  nothing is drawn
    return _evidence(world, _fresh(world))


def _copied(world: World, positions: np.ndarray) -> Evidence:
    frame = _fresh(world)
    copies = world.train.frame.iloc[positions].reset_index(drop=True)
    copies["id"] = frame["id"].iloc[: len(copies)].to_numpy()
    return _evidence(world, pd.concat([copies, frame.iloc[len(copies) :]], ignore_index=True))


def _share_copied(share: float) -> Plant:
    def plant(world: World, rng: Rng) -> Evidence:
        n = round(share * len(world.train))
        return _copied(world, rng.permutation(len(world.train))[:n])

    return plant


def outliers_copied(world: World, rng: Rng) -> Evidence:  # noqa: ARG001
    space = FeatureSpace.learn(world.spare)
    near = nearest(space.scaled(world.train), space.scaled(world.spare), 5)
    return _copied(world, np.argsort(-near.distances.mean(axis=1))[:100])


def noisy_copies(world: World, rng: Rng) -> Evidence:
    frame = world.train.frame.copy()
    for column in world.train.schema.columns:
        if column.sdtype != "numerical":
            continue
        cells = frame[column.name]
        spread = 0.1 * float(np.nanstd(numbers(cells)))
        moved = cells + rng.normal(0, spread, len(cells))
        low, high = cells.min(), cells.max()
        frame[column.name] = moved.round(column.decimals or 0).clip(low, high).astype(cells.dtype)
    frame["id"] = _fresh(world)["id"]
    return _evidence(world, frame)


def _rare_category(*, own: bool) -> Plant:
    def plant(world: World, rng: Rng) -> Evidence:
        name = (
            next(
                c.name
                for c in world.train.schema.columns
                if c.name in world.categorical and c.dtype == "string"
            )
            if any(
                c.dtype == "string" and c.name in world.categorical
                for c in world.train.schema.columns
            )
            else world.categorical[0]
        )
        label = "a rare one" if world.train.schema[name].dtype == "string" else 99
        train = world.train.frame.copy()
        train.loc[rng.permutation(len(train))[:3], name] = label
        frame = _fresh(world)
        again = 3 if own else max(round(len(frame) / 100), 8)
        frame.loc[rng.permutation(len(frame))[:again], name] = label
        return _evidence(world, frame, train=world.train.with_frame(train), own=own)

    return plant


def rare_salary(world: World, rng: Rng) -> Evidence:
    frame = _fresh(world)
    best = world.train.frame["pay"].max()
    frame.loc[rng.permutation(len(frame))[: max(round(len(frame) / 100), 8)], "pay"] = best
    return _evidence(world, frame)


def _linked(world: World) -> tuple[str, str]:
    """The two columns of numbers that go together most; the second is the one to break."""
    found = []
    spare = world.spare.frame
    names = [*world.numeric, "pay", "since"]
    ranks = {name: pd.Series(numbers(spare[name])).rank() for name in names}
    for i, left in enumerate(names):
        found += [(abs(ranks[left].corr(ranks[right])), left, right) for right in names[i + 1 :]]
    return max(found)[1:]


def column_shuffled(world: World, rng: Rng) -> Evidence:
    frame = _fresh(world)
    name = _linked(world)[1]
    frame[name] = frame[name].to_numpy()[rng.permutation(len(frame))]
    return _evidence(world, frame)


def link_broken(world: World, rng: Rng) -> Evidence:
    """The second column is shuffled among rows that agree in the target."""
    frame = _fresh(world)
    name = _linked(world)[1]
    order = rng.permutation(len(frame))
    shuffled = frame[name].iloc[order].groupby(frame[world.target].iloc[order].to_numpy())
    out = frame[name].copy()
    for label, cells in shuffled:
        out[(frame[world.target] == label).to_numpy(dtype=bool, na_value=False)] = cells.to_numpy()
    frame[name] = out
    return _evidence(world, frame)


def three_way_broken(world: World, rng: Rng) -> Evidence:
    frame = _fresh(world)
    frame["switch"] = frame["switch"].to_numpy()[rng.permutation(len(frame))]
    return _evidence(world, frame)


def _redrawn(frame: pd.DataFrame, gone: np.ndarray, rng: Rng) -> pd.DataFrame:
    """Rows that are not there any more are replaced by others of those that are."""
    kept = np.flatnonzero(~gone)
    place = np.arange(len(frame))
    place[gone] = rng.choice(kept, int(gone.sum()))
    out = frame.iloc[place].reset_index(drop=True)
    out["id"] = frame["id"].to_numpy()
    # Repeated rows would be found by the one amount that only one person has.
    out["pay"] = np.round(out["pay"] * rng.uniform(0.98, 1.02, len(out)), 2)
    return out


def tail_cut(world: World, rng: Rng) -> Evidence:
    frame = _fresh(world)
    pay = frame["pay"].to_numpy()
    return _evidence(world, _redrawn(frame, pay > np.quantile(pay, 0.95), rng))


def category_lost(world: World, rng: Rng) -> Evidence:
    """The category nearest to one row in thirty, of all that the table has."""
    frame = _fresh(world)
    found = [
        (abs(np.log(share * 30)), name, label)
        for name in world.categorical
        for label, share in frame[name].value_counts(normalize=True).items()
        if share > 0
    ]
    _, name, label = min(found, key=lambda item: item[0])
    gone = (frame[name] == label).to_numpy(dtype=bool, na_value=False)
    return _evidence(world, _redrawn(frame, gone, rng))


def _minority(world: World) -> tuple[str, object]:
    """The smallest group of at least one row in ten."""
    counts = [
        (share, name, label)
        for name in world.sensitive
        for label, share in world.spare.frame[name].value_counts(normalize=True).items()
        if share >= 0.1
    ]
    _, name, label = min(counts, key=lambda item: item[0])
    return name, label


def group_thinned(world: World, rng: Rng) -> Evidence:
    frame = _fresh(world)
    name, label = _minority(world)
    mine = (frame[name] == label).to_numpy(dtype=bool, na_value=False)
    return _evidence(world, _redrawn(frame, mine & (rng.random(len(frame)) < 0.5), rng))


def labels_flipped(world: World, rng: Rng) -> Evidence:  # noqa: ARG001
    """Two labels change places in one group."""
    frame = _fresh(world)
    name, label = _minority(world)
    mine = (frame[name] == label).to_numpy(dtype=bool, na_value=False)
    first, second = frame[world.target].value_counts().index[:2]
    cells = frame[world.target]
    swapped = cells.where(cells != first, second).mask(cells == second, first)
    frame[world.target] = cells.mask(mine, swapped)
    return _evidence(world, frame)


def bias_amplified(world: World, rng: Rng) -> Evidence:
    """The gap between one group and all others is 15 percentage points wider."""
    frame = _fresh(world)
    name, label = _minority(world)
    outcome = Outcome.learn(world.train, world.target)
    mine = (frame[name] == label).to_numpy(dtype=bool, na_value=False)
    real = outcome.of(world.train)
    inside = (world.train.frame[name] == label).to_numpy(dtype=bool, na_value=False)
    up = real[inside].mean() >= real[~inside].mean()
    has = outcome.of(world.spare)
    cells = frame[world.target].copy()
    donors = {flag: cells[has == flag].to_numpy() for flag in (True, False)}
    # The group moves one way; where it has too few to move, the others move the other way.
    for side, towards in ((mine, up), (~mine, not up)):
        can = np.flatnonzero(side & (has != towards))
        wanted = round(0.075 * side.sum())
        picked = rng.permutation(can)[:wanted]
        cells.iloc[picked] = rng.choice(donors[bool(towards)], len(picked))
    frame[world.target] = cells
    return _evidence(world, frame)


def missingness_random(world: World, rng: Rng) -> Evidence:
    """As many cells are missing as before, but anywhere."""
    frame = _fresh(world)
    cells = frame["visits"]
    present = cells.dropna().to_numpy()
    full = cells.where(cells.notna(), pd.Series(rng.choice(present, len(cells)), dtype="Int64"))
    gone = cells.isna().to_numpy()[rng.permutation(len(cells))]
    frame["visits"] = full.mask(gone)
    return _evidence(world, frame)


def integers_to_floats(world: World, rng: Rng) -> Evidence:  # noqa: ARG001
    frame = _fresh(world)
    for name in (*world.numeric, "visits"):
        if pd.api.types.is_integer_dtype(frame[name]):
            frame[name] = frame[name].astype("float64")
    return _evidence(world, frame)


def integers_with_fractions(world: World, rng: Rng) -> Evidence:
    frame = _fresh(world)
    whole = [n for n in (*world.numeric, "visits") if pd.api.types.is_integer_dtype(frame[n])]
    cells = frame[whole[0]].astype("float64")
    frame[whole[0]] = cells + np.round(rng.uniform(-0.4, 0.4, len(frame)), 2)
    return _evidence(world, frame)


def dates_shifted(world: World, rng: Rng) -> Evidence:  # noqa: ARG001
    frame = _fresh(world)
    frame["since"] = frame["since"] + pd.Timedelta(days=90)
    return _evidence(world, frame)


def keys_duplicated(world: World, rng: Rng) -> Evidence:
    frame = _fresh(world)
    picked = rng.permutation(len(frame))[: max(len(frame) // 100, 2)]
    frame.loc[picked[1:], "id"] = frame["id"].iloc[picked[0]]
    return _evidence(world, frame)


def _generated(kind: str, **parameters: object) -> Plant:
    def plant(world: World, rng: Rng) -> Evidence:  # noqa: ARG001
        k = 2 if kind == "trees" and parameters else 5
        generator = GENERATORS[kind].model_validate(parameters)
        seed = world.seed.child("generator")
        fitted = generator.fit(world.train, seed=seed, protection=Protection(k=k))
        made = fitted.sample(len(world.train), unit="subjects", seed=seed.child("sample"))
        # A table that others made is judged, unless it is to be let through.
        return _evidence(world, made.frame, own=not parameters and kind == "trees")

    return plant


OVERFITTED = {"trees": 1, "leaf": 5, "share": 1.0, "min_backing": 2, "smoothing": 0.0}

FAULTS: dict[str, Fault] = {
    "fresh": Fault(fresh, (), "fresh real rows"),
    "default_generator": Fault(_generated("trees"), (), "the default generator"),
    "copies_full": Fault(_share_copied(1.0), ("copies",), "every row is a train row"),
    "copies_10": Fault(_share_copied(0.1), ("copies",), "one row in ten is a train row"),
    "copies_1": Fault(_share_copied(0.01), ("copies",), "one row in a hundred is a train row"),
    "outliers_copied": Fault(
        outliers_copied, ("membership", "copies"), "the 100 most isolated train rows"
    ),
    "noisy_copies": Fault(
        noisy_copies, ("membership",), "train rows with .1 standard deviations on their numbers"
    ),
    "rare_category": Fault(
        _rare_category(own=False), ("rare_values",), "a label of three people in 1 % of rows"
    ),
    "rare_category_own": Fault(
        _rare_category(own=True), ("rare_values",), "a label of three people, from a generator"
    ),
    "rare_salary": Fault(rare_salary, ("rare_values",), "the highest pay in 1 % of rows"),
    "column_shuffled": Fault(
        column_shuffled, ("pair_trends", "associations"), "one column is shuffled"
    ),
    "link_broken": Fault(
        link_broken,
        ("associations", "pair_trends"),
        "one column is shuffled among rows of one target",
    ),
    "three_way_broken": Fault(
        three_way_broken,
        ("three_way_marginals",),
        "what two columns only together foretell is shuffled",
        switch=True,
    ),
    "tail_cut": Fault(tail_cut, ("coverage",), "the highest 5 % of pay are gone"),
    "category_lost": Fault(category_lost, ("coverage",), "a label of about 3 % of rows is gone"),
    "group_thinned": Fault(
        group_thinned, ("representation",), "a protected group has half its rows"
    ),
    "labels_flipped": Fault(
        labels_flipped, ("joint_rates", "parity_gap"), "labels change places in one group"
    ),
    "bias_amplified": Fault(
        bias_amplified, ("joint_rates", "parity_gap"), "a gap in outcomes is .15 wider"
    ),
    "missingness_random": Fault(
        missingness_random, ("missingness",), "cells are missing anywhere, as many as before"
    ),
    "integers_to_floats": Fault(
        integers_to_floats, ("contract", "dtypes"), "integers in a float column"
    ),
    "integers_with_fractions": Fault(
        integers_with_fractions, ("contract", "dtypes"), "integers with digits after the point"
    ),
    "dates_shifted": Fault(dates_shifted, ("coverage",), "dates moved by 90 of 1,000 days"),
    "keys_duplicated": Fault(keys_duplicated, ("keys",), "one key in a hundred repeats"),
    "bootstrap": Fault(_generated("bootstrap"), ("copies",), "rows drawn from train"),
    "overfitted_trees": Fault(
        _generated("trees", **OVERFITTED), ("membership", "copies"), "one tree, leaves of five"
    ),
    "independent": Fault(
        _generated("independent"), ("pair_trends",), "every column drawn by itself"
    ),
}
