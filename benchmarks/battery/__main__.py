"""`python -m benchmarks.battery run|table`: run cells that have no file yet, write their table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.battery.cells import planned, run, stored
from benchmarks.battery.faults import FAULTS
from benchmarks.battery.page import write


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="benchmarks.battery", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="run the cells that have no file yet")
    runs.add_argument("--data", type=Path, help="folder with a folder for each table")
    runs.add_argument("--tables", default="adult,default,shoppers")
    runs.add_argument("--sizes", default="3000,500,10000", type=_numbers)
    runs.add_argument("--seeds", default="0,1,2,3,4", type=_numbers)
    runs.add_argument("--faults", default=",".join(FAULTS))
    runs.add_argument("--again", action="store_true", help="run also what has a file")
    runs.add_argument("--stale", action="store_true", help="run also what older checks judged")
    runs.add_argument("--seconds", type=float, default=float("inf"), help="CPU seconds to spend")
    table = commands.add_parser("table", help="write the table of results")
    table.add_argument("--out", type=Path, default=Path("docs/tables/battery.md"))
    asked = parser.parse_args()
    if asked.command == "table":
        write(stored(), asked.out)
        return 0
    faults = asked.faults.split(",")
    if unknown := sorted(set(faults) - set(FAULTS)):
        parser.error(f"there is no fault {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    cells = list(planned(asked.tables.split(","), asked.sizes, asked.seeds, faults))
    done = run(cells, asked.data, again=asked.again, stale=asked.stale, seconds=asked.seconds)
    print(f"{done} of {len(cells)} cells run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
