"""A real Prefect server and a real worker: deployed, scheduled, triggered, published.

Only this proves a set of versions: with a newer SQLAlchemy every package is content and no
scheduled run is ever created (see pyproject.toml).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from pipelines.store import Store
from tests.tables import unrelated_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.integration

_ROOT = Path(__file__).parents[2]
_STAGES = {
    "source", "profile", "drift", "contract", "split", "fit", "sample", "check", "gate", "publish",
}  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A server on loopback, and the environment of those who talk to it."""

    api: str
    environment: Mapping[str, str]
    folder: Path

    def ask(self, method: str, path: str, **body: Any) -> Any:
        # On SQLite a server answers 503 while the file is locked; Prefect's own client asks again.
        for _ in range(20):
            answer = httpx.request(method, self.api + path, json=body or None, timeout=30)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.5)
        answer.raise_for_status()
        return answer.json()

    def prefect(self, *words: str, cwd: Path) -> str:
        done = subprocess.run(
            [_program("prefect"), "--no-prompt", *words],
            cwd=cwd,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/deployments/name/synthesize/{name}")
        return found

    def pause(self, name: str) -> None:
        url = f"{self.api}/deployments/{self.deployment(name)['id']}/pause_deployment"
        httpx.post(url, timeout=30).raise_for_status()

    def runs_of(self, deployment: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(
            "POST",
            "/flow_runs/filter",
            deployments={"id": {"any_": [self.deployment(deployment)["id"]]}},
            sort="EXPECTED_START_TIME_ASC",
        )
        return found

    def finished(self, run: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.ask("GET", f"/flow_runs/{run}")
        final = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        return found if found["state_type"] in final else None


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(what: Callable[[], Any], seconds: float, log: Path) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.5)
    pytest.fail(f"nothing came of it in {seconds} s:\n{log.read_text()[-5000:]}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    port = _free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_CLI_COLORS": "false",
        "DO_NOT_TRACK": "1",
        "WAXWORK_HOME": str(folder / "home"),
        "OMP_NUM_THREADS": "1",
    }
    log = folder / "server.log"
    command = [_program("prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with _running(command, environment, folder, log):
        _wait(lambda: _answers(f"{api}/health"), 180, log)
        yield Server(api, environment, folder)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], cwd: Path, log: Path
) -> Iterator[None]:
    """A process with a group of its own, which is ended with all it started."""
    with log.open("w") as file:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def worker(server: Server) -> Iterator[Path]:
    """A worker that was started in a folder with somebody else's `pipelines` in it."""
    folder = server.folder / "elsewhere"
    (folder / "pipelines").mkdir(parents=True)
    (folder / "pipelines" / "__init__.py").write_text("raise RuntimeError('a foreign package')\n")
    server.prefect("work-pool", "create", "waxwork", "--type", "process", cwd=server.folder)
    log = server.folder / "worker.log"
    command = [_program("prefect"), "worker", "start", "--pool", "waxwork", "--type", "process"]
    with _running(command, server.environment, folder, log):
        yield log


def _deploy(server: Server, generators: Mapping[str, str]) -> Path:
    """Deploy from a copy of deploy/prefect.yaml that differs in data and schedule only."""
    folder = server.folder / "deploy"
    folder.mkdir()
    unrelated_columns().to_csv(folder / "people.csv", index=False)
    content = yaml.safe_load((_ROOT / "deploy" / "prefect.yaml").read_text())
    (example,) = content["deployments"]
    content["deployments"] = []
    for name, generator in generators.items():
        config = {
            "name": name,
            "source": {"kind": "csv", "path": "people.csv"},
            "generator": {"kind": generator},
            "sinks": [{"kind": "parquet", "path": "store"}],
        }
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(config))
        step = {"pipelines.deployment.configuration": {"id": name, "path": f"{name}.yaml"}}
        (schedule,) = example["schedules"]
        content["deployments"].append(
            {
                **example,
                "name": name,
                "build": [step],
                "parameters": {"config": f"{{{{ {name}.config }}}}"},
                "schedules": [{**schedule, "cron": "* * * * *"}] if name == "people" else [],
            }
        )
    (folder / "prefect.yaml").write_text(yaml.safe_dump(content))
    server.prefect("deploy", "--all", "--prefect-file", "prefect.yaml", cwd=folder)
    return folder / "store"


@pytest.mark.timeout(400)
def test_the_deployment_that_is_shipped_is_scheduled_every_night(
    server: Server, worker: Path
) -> None:
    del worker
    server.prefect("deploy", "--all", "--prefect-file", "deploy/prefect.yaml", cwd=_ROOT)
    deployment = server.deployment("happiness")
    assert deployment["entrypoint"] == "pipelines.flows.synthesize.synthesize"
    assert deployment["parameters"]["config"]["generator"] == {"kind": "trees"}
    (schedule,) = deployment["schedules"]
    assert schedule["schedule"]["cron"] == "30 2 * * *"
    runs = _wait(lambda: server.runs_of("happiness"), 60, server.folder / "server.log")
    server.pause("happiness")
    assert "Scheduled" in {run["state_name"] for run in runs}
    assert all(run["auto_scheduled"] and "T02:30:00" in run["expected_start_time"] for run in runs)
    assert all(run["parameters"]["only_if_changed"] is True for run in runs)


@pytest.mark.timeout(400)
def test_runs_fire_and_publish_beside_a_foreign_package(server: Server, worker: Path) -> None:
    store = _deploy(server, {"people": "independent", "copied": "bootstrap"})

    def trigger(name: str) -> str:
        made = server.ask(
            "POST", f"/deployments/{server.deployment(name)['id']}/create_flow_run", name=name
        )
        return str(made["id"])

    refused = trigger("copied")
    asked = trigger("people")

    # What was asked for by hand: one task run per stage, and a release that verifies.
    run = _wait(lambda: server.finished(asked), 200, worker)
    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Completed"), worker.read_text()
    tasks = server.ask("POST", "/task_runs/filter", flow_runs={"id": {"any_": [asked]}}, limit=100)
    assert sorted(task["name"].rpartition("-")[0] for task in tasks) == sorted(_STAGES)
    latest = Store(store).latest("people")
    assert latest is not None
    assert Store(store).verify("people", latest.version).tables["people"].rows == 16000

    # What the gate refused leaves nothing.
    run = _wait(lambda: server.finished(refused), 200, worker)
    assert (run["state_type"], run["state_name"]) == ("FAILED", "Rejected"), worker.read_text()
    assert Store(store).datasets() == ("people",)

    # What the schedule started: nothing had changed, or it was first and published.
    def fired() -> dict[str, Any] | None:
        runs = (run for run in server.runs_of("people") if run["auto_scheduled"])
        return next((run for run in runs if run["state_type"] == "COMPLETED"), None)

    run = _wait(fired, 150, worker)
    server.pause("people")
    assert run["state_name"] in {"UpToDate", "Completed"}
    assert "foreign" not in worker.read_text()
