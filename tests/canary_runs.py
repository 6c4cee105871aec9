"""Everything the program does, at debug level and on a source with canaries; one process.

python -m tests.canary_runs FOLDER POSTGRES_URL SCHEMA
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tabular.seeding import Seed
from tests.canaries import Canary
from validation.base import CHECKS
from validation.policy import MANDATORY

NAME = "Zephyrine Quastlhuber"
EMAIL = "oyelaran.4711@quastlhuber-canary.example"
TOWN = "Quastlhubersdorf-on-Mimram"
REMARK = "whispers: xylographic pelicans"
PASSWORD = "Kqz7-Vw9x-Tr4b-Jm2n"  # noqa: S105  planted
SALARY = 98_765_431.37
CANARIES = (
    Canary("a rare name", (NAME, "Zephyrine", "Quastlhuber")),
    Canary("an e-mail", (EMAIL, "oyelaran.4711")),
    Canary("a rare category", (TOWN, "Quastlhubersdorf")),
    Canary("a free text", (REMARK, "xylographic")),
    Canary("an extreme", ("98765431.37", "98,765,431", "98765431"), SALARY),
    Canary("a password", (PASSWORD,)),
)
_ROWS = 1_200


def people(seed: int = 0) -> pd.DataFrame:
    """Rows in which one person stands out by everything."""
    rng = Seed(seed, ("canaries",)).generator()
    n = _ROWS
    first = rng.choice(["Anna", "Ben", "Chloe", "Dan", "Eva", "Finn"], size=n)
    last = rng.choice(["Smith", "Meyer", "Rossi", "Novak", "Silva"], size=n)
    frame = pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "name": [f"{a} {b}" for a, b in zip(first, last, strict=True)],
            "email": [f"{a}.{i}@example.org".lower() for i, a in enumerate(first)],
            "town": rng.choice(["Ulm", "Rom", "Oslo"], size=n),
            "sex": rng.choice(["f", "m"], size=n),
            "salary": np.exp(10 + 0.4 * rng.normal(size=n)).round(2),
            "remark": [f"said on day {i} that all was well" for i in range(n)],
            "happy": rng.choice(["yes", "no"], size=n),
        }
    )
    for column, value in (("name", NAME), ("email", EMAIL), ("town", TOWN), ("remark", REMARK)):
        frame.loc[417, column] = value
    frame.loc[417, "salary"] = SALARY
    return frame


def _expectation(kind: str, column: str, **arguments: object) -> dict[str, object]:
    return {"type": kind, "kwargs": {"column": column, **arguments}}


_SUITE = [
    _expectation("expect_column_values_to_be_in_set", "town", value_set=["Ulm", "Rom", "Oslo"]),
    _expectation("expect_column_values_to_match_regex", "email", regex=".*example.org$"),
]
_BAD_SUITE = [_expectation("expect_column_values_to_be_between", "name", min_value=1, max_value=2)]
_CAST = "select email::numeric from {}.people"
_COLUMNS = "tables: {people: {columns: {happy: {role: target}, sex: {role: sensitive}%s}}}\n"


def _configurations(folder: Path, schema: str) -> dict[str, Path]:
    """One configuration for each way a run can end."""
    csv = "source: {kind: csv, path: people.csv}\n"
    sql = f"source: {{kind: sql, url: {{secret: canary}}, tables: ['{schema}.people']}}\n"
    plain = _COLUMNS % ""
    texts = {
        "published": csv + plain + "generator: {kind: independent}\n" + _lenient(),
        "rejected": sql + plain + "generator: {kind: bootstrap}\n",
        "quarantine": csv + _COLUMNS % ", salary: {maximum: 1000000}"
        + "contract: {suite: suite.json}\nquarantine: {max_share: 0.5}\n"
        "generator: {kind: gaussian_copula}\nsinks: [{kind: csv, path: csv-releases}]\n",
        "overflow": csv + _COLUMNS % ", salary: {maximum: 1000000}"
        + "contract: {suite: suite.json}\nquarantine: {max_share: 0}\n",
        "mistyped": csv + _COLUMNS % ", email: {sdtype: numerical}",
        "no-moments": csv + _COLUMNS % ", name: {datetime_format: '%Y-%m-%d'}",
        "bad-suite": csv + plain + "contract: {suite: bad-suite.json}\n",
        "ragged": "source: {kind: csv, path: ragged.csv}\n",
        "cast": "source: {kind: sql, url: {secret: canary}, "
        f"query: {_CAST.format(schema)!r}}}\n",
        "unreachable": "source: {kind: sql, url: {secret: unreachable}, tables: [people]}\n",
        "garbled": "source: {kind: sql, url: {secret: garbled}, tables: [people]}\n",
        "plain-password": f"source: {{kind: sql, url: 'postgresql://u:{PASSWORD}@127.0.0.1/x'}}\n",
        "drifted": "source: {kind: csv, path: later/people.csv}\n" + plain + "drift: stop\n",
        "broken": csv + plain,
    }  # fmt: skip
    out = {}
    for name, text in texts.items():
        named = "published" if name == "drifted" else name
        path = folder / f"{name}.yaml"
        path.write_text(f"name: {named}\n{text}", encoding="utf-8")
        out[name] = path
    return out


def _lenient() -> str:
    """As few checks as may be, so that there is a release whatever checks are added."""
    off = sorted(set(CHECKS) - {"contract", "copies"})
    checks = ", ".join(f"{kind}: false" for kind in off)
    gate = ", ".join(f"{kind}: {{mandatory: false}}" for kind in MANDATORY if kind in off)
    return f"checks: {{{checks}}}\ngate: {{checks: {{{gate}}}}}\n"


def plant(folder: Path) -> None:
    """Write the sources and the owner's suites."""
    frame = people()
    frame.to_csv(folder / "people.csv", index=False)
    frame.iloc[:900].to_parquet(folder / "train.parquet")
    frame.iloc[900:].to_csv(folder / "holdout.csv", index=False)
    drifted = people(1).assign(salary=lambda rows: rows["salary"] * 3)
    drifted.loc[drifted.index[:100], "town"] = "Bern"
    (folder / "later").mkdir()
    drifted.to_csv(folder / "later" / "people.csv", index=False)
    (folder / "ragged.csv").write_text(
        f'a,b\n1,2\n"{NAME}",{EMAIL},{REMARK},"{TOWN}\n', encoding="utf-8"
    )
    for name, expectations in (("suite", _SUITE), ("bad-suite", _BAD_SUITE)):
        text = json.dumps({"name": name, "expectations": expectations})
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def environment(folder: Path, postgres_url: str) -> dict[str, str]:
    """A home, a temporary folder and secrets of the runs' own; everything as loud as it can be."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("PREFECT_", "WAXWORK_")) and k not in {"TMPDIR", "HOME"}
    }
    secret = postgres_url.replace("postgres@", f"postgres:{PASSWORD}@")
    for part in ("tmp", "user"):
        (folder / part).mkdir(exist_ok=True)
    return {
        **kept,
        "HOME": str(folder / "user"),
        "TMPDIR": str(folder / "tmp"),
        "WAXWORK_HOME": str(folder / "home"),
        "WAXWORK_THREADS": "1",
        "WAXWORK_SOURCE_RETRIES": "0",
        "WAXWORK_SECRET_CANARY": secret,
        "WAXWORK_SECRET_UNREACHABLE": f"postgresql://postgres:{PASSWORD}@127.0.0.1:1/none",
        "WAXWORK_SECRET_GARBLED": f"postgresql://postgres:{PASSWORD}@127.0.0.1:no/none?x={PASSWORD}",
        "PREFECT_LOGGING_LEVEL": "DEBUG",
        "PREFECT_SERVER_LOGGING_LEVEL": "DEBUG",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "tabular,generators,validation,pipelines",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
        "PYTHONFAULTHANDLER": "1",
    }


def run_all(folder: Path, postgres_url: str) -> None:
    """Plant the canaries and run everything in a process of its own.

    Args:
        folder: An empty folder; the terminal is in `terminal/`, everything else where it goes.
        postgres_url: A PostgreSQL on which the user `postgres` may make a schema.
    """
    import psycopg

    plant(folder)
    schema = f"canary_{secrets.token_hex(4)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'create schema "{schema}"')
        try:
            _load(connection, schema)
            terminal = folder / "terminal"
            terminal.mkdir()
            with (terminal / "stdout").open("w") as out, (terminal / "stderr").open("w") as err:
                subprocess.run(
                    [sys.executable, "-m", "tests.canary_runs", str(folder), schema],
                    env=environment(folder, postgres_url),
                    stdout=out,
                    stderr=err,
                    check=True,
                    timeout=900,
                )
        finally:
            connection.execute(f'drop schema "{schema}" cascade')


def _load(connection: Any, schema: str) -> None:
    frame = people()
    connection.execute(
        f'create table "{schema}".people (id integer primary key, name text, email text, town text,'
        " sex text, salary numeric(12, 2), remark text, happy text)"
    )
    with connection.cursor().copy(f'copy "{schema}".people from stdin') as copy:
        for row in frame.itertuples(index=False):
            copy.write_row(tuple(row))


def _drive(folder: Path, schema: str) -> None:
    """The commands, one after the other, in this process; what each ends with goes to a file."""
    from pipelines import stages
    from pipelines.cli import entry

    logging.basicConfig(level=logging.DEBUG)
    logging.captureWarnings(capture=True)
    os.chdir(folder)
    configurations = _configurations(folder, schema)
    ended: dict[str, int] = {}

    def do(name: str, *arguments: str | Path) -> None:
        sys.stderr.write(f"\n== {name}\n")
        try:
            ended[name] = entry([str(argument) for argument in arguments])
        except Exception:  # noqa: BLE001  what --debug does
            traceback.print_exc()
            ended[name] = -1

    do("init csv", "init", "people.csv")
    do("init sql", "init", os.environ["WAXWORK_SECRET_CANARY"])
    do("init sql without password", "init", "postgresql://postgres@127.0.0.1:5432/test")
    for name, path in configurations.items():
        if name != "broken":
            do(f"run {name}", "run", path)
    do("refresh", "refresh", configurations["rejected"], "--json")
    do("fit trees", "fit", "--source", "train.parquet", "--generator", "trees",
       "--set", "trees=2", "--out", "models/trees")  # fmt: skip
    do("fit copula", "fit", "--source", "train.parquet", "--generator", "gaussian_copula",
       "--out", "models/copula")  # fmt: skip
    (folder / "samples").mkdir()
    do("sample", "sample", "models/copula", "--rows", "500", "--out", "samples/copula.csv.gz")
    do("sample parquet", "sample", "models/copula", "--rows", "500", "--out", "samples/c.parquet")
    do("check", "check", "--train", "train.parquet", "--holdout", "holdout.csv", "--synthetic",
       "samples/copula.csv.gz", "--target", "happy", "--html", "check.html", "--json")  # fmt: skip
    do("check copies", "check", "--train", "train.parquet", "--holdout", "holdout.csv",
       "--synthetic", "holdout.csv")  # fmt: skip
    do("describe", "describe", "trees")
    do("releases", "releases", "releases")
    do("clean", "clean", "--dry-run", "--json")
    _break(stages)
    do("run broken", "run", configurations["broken"])
    (folder / "traces").mkdir()
    with (folder / "traces" / "stderr").open("w") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
        do("debug overflow", "--debug", "run", configurations["overflow"])
        do("debug broken", "--debug", "run", configurations["broken"])
    (folder / "ended.json").write_text(json.dumps(ended))


def _break(stages: Any) -> None:
    """Have a library of ours, as any may, quote a row in an error, a warning and a log."""
    import warnings

    def breaks(train: Any, *_: object, **__: object) -> None:
        row = [table.frame.to_dict("records") for table in train]
        warnings.warn(f"{len(row)} rows", stacklevel=1)
        message = f"can't digest {row}"
        raise ValueError(message)

    stages.fit = breaks


if __name__ == "__main__":
    _drive(Path(sys.argv[1]), sys.argv[2])
