"""What a check adds to its figure, as tables for people: records, figures by name, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from validation.explanations import explained
from validation.report import figure

_TITLES = {
    "parts": "Every attack and part",
    "groups": "By group",
    "columns": "By column",
    "pairs": "By pair of columns",
    "gaps": "By group, data and models",
    "below_k": "Values below k by column",
    "importance": "What gives it away",
    "attacks": "By attack",
}


@dataclass(frozen=True)
class Cell:
    """One cell, as text."""

    text: str
    number: bool = False


@dataclass(frozen=True)
class Block:
    """A table of details."""

    title: str
    head: tuple[str, ...]
    rows: list[list[Cell]]

    @property
    def explained(self) -> str:
        """What the words at its head, or at its side, mean."""
        return explained(self.head or [row[0].text for row in self.rows])


def blocks(details: dict[str, Any]) -> list[Block]:
    """Tables of what the check adds: lists of records, figures by name, and the rest together."""
    found, rest = [], []
    for name, value in details.items():
        title = _TITLES.get(name, name.replace("_", " ").capitalize())
        if name == "warnings" or value in ({}, [], None):
            continue
        if isinstance(value, list | tuple) and all(isinstance(item, dict) for item in value):
            head = tuple(dict.fromkeys(key for item in value for key in item))
            rows = [[_cell(item.get(key)) for key in head] for item in value]
            found.append(Block(title, tuple(map(_heading, head)), rows))
        elif isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()):
            head = tuple(dict.fromkeys(key for item in value.values() for key in item))
            rows = [
                [_cell(str(key)), *(_cell(item.get(part)) for part in head)]
                for key, item in value.items()
            ]
            found.append(Block(title, ("", *map(_heading, head)), rows))
        elif isinstance(value, dict):
            rows = [[_cell(str(key)), _cell(item)] for key, item in value.items()]
            found.append(Block(title, (), rows))
        else:
            rest.append([_cell(name.replace("_", " ").capitalize()), _cell(value)])
    return [*found, Block("Further figures", (), rest)] if rest else found


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _cell(value: object) -> Cell:
    if isinstance(value, bool) or value is None:
        return Cell("" if value is None else "yes" if value else "no")
    if isinstance(value, int):
        return Cell(f"{value:,}", number=True)
    if isinstance(value, float):
        return Cell(figure(value), number=True)
    if isinstance(value, list | tuple):
        return Cell(", ".join(_cell(item).text for item in value))
    if isinstance(value, dict):
        return Cell(", ".join(f"{k}: {_cell(v).text}" for k, v in value.items()))
    return Cell(str(value))
