"""A store that the product itself published; `make test-client` makes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

_MADE = Path(os.environ["WAXWORK_TEST_STORE"]).resolve()  # a test may change its folder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(_MADE, tmp_path / "store")
    monkeypatch.setenv("WAXWORK_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("WAXWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("WAXWORK_OFFLINE", raising=False)
    return tmp_path / "store"
