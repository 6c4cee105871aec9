"""An unprepared look at a database: from `init` to a verdict without an edit."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tabular.seeding import Seed
from tests.integration.program import Program

pytestmark = pytest.mark.integration


def _store(path: Path) -> None:
    """Customers with orders of media of five types, looked after by three employees."""
    rng = Seed(0, ("first look",)).generator()
    with sqlite3.connect(path) as base:
        base.executescript(
            "create table media_type (id integer primary key, name text not null);"
            "create table employee (id integer primary key, name text, pay real not null);"
            "create table customer (id integer primary key, age integer not null,"
            " employee integer not null references employee(id));"
            "create table orders (id integer primary key,"
            " customer integer not null references customer(id),"
            " media_type integer not null references media_type(id), price real not null);"
            "create table settings (name text primary key, value text not null);"
        )
        base.executemany("insert into media_type values (?, ?)", enumerate("abcde", 1))
        base.executemany(
            "insert into employee values (?, ?, ?)",
            [(i, f"E. No{i}", 900.5 + i) for i in (1, 2, 3)],
        )
        people = zip(
            range(1, 121), rng.integers(18, 80, 120).tolist(), rng.integers(1, 4, 120).tolist(),
            strict=True,
        )  # fmt: skip
        base.executemany("insert into customer values (?, ?, ?)", people)
        bought = zip(
            range(1, 401), rng.integers(1, 121, 400).tolist(), rng.integers(1, 6, 400).tolist(),
            rng.normal(20, 3, 400).round(2).tolist(), strict=True,
        )  # fmt: skip
        base.executemany("insert into orders values (?, ?, ?, ?)", bought)
        base.executemany("insert into settings values (?, ?)", [("a", "1"), ("b", "2")])
    base.close()


def test_small_related_tables_go_from_init_to_a_verdict(tmp_path: Path, prefect_api: str) -> None:
    _store(tmp_path / "store.sqlite")
    program = Program(tmp_path, {"PREFECT_API_URL": prefect_api})
    written = program.run("init", "sqlite:///store.sqlite")
    config = program.write("store.yaml", written.stdout)
    done = program.run("run", config, "--json", exits=None)
    assert done.returncode in {0, 3, 4}, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["verdict"] == {0: "publish", 3: "reject", 4: "hold"}[done.returncode]
    assert "store" in Path(outcome["report_html"]).read_text(encoding="utf-8")
    figures = json.loads(Path(outcome["report_json"]).read_text(encoding="utf-8"))
    # Whether rare labels are made up is a question of numbers, and of few rows an open one.
    exact = [r for r in figures["results"] if r["check"] in {"contract", "dtypes", "keys"}]
    assert {result["table"] for result in exact} == {
        "media_type", "employee", "customer", "orders", "settings",
    }  # fmt: skip
    assert [r for r in exact if r["status"] != "pass"] == []
    references = [r for r in figures["results"] if r["check"] == "references"]
    assert [r["table"] for r in references if r["status"] == "pass"] == ["customer", "orders"]
