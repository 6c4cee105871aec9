"""Related tables from one database into another, migrated one, by the command people use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tabular.relations import pointed_at
from tests.integration.program import Program
from tests.integration.servers import Server, opened
from tests.shops import schema_of, shop
from validation.base import CHECKS
from validation.policy import MANDATORY

pytestmark = pytest.mark.integration

ORDER = ("country", "product", "customer", "order", "line", "passport")
FORM = {"contract", "keys", "references", "rules", "dtypes"}


@pytest.fixture(params=["postgresql", "mariadb"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """A shop's real rows in the first, empty tables like them in the second."""
    real_file, made_file = tmp_path / "real.db", tmp_path / "made.db"
    with opened(request, real_file) as real, opened(request, made_file) as made:
        for server in (real, made):
            server.migrate()
        with real.engine.begin() as connection:
            for name in ORDER:
                frame = shop(300)[name].frame
                frame.to_sql(name, connection, schema=real.schema, if_exists="append", index=False)
        yield real, made


def _config(real: Server, made: Server) -> dict[str, Any]:
    prefix = f"{real.schema}." if real.schema else ""
    place = {"schema_name": made.schema} if made.schema else {}
    lenient = {kind: {"mandatory": False, "severity": "warning"} for kind in MANDATORY}
    return {
        "name": "shop",
        "source": {
            "kind": "sql",
            "url": {"secret": "real"},
            "tables": [f"{prefix}{name}" for name in ORDER],
        },
        "subject": {"table": "customer", "columns": ["customer"]},
        "tables": {"country": {"reference": True}},
        "generator": {"kind": "independent"},
        "rows": 200,
        "must_have": {
            "customer": [{"since": "2024-02-29", "customer": 1_000_000}],
            "order": [{"customer": 1_000_000}, {"way": "web"}],
        },
        # What is learnt is not the point here: only the form of the rows may stop them.
        "checks": {kind: False for kind in CHECKS if kind not in FORM | set(MANDATORY)},
        "gate": {"checks": lenient},
        "sinks": [
            {"kind": "parquet", "path": "store"},
            {"kind": "sql", "url": {"secret": "made"}, "existing": True, **place},
        ],
    }


@pytest.mark.timeout(600)
def test_a_shop_goes_from_database_to_database_with_all_constraints_on(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    real, made = servers
    secrets = {"WAXWORK_SECRET_REAL": real.url, "WAXWORK_SECRET_MADE": made.url}
    program = Program(tmp_path, secrets)
    config = program.write("shop.yaml", json.dumps(_config(real, made)))
    outcome = json.loads(program.run("run", config, "--json", timeout=500).stdout)
    assert outcome["verdict"] == "publish"
    frames = {name: made.read(name) for name in ORDER}
    assert len(frames["customer"]) == 200
    assert len(frames["country"]) == 3
    assert set(frames["customer"]["note"]) == {"none"}
    _no_key_is_broken(frames)
    asked = frames["customer"].query("customer == 1_000_000")
    assert pd.to_datetime(asked["since"]).eq(pd.Timestamp("2024-02-29")).all()
    assert len(asked) == 1
    assert (frames["order"]["customer"] == 1_000_000).any()
    version = (tmp_path / "store" / "shop" / "LATEST").read_text().strip()
    manifest = tmp_path / "store" / "shop" / "releases" / version / "manifest.json"
    assert json.loads(manifest.read_text())["must_have"] == {"customer": 1, "order": 2}


def _no_key_is_broken(frames: dict[str, pd.DataFrame]) -> None:
    """The database has said so already; this is in case a constraint was not there."""
    schema = schema_of({table.name: table.frame for table in shop(20)})
    for key in schema.foreign_keys:
        if key.columns == ("favourite",):
            continue  # to the migration, no key
        child, parent = frames[key.table], frames[key.references]
        there = child[list(key.columns)].notna().all(axis=1).to_numpy(dtype=bool)
        assert not (there & (pointed_at(child, parent, key) < 0)).any(), key
    for name, table in schema.tables.items():
        for columns in table.unique_keys:
            assert not frames[name].duplicated(subset=list(columns)).any(), (name, columns)
