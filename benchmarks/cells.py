"""Results on disk: one JSON file per cell, so that a run fills gaps and git shows what changed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.experiments import EXPERIMENTS
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

CELLS = Path(__file__).resolve().parent / "cells"


@dataclass(frozen=True, order=True)
class Address:
    """Where a cell stands. `generator` is a kind, or a kind with parameters: `trees@leaf=50`."""

    experiment: str
    generator: str
    table: str
    seed: int

    def __str__(self) -> str:
        return f"{self.experiment}/{self.generator}/{self.table}/{self.seed}"

    def path(self, root: Path) -> Path:
        """The cell's file."""
        return root / f"{self}.json"


@dataclass(frozen=True)
class Cell:
    """A measured cell.

    `fields` holds `status` (ok, error), `figures`, `cost`, `parameters`, `code`, `versions` and
    `date`; of an error `error` instead of figures.
    """

    address: Address
    fields: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether it holds figures."""
        return bool(self.fields.get("status") == "ok")

    @property
    def figures(self) -> dict[str, Any]:
        """What was measured."""
        return dict(self.fields["figures"])

    @property
    def cost(self) -> dict[str, float]:
        """CPU seconds and peak memory."""
        return dict(self.fields["cost"])


def read(address: Address, root: Path = CELLS) -> Cell | None:
    """The cell at an address, if it was measured."""
    path = address.path(root)
    return _parsed(address, path) if path.is_file() else None


def read_all(root: Path = CELLS) -> Iterator[Cell]:
    """The cells of all experiments, in order of their addresses; other folders are left alone."""
    for path in sorted(root.glob("*/*/*/*.json")):
        experiment, generator, table, _ = path.relative_to(root).parts
        if experiment in EXPERIMENTS:
            yield _parsed(Address(experiment, generator, table, int(path.stem)), path)


def write(cell: Cell, root: Path = CELLS) -> None:
    """Write a cell, whole or not at all."""
    path = cell.address.path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(cell.fields, indent=1, sort_keys=True, allow_nan=False) + "\n"
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)  # noqa: PTH105  the atomic one of the two


def _parsed(address: Address, path: Path) -> Cell:
    try:
        return Cell(address, json.loads(path.read_text(encoding="utf-8")))
    except ValueError:
        raise ConfigurationError(
            "this cell is no JSON", where=str(path), fix="Delete it and run again"
        ) from None
