"""What is built, and what is locked."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_wheel_holds_the_four_packages_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"tabular", "generators", "validation", "pipelines"}
    assert any(name.startswith("validation/templates/") for name in names)


def test_it_can_not_be_uploaded_by_accident() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


def _locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {_plain(name): version for name, version in pairs}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_lock_covers_every_declared_dependency() -> None:
    declared = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["sdv"]]
    declared += PROJECT["optional-dependencies"]["dev"]
    names = {_plain(re.split(r"[\[<>=!~; ]", entry)[0]) for entry in declared}
    assert names - set(_locked()) == set()


def test_torch_is_locked_without_a_local_tag() -> None:
    assert re.fullmatch(r"[\d.]+", _locked()["torch"])


@pytest.mark.parametrize("name", ["prefect", "fastapi", "sqlalchemy", "great-expectations"])
def test_the_tests_run_on_the_locked_versions(name: str) -> None:
    assert metadata.version(name) == _locked()[name]
