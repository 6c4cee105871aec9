"""The files in deploy/ say what the program does."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.config import PipelineConfig, load
from pipelines.deployment import configuration
from tabular.errors import ConfigurationError

_ROOT = Path(__file__).parents[2]
_DEPLOY = _ROOT / "deploy"


def _yaml(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((_DEPLOY / name).read_text())
    return content


@pytest.mark.parametrize("path", sorted((_DEPLOY / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_every_example_configuration_is_valid_and_can_be_deployed(path: Path) -> None:
    config = load(path)
    assert config.name == path.stem
    handed_over = json.loads(json.dumps(configuration(str(path))["config"]))
    assert PipelineConfig.model_validate(handed_over) == config


@pytest.mark.parametrize("path", sorted((_DEPLOY / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_editors_and_the_server_accept_every_example_as_it_is_written(path: Path) -> None:
    schema = PipelineConfig.model_json_schema()
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)
    jsonschema.validate(configuration(str(path))["config"], schema)


def test_a_share_of_rows_can_not_turn_into_a_count_on_its_way(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    for rows, handed_over in (("100%", "100%"), ("1.0", "100%"), ("0.29", "29%"), ("7", 7)):
        path.write_text(
            f"name: people\nsource: {{kind: csv, path: people.csv}}\nrows: {rows}\n"
            "sinks: [{kind: parquet, path: store}]\n"
        )
        config = configuration(str(path))["config"]
        assert config["rows"] == handed_over
        assert PipelineConfig.model_validate(config).rows == load(path).rows


def test_paths_are_absolute_in_what_a_worker_gets(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(
        "name: people\nsource: {kind: csv, path: people.csv}\n"
        "sinks: [{kind: parquet, path: store}]\n"
    )
    config = configuration(str(path))["config"]
    assert config["source"]["path"] == str(tmp_path / "people.csv")
    assert config["sinks"][0]["path"] == str(tmp_path / "store")


def test_without_sinks_releases_go_beside_the_file_and_not_the_worker(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text("name: people\nsource: {kind: csv, path: people.csv}\n")
    sinks = configuration(str(path))["config"]["sinks"]
    assert sinks == [{"kind": "parquet", "path": str(tmp_path / "releases")}]


def test_a_misspelt_key_stops_the_deployment(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text("name: people\nsource: {kind: csv, path: people.csv}\nsink: []\n")
    with pytest.raises(ConfigurationError, match="sink: Extra inputs are not permitted"):
        configuration(str(path))


def test_secrets_are_deployed_as_names_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAXWORK_SECRET_WAREHOUSE", "postgresql://u:sesame@h/d")
    path = tmp_path / "people.yaml"
    path.write_text(
        "name: people\nsource: {kind: sql, url: {secret: warehouse}, tables: [people]}\n"
        "sinks: [{kind: sql, url: {secret: warehouse}, schema_name: synthetic}]\n"
    )
    config = configuration(str(path))["config"]
    assert config["source"]["url"] == {"secret": "warehouse"}
    assert config["sinks"][0]["url"] == {"secret": "warehouse"}
    assert "sesame" not in json.dumps(config)


def test_the_steps_of_prefect_yaml_exist_and_read_files_that_exist() -> None:
    content = _yaml("prefect.yaml")
    assert content["pull"] == [], "without it runs work in the folder of whoever deployed"
    for deployment in content["deployments"]:
        (step,) = deployment["build"]
        ((name, inputs),) = step.items()
        assert name == f"{configuration.__module__}.{configuration.__name__}"
        assert (_ROOT / inputs["path"]).is_file()
        assert deployment["parameters"]["config"] == f"{{{{ {inputs['id']}.config }}}}"
        assert ":" not in deployment["entrypoint"], "a file would be loaded twice"


def test_the_image_holds_the_packages_of_the_distribution_and_runs_as_nobody_special() -> None:
    text = (_DEPLOY / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (\w+) \1$", text, flags=re.MULTILINE))
    assert copied == {"tabular", "generators", "validation", "pipelines"}
    stages = text.split("\nFROM ")
    assert "USER waxwork" in stages[-1]
    assert stages[-1].rindex("USER waxwork") > stages[-1].rindex("RUN ")
    sent = {
        line[1:]
        for line in (_DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    wanted = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", text, flags=re.MULTILINE)
        for word in line.split()[:-1]
    }
    assert sent == wanted
    assert all((_ROOT / name).exists() for name in sent)


def test_the_services_of_the_compose_file_fit_together() -> None:
    content = _yaml("compose.yaml")
    services = content["services"]
    assert set(services) == {"postgres", "server", "worker", "deploy"}
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0] if not volume.startswith("$") else ""
            assert source.startswith(".") or source in {"", *content["volumes"]}
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), "the server has no log-in"
    pool = _yaml("prefect.yaml")["deployments"][0]["work_pool"]["name"]
    worker = services["worker"]["entrypoint"]
    assert worker[worker.index("--pool") + 1] == pool
    assert f"work-pool create {pool} " in services["deploy"]["command"][0]
    build = services["server"]["build"]
    assert (_DEPLOY / build["context"] / build["dockerfile"]).resolve() == _DEPLOY / "Dockerfile"


def test_no_password_has_a_default_in_the_compose_file() -> None:
    text = (_DEPLOY / "compose.yaml").read_text()
    assert set(re.findall(r"PASSWORD: (.*)", text)) == {
        "${POSTGRES_PASSWORD:?set it in the environment}"
    }


@pytest.mark.parametrize(
    ("code", "ends", "says"),
    [(0, 0, ""), (1, 1, "::error"), (2, 2, "::error"), (3, 3, "Rejected"), (4, 0, "::warning")],
)
def test_the_action_honours_the_exit_codes(tmp_path: Path, code: int, ends: int, says: str) -> None:
    steps = _yaml("ci/refresh.yml")["jobs"]["refresh"]["steps"]
    (refresh,) = [step for step in steps if step.get("id") == "refresh"]
    program = tmp_path / "waxwork"
    program.write_text(f'#!/bin/sh\n[ "$*" = "refresh synthetic.yaml" ] && exit {code}\nexit 99\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", refresh["run"]],
        env={
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "CONFIG": "synthetic.yaml",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ends, done.stderr
    assert says in done.stdout
    assert (tmp_path / "output").read_text() == f"code={code}\n"


def test_the_commands_of_the_runbook_exist() -> None:
    text = (_DEPLOY / "README.md").read_text()
    used = set(re.findall(r"^\s*(?:\$ )?waxwork ([a-z]+)", text, flags=re.MULTILINE))
    used |= set(re.findall(r"`waxwork ([a-z]+)", text))
    assert used
    for command in sorted(used):
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0, command


def test_every_file_that_the_runbook_names_is_there() -> None:
    text = (_DEPLOY / "README.md").read_text()
    named = set(re.findall(r"\]\((?!http)([^)#]+)\)", text))
    assert named
    assert [name for name in sorted(named) if not (_DEPLOY / name).exists()] == []
