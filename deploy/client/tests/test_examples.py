"""Every example runs, and imports nothing of the product."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_CLIENT = Path(__file__).resolve().parents[1]
_EXAMPLES = sorted((_CLIENT / "examples").glob("*.py"))


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example: Path, store: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(example)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "3 sales" in done.stdout


def test_nothing_heavy_is_imported_and_nothing_of_the_product() -> None:
    code = (
        "import sys, waxwork_client, waxwork_client.pytest_plugin; "
        "heavy = {'torch', 'pandas', 'polars', 'tabular', 'pipelines', 'validation'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
