"""Every kind of generator has a page that says when to choose it, and stands in the index."""

from __future__ import annotations

import pytest

from generators.base import GENERATORS
from tests.architecture.generator_index import INDEX, PAGES, index, page_of, when_to_choose


@pytest.mark.parametrize("kind", sorted(GENERATORS))
def test_a_page_says_what_a_person_needs_to_choose(kind: str) -> None:
    page = page_of(kind)
    text = page.read_text(encoding="utf-8")
    assert kind in text.splitlines()[0]
    assert len(when_to_choose(page)) > 20
    assert "Reference" in text
    # What a kind can be told is there, by name: SDV's own parameters are SDV's to explain.
    if not kind.startswith("sdv_"):
        told = [name for name in GENERATORS[kind].model_fields if f"`{name}" in text]
        assert told or set(GENERATORS[kind].model_fields) == {"kind"}


def test_every_page_is_about_a_kind() -> None:
    assert {page.name for page in PAGES.glob("*.md")} == {
        "README.md",
        *(page_of(kind).name for kind in GENERATORS),
    }


def test_the_index_is_made_of_the_pages() -> None:
    expected = index()
    fix = "run `python -m tests.architecture.generator_index`"
    assert INDEX.read_text(encoding="utf-8") == expected, fix
