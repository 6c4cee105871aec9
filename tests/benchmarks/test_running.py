"""Cells: measured in processes of their own, kept, filled where missing, tried again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.cells import Address, Cell, read, write
from benchmarks.digests import code_digest, reached
from benchmarks.experiments import EXPERIMENTS
from benchmarks.generator_names import generator_of, single_table_kinds
from benchmarks.running import Options, planned, run, state, wanted
from benchmarks.tables import find_tables
from tabular.errors import ConfigurationError

_META = {"target": "c", "task": "classification", "categorical": ["c"], "numeric": ["x", "y"]}


def _data(folder: Path, *, rows: int) -> Path:
    """A table of `rows` train rows and 40 holdout rows."""
    place = folder / "data" / "small"
    place.mkdir(parents=True, exist_ok=True)
    (place / "meta.json").write_text(json.dumps(_META))
    for name, n in (("train", rows), ("holdout", 40)):
        numbers = pd.Series(range(n), dtype=float)
        label = numbers.mod(2).map({0: "even", 1: "odd"})
        frame = pd.DataFrame({"c": label, "x": numbers // 8, "y": numbers.mod(3) + numbers.mod(2)})
        frame.to_csv(place / f"{name}.csv", index=False)
    return folder / "data"


def _run(data: Path, cells: Path, limit_s: float = 600) -> tuple[int, Cell]:
    address = Address("fidelity", "independent", "small", 3)
    plan = planned([EXPERIMENTS["fidelity"]], ("independent",), {"tables": find_tables(data)}, (3,))
    assert [at for at, _ in plan] == [address]
    failed = run(plan, Options(cells, limit_s=limit_s), lambda *_: None)
    cell = read(address, cells)
    assert cell
    return failed, cell


def test_an_error_is_a_cell_that_is_tried_again(tmp_path: Path) -> None:
    failed, cell = _run(_data(tmp_path, rows=0), tmp_path / "cells")
    assert failed == 1
    assert not cell.ok
    assert "no rows" in cell.fields["error"]
    assert wanted(cell.address, "gaps", tmp_path / "cells")

    failed, cell = _run(_data(tmp_path, rows=400), tmp_path / "cells")
    assert failed == 0
    assert cell.figures["rows"] == 400
    assert 0 <= cell.figures["shape_error"] < 20
    assert cell.cost["fit_cpu_s"] > 0
    assert cell.cost["peak_mib"] > 50  # no Python with pandas is smaller
    assert cell.fields["parameters"]["generator"]["kind"] == "independent"
    assert state(cell.address, tmp_path / "cells") == "ok"
    assert not wanted(cell.address, "gaps", tmp_path / "cells")

    write(Cell(cell.address, {**cell.fields, "code": {"generator": "?"}}), tmp_path / "cells")
    assert not wanted(cell.address, "gaps", tmp_path / "cells")
    assert wanted(cell.address, "stale", tmp_path / "cells")
    gone = Address("fidelity", "no_more", "small", 0)
    write(Cell(gone, cell.fields), tmp_path / "cells")
    assert state(gone, tmp_path / "cells") == "stale"


def test_a_cell_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    failed, cell = _run(_data(tmp_path, rows=400), tmp_path / "cells", limit_s=0.3)
    assert failed == 1
    assert cell.fields["error"] == "given up after 0.005 minutes"


def test_a_plan_has_five_seeds_for_quick_kinds_and_the_floors_own_names(tmp_path: Path) -> None:
    tables = find_tables(_data(tmp_path, rows=9))
    both = [EXPERIMENTS["floor"], EXPERIMENTS["fidelity"]]
    plan = [at for at, _ in planned(both, ("trees", "sdv_ctgan"), {"tables": tables}, ())]
    seeds = {name: [at.seed for at in plan if at.generator == name] for name in ("trees", "halves")}
    assert seeds == {"trees": [0, 1, 2, 3, 4], "halves": [0, 1, 2, 3, 4]}
    assert [at.generator for at in plan if at.seed == 0] == [
        "halves", "holdout", "trees", "sdv_ctgan",
    ]  # fmt: skip


def test_all_kinds_for_single_tables_are_measured_unless_some_are_named() -> None:
    kinds = single_table_kinds()
    assert {"trees", "gaussian_copula", "sdv_ctgan", "bootstrap"} <= set(kinds)
    assert "hmm" not in kinds


def test_a_name_with_parameters_is_that_generator() -> None:
    generator = generator_of("trees@leaf=50+trees=2")
    assert generator.model_dump()["leaf"] == 50
    assert generator.model_dump()["trees"] == 2
    with pytest.raises(ConfigurationError, match=r"leaves: Extra inputs are not permitted"):
        generator_of("trees@leaves=50")
    with pytest.raises(ConfigurationError, match=r"no generator's name"):
        generator_of("../trees")


def test_the_digest_follows_what_the_module_reaches() -> None:
    packages = ("generators", "tabular")
    names = {path.name for path in reached("generators.models.sdv_tvae", packages)}
    assert {"sdv_tvae.py", "sdv_adapter.py", "sdv_worker.py", "base.py", "schema.py"} <= names
    assert not {"trees.py", "sdv_ctgan.py", "expectations.py"} & names
    trees, copula = (
        code_digest(f"generators.models.{kind}", packages) for kind in ("trees", "gaussian_copula")
    )
    assert trees != copula
    assert trees == code_digest("generators.models.trees", packages)


def test_the_command_says_what_it_would_measure(tmp_path: Path) -> None:
    data = _data(tmp_path, rows=9)
    arguments = ["run", "--data", str(data), "--cells", str(tmp_path / "cells"), "--dry-run"]
    result = CliRunner().invoke(
        main, [*arguments, "--generators", "independent", "--seeds", "0-1,7"]
    )
    assert result.exit_code == 0, result.output
    assert "  fidelity/independent/small/7" in result.output.splitlines()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--tables", "larger"), "no such tables: larger.*There are: small"),
        (("--experiments", "beauty"), "no such experiments: beauty.*Known: floor"),
        (("--generators", "forest"), "there is no generator 'forest'.*Known: "),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(
    tmp_path: Path, option: tuple[str, str], message: str
) -> None:
    arguments = ["run", "--data", str(_data(tmp_path, rows=9)), *option]
    with pytest.raises(ConfigurationError, match=message):
        main.main(arguments, standalone_mode=False)
