"""Compare today's rows with the profile of the last release's source."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from validation.drift import Change, Drift, TableDrift
from validation.drift_column import ColumnComparison
from validation.drift_profile import ColumnProfile, rows_alone, type_of
from validation.renames import Rename, renames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabular.dataset import Dataset, Table
    from tabular.schema import Column
    from validation.drift_policy import DriftPolicy
    from validation.drift_profile import SourceProfile, TableProfile


def compare(
    before: SourceProfile, now: Dataset, policy: DriftPolicy, *, since: str, k: int
) -> Drift:
    """What changed between a profile and today's rows.

    Args:
        before: The profile of the last release's source.
        now: Today's source, described.
        policy: What counts as drift.
        since: The last release's version.
        k: Subjects that must stand behind whatever is shown.
    """
    changes: list[Change] = []
    tables: dict[str, TableDrift] = {}
    for name in sorted(set(before.tables) - set(now.tables)):
        said = f"the table {name} is gone"
        changes.append(Change(what="lost_table", table=name, drifts=True, message=said))
    for table in now:
        if table.name not in before.tables:
            said = f"the table {table.name} is new"
            changes.append(Change(what="new_table", table=table.name, drifts=True, message=said))
            continue
        found, tables[table.name] = _compare_table(before.tables[table.name], table, policy, k)
        changes += found
    changes.sort(key=lambda change: not change.drifts)
    return Drift(since=since, k=k, changes=tuple(changes), tables=tables)


def _compare_table(
    before: TableProfile, now: Table, policy: DriftPolicy, k: int
) -> tuple[list[Change], TableDrift]:
    evidence = rows_alone(now, k)
    changes = list(_volume(before, now, policy))
    pairs, about_names = _paired(before, now, policy)
    changes += about_names
    columns = []
    for old, column in pairs:
        comparison = ColumnComparison(old, column, before, evidence, policy)
        changes += comparison.changes()
        if (drawn := comparison.drawn()) is not None:
            columns.append(drawn)
    columns.sort(key=lambda column: -column.value)
    return changes, TableDrift(rows_before=before.rows, rows_now=len(now), columns=tuple(columns))


def _volume(before: TableProfile, now: Table, policy: DriftPolicy) -> Iterator[Change]:
    if before.rows == len(now):
        return
    factor = (len(now) + 0.5) / (before.rows + 0.5)
    yield Change(
        what="volume",
        table=now.name,
        drifts=abs(math.log(factor)) > math.log(1 + policy.volume),
        message=f"{len(now):,} rows, {before.rows:,} before ({100 * (factor - 1):+.0f} %)",
        statistic="factor of rows",
        value=factor,
        threshold=1 + policy.volume,
    )


def _paired(
    before: TableProfile, now: Table, policy: DriftPolicy
) -> tuple[list[tuple[ColumnProfile, Column]], list[Change]]:
    """Columns that are on both sides, and what is to be said of the others."""
    said = _declared(now.name, policy, before)
    columns = {column.name: column for column in now.schema.columns}
    pairs: list[tuple[ColumnProfile, Column]] = []
    changes: list[Change] = []
    lost: dict[str, ColumnProfile] = {}
    for name, profile in before.columns.items():
        target = name if name in columns else said.get(name)
        if target in columns:
            pairs.append((profile, columns[target]))
        else:
            lost[name] = profile
    known = {column.name for _, column in pairs}
    new = [column for column in now.schema.columns if column.name not in known]
    guesses = renames({n: p for n, p in lost.items() if n not in said}, now, new)
    for guess in guesses:
        changes.append(_renamed(guess, now.name))
        lost.pop(guess.old)
        new = [column for column in new if column.name != guess.new]
    for name in lost:
        meant = name in said
        text = f"{name} is gone" + (", as declared" if meant else "")
        changes.append(
            Change(what="lost", table=now.name, column=name, drifts=not meant, message=text)
        )
    for column in new:
        text = f"{column.name} is new ({type_of(column)})"
        changes.append(
            Change(what="new", table=now.name, column=column.name, drifts=True, message=text)
        )
    return pairs, changes


def _declared(table: str, policy: DriftPolicy, before: TableProfile) -> dict[str, str | None]:
    """What the owner says became of columns, by their old name."""
    said = {name: new for name, new in policy.renamed.items() if name in before.columns}
    start = f"{table}."
    for name, new in policy.renamed.items():
        if name.startswith(start) and name.removeprefix(start) in before.columns:
            said[name.removeprefix(start)] = new and new.removeprefix(start)
    return said


def _renamed(guess: Rename, table: str) -> Change:
    return Change(
        what="renamed",
        table=table,
        column=guess.old,
        drifts=True,
        message=f"{guess.old} is gone, and {guess.new} looks like it ({guess.why})",
        statistic="similarity",
        value=guess.score,
        renamed_to=guess.new,
    )
