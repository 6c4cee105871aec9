"""Every check has a page, and what the page says of numbers is what the check does."""

from __future__ import annotations

from pathlib import Path

import pytest

from validation.base import CHECKS
from validation.policy import CAPS, MANDATORY, PRESETS

PAGES = Path(__file__).parents[2] / "docs" / "checks"
POLICIES = PAGES.parent / "policies.md"
HEADINGS = [
    "What it measures",
    "Why",
    "How to read it",
    "Limits",
    "An example that passes",
    "An example that fails",
    "Reference",
]


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_check_has_a_page_and_every_page_a_check() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == set(CHECKS)
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert all(f"]({kind}.md)" in index for kind in CHECKS)


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_a_page_has_its_headings_its_numbers_and_its_reference(kind: str) -> None:
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    found = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert found == HEADINGS
    sections = page.split("\n## ")
    assert all(len(section.split("\n", 1)[1].strip()) > 20 for section in sections[1:])
    check = CHECKS[kind].model_validate({})
    for name, field in CHECKS[kind].model_fields.items():
        if name != "kind":
            assert f"| `{name}` | {getattr(check, name)} | {field.description} |" in page
    assert words(check.reference) in words(page)


def test_the_policies_page_names_every_number_of_the_presets_with_its_reason() -> None:
    page = words(POLICIES.read_text(encoding="utf-8"))
    for preset in PRESETS.values():
        for kind, wanted in preset.items():
            assert f"| `{kind}` |" in page
            assert words(wanted.reason) in page
            if wanted.threshold is not None:
                assert f"threshold {wanted.threshold}" in page
    for name, cap in CAPS.items():
        assert f"| `{name}` | {cap.attempts} | {cap.releases} | {words(cap.reason)} |" in page
    assert all(f"`{kind}`" in page for kind in MANDATORY)
