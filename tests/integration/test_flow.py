"""The whole way through Prefect's own eyes: states, task runs, cache, quarantine, cancellation."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.program import Program, survey

pytestmark = pytest.mark.integration

STAGES = {
    "source", "profile", "drift", "contract", "split", "fit", "sample", "check", "gate", "publish",
}  # fmt: skip


@pytest.fixture
def program(tmp_path: Path, prefect_api: str) -> Program:
    return Program(tmp_path, {"PREFECT_API_URL": prefect_api})


def _ask(api: str, path: str, body: dict[str, Any]) -> Any:
    # A server on SQLite answers 503 while another has the lock; Prefect's own client asks again.
    for _ in range(20):
        answer = httpx.post(f"{api}/{path}", json=body, timeout=30)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(0.5)
    answer.raise_for_status()
    return answer.json()


def _flow_runs(api: str, name: str) -> list[dict[str, Any]]:
    runs = _ask(api, "flow_runs/filter", {"sort": "EXPECTED_START_TIME_DESC", "limit": 50})
    return [run for run in runs if run["parameters"]["config"]["name"] == name]


def _task_states(api: str, flow_run: str) -> dict[str, str]:
    runs = _ask(api, "task_runs/filter", {"flow_runs": {"id": {"any_": [flow_run]}}})
    return {run["name"].rsplit("-", 1)[0]: run["state"]["name"] for run in runs}


def _config(program: Program, name: str, *, more: str = "", generator: str = "independent") -> Path:
    return program.write(
        f"{name}.yaml",
        f"name: {name}\n"
        "source: {kind: csv, path: survey.csv}\n"
        f"generator: {{kind: {generator}}}\n"
        "sinks: [{kind: parquet, path: releases}]\n" + more,
    )


def test_a_published_run_has_one_task_run_per_stage(program: Program, prefect_api: str) -> None:
    survey(20_000).to_csv(program.folder / "survey.csv", index=False)
    config = _config(program, "flow-published")
    done = program.run("run", config, "--json")
    outcome = json.loads(done.stdout)
    assert outcome["verdict"] == "publish"
    (run,) = _flow_runs(prefect_api, "flow-published")
    assert run["state"]["type"] == "COMPLETED"
    states = _task_states(prefect_api, run["id"])
    assert set(states) == STAGES
    assert set(states.values()) == {"Completed"}
    latest = program.folder / "releases" / "flow-published" / "LATEST"
    assert latest.read_text().strip() == outcome["receipts"][0]["version"]
    objects = program.home / "datasets" / "flow-published" / "objects"
    assert list(objects.iterdir()) == []
    assert program.run("refresh", config).stdout.startswith("Up to date")
    _a_changed_source_is_told_of_or_stops(program, prefect_api, config)
    artifacts = _ask(
        prefect_api, "artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}
    )
    kinds = {artifact["key"]: artifact["type"] for artifact in artifacts}
    assert kinds == {
        "waxwork-flow-published-progress": "progress",
        "waxwork-flow-published-verdict": "table",
        "waxwork-flow-published-report": "markdown",
    }


def _a_changed_source_is_told_of_or_stops(program: Program, api: str, config: Path) -> None:
    changed = survey(3_000, seed=1)
    changed["score"] = (changed["score"] * 2).round(1)
    changed.to_csv(program.folder / "survey.csv", index=False)
    stopping = program.write("stopping.yaml", config.read_text() + "drift: stop\n")
    before = (program.folder / "releases" / "flow-published" / "LATEST").read_text()
    done = program.run("run", stopping, exits=1)
    assert "the source is not as it was for the release" in done.stderr
    assert "Traceback" not in done.stderr
    stopped, *_ = _flow_runs(api, "flow-published")
    assert stopped["state"]["type"] == "FAILED"
    assert set(_task_states(api, stopped["id"])) == {"source", "profile", "drift"}
    assert (program.folder / "releases" / "flow-published" / "LATEST").read_text() == before
    outcome = json.loads(program.run("refresh", config, "--json", exits=None).stdout)
    assert {said.partition(":")[0] for said in outcome["drift"]} == {
        "score",
        "3,000 rows, 20,000 before (-85 %)",
    }
    report = json.loads(Path(outcome["report_json"]).read_text())
    assert report["drift"]["tables"]["survey"]["columns"][0]["name"] == "score"


def test_a_rejected_run_publishes_nothing_and_its_re_run_fits_nothing(
    program: Program, prefect_api: str
) -> None:
    survey(3_000).to_csv(program.folder / "survey.csv", index=False)
    config = _config(program, "flow-rejected", generator="bootstrap")
    for _ in range(2):
        done = program.run("run", config, exits=3)
    assert "REJECT" in done.stdout
    assert "copies" in done.stdout
    assert not (program.folder / "releases").exists()
    again, first = _flow_runs(prefect_api, "flow-rejected")
    assert {run["state"]["name"] for run in (again, first)} == {"Rejected"}
    assert set(_task_states(prefect_api, first["id"]).values()) == {"Completed"}
    states = _task_states(prefect_api, again["id"])
    assert states["fit"] == states["sample"] == states["check"] == "Cached"
    assert set(states) == STAGES - {"publish"}
    refused = program.run("refresh", config, exits=3)
    assert "Rejected before" in refused.stdout
    assert len(_flow_runs(prefect_api, "flow-rejected")) == 2
    reports = list((program.home / "datasets" / "flow-rejected" / "runs").glob("*/report.html"))
    assert len(reports) == 2


def test_a_bad_row_lands_in_quarantine(program: Program) -> None:
    frame = survey(3_000)
    frame.loc[7, "size"] = -4
    frame.to_csv(program.folder / "survey.csv", index=False)
    more = "tables: {survey: {columns: {size: {minimum: 100}}}}\n"
    config = _config(program, "flow-quarantine", more=more, generator="bootstrap")
    outcome = json.loads(program.run("run", config, "--json", exits=3).stdout)
    (rule,) = outcome["set_aside"]["survey"]
    assert "size" in rule
    assert outcome["set_aside"]["survey"][rule] == 1
    folder = Path(outcome["report_html"]).parent / "quarantine"
    rules = json.loads((folder / "rules.json").read_text())
    assert rules["counts"] == outcome["set_aside"]


def test_too_many_bad_rows_stop_the_run(program: Program) -> None:
    frame = survey(500)
    frame.loc[:99, "size"] = -4
    frame.to_csv(program.folder / "survey.csv", index=False)
    more = "tables: {survey: {columns: {size: {minimum: 100}}}}\n"
    config = _config(program, "flow-overflow", more=more)
    done = program.run("run", config, exits=1)
    assert "100 of 500 rows break the contract" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cancelled_run_leaves_no_half_release(program: Program) -> None:
    survey(20_000).to_csv(program.folder / "survey.csv", index=False)
    config = _config(program, "flow-cancelled", generator="trees")
    process = subprocess.Popen(
        program.command("run", config),
        cwd=program.folder,
        env=program.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("split"):
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode not in {0, 3, 4}
    assert not (program.folder / "releases").exists()
    folder = program.home / "datasets" / "flow-cancelled"
    assert list(folder.rglob(".staging-*")) == []
    assert not (folder / "attempts.jsonl").exists()


_WAGEPAN = """
name: flow-wagepan
source: {kind: sample, name: wagepan}
tables:
  wagepan:
    primary_key: [nr, year]
    sequence: {entity: nr, index: year}
    columns:
      black: {sdtype: categorical, role: sensitive}
      lwage: {role: target}
generator: {kind: hmm, states: 4}
rows: 50%
sinks: [{kind: parquet, path: releases}]
"""

_HAPPINESS = """
name: flow-happiness
source: {kind: sample, name: happiness}
tables: {happiness: {columns: {happy: {role: target}, female: {role: sensitive}}}}
generator: {kind: gaussian_copula}
rows: 2000
sinks: [{kind: csv, path: releases}]
"""


@pytest.mark.parametrize(
    ("text", "rows"), [(_WAGEPAN, 273 * 8), (_HAPPINESS, 2000)], ids=["sequence", "table"]
)
def test_real_data_goes_the_whole_way_with_other_kinds(
    program: Program, prefect_api: str, text: str, rows: int
) -> None:
    config = program.write("real.yaml", text)
    outcome = json.loads(program.run("run", config, "--json", exits=None).stdout)
    report = json.loads(Path(outcome["report_json"]).read_text())
    (table,) = report["rows"]
    assert report["rows"][table]["synthetic"] == rows
    assert "error" not in {result["status"] for result in report["results"]}
    (run,) = _flow_runs(prefect_api, report["name"])
    assert run["state"]["name"] in {"Completed", "Held", "Rejected"}
    assert set(_task_states(prefect_api, run["id"])) >= STAGES - {"publish"}


def test_a_source_that_does_not_answer_is_tried_again_and_a_bad_one_is_not(
    tmp_path: Path, prefect_api: str
) -> None:
    program = Program(tmp_path, {"PREFECT_API_URL": prefect_api, "WAXWORK_SOURCE_RETRIES": "1"})
    silent = program.write(
        "silent.yaml",
        "name: flow-silent\n"
        "source: {kind: sql, url: 'postgresql://postgres@127.0.0.1:1/none', tables: [t]}\n",
    )
    (program.folder / "survey.csv").write_text("a,b\n")
    for config, tries in ((silent, 2), (_config(program, "flow-empty"), 1)):
        done = program.run("run", config, exits=1)
        assert "Traceback" not in done.stderr
        (run,) = _flow_runs(prefect_api, f"flow-{'silent' if tries == 2 else 'empty'}")
        assert run["state"]["type"] == "FAILED"
        body = {"flow_runs": {"id": {"any_": [run["id"]]}}}
        (only,) = _ask(prefect_api, "task_runs/filter", body)
        assert only["name"].startswith("source")
        assert only["run_count"] == tries
