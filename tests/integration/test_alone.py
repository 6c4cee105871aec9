"""A run without any server to start: nothing leaves the machine, and its history is complete."""

from __future__ import annotations

import ipaddress
import json
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.integration.program import Program, survey

pytestmark = pytest.mark.integration

# Python imports a module of this name at start, in the program and in every process it starts.
_RECORDER = """
import json, os, sys

def _record(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        said = ["connect", str(arguments[1][0])]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        said = ["lookup", arguments[0].decode() if isinstance(arguments[0], bytes)
                else str(arguments[0])]
    elif event == "socket.sendto":
        said = ["connect", str(arguments[1][0])]
    else:
        return
    line = json.dumps(said) + "\\n"
    descriptor = os.open(os.environ["SOCKET_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)

sys.addaudithook(_record)
"""


def test_a_run_talks_to_loopback_only_and_keeps_its_task_runs(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(_RECORDER)
    log = tmp_path / "sockets"
    program = Program(tmp_path, {"PYTHONPATH": str(hooks), "SOCKET_LOG": str(log)})
    survey(2_000).to_csv(tmp_path / "survey.csv", index=False)
    config = program.write(
        "alone.yaml",
        "name: alone\n"
        "source: {kind: csv, path: survey.csv}\n"
        "generator: {kind: bootstrap}\n"
        "sinks: [{kind: parquet, path: releases}]\n",
    )
    program.run("run", config, exits=3)

    said = [json.loads(line) for line in log.read_text().splitlines()]
    connected = {address for what, address in said if what == "connect"}
    assert connected, "the recorder saw nothing, not even the run's own server"
    assert all(_is_loopback(address) for _, address in said), sorted(map(tuple, said))

    with sqlite3.connect(program.home / "prefect" / "prefect.db") as database:
        states = dict(database.execute("select name, state_type from task_run").fetchall())
    assert len(states) == 9, states
    assert set(states.values()) == {"COMPLETED"}

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in program.home.rglob("*")}
    assert program.home / "prefect" / "prefect.db" in modes
    open_to_others = {path for path, mode in modes.items() if mode & 0o077}
    assert open_to_others == set()


def _is_loopback(host: str) -> bool:
    if host in {"localhost", "", "None"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
