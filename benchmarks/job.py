"""What a measurement is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.tables import BenchmarkTable


@dataclass(frozen=True)
class Job:
    """One cell to measure."""

    generator: str
    table: BenchmarkTable
    seed: int
    keep: Path | None = None
    """Folder that gets a copy of the synthetic rows, if given."""


@dataclass(frozen=True)
class Outcome:
    """What was measured: JSON values only, and no cell of a table."""

    figures: dict[str, Any]
    cost: dict[str, float] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
