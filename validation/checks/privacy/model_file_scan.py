"""Scan of a model's file: do values of single people stand in it?"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement
from validation.excess import Excess, Rate, judged
from validation.features import is_numeric, labels, numbers
from validation.rates import ROOM
from validation.report import figure
from validation.statistics import upper_tail

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.schema import Column
    from validation.base import Evidence

    Floats = npt.NDArray[np.float64]

_LEAST = 30
_SHORTEST = 4


class ModelFileScan(Check, frozen=True):
    """Values of single train subjects that stand in the saved model, against those of fresh rows.

    The model is written as it would be handed on, and every number and text in the file is looked
    at. A number that only one fresh person has stands in the file by chance as often as one that
    only one train person has, unless the model keeps rows.
    """

    kind: Literal["model_file_scan"] = "model_file_scan"
    family: ClassVar[Family] = "privacy"
    where_declared: ClassVar[bool] = True
    requires: ClassVar[frozenset[Requirement]] = frozenset({"holdout", "model"})
    reference: ClassVar[str] = (
        "Song, Ristenpart, Shmatikov (2017), Machine learning models that remember too much"
    )

    threshold: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Excess over fresh values that fails once it is certain: one in a hundred.",
    )

    def run(self, evidence: Evidence) -> CheckResult:
        """Write the model, and look for what only one person has."""
        model, fresh = evidence.model, evidence.fresh
        assert model is not None  # noqa: S101  `requires` has seen to it
        assert fresh is not None  # noqa: S101
        save = getattr(model, "save", None)
        # The artifact's sort is the configuration's to say, which a fitted generator carries.
        configured = getattr(model, "generator", model)
        if save is None or getattr(configured, "artifact", "shareable") == "private":
            return self.result("not_applicable", "the model is never handed on")
        with tempfile.TemporaryDirectory() as folder:
            save(Path(folder) / "model")
            values, texts = _contents(Path(folder) / "model")
        hits: list[npt.NDArray[np.bool_]] = []
        by_chance: list[npt.NDArray[np.bool_]] = []
        columns: dict[str, float] = {}
        for column in evidence.schema.columns:
            found = _single(column, evidence.train, fresh, values, texts)
            if found is not None:
                hits.append(found[0])
                by_chance.append(found[1])
                columns[column.name] = float(found[0].mean() - found[1].mean())
        n = sum(map(len, hits))
        if n < _LEAST or sum(map(len, by_chance)) < _LEAST:
            return self.result(
                "insufficient", "hardly a value is one person's alone", n_rows=len(evidence.train)
            )
        rates = [Rate.of(np.concatenate(parts)) for parts in (hits, by_chance)]
        excess = Excess.of(rates[0], rates[1])
        worst = max(columns, key=lambda name: columns[name])
        return self.result(
            judged((excess.low, excess.high), self.threshold, excess.fresh_error, ROOM),
            f"{figure(100 * rates[0].share)} % of the values that one train subject has stand in "
            f"the model's file, {figure(100 * rates[1].share)} % of those of fresh subjects do",
            statistic="share of single people's values that stand in the model's file",
            value=rates[0].share,
            interval=(rates[1].share + excess.low, rates[1].share + excess.high),
            baseline=rates[1].share,
            threshold=rates[1].share + self.threshold,
            smallest_effect=self.threshold + excess.smallest_effect,
            p_value=float(upper_tail((excess.value - self.threshold) / max(excess.error, 1e-12))),
            n_rows=n,
            details={"values_in_the_file": len(values) + len(texts), "worst_column": worst},
        )


def _contents(folder: Path) -> tuple[Floats, set[str]]:
    """Every number and text that stands in a model's files."""
    from safetensors.numpy import load_file

    numbers_found: list[Floats] = []
    texts: set[str] = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".safetensors":
            arrays = load_file(path)
            numbers_found += [
                np.unique(np.asarray(a, dtype=np.float64))
                for a in arrays.values()
                if np.issubdtype(a.dtype, np.floating)
            ]
        elif path.suffix == ".json":
            _walk(json.loads(path.read_text(encoding="utf-8")), numbers_found, texts)
    found = np.unique(np.concatenate(numbers_found)) if numbers_found else np.empty(0)
    return found[np.isfinite(found)], texts


def _walk(value: Any, values: list[Floats], texts: set[str]) -> None:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        for name, part in value.items():
            texts.add(name)
            _walk(part, values, texts)
    elif isinstance(value, list):
        for part in value:
            _walk(part, values, texts)
    elif isinstance(value, str):
        texts.add(value)
    elif isinstance(value, float):
        values.append(np.array([value]))


def _single(
    column: Column, train: Table, fresh: Table, values: Floats, texts: set[str]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
    """Of the values that one subject alone has on each side, which stand in the file."""
    import pandas as pd

    numeric = is_numeric(column)
    cells = []
    for table in (train, fresh):
        read = numbers(table.frame[column.name]) if numeric else labels(table.frame[column.name])
        frame = pd.DataFrame({"value": read, "who": table.subject_codes}).dropna()
        people = frame.groupby("value")["who"].nunique()
        cells.append(people.index[people == 1])
    # What both sides have is nobody's alone.
    ours, theirs = cells[0].difference(cells[1]), cells[1].difference(cells[0])
    if not len(ours) or not len(theirs):
        return None
    if numeric:
        known = np.unique(np.concatenate([values, values.astype(np.float32).astype(np.float64)]))
        return np.isin(ours.to_numpy(), known), np.isin(theirs.to_numpy(), known)
    long = [
        np.array([text in texts for text in side if len(text) >= _SHORTEST], dtype=bool)
        for side in (ours, theirs)
    ]
    return (long[0], long[1]) if len(long[0]) and len(long[1]) else None
