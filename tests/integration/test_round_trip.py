"""The page of sources and types says what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.round_trip import page

PAGE = Path(__file__).parents[2] / "docs" / "tables" / "sources.md"

pytestmark = pytest.mark.integration


@pytest.mark.usefixtures("postgres_url", "mariadb_url")
def test_the_page_says_what_comes_back_from_each_source() -> None:
    """Run `python -m tests.round_trip > docs/tables/sources.md` where this fails."""
    assert page() == PAGE.read_text(encoding="utf-8")
