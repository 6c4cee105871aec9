"""How often personal data is recognised, as a table.

python -m tests.recognition_scores > docs/tables/personal_data.md
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabular.pii import KINDS, hinted, recognise
from tests.labelled_columns import Labelled, labelled

if TYPE_CHECKING:
    from collections.abc import Callable


def by_name_alone(column: Labelled) -> str | None:
    """What the name speaks for, the cells unseen; where it is several, the right one if there."""
    kinds = hinted(column.name, column.table)
    return column.kind if column.kind in kinds else min(kinds, default=None)


def by_content_and_name(column: Labelled) -> str | None:
    """What recognition makes of it."""
    guess = recognise(column.name, column.cells, table=column.table)
    return guess.kind if guess else None


@dataclass(frozen=True)
class Score:
    """How often one kind was found, where it is and where it is not."""

    kind: str
    right: int
    wrong: int
    missed: int

    @property
    def row(self) -> str:
        """Cells of a table: TP, FP, FN, precision, recall."""
        found, there = self.right + self.wrong, self.right + self.missed
        precision = f"{self.right / found:.2f}" if found else "-"
        recall = f"{self.right / there:.2f}" if there else "-"
        return f"{self.right} | {self.wrong} | {self.missed} | {precision} | {recall}"


def scores(columns: list[Labelled], guess: Callable[[Labelled], str | None]) -> list[Score]:
    """The scores of each kind, and of all together."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for column in columns:
        said = guess(column)
        if said is not None and said == column.kind:
            right[said] += 1
            continue
        if said is not None:
            wrong[said] += 1
        if column.kind is not None:
            missed[column.kind] += 1
    each = [Score(kind, right[kind], wrong[kind], missed[kind]) for kind in sorted(KINDS)]
    total = Score("all", right.total(), wrong.total(), missed.total())
    return [*each, total]


_FIGURES = " TP | FP | FN | precision | recall |"


def table(columns: list[Labelled]) -> str:
    """The scores as markdown."""
    personal = sum(column.kind is not None for column in columns)
    fresh = [column for column in columns if column.group == "fresh"]
    lines = [
        "# Personal data: how often it is recognised",
        "",
        f"{len(columns)} labelled columns, {personal} of them personal data; made by",
        "`python -m tests.recognition_scores > docs/tables/personal_data.md`. TP are columns whose",
        "kind was named, FP columns that were given a kind that is not theirs, FN columns whose",
        "kind was not found. *By name alone* is what our own words for column names find without",
        "a look at the cells.",
        "",
        f"| kind |{_FIGURES}{_FIGURES.replace(' TP', ' by name alone: TP')}",
        f"|---|{'---|' * 10}",
    ]
    pairs = zip(scores(columns, by_content_and_name), scores(columns, by_name_alone), strict=True)
    lines += [f"| {ours.kind} | {ours.row} | {theirs.row} |" for ours, theirs in pairs]
    ours, theirs = scores(fresh, by_content_and_name)[-1], scores(fresh, by_name_alone)[-1]
    lines += [
        f"| all, fresh | {ours.row} | {theirs.row} |",
        "",
        f"*Fresh* are the {len(fresh)} columns whose locale or maker was not looked at while the",
        "rules were written.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(labelled()))
