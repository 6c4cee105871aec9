"""The documents do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pipelines.cli import main
from pipelines.config import PipelineConfig
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_readmes_configuration_is_valid() -> None:
    (block,) = _blocks(README, "yaml")
    config = PipelineConfig.model_validate(yaml.safe_load(block))
    assert config.generator.kind == "trees"


def test_every_command_in_the_readme_exists() -> None:
    lines = "\n".join(_blocks(README, "console"))
    used = set(re.findall(r"waxwork (\w+)", lines))
    assert {"init", "run", "refresh", "fit", "sample", "check"} <= used <= set(main.commands)


def test_every_option_in_the_readme_exists() -> None:
    for command, rest in re.findall(r"\$ waxwork (\w+)((?:[^\n]*\\\n)*[^\n]*)", README):
        known = {option for p in main.commands[command].params for option in p.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known


def test_the_makefile_has_the_readmes_targets() -> None:
    targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"make (\w+)", README)) <= set(targets)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_inside_the_repository_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    lost = [target for target in targets if not (path.parent / target).exists()]
    assert lost == []


def test_every_setting_says_what_it_is() -> None:
    undescribed = [n for n, f in Settings.model_fields.items() if not f.description]
    assert undescribed == []
