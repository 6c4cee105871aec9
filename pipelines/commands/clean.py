"""`waxwork clean`: what may be deleted, how much it is, and its deletion."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from pipelines.retention import WHATS, Cleaned
from pipelines.retention import clean as clean_workspaces
from pipelines.terminal import console
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.settings import Settings

_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def clean(
    settings: Settings, *, older_than: str | None, everything: bool, dry_run: bool, as_json: bool
) -> None:
    """Delete, or with `dry_run` only show, what has expired.

    Args:
        settings: Where the workspaces are, and how long things are kept.
        older_than: An age such as `30d`, `12h` or `2w`, instead of the settings' days.
        everything: Whatever its age, reports too.
        dry_run: Delete nothing.
        as_json: Print JSON.

    Raises:
        ConfigurationError: The age can't be read, or contradicts `everything`.
    """
    if everything and older_than:
        raise ConfigurationError("--all and --older-than contradict each other")
    keep_days = settings.keep_days if older_than is None else days(older_than)
    cleaned = clean_workspaces(
        settings, keep_days=keep_days, everything=everything, dry_run=dry_run
    )
    if as_json:
        print(json.dumps(_as_json(cleaned, dry_run=dry_run), indent=1))  # noqa: T201  the answer
    else:
        _show(cleaned, dry_run=dry_run)


def days(text: str) -> float:
    """Days in an age such as `30d`, `12h` or `2w`; a bare number counts days.

    Raises:
        ConfigurationError: It is no age.
    """
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*([hdw]?)\s*", text)
    if not found:
        raise ConfigurationError(
            f"{text!r} is no age", where="--older-than", fix="Write it like 30d, 12h or 2w"
        )
    return float(found[1]) * _DAYS[found[2] or "d"]


def _sums(cleaned: Cleaned) -> dict[str, tuple[int, int]]:
    """How many entries and bytes there are, by what they are."""
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for entry in cleaned.entries:
        n, n_bytes = sums[entry.what]
        sums[entry.what] = (n + 1, n_bytes + entry.n_bytes)
    return {what: sums[what] for what in WHATS if what in sums}


def _as_json(cleaned: list[Cleaned], *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "entries": sum(len(one.entries) for one in cleaned),
        "bytes": sum(entry.n_bytes for one in cleaned for entry in one.entries),
        "busy": [one.dataset for one in cleaned if one.busy],
        "datasets": {
            one.dataset: {
                what: {"entries": n, "bytes": n_bytes} for what, (n, n_bytes) in _sums(one).items()
            }
            for one in cleaned
            if one.entries
        },
    }


def _show(cleaned: list[Cleaned], *, dry_run: bool) -> None:
    from rich.table import Table

    screen = console()
    table = Table("dataset", "what", box=None, pad_edge=False)
    table.add_column("entries", justify="right")
    table.add_column("size", justify="right")
    for one in cleaned:
        for what, (n, n_bytes) in _sums(one).items():
            table.add_row(one.dataset, what, f"{n:,}", size(n_bytes))
        if one.busy:
            table.add_row(one.dataset, "a run is going on: left alone", "", "")
    if table.row_count:
        screen.print(table)
    entries = [entry for one in cleaned for entry in one.entries]
    total = size(sum(entry.n_bytes for entry in entries))
    said = "would be deleted" if dry_run else "deleted"
    screen.print(f"{len(entries):,} entries {said}, {total}")


def size(n_bytes: float) -> str:
    """Bytes as people read them."""
    for unit in ("bytes", "KiB", "MiB"):
        if n_bytes < 1024:  # noqa: PLR2004  the next unit
            return f"{n_bytes:,.0f} {unit}" if unit == "bytes" else f"{n_bytes:,.1f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:,.1f} GiB"
