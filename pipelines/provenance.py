"""What made a result: the product's own code and the versions it ran with."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

_PACKAGES = ("tabular", "generators", "validation", "pipelines")
_DEPENDENCIES = (
    "great_expectations",
    "lightgbm",
    "numpy",
    "pandas",
    "prefect",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "sdv",
    "torch",
)


@cache
def versions() -> dict[str, str]:
    """Versions of the product and of the libraries that shape its numbers."""
    found = {}
    for name in ("waxwork", *_DEPENDENCIES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


@cache
def code_digest() -> str:
    """SHA-256 over every Python file of the product, wherever it is installed."""
    root = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            total.update(str(path.relative_to(root)).encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
