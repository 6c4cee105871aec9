"""The search for canaries as a table.

python -m tests.leak_table > docs/tables/leaks.md
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.canaries import Searched, search
from tests.canary_runs import CANARIES, run_all

POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"


@dataclass(frozen=True)
class Place:
    """Somewhere that bytes are written.

    Args:
        name: For the table.
        patterns: Which files of the runs' folder; the first place that has a file takes it.
        real_rows: Whether they may be here, closed to others and not for long.
    """

    name: str
    patterns: tuple[str, ...]
    real_rows: bool = False


PLACES = (
    Place(
        "the planted sources themselves",
        ("people.csv", "later/people.csv", "ragged.csv", "train.parquet", "holdout.csv"),
        real_rows=True,
    ),
    Place(
        "the owner's configuration with a password in it", ("plain-password.yaml",), real_rows=True
    ),
    Place(
        "workspace: model of a generator that may be shared",
        ("home/datasets/quarantine/objects/*/**/*",),
    ),
    Place(
        "workspace: rows, splits and models of unpublished runs",
        ("home/datasets/*/objects/**/*",),
        real_rows=True,
    ),
    Place("workspace: quarantine", ("home/datasets/*/runs/*/quarantine/*",), real_rows=True),
    Place("workspace: reports and decisions", ("home/datasets/*/runs/**/*",)),
    Place("workspace: cache, log of attempts, source profile", ("home/datasets/**/*",)),
    Place("Prefect: database, logs, results", ("home/prefect/**/*", "user/.prefect/**/*")),
    Place("ledger of private models", ("home/**/*",)),
    Place("terminal, with every log at debug level", ("terminal/*",)),
    Place(
        "terminal with `--debug`, where an error quotes a row", ("traces/stderr",), real_rows=True
    ),
    Place("store: releases", ("releases/**/*", "csv-releases/**/*")),
    Place("models by `fit`, rows by `sample`", ("models/**/*", "samples/**/*")),
    Place("report by `check`", ("check.html",)),
    Place("temporary files and the home folder", ("tmp/**/*", "user/**/*")),
    Place("everything else", ("**/*",)),
)


def searched(folder: Path) -> dict[Place, Searched]:
    """What was found in each place."""
    taken: set[Path] = set()
    out = {}
    for place in PLACES:
        files = sorted(
            {
                path
                for pattern in place.patterns
                for path in folder.glob(pattern)
                if path.is_file() and path not in taken
            }
        )
        taken |= set(files)
        out[place] = search(files, CANARIES)
    return out


def found_in(done: Searched) -> str:
    """Which canaries were found, in words."""
    return ", ".join(sorted({find.canary for find in done.finds})) or "nothing"


def table(results: dict[Place, Searched]) -> str:
    """The table in Markdown."""
    lines = [
        "# Where a source's values can be found afterwards",
        "",
        "Made by `python -m tests.leak_table > docs/tables/leaks.md`. A rare name, an e-mail, a",
        "rare category, a free text, an exact extreme number and a database's password were",
        "planted in a source; `init`, `run` (published, rejected, with quarantine, with an",
        "overflow of it, drifted, broken in ten ways), `refresh`, `fit`, `sample`, `check`,",
        "`describe` and `clean` ran with every log at debug level; then every byte written was",
        "searched for each value and for parts of it: as text in UTF-8 and UTF-16, in base64, hex,",
        "URL, JSON and HTML escapes, reversed, as MD5, SHA-1, SHA-256, SHA-512 and BLAKE2b, as a",
        "float, and inside gzip, zlib, zstd, zip, Parquet and SQLite.",
        "",
        "| where | may hold real rows | files | KiB | found |",
        "|---|---|---:|---:|---|",
    ]
    lines += [
        f"| {place.name} | {'yes' if place.real_rows else 'no'} | {done.files} | "
        f"{done.n_bytes // 1024} | {found_in(done)} |"
        for place, done in results.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Run everything and print the table; what was found where it must not be goes to stderr."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_all(folder, os.environ.get("TEST_POSTGRES_URL", POSTGRES))
        results = searched(folder)
        print(table(results))  # noqa: T201  the command's answer
        for place, done in results.items():
            for find in done.finds if not place.real_rows else ():
                where = find.path.relative_to(folder)
                sys.stderr.write(f"{find.canary} as {find.how} in {where}: {find.around!r}\n")


if __name__ == "__main__":
    main()
