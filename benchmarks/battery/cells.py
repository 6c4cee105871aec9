"""Cells: one fault in one table at one size with one seed, each a small JSON file of its own."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.battery.faults import FAULTS
from benchmarks.battery.tables import world
from validation.base import CHECKS
from validation.gate import Gate
from validation.policy import PRESETS, Policy
from validation.report import Report
from validation.runner import default_checks, run_checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from validation.base import Evidence

FOLDER = Path(__file__).parents[1] / "cells" / "battery"
PRODUCT = Path(__file__).parents[2] / "validation"


@dataclass(frozen=True, order=True)
class Cell:
    """Where a cell stands in the table of results."""

    table: str
    size: int
    seed: int
    fault: str

    @property
    def path(self) -> Path:
        """Its file."""
        return FOLDER / self.table / str(self.size) / f"{self.fault}-{self.seed}.json"

    def run(self, data: Path | None) -> dict[str, Any]:
        """Plant the fault and judge it: by the named checks, or by all where nothing may refuse."""
        begun = time.process_time()
        fault = FAULTS[self.fault]
        place = world(self.table, data, self.size, self.seed, switch=fault.switch)
        evidence = fault.plant(place, place.seed.child(self.fault).generator())
        made = time.process_time()
        if fault.checks:
            checks = tuple(CHECKS[kind].model_validate({}) for kind in fault.checks)
        else:
            checks = default_checks()
        results = run_checks(evidence, checks)
        report = Report(name=self.table, results=results)
        shown = {
            result.check: {
                "status": result.status,
                "severity": result.severity,
                "value": _short(result.value),
                "interval": [_short(bound) for bound in result.interval or ()],
                "threshold": _short(result.threshold),
                "smallest_effect": _short(result.smallest_effect),
                "seconds": round(result.seconds, 2),
                "message": result.message,
            }
            for result in results
            if fault.checks or result.status not in {"pass", "not_applicable"}
        }
        return {
            "table": self.table,
            "size": self.size,
            "rows": len(place.train),
            "seed": self.seed,
            "fault": self.fault,
            "refused_by": [r.check for r in results if r.status == "fail"],
            "blocked_by": [
                r.check
                for r in results
                if r.status in {"fail", "error"} and r.severity == "blocking"
            ],
            "undecided": [r.check for r in results if r.status == "undecided"],
            "partner": [] if fault.checks else _stricter(evidence),
            "verdict": None if fault.checks else Gate(Policy()).decide(report).verdict,
            "checks": shown,
            "seconds": {
                "plant": round(made - begun, 2),
                "judge": round(time.process_time() - made, 2),
            },
            "code": code_digest(),
        }


def _stricter(evidence: Evidence) -> list[str]:
    """What the preset `partner` changes, and would not let through."""
    policy = Policy(policy="partner")
    changed = [
        policy.apply(CHECKS[kind].model_validate({}))
        for kind in PRESETS["partner"]
        if evidence.sensitive or kind != "parity_gap"
    ]
    results = run_checks(evidence, changed)
    return [f"{r.check} {r.status}" for r in results if r.status in {"fail", "undecided", "error"}]


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def code_digest() -> str:
    """Which version of the checks judged: a digest of their source."""
    digest = hashlib.sha256()
    for path in sorted(PRODUCT.rglob("*.py")):
        digest.update(path.relative_to(PRODUCT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def planned(
    tables: Sequence[str], sizes: Sequence[int], seeds: Sequence[int], faults: Sequence[str]
) -> Iterator[Cell]:
    """The cells of a run, those of one table and size together."""
    for size in sizes:
        for table in tables:
            for fault in faults:
                # What must pass is drawn 20 times a table, 60 times over three.
                many = range(20) if fault == "fresh" and len(seeds) > 1 else seeds
                yield from (Cell(table, size, seed, fault) for seed in many)


def run(
    cells: Sequence[Cell], data: Path | None, *, again: bool, stale: bool, seconds: float
) -> int:
    """Run the cells that have no file yet; returns how many were run.

    Args:
        cells: Which.
        data: Folder of the tables.
        again: Also those that have one.
        stale: Also those that another version of the checks judged.
        seconds: CPU seconds after which no further cell is begun.
    """
    begun, done, version = time.process_time(), 0, code_digest()
    for cell in cells:
        if time.process_time() - begun > seconds:
            print(f"stopped after {seconds:.0f} CPU seconds")
            break
        if cell.path.exists() and not again:
            known = json.loads(cell.path.read_text(encoding="utf-8"))
            if not stale or known["code"] == version:
                continue
        found = cell.run(data)
        cell.path.parent.mkdir(parents=True, exist_ok=True)
        cell.path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        done += 1
        expected = FAULTS[cell.fault].checks
        caught = sorted(set(found["refused_by"]) & set(expected)) or found["refused_by"]
        print(
            f"{cell.table:10} {cell.size:6} {cell.seed:2} {cell.fault:24} "
            f"{'refused by ' + ', '.join(caught) if caught else '-':40} "
            f"{'undecided ' + ', '.join(found['undecided']) if found['undecided'] else '':30} "
            f"{found['seconds']['plant']:6.1f} {found['seconds']['judge']:6.1f} s",
            flush=True,
        )
    return done


def stored() -> list[dict[str, Any]]:
    """Every cell that has a file."""
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted(FOLDER.rglob("*.json"))]
