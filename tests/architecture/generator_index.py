"""The index of the generators' pages, made of the registry and of the pages themselves.

    python -m tests.architecture.generator_index

writes it anew: after a kind was added, or its page changed.
"""

from __future__ import annotations

import re
from pathlib import Path

from generators.base import GENERATORS

PAGES = Path(__file__).resolve().parents[2] / "docs" / "generators"
INDEX = PAGES / "README.md"
_HEAD = """# Generators

One page for each kind: what it is, when to choose it, its knobs, its reference, where it departs
from it, and figures. Every kind learns a table behind the same contract; `waxwork describe KIND`
shows its parameters. What the capabilities are for: [rows with given cells](../conditions.md). How
the kinds compare: [figures](../../benchmarks/README.md).

| kind | what it is | when to choose it | capabilities |
|---|---|---|---|
"""
_WHEN = re.compile(r"(?:When to choose it|\*\*Choose it\*\*)\W+(.+?)(?:[.;:]\s| - |$)")


def page_of(kind: str) -> Path:
    """The page about a kind; SDV's share one."""
    return PAGES / ("sdv.md" if kind.startswith("sdv_") else f"{kind}.md")


def when_to_choose(page: Path) -> str:
    """The first clause of what a page says of when to choose it; empty if it says nothing."""
    text = " ".join(page.read_text(encoding="utf-8").split())
    found = _WHEN.search(text)
    return found.group(1).rstrip(".").replace("**", "") if found else ""


def index() -> str:
    """The whole index."""
    lines = [
        f"| [`{kind}`]({page_of(kind).name}) | {generator.summary()} | "
        f"{when_to_choose(page_of(kind))} | {', '.join(sorted(generator.capabilities))} |"
        for kind, generator in GENERATORS.items()
        if page_of(kind).exists()
    ]
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    INDEX.write_text(index(), encoding="utf-8")
