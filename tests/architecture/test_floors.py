"""The floors of the house: what may import what, and what may not be loaded by accident."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("tabular", "generators", "validation", "pipelines")
HEAVY = ("torch", "sdv", "great_expectations", "prefect", "pandas", "sklearn", "scipy", "pyarrow")
TABULAR = {
    "__init__.py",
    "component.py",
    "dataset.py",
    "errors.py",
    "formulas.py",
    "model.py",
    "pii",
    "portrait.py",
    "profile.py",
    "proposals.py",
    "relations.py",
    "rule_discovery.py",
    "rules.py",
    "schema.py",
    "seeding.py",
    "split.py",
}


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_imports_go_down_only() -> None:
    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_only_pipelines_imports_prefect() -> None:
    below = [p for package in PACKAGES[:3] for p in _files(package) if "prefect" in _imports(p)]
    assert below == []


def test_only_one_file_imports_great_expectations() -> None:
    files = [p for package in PACKAGES for p in _files(package)]
    users = {str(p.relative_to(ROOT)) for p in files if "great_expectations" in _imports(p)}
    assert users == {"validation/expectations.py"}


def test_only_the_sdv_adapter_imports_sdv() -> None:
    files = [p for package in PACKAGES for p in _files(package)]
    users = {str(p.relative_to(ROOT)) for p in files if _imports(p) & {"sdv", "rdt", "ctgan"}}
    assert users <= {"generators/sdv_worker.py"}


def test_nothing_but_the_data_model_lives_in_tabular() -> None:
    assert {path.name for path in (ROOT / "tabular").iterdir()} - {"__pycache__"} == TABULAR


@pytest.mark.parametrize(
    "package", [*PACKAGES, "benchmarks", "deploy/client/waxwork_client", "tests"]
)
def test_no_file_passes_400_lines(package: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _files(package)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize(
    "statement",
    [
        "import pipelines.cli",
        "import pipelines.config",
        "import pipelines.refresh",
        "from generators.base import GENERATORS; list(GENERATORS)",
        "from validation.base import CHECKS; list(CHECKS)",
        "from pipelines.base import SOURCES, SINKS; list(SOURCES); list(SINKS)",
    ],
)
def test_loads_no_heavy_library(statement: str) -> None:
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(result.stdout)) & set(HEAVY)
    assert loaded == set()


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys, json, pipelines.cli as c; c.entry(['--help']); "
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "synthetic tables" in result.stdout.lower()
    assert set(json.loads(result.stderr)) & {*HEAVY, "pydantic", "numpy"} == set()
